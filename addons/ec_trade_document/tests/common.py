from odoo.fields import Command
from odoo.tests import TransactionCase


class TradeCommon(TransactionCase):
    """A seller in Japan, a buyer in Germany, goods in stock and a carton."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("ja_JP", "zh_CN"):
            cls.env["res.lang"]._activate_lang(code)
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.documents = cls.env["ec.trade.document"]
        cls.japan, cls.germany = cls.env.ref("base.jp"), cls.env.ref("base.de")
        cls.company = cls.env.company
        cls.company.country_id = cls.japan
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.buyer = cls.env["res.partner"].create(
            {
                "name": "Nordwind Handels GmbH",
                "is_company": True,
                "street": "Hafenstraße 12",
                "city": "Hamburg",
                "zip": "20457",
                "country_id": cls.germany.id,
                "lang": "en_US",
            }
        )
        cls.towel = cls._product("Towel", weight=0.25, volume=0.02, default_code="T-1")
        cls.towel.with_context(lang="ja_JP").name = "タオル"
        cls.vase = cls._product("Vase", weight=1.2, volume=0.04)
        cls.box = cls.env["stock.package.type"].create(
            {"name": "Carton", "packaging_length": 600, "width": 400, "height": 300, "base_weight": 0.8}
        )

    @classmethod
    def _product(cls, name, **vals):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "type": "consu",
                "is_storable": True,
                "list_price": 10.0,
                "taxes_id": [],
                "hs_code": "630260",
                "country_of_origin": cls.japan.id,
                **vals,
            }
        )
        return product

    @classmethod
    def _stock(cls, product, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(product, cls.warehouse.lot_stock_id, quantity, lot_id=lot)

    @classmethod
    def _currency(cls, name):
        currency = cls.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        currency.active = True
        return currency

    @classmethod
    def _order(cls, lines, currency="USD", **vals):
        """A quotation of [(product, quantity, price or vals), …]."""
        pricelist = cls.env["product.pricelist"].create({"name": currency, "currency_id": cls._currency(currency).id})
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.buyer.id,
                "pricelist_id": pricelist.id,
                "incoterm": cls.env.ref("account.incoterm_FOB").id,
                "incoterm_location": "Yokohama",
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "tax_ids": [],
                            **(price if isinstance(price, dict) else {"price_unit": price}),
                        }
                    )
                    for product, quantity, price in lines
                ],
                **vals,
            }
        )

    @classmethod
    def _delivery(cls, lines, **vals):
        """A confirmed order's reserved delivery."""
        for product, quantity, _price in lines:
            if product.tracking == "none":
                cls._stock(product, quantity * 12)
        order = cls._order(lines, **vals)
        order.action_confirm()
        return order.picking_ids

    @classmethod
    def _pack(cls, picking, per_carton, box=None):
        """Packs by the dialog: {product: pieces a carton}."""
        dialog = cls.env["ec.carton.pack"].with_context(active_id=picking.id).create({})
        dialog.package_type_id = box or cls.box
        for line in dialog.line_ids:
            line.per_carton = per_carton.get(line.product_id, 0)
        dialog.action_pack()
        return picking.move_line_ids.result_package_id

    @classmethod
    def _done(cls, picking):
        picking.move_ids.picked = True
        picking._action_done()
