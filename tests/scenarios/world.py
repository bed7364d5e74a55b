"""What a case of the book speaks of, as records: a company in Japan with one warehouse in Tokyo, its shop, goods, buyers, carriers and rules."""

from datetime import datetime

import pytz

from odoo import fields
from odoo.fields import Command
from odoo.tests import TransactionCase

from odoo.addons.ec_order_routing.engine import registry

ZONE = pytz.timezone("Asia/Tokyo")
NOW = "2026-11-24 10:00"  # a Tuesday, by the company's clock
BUYER = {"name": "Sato", "street": "1-1", "city": "Chiyoda", "zip": "100-0001", "state": "JP-13", "country": "JP", "phone": "03-1234-5678"}
ADDRESS = ("name", "street", "street2", "city", "zip", "phone")
PLACES = {"Tokyo": "JP-13", "Osaka": "JP-27", "Fukuoka": "JP-40"}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
STRATEGY = {"criteria": ["parcels", "distance", "cost"]}


def utc(moment):
    """ "2026-11-24 10:00" or "2026-11-24" by the company's clock, as naive UTC."""
    local = datetime.fromisoformat(moment)
    return ZONE.localize(local).astimezone(pytz.utc).replace(tzinfo=None)


def local(moment):
    """A naive UTC moment as the company's clock shows it."""
    return pytz.utc.localize(fields.Datetime.to_datetime(moment)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


class World(TransactionCase):
    """`goods`, `warehouses` and `carriers` are by the names of the book; `order` is the order that a case is about."""

    # Odoo sets these for tests that live in an addon
    test_tags = frozenset({"standard", "post_install"})
    test_module = "scenarios"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("ja_JP")
        cls.japan = cls.env.ref("base.jp")
        yen = cls.env.ref("base.JPY")
        yen.active = True
        cls.company = cls.env["res.company"].create({"name": "Minato", "currency_id": yen.id, "country_id": cls.japan.id})
        cls.company.partner_id.write({"tz": "Asia/Tokyo", "lang": "en_US"})
        cls.env.user.write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id, "lang": "en_US"})
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids, "lang": "en_US", "tracking_disable": True})
        # what a database that is in use already has would take part
        cls.env["ec.rule.set"].search([("state", "in", ("active", "trial"))])._retire()
        cls.env["delivery.carrier"].search([]).active = False
        cls.states = {}
        for state in cls.env["res.country.state"].search([("country_id", "=", cls.japan.id)]):
            cls.states[f"JP-{state.code[-2:]}"] = state
        cls.places = {"Tokyo": cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)}
        for name in PLACES:
            if name not in cls.places:
                cls.places[name] = cls.env["stock.warehouse"].create({"name": name, "code": name[:3].upper(), "company_id": cls.company.id})
            partner = cls.env["res.partner"].create({"name": name, "country_id": cls.japan.id, "state_id": cls.states[PLACES[name]].id})
            cls.places[name].write({"name": name, "partner_id": partner.id})
        cls.env.flush_all()
        # a case has Tokyo, and what else it names
        cls.env.cr.execute("UPDATE stock_warehouse SET active = FALSE WHERE company_id = %s AND name <> 'Tokyo'", [cls.company.id])
        cls.env.invalidate_all()
        cls.shop = cls.env["ec.channel"].create(
            {"name": "Shop", "connector": "demo", "company_id": cls.company.id, "warehouse_id": cls.places["Tokyo"].id}
        )
        cls.delivery = cls.env["product.product"].create({"name": "Delivery", "type": "service", "taxes_id": False})
        presets = {"shops": {"preset": "shops"}, "shops, cancel": {"preset": "shops", "unpaid": "cancel"}, "wholesale": {"preset": "wholesale"}}
        cls.presets = {name: cls.env["ec.rule.preset"].create({**vals, "company_id": cls.company.id})._draft() for name, vals in presets.items()}
        cls.env.flush_all()
        cls.env.cr.execute("DELETE FROM ec_routing_todo; DELETE FROM ec_routing_clock")

    def setUp(self):
        super().setUp()
        self.goods, self.warehouses, self.carriers, self.count = {}, {"Tokyo": self.places["Tokyo"]}, {}, 0

    # ---- what is there

    def build(self, situation):
        """Goods, warehouses, carriers, rules, then orders in the order in which they came."""
        orders = [*situation.get("earlier", ()), situation.get("order", {}), *situation.get("later", ())]
        skus = dict.fromkeys(sku for order in orders for sku in order.get("lines", {"TEA": 1}))
        for name in situation.get("warehouses", {}):
            self._has_warehouse(name)
        for sku in dict.fromkeys([*situation.get("goods", {}), *skus]):
            self._make_goods(sku, situation.get("goods", {}).get(sku, {}))
        for name, vals in situation.get("warehouses", {}).items():
            self._set_warehouse(name, vals)
        for name, vals in situation.get("carriers", {"Yamato": {}}).items():
            self._set_carrier(name, vals)
        self._set_rules(situation)
        self.earlier = [self._make_order(order) for order in situation.get("earlier", ())]
        self.order = self._make_order(situation.get("order", {}))
        self.later = [self._make_order(order) for order in situation.get("later", ())]
        self.env.flush_all()

    def _has_warehouse(self, name):
        if name not in self.warehouses:
            self.env.cr.execute("UPDATE stock_warehouse SET active = TRUE WHERE id = %s", [self.places[name].id])
            self.env.invalidate_all()
            self.warehouses[name] = self.places[name]

    def _make_goods(self, sku, vals):
        self.goods[sku] = self.env["product.product"].create(
            {
                "name": sku.capitalize(), "default_code": sku, "type": "service" if vals.get("service") else "consu",
                "is_storable": not vals.get("service"), "taxes_id": False, "list_price": 1000, "weight": 1,
            }
        )  # fmt: skip
        self._set_goods(sku, {"stock": 10, **vals} if not vals.get("service") else vals)

    def _set_goods(self, sku, vals):
        product = self.goods[sku]
        names = {"price": "list_price", "weight": "weight", "temperature": "ec_temperature", "dangerous": "ec_dangerous", "release": "ec_release_date"}
        product.write({field: vals[name] for name, field in names.items() if name in vals})
        if "tags" in vals:
            product.product_tag_ids = self._tags(vals["tags"])
        if "category" in vals:
            product.categ_id = self._category(vals["category"])
        for name, units in self._by_place(vals.get("stock", 0)).items():
            self._receive(sku, units, name)
        for day, units in vals.get("incoming", {}).items():
            self.env["stock.move"].create(
                {
                    "product_id": product.id, "product_uom_qty": units, "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": self.places["Tokyo"].lot_stock_id.id, "date": utc(f"{day} 09:00"), "company_id": self.company.id,
                }
            )._action_confirm()  # fmt: skip

    def _by_place(self, units):
        return units if isinstance(units, dict) else {"Tokyo": units} if units else {}

    def _receive(self, sku, units, name="Tokyo"):
        self._has_warehouse(name)
        self.env["stock.quant"]._update_available_quantity(self.goods[sku], self.places[name].lot_stock_id, units)

    def _tags(self, names):
        tags = self.env["product.tag"]
        for name in [names] if isinstance(names, str) else names:
            tags |= tags.search([("name", "=", name)], limit=1) or tags.create({"name": name})
        return tags

    def _category(self, path):
        parent = category = self.env["product.category"]
        for name in path.split(" / "):
            category = parent.search([("name", "=", name), ("parent_id", "=", parent.id)], limit=1) or parent.create({"name": name, "parent_id": parent.id})
            parent = category
        return category

    def _set_warehouse(self, name, vals):
        self._has_warehouse(name)
        warehouse = self.places[name]
        write = {
            f"ec_{key}": vals[key] for key in ("handling_days", "capacity", "temperatures", "dangerous") if key in vals
        }  # fmt: skip
        if "priority" in vals:
            write["ec_routing_priority"] = vals["priority"]
        if "cut_off" in vals:
            hours, minutes = vals["cut_off"].split(":")
            write["ec_cut_off"] = int(hours) + int(minutes) / 60
        if "states" in vals:
            write["ec_zone_state_ids"] = [Command.set([self.states[code].id for code in vals["states"]])]
        if "zips" in vals:
            write["ec_zone_zips"] = ", ".join(vals["zips"])
        if "tags" in vals:
            write["ec_product_tag_ids"] = [Command.set(self._tags(vals["tags"]).ids)]
        if "workdays" in vals or "closed" in vals:
            write["ec_calendar_id"] = self._calendar(name, vals.get("workdays", DAYS), vals.get("closed", ())).id
        warehouse.write(write)
        if "state" in vals:
            warehouse.partner_id.state_id = self.states[vals["state"]]

    def _calendar(self, name, workdays, closed):
        calendar = self.env["resource.calendar"].create(
            {
                "name": name, "tz": ZONE.zone, "company_id": self.company.id,
                "attendance_ids": [Command.clear()]
                + [Command.create({"name": day, "dayofweek": str(DAYS.index(day)), "hour_from": 9, "hour_to": 17, "day_period": "full_day"}) for day in workdays],
            }
        )  # fmt: skip
        for day in closed:
            self.env["resource.calendar.leaves"].create(
                {"name": "Closed", "calendar_id": calendar.id, "company_id": self.company.id, "date_from": utc(f"{day} 00:00"), "date_to": utc(f"{day} 23:59")}
            )
        return calendar

    def _set_carrier(self, name, vals):
        if name not in self.carriers:
            self.carriers[name] = self.env["delivery.carrier"].create(
                {"name": name, "product_id": self.delivery.id, "company_id": self.company.id, "delivery_type": "fixed"}
            )
        carrier = self.carriers[name]
        carrier.write({f"ec_{key}": vals[key] for key in ("cod", "cod_limit", "temperatures", "dangerous") if key in vals})
        if "max_weight" in vals:
            carrier.max_weight = vals["max_weight"]
        if "rates" in vals:
            carrier.ec_rate_ids = [Command.clear()] + [
                Command.create(
                    {
                        "warehouse_id": self.places[rate["from"]].id if "from" in rate else False, "price": rate.get("price", 1000),
                        "state_ids": [Command.set([self.states[code].id for code in rate.get("to", ())])],
                        "days": rate.get("days", 1), "max_weight": rate.get("up_to", 0), "company_id": self.company.id,
                    }
                )
                for rate in vals["rates"]
            ]  # fmt: skip

    # ---- orders

    def _make_order(self, given):
        """An order of the shop for one TEA, of a buyer in Tokyo who has no other, unless it says otherwise."""
        kind = given.get("kind", "shop")
        self.count += 1
        if given.get("buyer") == "same":
            partner = self.env["sale.order"].search([("company_id", "=", self.company.id)], order="id DESC", limit=1).partner_id
        else:
            partner = self.env["res.partner"].create({"name": BUYER["name"]})
            self._set_address(partner, {**BUYER, **given})
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id, "company_id": self.company.id, "warehouse_id": self.places["Tokyo"].id, "user_id": False, "ec_claims_stock": kind != "wholesale",
                "order_line": [Command.create(self._line(sku, units, given)) for sku, units in given.get("lines", {"TEA": 1}).items()],
                **({"ec_channel_id": self.shop.id, "ec_external_id": f"S{self.count}"} if kind == "shop" else {}),
            }
        )  # fmt: skip
        self._set_order(order, {key: given[key] for key in given if key not in ("lines", "kind", *(() if given.get("buyer") else (*ADDRESS, "state", "country")))})
        self.env.flush_all()
        return order

    def _line(self, sku, units, given):
        unit = {"product_uom_id": self.env.ref("uom.product_uom_dozen").id} if given.get("unit") == "dozen" else {}
        return {"product_id": self.goods[sku].id, "product_uom_qty": units, **unit}

    def _set_address(self, partner, given):
        vals = {key: given[key] for key in ADDRESS if key in given}
        if "country" in given:
            vals["country_id"] = self.env["res.country"].search([("code", "=", given["country"])]).id
        if "state" in given:
            vals["state_id"] = self.states[given["state"]].id if given["state"] else False
        partner.write(vals)

    def _set_order(self, order, given):
        self._set_address(order.partner_shipping_id, given)
        if "credit_limit" in given:
            self.company.account_use_credit_limit = True
            order.partner_id.with_company(self.company).credit_limit = given["credit_limit"]
        vals = {}
        if "comment" in given:
            vals["ec_note"] = given["comment"]
        if "gift" in given:
            vals["ec_gift"] = given["gift"]
        if "requested" in given:
            moment = given["requested"]
            vals["commitment_date"] = utc(moment if ":" in moment else f"{moment} 12:00") if moment else False
        if "carrier" in given:
            vals["carrier_id"] = self.carriers[given["carrier"]].id if given["carrier"] else False
        if "tags" in given:
            vals["tag_ids"] = [Command.set([self._order_tag(name).id for name in given["tags"]])]
        if vals:
            order.write(vals)
        for sku, units in given.get("lines", {}).items():
            if sku not in self.goods:
                self._make_goods(sku, {})
            line = order.order_line.filtered(lambda line, sku=sku: line.product_id == self.goods[sku])
            if line:
                line.product_uom_qty = units
            else:
                order.order_line = [Command.create(self._line(sku, units, given))]
        if given.get("confirmed") or given.get("invoiced"):
            order.action_confirm()
        if given.get("invoiced"):
            if not self.env["account.journal"].search_count([("company_id", "=", self.company.id), ("type", "=", "sale")]):
                self.env["account.chart.template"].try_loading("generic_coa", company=self.company, install_demo=False)
            for line in order.order_line:
                line.qty_delivered = line.product_uom_qty
            order._create_invoices().action_post()
        if "writes" in given:
            order.message_post(body=given["writes"], author_id=order.partner_id.id, message_type="comment", subtype_xmlid="mail.mt_comment")

    def _order_tag(self, name):
        tags = self.env["crm.tag"]
        return tags.search([("name", "=", name)], limit=1) or tags.create({"name": name})

    # ---- rules

    def _set_rules(self, situation):
        """A preset by its name, "choose" (warehouse and carrier are chosen, nothing else), "none", or the case's own rules."""
        rules, strategy = situation.get("rules", "shops"), situation.get("strategy")
        if rules == "none":
            return
        if isinstance(rules, str) and rules in self.presets:
            return self.presets[rules]._activate("For this case")
        if rules == "choose":
            rules = [{"name": "Choose", "choose": True}]
        draft = self.env["ec.rule.set"].create({"name": "Rules of the case", "company_id": self.company.id, "applies_to": "[]"})
        self.strategy = self._make_strategy(draft, strategy or STRATEGY)
        draft.rule_ids = [Command.create(self._rule(number, rule)) for number, rule in enumerate(rules, 1)]
        draft._activate("For this case")

    def _make_strategy(self, draft, given):
        vals = {"name": "Strategy", "rule_set_id": draft.id, "is_default": True, "max_parcels": given.get("parcels", 1), "mode": given.get("mode", "lexicographic")}
        if "fences" in given:
            vals["fence_ids"] = [Command.create({"name": name, "sequence": 10 + number}) for number, name in enumerate(given["fences"])]
        criteria = given["criteria"]
        criteria = criteria if isinstance(criteria, dict) else dict.fromkeys(criteria, 1)
        vals["criterion_ids"] = [
            Command.create({"name": name, "weight": weight, "sequence": 10 + number}) for number, (name, weight) in enumerate(criteria.items())
        ]
        return self.env["ec.routing.strategy"].create(vals)

    def _rule(self, number, rule):
        actions = {"hold": {"code": rule["hold"]} if isinstance(rule["hold"], str) else rule["hold"]} if "hold" in rule else {}
        if rule.get("choose"):
            actions["source"] = {"strategy": self.strategy.id}
        actions |= rule.get("do", {})
        [(scope, domain)] = (rule.get("lines") or {False: "[]"}).items()
        return {
            "name": rule.get("name", f"Rule {number}"), "scope": rule.get("stage", "route" if rule.get("choose") else "hold"), "sequence": 10 * number,
            "stop": rule.get("stop", False), "valid_from": rule.get("from", False), "valid_to": rule.get("until", False),
            "order_domain": rule.get("orders", "[]"), "line_scope": scope, "line_domain": domain,
            "function_ids": self._calls("condition", rule.get("when", {}), negate=False) + self._calls("condition", rule.get("unless", {}), negate=True),
            "action_ids": self._calls("action", actions),
        }  # fmt: skip

    def _calls(self, sort, given, **more):
        given = {given: {}} if isinstance(given, str) else dict.fromkeys(given, {}) if isinstance(given, list) else given
        return [
            Command.create({"name": name, "args": self._args(sort, name, args), "sequence": 10 + number, **more})
            for number, (name, args) in enumerate(given.items())
        ]

    def _args(self, sort, name, given):
        """Records by their names."""
        found = {
            "carrier": lambda value: self.carriers[value].id, "warehouse": lambda value: self.places[value].id, "tag": lambda value: self._order_tag(value).id,
            "product_tag": lambda value: self._tags(value).id, "category": lambda value: self._category(value).id, "strategy": lambda value: self.strategy.id,
            "user": lambda value: self.env.user.id,
        }  # fmt: skip
        kinds = {arg.name: arg.kind for arg in registry.function(sort, name).args}
        return {key: found[kinds[key]](value) if kinds.get(key) in found and not isinstance(value, int) else value for key, value in given.items()}

    # ---- what happens

    def change(self, given):
        """What a step of a case says has happened."""
        for sku, vals in given.get("goods", {}).items():
            self._set_goods(sku, vals)
        for name, vals in given.get("warehouses", {}).items():
            self._set_warehouse(name, vals)
        for name, vals in given.get("carriers", {}).items():
            self._set_carrier(name, vals)
        if "order" in given:
            self._set_order(self.order, given["order"])
        if given.get("cancel_earlier"):
            for order in self.earlier:
                order._action_cancel()
        if given.get("ship_earlier"):
            # somebody has decided that they leave alone
            self.order.union(*self.earlier).ec_hold_ids.filtered(lambda hold: hold.open and hold.order_id != self.order)._release("Ships alone")
            for picking in self.order.union(*self.earlier).picking_ids - self.order.picking_ids:
                picking.button_validate()
        for sku, units in given.get("receive", {}).items():
            for name, number in self._by_place(units).items():
                self._receive(sku, number, name)
        if "release" in given:
            self.order.ec_hold_ids.filtered(lambda hold: hold.open and hold.code == given["release"])._release("Seen to")
        if "reject" in given:
            self.order._ec_reject(self.places[given["reject"]], "busy")
        if "pay" in given:
            self._pay(given["pay"])
        if given.get("pay_earlier"):
            for order in self.earlier:
                invoice = order.invoice_ids
                self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create({})._create_payments()
        if given.get("combine"):
            (self.order + self.order.union(*self.earlier))._ec_combine()
        if given.get("retire"):
            self.env["ec.rule.set"].search([("company_id", "=", self.company.id), ("state", "=", "active")])._retire()
        if given.get("sort"):
            self.order.action_ec_sort()
        self.env.flush_all()

    def _pay(self, amount):
        provider = self.env["payment.provider"].search([("company_id", "=", self.company.id)], limit=1) or self.env["payment.provider"].create(
            {"name": "Bank", "code": "none", "company_id": self.company.id}
        )
        method = self.env["payment.method"].with_context(active_test=False).search([], limit=1)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id, "payment_method_id": method.id, "reference": f"{self.order.name}-{amount}", "amount": amount,
                "currency_id": self.order.currency_id.id, "partner_id": self.order.partner_id.id, "sale_order_ids": [Command.set(self.order.ids)],
            }
        )  # fmt: skip
        self.env.flush_all()
        transaction.state = "done"

    def work(self, now):
        """The lane: what time has come for, then lot by lot until nothing is asked for."""
        self.env.flush_all()
        # the database's clock goes on; what was remembered for later is moved by as much as it differs from the book's
        shift = utc(now) - fields.Datetime.to_datetime(str(self.env.cr.now())[:19])
        self.env.cr.execute("UPDATE ec_routing_clock SET at = at - %s", [shift])
        self.env["ec.routing.todo"]._add_due()
        self.env.cr.execute("UPDATE ec_routing_clock SET at = at + %s", [shift])
        lots = 0
        while self.env["ec.routing"]._work(100):
            self.env.flush_all()
            lots += 1
            assert lots < 20, "the rules look at the same orders again and again"
        self.env.flush_all()
        self.env.invalidate_all()

    def clock(self, order):
        self.env.cr.execute("SELECT at FROM ec_routing_clock WHERE order_id = %s", [order.id])
        row = self.env.cr.fetchone()
        return row and local(row[0])
