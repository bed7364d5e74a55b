from odoo import fields
from odoo.fields import Command
from odoo.tests import TransactionCase


class ConsignmentCase(TransactionCase):
    """A warehouse with towels and vases, and a department store that sells them for us."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.company = cls.env.company
        cls.company.tax_calculation_rounding_method = "round_globally"
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.stock = cls.warehouse.lot_stock_id
        cls.partner = cls.env["res.partner"].create(
            {"name": "Ginza Store", "is_company": True, "email": "ginza@example.com"}
        )
        cls.tax = cls.env["account.tax"].create({"name": "10%", "amount": 10, "amount_type": "percent"})
        cls.reduced = cls.env["account.tax"].create({"name": "8%", "amount": 8, "amount_type": "percent"})
        cls.towel = cls.product("Towel", default_code="T-1", barcode="4900000000017")
        cls.vase = cls.product("Vase", default_code="V-1", taxes_id=cls.reduced.ids)
        cls.pricelist = cls.env["product.pricelist"].create(
            {
                "name": "Consignment",
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 40}),
                    Command.create(
                        {
                            "compute_price": "fixed",
                            "fixed_price": 105,
                            "applied_on": "0_product_variant",
                            "product_id": cls.towel.id,
                            "date_end": "2026-03-31 23:59:59",
                        }
                    ),
                ],
            }
        )
        cls.agreement = cls.agree(cls.partner)

    @classmethod
    def agree(cls, partner, **vals):
        return cls.env["ec.consignment"].create(
            {"partner_id": partner.id, "pricelist_id": cls.pricelist.id, "warehouse_id": cls.warehouse.id, **vals}
        )

    @classmethod
    def product(cls, name, units=100, **vals):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "list_price": 200.0,
                "standard_price": 50.0,
                "taxes_id": cls.tax.ids,
                "invoice_policy": "order",
                **vals,
            }
        )
        if units:
            cls.env["stock.quant"]._update_available_quantity(product, cls.stock, units)
        return product

    @classmethod
    def send(cls, product, units, agreement=None, lot=None):
        """Goods on their way to the customer and there, by a transfer as a user makes it."""
        agreement = agreement or cls.agreement
        picking = cls.env["stock.picking"].create(
            {
                "picking_type_id": agreement.warehouse_id.ec_consignment_type_id.id,
                "partner_id": agreement.partner_id.id,
            }
        )
        picking.move_ids = [
            Command.create(
                {
                    "product_id": product.id,
                    "product_uom_qty": units,
                    "location_id": picking.location_id.id,
                    "location_dest_id": picking.location_dest_id.id,
                }
            )
        ]
        picking.action_confirm()
        if lot:
            picking.move_ids._ec_take_lot(lot)
        return cls.do(picking)

    @classmethod
    def do(cls, picking):
        if picking.state == "draft":
            picking.action_confirm()
        picking.action_assign()
        picking.move_ids.picked = True
        picking._action_done()
        return picking

    @classmethod
    def give_back(cls, picking, units):
        """Odoo's own return of so many of a transfer's only product, into stock."""
        wizard = cls.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = units
        back = cls.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.location_dest_id = cls.stock
        return cls.do(back)

    @classmethod
    def report(cls, lines, agreement=None, **vals):
        """A draft report of [(product, units)]."""
        return cls.env["ec.consignment.report"].create(
            {
                "agreement_id": (agreement or cls.agreement).id,
                "date": "2026-04-30",
                "line_ids": [Command.create({"product_id": product.id, "quantity": units}) for product, units in lines],
                **vals,
            }
        )

    def there(self, product, agreement=None):
        location = (agreement or self.agreement).location_id
        return self.env["stock.quant"]._get_available_quantity(product, location)

    def balance(self, product, agreement=None):
        return self.env["ec.consignment.balance"].search(
            [("agreement_id", "=", (agreement or self.agreement).id), ("product_id", "=", product.id)]
        )

    def assertBalance(self, product, agreement=None, **numbers):
        row = self.balance(product, agreement)
        self.assertEqual({name: row[name] for name in numbers}, numbers)

    @classmethod
    def today(cls):
        return fields.Date.today()
