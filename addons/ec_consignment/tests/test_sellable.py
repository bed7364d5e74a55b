from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsignmentCase


@tagged("post_install", "-at_install")
class TestSellable(ConsignmentCase):
    """With ec_stock_atp: what lies at customers is in no figure."""

    def test_consigned_and_lent_goods_are_not_sellable(self):
        if "ec.stock.figure" not in self.env:
            self.skipTest("ec_stock_atp is not installed")
        policy = self.env["ec.stock.policy"].create(
            {"name": "Shop", "line_ids": [Command.create({"warehouse_id": self.warehouse.id})]}
        )
        figures = self.env["ec.stock.figure"]

        def sellable():
            figures._recompute(self.towel.ids)
            figures.invalidate_model()
            return figures.search([("policy_id", "=", policy.id), ("product_id", "=", self.towel.id)]).quantity

        self.assertEqual(sellable(), 100)
        self.send(self.towel, 30)
        self.assertEqual(sellable(), 70)
        loan = self.env["ec.loan"].create(
            {
                "partner_id": self.partner.id,
                "warehouse_id": self.warehouse.id,
                "date_due": self.today() + timedelta(days=9),
                "line_ids": [Command.create({"product_id": self.towel.id, "quantity": 5})],
            }
        )
        loan.action_confirm()
        self.assertEqual(sellable(), 65)
        self.do(loan.picking_ids)
        self.assertEqual(sellable(), 65)
        self.report([(self.towel, 10)]).action_settle()
        self.assertEqual(sellable(), 65)
        self.do(self.env["stock.picking"].browse(self.agreement.action_take_back()["res_id"]))
        self.assertEqual(sellable(), 85)
