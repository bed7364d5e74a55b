"""A company with everything that can happen to an order, and orders that mix it by a seed."""

import random

from odoo.fields import Command, Datetime

from .common import make_carrier, make_partners, make_products, put_stock


class World:
    def __init__(self, env):
        self.company = env["res.company"].create(
            {
                "name": "Hatoba Shoten",
                "currency_id": env.ref("base.JPY").id,
                "country_id": env.ref("base.jp").id,
            }
        )
        env.user.company_ids += self.company
        self.env = env = env(context={**env.context, "allowed_company_ids": self.company.ids})
        self.warehouses = env["stock.warehouse"].search([("company_id", "=", self.company.id)])
        self.warehouses |= env["stock.warehouse"].create(
            [
                {"name": "Osaka", "code": "OSA"},
                {"name": "Two steps", "code": "TWO", "delivery_steps": "pick_ship"},
                {"name": "By hand", "code": "HND"},
                {"name": "By date", "code": "DAT"},
            ]
        )
        self.main = self.warehouses[0]
        self.warehouses[3].out_type_id.reservation_method = "manual"
        self.warehouses[4].out_type_id.write({"reservation_method": "by_date", "reservation_days_before": 2})
        env["ir.sequence"].create(
            [
                {"name": code, "code": code, "prefix": prefix, "padding": 5, "company_id": self.company.id}
                for code, prefix in (("sale.order", "S"), ("purchase.order", "P"))
            ]
        )
        self._make_money()
        self._make_products()
        self._make_people()
        env.flush_all()

    def _make_money(self):
        env = self.env
        group = env["account.tax.group"].create({"name": "JCT", "company_id": self.company.id})
        tax = {"type_tax_use": "sale", "tax_group_id": group.id, "country_id": env.ref("base.jp").id}
        self.tax_in, self.tax_out, self.tax_two = env["account.tax"].create(
            [
                {"name": "10% in", "amount": 10, "price_include_override": "tax_included", **tax},
                {"name": "8% out", "amount": 8, "price_include_override": "tax_excluded", **tax},
                {"name": "fixed", "amount": 3, "amount_type": "fixed", **tax},
            ]
        )
        usd = env.ref("base.USD")
        usd.active = True
        env["res.currency.rate"].create(
            {
                "name": "2020-01-01",
                "currency_id": usd.id,
                "rate": 0.0067,
                "company_id": self.company.id,
            }
        )
        self.pricelists = env["product.pricelist"].create(
            [
                {"name": "JPY", "currency_id": self.company.currency_id.id, "company_id": self.company.id},
                {"name": "USD", "currency_id": usd.id, "company_id": self.company.id},
            ]
        )
        self.position = env["account.fiscal.position"].create(
            {
                "name": "Export",
                "auto_apply": True,
                "company_id": self.company.id,
                "country_id": env.ref("base.us").id,
            }
        )

    def _make_products(self):
        env, main = self.env, self.main
        tax = {"taxes_id": [Command.set(self.tax_in.ids)]}
        plain = make_products(env, 8, 10000, main, "PLENTY", **tax)
        plain[:2].taxes_id = self.tax_out
        plain[2].taxes_id = self.tax_out | self.tax_two
        plain[3].invoice_policy = "delivery"
        plain[4].sale_delay = 3
        plain[5].description_sale = "Wrapped"
        for warehouse in self.warehouses[1:]:
            put_stock(env, plain, 500, warehouse.lot_stock_id)
        short = make_products(env, 4, 7, main, "SHORT", **tax)
        none = make_products(env, 2, 0, main, "NONE", **tax)
        self.shelves = env["stock.location"].create(
            [{"name": name, "location_id": main.lot_stock_id.id} for name in ("Shelf A", "Shelf B")]
        )
        spread = make_products(env, 2, 2, main, "SPREAD", **tax)
        for shelf in self.shelves:
            put_stock(env, spread, 3, shelf)
        lifo = make_products(env, 1, 0, main, "LIFO", **tax)
        lifo.categ_id = env["product.category"].create(
            {
                "name": "Lifo",
                "removal_strategy_id": env["product.removal"].search([("method", "=", "lifo")], limit=1).id,
            }
        )
        for days, shelf in enumerate(self.shelves):
            put_stock(env, lifo, 3, shelf)
            env["stock.quant"].search(
                [("product_id", "=", lifo.id), ("location_id", "=", shelf.id)]
            ).in_date = Datetime.subtract(Datetime.now(), days=days + 1)
        double = make_products(env, 2, 3, main, "DOUBLE", **tax)
        for product in double:  # two quants with one key, as concurrent work leaves them
            env.cr.execute(
                """INSERT INTO stock_quant (product_id, company_id, location_id, quantity, reserved_quantity, in_date)
                   VALUES (%s, %s, %s, 4, 0, '2020-01-01')""",
                [product.id, self.company.id, main.lot_stock_id.id],
            )
        negative = make_products(env, 1, 5, main, "NEGATIVE", **tax)
        put_stock(env, negative, -2, self.shelves[0])
        owned = make_products(env, 1, 4, main, "OWNED", **tax)
        env["stock.quant"].create(
            {
                "product_id": owned.id,
                "location_id": main.lot_stock_id.id,
                "quantity": 3,
                "owner_id": env["res.partner"].create({"name": "Owner"}).id,
            }
        )
        packed = make_products(env, 1, 2, main, "PACKED", **tax)
        env["stock.quant"].create(
            {
                "product_id": packed.id,
                "location_id": main.lot_stock_id.id,
                "quantity": 5,
                "package_id": env["stock.package"].create({"name": "BOX1"}).id,
            }
        )
        watched = make_products(env, 1, 50, main, "WATCHED", **tax)
        env["stock.warehouse.orderpoint"].create(
            {
                "product_id": watched.id,
                "location_id": main.lot_stock_id.id,
                "trigger": "manual",
                "product_min_qty": 60,
                "product_max_qty": 90,
            }
        )
        calm = make_products(env, 1, 400, main, "CALM", **tax)  # its rule never has to order
        env["stock.warehouse.orderpoint"].create(
            {
                "product_id": calm.id,
                "location_id": main.lot_stock_id.id,
                "trigger": "auto",
                "product_min_qty": 20,
                "product_max_qty": 90,
            }
        )
        self.unit = plain[0].uom_id
        self.dozen = env["uom.uom"].create(
            {
                "name": "Dozen of tests",
                "relative_factor": 12,
                "relative_uom_id": self.unit.id,
            }
        )
        boxed = make_products(env, 2, 40, main, "BOXED", uom_ids=[Command.set(self.dozen.ids)], **tax)
        consumable = make_products(env, 1, 0, main, "CONSUMED", is_storable=False, **tax)
        self.service = env["product.product"].create(
            {
                "name": "Gift wrap",
                "type": "service",
                "list_price": 300,
                **tax,
            }
        )
        self.boxed = boxed
        self.easy = (
            plain
            + short
            + none
            + spread
            + lifo
            + double
            + negative
            + owned
            + packed
            + watched
            + calm
            + boxed
            + consumable
        )
        self._make_hard(tax)
        self.carriers = make_carrier(env, 600, "Takuhaibin") + make_carrier(env, 1100, "Cool bin")

    def _make_hard(self, tax):
        """Products that make an order go Odoo's own path."""
        env, main = self.env, self.main
        lots = make_products(env, 1, 0, main, "LOT", tracking="lot", **tax)
        serials = make_products(env, 1, 0, main, "SERIAL", tracking="serial", **tax)
        for product, quantity in ((lots, 6), (serials, 1)):
            for number in range(3):
                lot = env["stock.lot"].create({"name": f"{product.default_code}-{number}", "product_id": product.id})
                env["stock.quant"].create(
                    {
                        "product_id": product.id,
                        "location_id": main.lot_stock_id.id,
                        "lot_id": lot.id,
                        "quantity": quantity,
                    }
                )
        vendor = env["res.partner"].create({"name": "Vendor"})
        seller = {"seller_ids": [Command.create({"partner_id": vendor.id, "price": 50})]}
        mto_route = env.ref("stock.route_warehouse0_mto")
        mto_route.active = True
        buy_route = env.ref("purchase_stock.route_warehouse0_buy")
        mto = make_products(
            env, 1, 0, main, "MTO", route_ids=[Command.set((mto_route | buy_route).ids)], **seller, **tax
        )
        ordered = make_products(env, 1, 5, main, "ORDERED", **seller, **tax)
        env["stock.warehouse.orderpoint"].create(
            {
                "product_id": ordered.id,
                "location_id": main.lot_stock_id.id,
                "trigger": "auto",
                "product_min_qty": 4,
                "product_max_qty": 20,
                "route_id": buy_route.id,
            }
        )
        self.hard = lots + serials + mto + ordered
        if "mrp.bom" in env:
            kit = make_products(env, 1, 0, main, "KIT", **tax)
            self.kit_parts = make_products(env, 2, 9, main, "PART", **tax)
            env["mrp.bom"].create(
                {
                    "product_tmpl_id": kit.product_tmpl_id.id,
                    "type": "phantom",
                    "company_id": self.company.id,
                    "bom_line_ids": [
                        Command.create({"product_id": part.id, "product_qty": number})
                        for number, part in enumerate(self.kit_parts, 1)
                    ],
                }
            )
            self.hard += kit
            self.easy += self.kit_parts[0]

    def _make_people(self):
        env = self.env
        japan = {"company_id": self.company.id}
        partners = make_partners(env, 8, **japan)
        partners[0].child_ids = [Command.create({"name": "Depot", "type": "delivery", "city": "Kobe"})]
        partners[1].child_ids = [Command.create({"name": "Bureau", "type": "invoice"})]
        partners[2].country_id = env.ref("base.us")
        partners[3].lang = "ja_JP"
        partners[4].property_payment_term_id = env["account.payment.term"].create(
            {
                "name": "30 days",
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        partners[5].property_account_position_id = self.position
        partners[6].property_product_pricelist = self.pricelists[1]
        self.partners = partners
        self.sales = env["res.users"].create(
            [
                {
                    "name": name,
                    "login": f"{name}@batch.example",
                    "email": f"{name}@batch.example",
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                    "group_ids": [Command.set([env.ref("sales_team.group_sale_salesman_all_leads").id])],
                }
                for name in ("akiko", "benjiro")
            ]
        )
        partners[7].user_id = self.sales[1]

    def vals_list(self, seed, count, hard=0.0):
        """Values of `count` random orders; about one in `1/hard` has a product that the batch does not cover."""
        rng = random.Random(seed)
        return [self._order(rng, hard) for _number in range(count)]

    def _order(self, rng, hard):
        vals = {"partner_id": rng.choice(self.partners).id, "company_id": self.company.id}
        if rng.random() < 0.3:
            vals["pricelist_id"] = rng.choice(self.pricelists).id
        if rng.random() < 0.4:
            vals["warehouse_id"] = rng.choice(self.warehouses).id
        if rng.random() < 0.3:
            vals["picking_policy"] = "one"
        if rng.random() < 0.2:
            vals["commitment_date"] = Datetime.to_datetime("2031-05-06 07:08:09")
        if rng.random() < 0.2:
            vals["user_id"] = rng.choice(self.sales).id
        if rng.random() < 0.2:
            vals["client_order_ref"] = f"WEB-{rng.randint(1, 9999)}"
        if rng.random() < 0.1:
            vals["note"] = "<p>Before noon</p>"
        lines = [self._line(rng) for _number in range(rng.choice((0, 1, 1, 2, 3, 3, 4, 6, 12)))]
        if rng.random() < hard:
            lines.insert(
                0,
                Command.create(
                    {
                        "product_id": rng.choice(self.hard).id,
                        "product_uom_qty": rng.randint(1, 3),
                        "price_unit": 100,
                    }
                ),
            )
        if rng.random() < 0.6:
            carrier = rng.choice(self.carriers)
            vals["carrier_id"] = carrier.id
            lines.append(
                Command.create(
                    {
                        "product_id": carrier.product_id.id,
                        "name": carrier.name,
                        "price_unit": carrier.fixed_price,
                        "is_delivery": True,
                        "sequence": 99,
                    }
                )
            )
        if lines or rng.random() < 0.5:
            vals["order_line"] = lines
        return vals

    def _line(self, rng):
        if rng.random() < 0.06:
            return Command.create({"display_type": rng.choice(("line_note", "line_section")), "name": "Note"})
        product = self.service if rng.random() < 0.08 else rng.choice(self.easy)
        line = {"product_id": product.id, "product_uom_qty": rng.choice((0, 1, 1, 2, 3, 5))}
        if rng.random() < 0.8:
            line["price_unit"] = rng.choice((0, 10, 99.5, 1234, 5000))
        if rng.random() < 0.3:
            line["discount"] = rng.choice((5, 12.5, 33.333, 100))
        if rng.random() < 0.3:
            line["tax_ids"] = [Command.set(rng.choice(((), self.tax_in.ids, self.tax_out.ids)))]
        if rng.random() < 0.3:
            line["name"] = f"As the shop calls it {rng.randint(1, 9)}"
        if product in self.boxed and rng.random() < 0.7:
            line["product_uom_id"] = self.dozen.id
        if rng.random() < 0.1:
            line["customer_lead"] = 5
        return Command.create(line)
