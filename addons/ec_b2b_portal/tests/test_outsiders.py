from odoo.tests import TransactionCase, new_test_user, tagged

from .common import TradeWorld

OURS = "ec_b2b_portal"
MODELS = (
    "res.partner",
    "sale.order",
    "sale.order.line",
    "stock.picking",
    "account.move",
    "account.move.line",
    "product.pricelist",
)


@tagged("post_install", "-at_install")
class TestOutsiders(TradeWorld, TransactionCase):
    """Nothing changes for who has nothing to do with trade accounts."""

    def test_employees_have_no_condition_more(self):
        rules = self.env["ir.rule"]
        people = [
            new_test_user(self.env, f"plain_{number}", groups=group)
            for number, group in enumerate(
                ("sales_team.group_sale_salesman", "stock.group_stock_user", "account.group_account_invoice")
            )
        ]
        people.append(
            self._login(self.env["res.partner"].create({"name": "Plain Portal", "email": "plain@example.com"}))
        )
        ours = self.env["ir.model.data"].search([("module", "=", OURS), ("model", "=", "ir.rule")])
        for user in people:
            with_us = {model: rules.with_user(user)._compute_domain(model) for model in MODELS[:-1]}
            self.env["ir.rule"].browse(ours.mapped("res_id")).active = False
            self.env.registry.clear_cache()
            for model, domain in with_us.items():
                self.assertEqual(domain, rules.with_user(user)._compute_domain(model), (user.login, model))
            self.env["ir.rule"].browse(ours.mapped("res_id")).active = True

    def test_contact_without_an_account_sees_its_company_as_before(self):
        company = self._company("Plain")
        user = self._login(self._contact(company, "Plain Pat"))
        order, invoice = self._order(company), self._invoice(company)
        for record in (order, order.order_line, invoice, invoice.invoice_line_ids, company):
            self.assertEqual(record.with_user(user).search([("id", "in", record.ids)]), record)
        self.assertTrue(user._ec_trade_may("can_order"))

    def test_draft_account_changes_nothing(self):
        company = self._company("Soon")
        user = self._login(self._contact(company, "Soon Sam"))
        order = self._order(company)
        self.env["ec.trade.account"].create({"partner_id": company.id, "user_id": False})
        self.assertEqual(order.with_user(user).search([("id", "=", order.id)]), order)

    def test_rules_of_odoo_are_untouched(self):
        """Uninstalling takes our rules away, and nothing else has to be put back."""
        ours = self.env["ir.model.data"].search([("module", "=", OURS), ("model", "=", "ir.rule")])
        names = self.env["ir.rule"].browse(ours.mapped("res_id")).mapped("model_id.model")
        self.assertLess(set(MODELS), set(names))
        expected = {
            "sale.sale_order_rule_portal": "[('partner_id','child_of',[user.commercial_partner_id.id])]",
            "sale.sale_order_line_rule_portal": "[('order_id.partner_id','child_of',[user.commercial_partner_id.id])]",
            "sale_stock.stock_picking_rule_portal": "['|', ('partner_id', '=', user.partner_id.id), ('sale_id.partner_id', '=', user.partner_id.id)]",
            "base.res_partner_portal_public_rule": "[('id', 'child_of', user.commercial_partner_id.id)]",
        }
        for xmlid, domain in expected.items():
            self.assertEqual(self.env.ref(xmlid).domain_force, domain)
            self.assertTrue(self.env.ref(xmlid).active)

    def test_a_guest_may_buy_what_odoo_sells_unpublished(self):
        # tickets of events and parts of combos are not published
        ticket = self.env["product.product"].create({"name": "Ticket", "type": "service", "is_published": False})
        website = self.env["website"].search([("company_id", "=", self.seller.id)], limit=1)
        guest = self.env.ref("base.public_user")
        cart = self._order(guest.partner_id, confirm=False).with_user(guest).sudo()
        cart.website_id = website
        self.assertTrue(cart._ec_may_buy(ticket))
        website.ecommerce_access = "trade"
        self.assertFalse(cart._ec_may_buy(ticket))

    def test_a_draft_account_changes_nobodys_list(self):
        general = self.env["product.pricelist"].create({"name": "General"})
        account = self.env["ec.trade.account"].create(
            {"partner_id": self._company("West").id, "pricelist_id": general.id, "user_id": False}
        )
        self.assertIn(
            ("id", "not in", self.env["ec.trade.account"].search([("state", "!=", "draft")]).pricelist_id.ids),
            general._ec_of_no_account(),
        )
        guest = self.env.ref("base.public_user")
        domain = guest._ec_trade_lists(self.seller.id)
        self.assertTrue(general.filtered_domain(domain))
        account.action_activate()
        self.assertFalse(general.filtered_domain(domain))
