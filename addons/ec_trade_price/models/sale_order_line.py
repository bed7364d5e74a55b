from collections import defaultdict

from odoo import models

ASKED = {"quantity", "uom", "date", "currency"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _compute_pricelist_item_id(self):
        """The rules of all lines are found at once; Odoo's loop, and whoever extends it, then reads them."""
        lines = self.with_context(ec_price_book=self._ec_price_book()) if len(self) > 1 else self
        super(SaleOrderLine, lines)._compute_pricelist_item_id()

    def _ec_price_book(self):
        """{(price list id, (product id,), quantity, unit, date): rule id}, for lines that ask for nothing unusual."""
        groups = defaultdict(dict)
        for line in self:
            pricelist = line.order_id.pricelist_id
            if not line.product_id or line.display_type or not pricelist:
                continue
            asked = line._get_pricelist_kwargs()
            if asked.keys() == ASKED and asked["uom"]:
                key = (pricelist.id, line.product_id._ids, asked["quantity"], asked["uom"], asked["date"])
                groups[pricelist, asked["date"]][key] = (line.product_id, asked["quantity"], asked["uom"])
        book = {}
        for (pricelist, date), asks in groups.items():
            if pricelist._ec_finds_as_odoo():
                answers = pricelist._ec_answer(list(asks.values()), date=date, compute_price=False)
                book.update(zip(asks, (rule for _price, rule in answers), strict=True))
        return book

    def action_ec_why_price(self):
        self.ensure_one()
        return self.env["ec.price.why"]._open(
            {
                "pricelist_id": self.order_id.pricelist_id.id,
                "product_id": self.product_id.id,
                "quantity": self.product_uom_qty or 1.0,
                "uom_id": self.product_uom_id.id,
                "date": self._get_order_date(),
                "line_id": self.id,
            }
        )
