from odoo.tests import tagged

from .test_routing import RoutingCommon


@tagged("post_install", "-at_install")
class TestBoardPanel(RoutingCommon):
    def test_the_panel_says_why(self):
        self._active()
        order = self._shop_order(40)
        self._route()
        order.user_id = self.hold_user
        self.env.flush_all()
        panel = self.env["ec.order.board"].with_user(self.hold_user).panel(order.id)
        why = panel["sections"]["why"]
        self.assertIn("On hold", why["outcome"])
        self.assertEqual([rule["name"] for rule in why["rules"]], ["Expensive"])
        self.assertEqual(panel["sections"]["parcel"], {"name": "", "splittable": False, "split": False})

    def test_an_order_without_a_decision_has_no_reasons(self):
        order = self._shop_order(1, user_id=self.hold_user.id)
        panel = self.env["ec.order.board"].with_user(self.hold_user).panel(order.id)
        self.assertNotIn("why", panel["sections"])
