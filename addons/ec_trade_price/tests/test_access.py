from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import PriceCommon


class TestAccess(PriceCommon):
    """An ordinary salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        companies = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.salesperson = new_test_user(cls.env, "price_sales", groups="sales_team.group_sale_salesman", **companies)
        cls.manager = new_test_user(
            cls.env, "price_manager", groups="base.group_user,product.group_product_manager", **companies
        )
        head = cls._list("Head office", cls._rate(65, ec_brand_id=cls.minato.id), ec_rounding="down")
        cls.branch = cls._list("Branch", ec_fallback_id=head.id)

    def test_a_salesperson_quotes_and_asks_why(self):
        partner = self.env["res.partner"].create({"name": "Sato"})
        env = self.env(user=self.salesperson)
        env.invalidate_all()
        with Form(env["sale.order"]) as form:
            form.partner_id = partner.with_env(env)
            form.pricelist_id = self.branch.with_env(env)
            for product in self.tea + self.cup:
                with form.order_line.new() as line:
                    line.product_id = product.with_env(env)
        order = form.record
        self.assertEqual(order.order_line.mapped("price_unit"), [650, 300])
        wizard = env["ec.price.why"].browse(order.order_line[0].action_ec_why_price()["res_id"])
        self.assertIn("Brand: Minato", wizard.staff_text)

    def test_a_salesperson_changes_no_prices(self):
        for record, vals in (
            (self.branch, {"ec_fallback_id": False}),
            (self.minato, {"name": "Mine"}),
            (self.branch.ec_fallback_id.item_ids, {"ec_rate": 1}),
        ):
            with self.assertRaises(AccessError):
                record.with_user(self.salesperson).write(vals)

    def test_a_product_manager_does(self):
        brand = self.env["ec.brand"].with_user(self.manager).create({"name": "New"})
        self.branch.with_user(self.manager).write({"item_ids": [Command.create(self._rate(50, ec_brand_id=brand.id))]})
        self.assertEqual(self.branch.item_ids.percent_price, 50)

    def test_a_list_of_another_company_is_not_explained(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["product.pricelist"].create({"name": "Foreign", "company_id": other.id})
        with self.assertRaises(AccessError):
            foreign.with_user(self.salesperson)._ec_why(self.tea.with_user(self.salesperson))
