from odoo import api, fields, models
from odoo.exceptions import UserError

from ..sdk.connector import Capability
from ..sdk.documents import PaymentState, RiskLevel

CONFIRM_BATCH = 50
GROUP = "ec_channel_base.group_ec_operator"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # ---- fields: where the order came from. Shown to channel users only; other screens are as they were

    ec_channel_id = fields.Many2one("ec.channel", "Channel", readonly=True, copy=False, index="btree_not_null", ondelete="restrict", groups=GROUP)
    ec_external_id = fields.Char("Shop's Id", readonly=True, copy=False, groups=GROUP)
    ec_name = fields.Char("Shop Order", readonly=True, copy=False, index="trigram", groups=GROUP)
    ec_version = fields.Char(readonly=True, copy=False, groups=GROUP)
    ec_placed_at = fields.Datetime("Placed At", readonly=True, copy=False, groups=GROUP)
    ec_payment_state = fields.Selection(
        [(s.value, s.value.replace("_", " ").capitalize()) for s in PaymentState], "Payment in the Shop", readonly=True, copy=False, groups=GROUP
    )
    ec_risk = fields.Selection([(r.value, r.value.capitalize()) for r in RiskLevel], "Risk", readonly=True, copy=False, groups=GROUP)
    ec_total = fields.Monetary("Charged by the Shop", readonly=True, copy=False, groups=GROUP)
    ec_current_total = fields.Monetary("Shop's Total Now", readonly=True, copy=False, groups=GROUP)
    ec_url = fields.Char("In the Shop", readonly=True, copy=False, groups=GROUP)
    ec_note = fields.Text("Buyer's Note", readonly=True, copy=False, groups=GROUP)
    ec_email = fields.Char("E-mail of the Order", readonly=True, copy=False, groups=GROUP)
    ec_phone = fields.Char("Phone of the Order", readonly=True, copy=False, groups=GROUP)
    ec_zip = fields.Char("Postal Code of the Order", readonly=True, copy=False, groups=GROUP)
    ec_open = fields.Boolean("Open in the Shop", readonly=True, copy=False, groups=GROUP)
    ec_address_digest = fields.Char(readonly=True, copy=False, groups=GROUP)
    ec_message_ids = fields.One2many("ec.outbound.message", "order_id", "Told to the Shop", groups=GROUP)
    ec_event_ids = fields.One2many("ec.inbound.event", "order_id", "Heard from the Shop", groups=GROUP)
    ec_refund_ids = fields.One2many("ec.order.refund", "order_id", "Refunds in the Shop", groups=GROUP)
    ec_can_cancel = fields.Boolean(compute="_compute_ec_can", groups=GROUP)
    ec_can_refund = fields.Boolean(compute="_compute_ec_can", groups=GROUP)

    _ec_external_uniq = models.UniqueIndex("(ec_channel_id, ec_external_id) WHERE ec_channel_id IS NOT NULL")
    _ec_to_confirm_idx = models.Index("(warehouse_id, ec_placed_at) WHERE ec_channel_id IS NOT NULL AND state IN ('draft', 'sent')")
    _ec_placed_idx = models.Index("(ec_channel_id, ec_placed_at) WHERE ec_channel_id IS NOT NULL")

    # ---- compute

    @api.depends("ec_channel_id", "state")
    def _compute_ec_can(self):
        for order in self:
            channel = order.ec_channel_id
            order.ec_can_cancel = bool(channel and order.ec_open and channel._has(Capability.CANCEL))
            order.ec_can_refund = bool(channel and channel._has(Capability.REFUND))

    # ---- actions

    def action_ec_cancel_in_shop(self):
        """Tell the shop to cancel this order there too (refunds and restocks as the shop does)."""
        self.env["ec.channel"]._check_role("manager")
        for order in self:
            if not order.ec_can_cancel:
                raise UserError(self.env._("%s cannot be cancelled in the shop from here.", order.name))
        # the message row belongs to the lanes; that this user may ask for it has been checked
        self.env["ec.outbound.message"].sudo()._enqueue(
            [
                {
                    "channel_id": order.ec_channel_id.id,
                    "kind": "cancellation",
                    "key": f"cancel:{order.id}",
                    "order_id": order.id,
                    "payload": {"reason": "staff", "restock": True, "refund": True, "notify": order.ec_channel_id.notify_buyer},
                }
                for order in self
            ]
        )
        return True

    def action_ec_refund_in_shop(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refund in the Shop"),
            "res_model": "ec.order.refund.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def action_ec_reread(self):
        """Ask the shop for this order again."""
        for channel, orders in self.filtered("ec_channel_id").grouped("ec_channel_id").items():
            # hints are the lanes' rows
            self.env["ec.inbound.event"].sudo()._store_hints(channel, orders.mapped("ec_external_id"), "manual")
        return True

    def action_ec_open_in_shop(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.ec_url, "target": "new"}

    # ---- confirming

    @api.model
    def _ec_confirmable_sql(self):
        """Draft orders of channels that confirm by themselves, without any open hold that blocks it."""
        return f"""
            SELECT o.id, o.warehouse_id FROM sale_order o
              JOIN ec_channel c ON c.id = o.ec_channel_id AND c.auto_confirm AND c.state IN ('sandbox', 'live')
             WHERE o.ec_channel_id IS NOT NULL AND o.state IN ('draft', 'sent') AND o.ec_open AND {self._ec_free_sql("o")}"""

    @api.model
    def _ec_warehouses_to_confirm(self):
        self.flush_model(["state", "warehouse_id", "ec_open"])
        self.env.cr.execute(f"SELECT DISTINCT warehouse_id FROM ({self._ec_confirmable_sql()}) o")  # pylint: disable=sql-injection
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _ec_work_confirm(self, warehouse_id, limit=CONFIRM_BATCH):
        """Confirm one lot of one warehouse, oldest first. The caller holds the warehouse's lock. Returns the number of orders."""
        self.env.cr.execute(
            f"{self._ec_confirmable_sql()} AND o.warehouse_id IS NOT DISTINCT FROM %s ORDER BY o.ec_placed_at, o.id LIMIT %s"  # pylint: disable=sql-injection
            " FOR NO KEY UPDATE OF o SKIP LOCKED",
            [warehouse_id, limit],
        )
        # channel orders are confirmed by the lane for every company
        orders = self.sudo().browse(row[0] for row in self.env.cr.fetchall())
        for company, lot in orders.grouped("company_id").items():
            self.env["ec.lane"]._halving(lot.with_company(company), lambda rows: rows._ec_confirm_batch(), self._ec_hold_unconfirmed)
        return len(orders)

    @api.model
    def _ec_hold_unconfirmed(self, order, error, trace):
        """Odoo refused to confirm this order: a hold with Odoo's own words, so that it is not tried again and again."""
        self.env["ec.order.hold"]._open(
            [{"order_id": order.id, "code": "confirm_failed", "reason": str(error)[:1000], "key": ""}]
        )

    # ---- facts that change what orders wait for

    @api.model
    def _ec_listing_matched(self, listings):
        """Items were matched: put the product into the lines that waited for it and look at those orders again."""
        placeholder = self.env.ref("ec_channel_base.product_placeholder")
        # whoever matches an item may do so for every waiting order of the channel
        lines = self.env["sale.order.line"].sudo().search(
            [
                ("ec_listing_key", "in", listings.mapped("external_id")),
                ("order_id.ec_channel_id", "in", listings.channel_id.ids),
                ("product_id", "=", placeholder.id),
                ("order_id.state", "in", ("draft", "sent", "sale")),
            ]
        )
        lines.order_id._ec_apply_again()

    @api.model
    def _ec_mapping_changed(self, mappings):
        """A mapping was set: look again at the orders that waited for one."""
        # as above
        holds = self.env["ec.order.hold"].sudo().search(
            [
                ("open", "=", True),
                ("type_id.code", "in", ("unmapped_tax", "payment_pending", "amount_mismatch")),
                ("order_id.ec_channel_id", "in", mappings.channel_id.ids),
            ]
        )
        holds.order_id._ec_apply_again()

    def _ec_apply_again(self):
        """Put the newest stored body of these orders back into the inbox: applying it again brings the order up to date."""
        if not self:
            return
        self.env.cr.execute(
            """UPDATE ec_inbound_event SET state = 'pending', due_at = now() AT TIME ZONE 'UTC', attempts = 0
                WHERE id IN (SELECT DISTINCT ON (o.id) e.id FROM ec_inbound_event e
                               JOIN sale_order o ON o.ec_channel_id = e.channel_id AND o.ec_external_id = e.external_id
                              WHERE o.id = ANY(%s) AND e.has_body AND e.kind = 'order'
                           ORDER BY o.id, e.version DESC NULLS LAST, e.id DESC)""",
            [self.ids],
        )
        self.env["ec.inbound.event"].invalidate_model(["state", "due_at"])
        self.env["ec.lane"]._wake("import")
