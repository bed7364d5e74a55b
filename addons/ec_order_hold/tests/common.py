from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user


class HoldCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.Hold = cls.env["ec.order.hold"]
        cls.partner = cls.env["res.partner"].create({"name": "Sato Shoten"})
        cls.product = cls.env["product.product"].create(
            {"name": "Towel", "type": "consu", "is_storable": True, "list_price": 100.0}
        )
        cls.service = cls.env["product.product"].create({"name": "Wrapping", "type": "service"})
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        cls.salesman = new_test_user(
            cls.env, "hold_salesman", groups="sales_team.group_sale_salesman"
        )
        cls.stock_user = new_test_user(cls.env, "hold_stock", groups="stock.group_stock_user")
        cls.hold_user = new_test_user(
            cls.env,
            "hold_user",
            groups="ec_order_hold.group_hold_user,sales_team.group_sale_salesman_all_leads",
        )
        cls.hold_manager = new_test_user(
            cls.env,
            "hold_manager",
            groups="ec_order_hold.group_hold_manager,sales_team.group_sale_salesman_all_leads",
        )

    @classmethod
    def _order(cls, product=None, quantity=2, **vals):
        return cls.env["sale.order"].create(cls._order_vals(product, quantity, **vals))

    @classmethod
    def _order_vals(cls, product=None, quantity=2, **vals):
        return {
            "partner_id": cls.partner.id,
            "user_id": cls.salesman.id,
            "order_line": [
                Command.create(
                    {"product_id": (product or cls.product).id, "product_uom_qty": quantity}
                )
            ],
            **vals,
        }

    @classmethod
    def _orders(cls, count):
        return cls.env["sale.order"].create([cls._order_vals() for _index in range(count)])

    @classmethod
    def _stock(cls, quantity, product=None):
        cls.env["stock.quant"]._update_available_quantity(
            product or cls.product, cls.warehouse.lot_stock_id, quantity
        )

    @classmethod
    def _hold(cls, orders, code="manual", reason="Wait", **vals):
        return cls.Hold._open(
            [{"order_id": order.id, "code": code, "reason": reason, **vals} for order in orders]
        )
