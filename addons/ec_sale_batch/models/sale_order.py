from collections import defaultdict

from odoo import api, models

from ..batch import CONTEXT_KEY, ConfirmBatch


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # === Public: many at once === #

    @api.model
    def _ec_create_batch(self, vals_list):
        """Create orders as `create` does, value by value, with what all of them need looked up once.

        :param list vals_list: as for `create`; lines as ``Command.create``. A given value always wins.
        :return: the orders, in the order of `vals_list`
        """
        vals_list = [dict(vals) for vals in vals_list]
        self._ec_add_names(vals_list)
        return self.create(vals_list)

    def _ec_confirm_batch(self):
        """Confirm the orders with the result of ``for order in self: order.action_confirm()``.

        Every override of `action_confirm` and `_action_confirm` runs, once, with all orders. Orders that the
        set-based part does not cover take Odoo's own path, each by itself, in the same transaction. All or
        nothing: what Odoo raises is raised, and the caller's transaction is then to be rolled back. Serialization
        failures propagate: the caller retries the whole batch on a fresh transaction.
        """
        if not self:
            return
        batch = ConfirmBatch(self)
        try:
            self.with_context(**{CONTEXT_KEY: batch}).action_confirm()
        finally:
            batch.close()

    # === Create: what the batch looks up once === #

    @api.model
    def _ec_add_names(self, vals_list):
        """Name the orders from one series of the sequence instead of one query and a half each."""
        nameless = defaultdict(list)
        for vals in vals_list:
            if vals.get("name", self.env._("New")) == self.env._("New"):
                nameless[vals.get("company_id")].append(vals)
        for company_id, company_vals in nameless.items():
            Sequence = self.env["ir.sequence"].with_company(company_id)
            Sequence.check_access("read")
            sequence = Sequence.search(
                [
                    ("code", "=", "sale.order"),
                    ("company_id", "in", [Sequence.env.company.id, False]),
                ],
                order="company_id",
                limit=1,
            )
            if not sequence or sequence.use_date_range:
                continue
            for vals, name in zip(company_vals, sequence._ec_next_many(len(company_vals)), strict=True):
                vals["name"] = name

    # === Confirm: which orders go together === #

    def _ec_fits_batch(self, goods, batch):
        """Whether the set-based part gives this order what Odoo's own path gives it; a hook for other addons.

        :param goods: the order's lines of goods (kits included)
        """
        self.ensure_one()
        if self.stock_reference_ids or self.picking_ids or goods.move_ids:
            return False
        return all(line._ec_fits_batch(batch) for line in goods)
