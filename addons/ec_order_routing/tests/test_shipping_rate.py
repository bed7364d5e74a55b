from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestShippingRate(TransactionCase):
    def test_a_rate_belongs_to_its_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        carrier = self.env["delivery.carrier"].search([("company_id", "=", False)], limit=1)
        mine, theirs = self.env["ec.shipping.rate"].create(
            [{"carrier_id": carrier.id, "price": 1}, {"carrier_id": carrier.id, "price": 2, "company_id": other.id}]
        )
        user = new_test_user(self.env, "rate_user", groups="ec_order_hold.group_hold_user")
        self.assertEqual(self.env["ec.shipping.rate"].with_user(user).search([("id", "in", (mine | theirs).ids)]), mine)
        with self.assertRaises(AccessError):
            mine.with_user(user).price = 3
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        with self.assertRaises(UserError):
            mine.warehouse_id = warehouse
        self.assertEqual(self.env["ec.routing.candidates"]._services(other)[0]["rates"][0]["price"], 2.0)

    def test_who_does_not_route_sees_no_rates(self):
        user = new_test_user(self.env, "rate_salesman", groups="sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self.env["ec.shipping.rate"].with_user(user).search([])
