from markupsafe import Markup

from odoo import api, fields, models

from ..language import buyer_text, money, staff_lines

CLASSES = {
    "list": "fw-bold mt-2",
    "taken": "text-success fw-bold",
    "rule": "text-muted",
    "step": "",
    "price": "fw-bold fs-4 mt-2",
}


class EcPriceWhy(models.TransientModel):
    _name = "ec.price.why"
    _description = "Why This Price"

    pricelist_id = fields.Many2one("product.pricelist", string="Pricelist", required=True)
    product_id = fields.Many2one("product.product", string="Product")
    quantity = fields.Float(default=1.0, digits="Product Unit")
    uom_id = fields.Many2one("uom.uom", string="Unit", compute="_compute_uom_id", store=True, readonly=False)
    date = fields.Datetime(default=fields.Datetime.now)
    line_id = fields.Many2one("sale.order.line")
    staff_text = fields.Html(compute="_compute_texts", sanitize=False)
    buyer_text = fields.Char(string="For the Buyer", compute="_compute_texts")
    by_hand = fields.Char(compute="_compute_texts")

    @api.depends("product_id")
    def _compute_uom_id(self):
        for why in self:
            if not (why.uom_id and why.product_id and why.uom_id._has_common_reference(why.product_id.uom_id)):
                why.uom_id = why.product_id.uom_id

    @api.depends("pricelist_id", "product_id", "quantity", "uom_id", "date", "line_id")
    def _compute_texts(self):
        for wizard in self:
            wizard.staff_text = wizard.buyer_text = wizard.by_hand = False
            if wizard.pricelist_id and wizard.product_id and wizard.uom_id:
                wizard._explain()

    def _explain(self):
        why = self._why()
        self.staff_text = Markup().join(
            Markup('<div class="%s" style="padding-left: %srem">%s</div>') % (CLASSES[kind], depth, text)
            for depth, text, kind in staff_lines(self.env, why)
        )
        self.buyer_text = buyer_text(self.env, why)
        line = self.line_id
        if line and line.currency_id.compare_amounts(line.price_unit, line.technical_price_unit):
            self.by_hand = self.env._(
                "The order line has another price, entered by hand: %s",
                money(self.env, line.price_unit, line.currency_id),
            )

    def _why(self):
        product = self.product_id
        if self.line_id and self.line_id.product_id == product:
            product = product.with_context(**self.line_id._get_product_price_context())
        company = self.line_id.company_id or self.env.company
        return self.pricelist_id.with_company(company)._origin._ec_why(
            product.with_company(company)._origin, self.quantity or 1.0, uom=self.uom_id._origin, date=self.date
        )

    @api.model
    def _open(self, values):
        wizard = self.create(values)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why This Price"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }
