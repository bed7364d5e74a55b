from collections import defaultdict

from odoo import models
from odoo.fields import Command
from odoo.tools import OrderedSet

from ..batch import ConfirmBatch, CreateBatch, companies_agree, outside

#: The computed values that a line gets before it is inserted, and that `_ec_precompute` gives.
PRECOMPUTED = {
    "company_id",
    "currency_id",
    "customer_lead",
    "discount",
    "name",
    "order_partner_id",
    "price_reduce_taxexcl",
    "price_reduce_taxinc",
    "price_subtotal",
    "price_tax",
    "price_total",
    "price_unit",
    "product_custom_attribute_value_ids",
    "product_no_variant_attribute_value_ids",
    "product_uom_id",
    "product_uom_qty",
    "qty_delivered_method",
    "salesman_id",
    "state",
    "tax_ids",
}
#: A line with one of these is left to Odoo.
NOT_PLAIN = (
    "display_type",
    "is_downpayment",
    "combo_item_id",
    "linked_line_id",
    "linked_virtual_id",
    "virtual_id",
    "extra_tax_data",
    "reward_id",
    "product_custom_attribute_value_ids",
    "product_no_variant_attribute_value_ids",
    "selected_combo_items",
)


def _linked_ids(commands):
    """The ids that these x2many commands give a new record, or None where they do more than link."""
    ids = []
    for command in commands or ():
        if not isinstance(command, (list, tuple)):
            return None
        if command[0] == Command.SET:
            ids = list(command[2])
        elif command[0] == Command.LINK:
            ids.append(command[1])
        elif command[0] == Command.CLEAR:
            ids = []
        else:
            return None
    return ids


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # === Create === #

    def _add_precomputed_values(self, vals_list):
        """In a batch: give plain lines the values Odoo would compute on a draft record each."""
        batch = CreateBatch.of(self.env)
        if batch is not None and batch.as_read(self, "precompute"):
            precomputed = {field for field in self._fields.values() if field.precompute}
            if {field.name for field in precomputed} <= PRECOMPUTED:
                orders, products = (
                    {
                        record.id: record
                        for record in self.env[model].browse({vals[name] for vals in vals_list if vals.get(name)})
                    }
                    for model, name in (("sale.order", "order_id"), ("product.product", "product_id"))
                )
                for vals in vals_list:
                    order, product = orders.get(vals.get("order_id")), products.get(vals.get("product_id"))
                    if order and product and not any(vals.get(name) for name in NOT_PLAIN):
                        self._ec_precompute(vals, order, product, precomputed, batch)
        return super()._add_precomputed_values(vals_list)

    def _ec_precompute(self, vals, order, product, precomputed, batch):
        """Complete the values of a line of goods or service; leave what is not plain to Odoo."""
        if "analytic_distribution" not in vals and not batch.once("analytic", self._ec_has_distribution_models):
            vals["analytic_distribution"] = False
        if product.type == "combo" or order.sale_order_template_id:
            return
        company = order.company_id
        tax_ids = (
            _linked_ids(vals["tax_ids"])
            if "tax_ids" in vals
            else batch.once(
                ("tax", product.id, order.fiscal_position_id.id, company.id),
                lambda: self._ec_product_tax_ids(product, order),
            )
        )
        priced = (
            "discount" in vals
            or not order.pricelist_id
            or not batch.once("discount", self.env["product.pricelist.item"]._is_discount_feature_enabled)
        )
        if tax_ids is None or "price_unit" not in vals or not priced:
            return
        lang = order._get_lang()
        given = set(vals)
        for name, value in {
            "company_id": company.id,
            "currency_id": order.currency_id.id,
            "order_partner_id": order.partner_id.id,
            "salesman_id": order.user_id.id,
            "state": order.state,
            "product_custom_attribute_value_ids": [Command.set([])],
            "product_no_variant_attribute_value_ids": [Command.set([])],
            "product_uom_id": product.uom_id.id,
            "product_uom_qty": 0.0,
            "tax_ids": [Command.set(tax_ids)],
            "discount": 0.0,
            "customer_lead": product.sale_delay,
            "qty_delivered_method": (
                "analytic" if vals.get("is_expense") else "stock_move" if product.type == "consu" else "manual"
            ),
        }.items():
            vals.setdefault(name, value)
        if "name" not in vals:
            vals["name"] = batch.once(
                ("name", product.id, lang),
                lambda: product.with_context(lang=lang).get_product_multiline_description_sale(),
            )
        vals.update(self._ec_amounts(vals, order, product, tax_ids))
        # What Odoo computes after the insert, for a line just quoted; given here, an UPDATE is saved
        vals.update(
            {
                "invoice_status": "no",
                "qty_invoiced": 0.0,
                "qty_to_invoice": 0.0,
                "untaxed_amount_invoiced": 0.0,
                "untaxed_amount_to_invoice": 0.0,
                "warehouse_id": order.warehouse_id.id,
            }
        )
        vals["__precomputed__"] = {field for field in precomputed if field.name not in given}

    def _ec_product_tax_ids(self, product, order):
        taxes = product.with_company(order.company_id).taxes_id._filter_taxes_by_company(order.company_id)
        return order.fiscal_position_id.map_tax(taxes).ids if taxes else []

    def _ec_has_distribution_models(self):
        # a model that the user may not read leads to Odoo's own look-up, which then leaves it out
        return bool(self.env["account.analytic.distribution.model"].sudo().search_count([], limit=1))

    def _ec_amounts(self, vals, order, product, tax_ids):
        """The line's amounts, by Odoo's own tax engine."""
        AccountTax = self.env["account.tax"]
        currency = order.currency_id or order.company_id.currency_id

        def cached(name):
            return self._fields[name].convert_to_cache(vals[name], self)

        quantity = cached("product_uom_qty")
        base_line = AccountTax._prepare_base_line_for_taxes_computation(
            None,
            product_id=product,
            product_uom_id=self.env["uom.uom"].browse(vals["product_uom_id"]),
            price_unit=cached("price_unit"),
            discount=cached("discount"),
            tax_ids=AccountTax.browse(tax_ids),
            quantity=quantity,
            partner_id=order.partner_id,
            currency_id=currency,
            rate=order.currency_rate,
            name=vals["name"],
        )
        AccountTax._add_tax_details_in_base_line(base_line, order.company_id)
        AccountTax._round_base_lines_tax_details([base_line], order.company_id)
        subtotal = currency.round(base_line["tax_details"]["total_excluded_currency"])
        total = currency.round(base_line["tax_details"]["total_included_currency"])
        return {
            "price_subtotal": subtotal,
            "price_total": total,
            "price_tax": total - subtotal,
            "price_reduce_taxexcl": currency.round(subtotal / quantity) if quantity else 0.0,
            "price_reduce_taxinc": currency.round(total / quantity) if quantity else 0.0,
        }

    # === Confirm === #

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        """In a batch: procure the lines of all orders that allow it together, the others order by order."""
        batch = ConfirmBatch.of(self.env)
        if (
            batch is None
            or previous_product_uom_qty
            or batch.pickings_to_confirm is not None
            or not batch.order_ids.issuperset(self.order_id.ids)
        ):
            return super()._action_launch_stock_rule(previous_product_uom_qty=previous_product_uom_qty)
        together, own_path = self._ec_split_for_batch(batch)
        if together:
            together_ids = set(together.ids)
            lines = self.filtered(lambda line: line.order_id.id in together_ids)
            lines._ec_create_references(batch)
            batch.line_ids = frozenset(lines.ids)
            batch.pickings_to_confirm = OrderedSet()
            try:
                super(SaleOrderLine, lines)._action_launch_stock_rule()
                pickings = self.env["stock.picking"].browse(batch.pickings_to_confirm)
            finally:
                batch.pickings_to_confirm = None
            pickings.action_confirm()
        for order in own_path:
            self.env.flush_all()  # in this user's name: Odoo buys as the superuser, whose flush would sign the rest
            lines = outside(self.filtered(lambda line, order=order: line.order_id == order))
            super(SaleOrderLine, lines)._action_launch_stock_rule()
        return True

    def _ec_split_for_batch(self, batch):
        """Sort the orders of the lines into those procured together and those that go Odoo's own path.

        Stock is promised in the order of the orders, as one by one: once an order goes its own path, later
        orders that want one of its products follow it there.

        :return: two recordsets of sale.order
        """
        self = self.with_prefetch(self._ids)  # what is read for one line is read for all
        self.product_id.product_tmpl_id.mapped("route_ids")
        batch.ordered_product_ids = self._ec_ordered_product_ids(batch)
        together, own_path = OrderedSet(), OrderedSet()
        taken_product_ids = set()
        for order, lines in self.grouped("order_id").items():
            goods = lines.filtered(lambda line: line.product_id.type == "consu").with_prefetch(self._ids)
            if taken_product_ids.isdisjoint(goods.product_id.ids) and order._ec_fits_batch(goods, batch):
                together.add(order.id)
            else:
                own_path.add(order.id)
                taken_product_ids.update(goods.product_id.ids)
        orders = self.order_id
        return orders.browse(together), orders.browse(own_path)

    def _ec_ordered_product_ids(self, batch):
        """Products that a reordering rule may order by itself when these lines are procured.

        A rule orders when the forecast falls below its minimum. Where the forecast less all that the batch wants
        still reaches the minimum, it orders after no line of the batch, and the lines may go together. Read as
        superuser: who sells may not read reordering rules.
        """
        parameter = self.env["ir.config_parameter"].sudo().get_param
        if parameter("stock.no_auto_scheduler"):
            return set()
        rules = (
            self.env["stock.warehouse.orderpoint"]
            .sudo()
            .search([("trigger", "=", "auto"), ("product_id", "in", self.product_id.ids)])
        )
        if not rules or not batch.as_read(rules, "orderpoint"):
            return set(rules.product_id.ids)
        wanted = defaultdict(float)
        for line in self.filtered(lambda line: line.product_id in rules.product_id):
            wanted[line.product_id.id] += line.product_uom_id._compute_quantity(
                abs(line.product_uom_qty), line.product_id.uom_id
            )
        return {
            rule.product_id.id
            for rule in rules
            if rule.qty_to_order > 0
            or rule.product_uom.compare(rule.qty_forecast - wanted[rule.product_id.id], rule.product_min_qty) < 0
        }

    def _ec_create_references(self, batch):
        """The stock references of all orders in one create; a line that would ask for none gets none."""
        vals_list = []
        for _order, lines in self.grouped("order_id").items():
            for line in lines:
                if (
                    line.state == "sale"
                    and not line.order_id.locked
                    and line.product_id.type == "consu"
                    and not line.product_uom_id.is_zero(line.product_uom_qty)
                ):
                    vals_list.append(line._prepare_reference_vals())
                    break
        batch.referring = True
        try:
            references = self.env["stock.reference"].create(vals_list)
        finally:
            batch.referring = False
        batch.new_reference_ids.update(references.ids)

    def _ec_fits_batch(self, batch):
        """Whether this line of goods is plainly taken from stock."""
        self.ensure_one()
        product = self.product_id
        if product.tracking != "none" or self.product_uom_qty < 0:
            return False
        if product.categ_id.packaging_reserve_method == "full" or product.id in batch.ordered_product_ids:
            return False
        line = self.with_company(self.company_id)
        rule = self.env["stock.rule"]._get_rule(
            product,
            line._get_location_final(),
            {
                "route_ids": self.route_ids or self.order_id.carrier_id.route_ids,
                "warehouse_id": self.warehouse_id,
                "packaging_uom_id": self.product_uom_id,
                "company_id": self.company_id,
            },
        )
        return (
            rule.action in ("pull", "pull_push")
            and rule.procure_method == "make_to_stock"
            and rule.location_src_id.usage == "internal"
        )

    def _check_company(self, fnames=None):
        """In a batch: look at each linked record once; where that finds a fault, let Odoo say which."""
        batch = CreateBatch.of(self.env)
        if batch is None or fnames is not None or not batch.as_read(self, "company") or not companies_agree(self):
            return super()._check_company(fnames)
        return None
