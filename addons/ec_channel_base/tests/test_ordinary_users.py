"""People who have nothing to do with channels work as before, while a shop shows every unit that is there."""

from lxml import etree

from odoo.tests import Form, new_test_user, tagged

from .stock_common import StockCommon

VIEWS = (
    ("sale.order", "form"), ("sale.order", "list"), ("stock.picking", "form"), ("stock.picking", "list"), ("product.template", "form"),
    ("product.template", "list"), ("product.product", "form"), ("product.product", "list"), ("stock.quant", "list"),
)  # fmt: skip


class OrdinaryCommon(StockCommon):
    def setUp(self):
        super().setUp()
        self.set_there(5)
        self.turn_on()
        self.assertEqual(self.shown(), 5)
        self.plain = self.products[1]
        self.buyer = self.env["res.partner"].create({"name": "Walk-in"})

    def user(self, login, *groups):
        return new_test_user(
            self.env, f"plain_{login}", ",".join(("base.group_user", *groups)), company_id=self.company.id, company_ids=[(6, 0, self.company.ids)]
        )

    def as_user(self, user):
        """The environment of this user, with nothing in the cache that somebody else read."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env(user=user, context={"allowed_company_ids": self.company.ids, "lang": "en_US"})

    def assert_plain_views(self, env, models):
        """These views open, and nothing of ours is in them, not even hidden."""
        for model, kind in VIEWS:
            if model in models:
                with self.subTest(model=model, view=kind):
                    arch = etree.fromstring(env[model].get_view(view_type=kind)["arch"])
                    self.assertEqual([name for name in self.ours(arch) if name not in self.for_everybody(env[model])], [])
                    if kind == "form":
                        Form(env[model] if env[model].has_access("create") else env[model].search([], limit=1))

    def ours(self, arch):
        return [node.get("name") for node in arch.iter("field", "button", "page", "filter") if "ec_" in (node.get("name") or "")[:10]]

    def for_everybody(self, model):
        """What addons that know nothing of channels are installed for: papers of export, goods at customers, brands with prices."""
        apart = {"ec_trade_document", "ec_consignment", "ec_trade_price"}
        return {name for name, field in model._fields.items() if {module for module in field._modules if module.startswith("ec_")} <= apart} | {"ec_export"}

    def there(self, product=None):
        product = (product or self.tea).with_context(warehouse_id=self.warehouse.id)
        product.invalidate_recordset()
        return product.qty_available


@tagged("post_install", "-at_install")
class TestSalesperson(OrdinaryCommon):
    def setUp(self):
        super().setUp()
        self.salesperson = self.user("sales", "sales_team.group_sale_salesman")
        self.env_sales = self.as_user(self.salesperson)

    def test_screens(self):
        self.assert_plain_views(self.env_sales, ("sale.order", "product.template", "product.product"))

    def make(self, product, units):
        form = Form(self.env_sales["sale.order"])
        form.partner_id = self.env_sales["res.partner"].browse(self.buyer.id)
        with form.order_line.new() as line:
            line.product_id = self.env_sales["product.product"].browse(product.id)
            line.product_uom_qty = units
        return form.save()

    def cancel(self, order):
        if "created_purchase_line_ids" in self.env["stock.move"]._fields:  # module purchase_stock itself asks this right of whoever cancels
            self.salesperson.group_ids += self.env.ref("purchase.group_purchase_user")
        order.with_env(self.as_user(self.salesperson))._action_cancel()

    def moves(self, order):
        return order.sudo().picking_ids.move_ids.filtered(lambda move: move.state != "cancel")

    def test_an_order_of_units_that_no_shop_shows(self):
        order = self.make(self.plain, 4)
        order.action_confirm()
        self.assertEqual((order.state, self.moves(order).state, self.moves(order).quantity), ("sale", "assigned", 4))
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_uom_qty = 6
        self.assertEqual(sum(self.moves(order).mapped("product_uom_qty")), 6)
        order.action_view_delivery()
        self.cancel(order)
        self.assertEqual((order.state, self.moves(order)), ("cancel", self.env["stock.move"]))
        order.action_draft()
        order.action_confirm()
        self.assertEqual(sum(self.moves(order).mapped("quantity")), 6)

    def test_an_order_of_units_that_a_shop_shows_waits_and_is_changed_and_cancelled(self):
        order = self.make(self.tea, 2)
        order.action_confirm()
        self.assertEqual((order.state, self.moves(order).state), ("sale", "confirmed"))
        with Form(order) as form, form.order_line.edit(0) as line:
            line.product_uom_qty = 3
        self.settle()
        self.assertEqual(self.shown(), 2, "three of five are promised")
        self.env["ec.stock.planner"]._work_assign()
        self.assertEqual(sum(self.moves(order).mapped("quantity")), 3)
        self.cancel(order)
        self.settle()
        self.assertEqual((order.state, self.shown()), ("cancel", 5))


@tagged("post_install", "-at_install")
class TestStockUser(OrdinaryCommon):
    def setUp(self):
        super().setUp()
        self.keeper = self.user("stock", "stock.group_stock_user", "base.group_partner_manager")
        self.manager = self.user("stock_manager", "stock.group_stock_manager", "base.group_partner_manager")
        self.env_stock = self.as_user(self.keeper)

    def test_screens(self):
        self.assert_plain_views(self.env_stock, ("stock.picking", "product.template", "product.product", "stock.quant"))

    def transfer(self, kind, product, units):
        """A transfer entered by the stock user, with all that the screen fills in."""
        form = Form(self.env_stock["stock.picking"].with_context(restricted_picking_type_code=kind))
        form.picking_type_id = self.env_stock["stock.picking.type"].search([("warehouse_id", "=", self.warehouse.id), ("code", "=", kind)], limit=1)
        form.partner_id = self.env_stock["res.partner"].browse(self.buyer.id)
        with form.move_ids.new() as move:
            move.product_id = self.env_stock["product.product"].browse(product.id)
            move.product_uom_qty = units
        picking = form.save()
        picking.action_confirm()
        return picking

    def test_a_delivery_of_units_that_no_shop_shows(self):
        picking = self.transfer("outgoing", self.plain, 4)
        picking.action_assign()
        self.assertEqual((picking.state, picking.move_ids.quantity), ("assigned", 4))
        picking.do_unreserve()
        self.assertEqual((picking.state, picking.move_ids.quantity), ("confirmed", 0))
        picking.action_assign()
        picking.button_validate()
        self.assertEqual((picking.state, self.there(self.plain)), ("done", 96))

    def test_goods_that_leave_win_over_units_that_a_shop_shows(self):
        picking = self.transfer("outgoing", self.tea, 2)
        picking.action_assign()
        self.assertEqual((picking.state, picking.move_ids.quantity), ("confirmed", 0))
        with Form(picking) as form, form.move_ids.edit(0) as move:
            move.quantity = 2
        picking.button_validate()
        self.assertEqual((picking.state, self.there()), ("done", 3))
        self.settle()
        self.assertEqual(self.shown(), 3)

    def test_a_shop_s_order_is_delivered_and_comes_back(self):
        self.sell(self.channel, 2)
        self.read_orders()
        self.confirm()
        order = self.env["sale.order"].search([("ec_channel_id", "=", self.channel.id)])
        picking = self.as_user(self.keeper)["stock.picking"].browse(order.picking_ids.id)
        with Form(picking) as form:
            form.note = "Careful"
        self.assertEqual(picking.state, "assigned")
        picking.do_unreserve()
        picking.action_assign()
        picking.button_validate()
        self.assertEqual((picking.state, self.there()), ("done", 3))
        wizard = Form(picking.env["stock.return.picking"].with_context(active_id=picking.id, active_ids=picking.ids, active_model="stock.picking")).save()
        wizard.product_return_moves.quantity = 1
        back = picking.browse(wizard.action_create_returns()["res_id"])
        back.button_validate()
        self.assertEqual((back.state, self.there()), ("done", 4))

    def test_a_receipt(self):
        picking = self.transfer("incoming", self.tea, 7)
        picking.button_validate()
        self.assertEqual((picking.state, self.there()), ("done", 12))
        self.settle()
        self.assertEqual(self.shown(), 12)

    def test_a_stock_count(self):
        for user, units in ((self.keeper, 2), (self.manager, 8)):
            with self.subTest(user.login):
                quant = self.as_user(user)["stock.quant"].search(
                    [("product_id", "=", self.tea.id), ("location_id", "=", self.warehouse.lot_stock_id.id)]
                )
                quant = quant.with_context(inventory_mode=True)
                quant.inventory_quantity = units
                quant.action_apply_inventory()
                self.assertEqual(self.there(), units)
                self.settle()
                self.assertEqual(self.shown(), units)
