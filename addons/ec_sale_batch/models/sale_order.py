from collections import defaultdict

from odoo import api, models

from ..batch import CONTEXT_KEY, ConfirmBatch, CreateBatch, companies_agree


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
        self._ec_add_defaults(vals_list)
        batch = CreateBatch()
        try:
            orders = self.with_context(**{CONTEXT_KEY: batch}).create(vals_list)
        finally:
            batch.close()
        return orders.with_env(self.env)

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
            orders = self.with_context(**{CONTEXT_KEY: batch})
            orders.action_confirm()
            orders._ec_post_tracking(batch)
        finally:
            batch.close()

    def _ec_post_tracking(self, batch):
        """Post what was tracked on these orders together; at commit Odoo would post it one by one."""
        data = self.env.cr.precommit.data
        initial_values = data.get(f"mail.tracking.{self._name}", {})
        special = any(f"mail.tracking.{kind}.{self._name}" in data for kind in ("message", "author"))
        ids = [id_ for id_ in self._ids if initial_values.get(id_)]
        if not ids or special or not batch.as_read(self, "track") or not batch.as_read(self, "post"):
            return
        self.order_line._recompute_recordset()  # before the first search writes them: one UPDATE instead of two
        self.env.flush_all()
        initial_values = {id_: initial_values.pop(id_) for id_ in ids}
        records = self.browse(ids).sudo()  # as Odoo's own tracking: notes are not the user's to write
        tracked = self.fields_get(
            self._track_get_fields(), attributes=("string", "type", "selection", "currency_field")
        )
        posts = defaultdict(list)
        changes_by_id, subtypes = {}, {}
        for record in records:
            changes, commands = record._mail_track(tracked, initial_values[record.id])
            if not changes:
                continue
            changes_by_id[record.id] = changes
            key = "state" in changes, record.state
            if key not in subtypes:
                subtypes[key] = record._track_subtype({name: initial_values[record.id][name] for name in changes})
            subtype = subtypes[key]
            body = record._track_get_default_log_message(changes)
            if subtype:
                posts[subtype].append((record, body, commands))
            elif commands:
                record._message_log(body=body, tracking_value_ids=commands)
        for subtype, subtype_posts in posts.items():
            records._ec_post_batch(
                [(record, body) for record, body, _commands in subtype_posts],
                subtype,
                {record.id: commands for record, _body, commands in subtype_posts},
            )
        for record in records:
            record._message_track_post_template(changes_by_id.get(record.id))

    # === Create: what the batch looks up once === #

    @api.model
    def _ec_add_names(self, vals_list):
        """Name the orders from one series of the sequence instead of one query and a half each."""
        nameless = defaultdict(list)
        for vals in vals_list:
            if "name" not in vals:
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

    @api.model
    def _ec_add_defaults(self, vals_list):
        """Read once the defaults that cost a query."""
        names = [name for name in ("quotation_document_ids",) if name in self._fields]
        defaults = self.default_get(names) if names else {}
        for vals in vals_list:
            for name, value in defaults.items():
                vals.setdefault(name, value)

    def _add_precomputed_values(self, vals_list):
        """In a batch: compute from the order alone where nothing computed here depends on the lines.

        Odoo makes draft records of all the lines for this, which is most of the cost of an order.
        """
        if CreateBatch.of(self.env) is None or self._ec_precompute_needs_lines():
            return super()._add_precomputed_values(vals_list)
        lines = [vals.pop("order_line", None) for vals in vals_list]
        super()._add_precomputed_values(vals_list)
        for vals, order_line in zip(vals_list, lines, strict=True):
            if order_line is not None:
                vals["order_line"] = order_line
        return None

    def _message_auto_subscribe(self, updated_values, followers_existing_policy="skip"):
        batch = CreateBatch.of(self.env)
        if batch is not None:
            # In this user's name: telling a salesperson of the order flushes as the superuser
            batch.once("flush", self.env.flush_all)
        return super()._message_auto_subscribe(updated_values, followers_existing_policy=followers_existing_policy)

    def _ec_precompute_needs_lines(self):
        return any(
            path.partition(".")[0] == "order_line"
            for field in self._fields.values()
            if field.precompute
            for path in self.pool.field_depends[field]
        )

    # === Confirm: which orders go together === #

    def _ec_fits_batch(self, goods, batch):
        """Whether the set-based part gives this order what Odoo's own path gives it; a hook for other addons.

        :param goods: the order's lines of goods (kits included)
        """
        self.ensure_one()
        if self.stock_reference_ids or self.picking_ids or goods.move_ids:
            return False
        return all(line._ec_fits_batch(batch) for line in goods)

    def _check_company(self, fnames=None):
        """In a batch: look at each linked record once; where that finds a fault, let Odoo say which."""
        batch = CreateBatch.of(self.env)
        if batch is None or fnames is not None or not batch.as_read(self, "company") or not companies_agree(self):
            return super()._check_company(fnames)
        return None
