from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

GROUP = "ec_order_hold.group_hold_user"
# Full days after which a hold changes its colour
AGE_LIMITS = {"days": 1, "late": 3}
MAX_NAMED_ORDERS = 20
FINISHED = {"shipped", "no_delivery", "cancelled"}
IN_WORK = ("quotation", "held", "waiting_stock", "ready", "shipping")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_hold_ids = fields.One2many("ec.order.hold", "order_id", string="Holds", groups=GROUP)
    ec_hold_count = fields.Integer(
        string="Open Holds", compute="_compute_ec_holds", store=True, groups=GROUP
    )
    ec_hold_since = fields.Datetime(
        string="On Hold Since",
        compute="_compute_ec_holds",
        store=True,
        groups=GROUP,
        help="When the oldest open hold was opened.",
    )
    ec_hold_codes = fields.Char(
        string="Hold Codes",
        compute="_compute_ec_holds",
        store=True,
        groups=GROUP,
        help="Codes of the open holds, in alphabetical order, separated by commas.",
    )
    ec_blocks_confirm = fields.Boolean(
        string="Hold Blocks Confirmation",
        compute="_compute_ec_blocks",
        store=True,
        groups=GROUP,
    )
    ec_blocks_delivery = fields.Boolean(
        string="Hold Blocks Delivery",
        compute="_compute_ec_blocks",
        store=True,
        groups=GROUP,
    )
    ec_hold_type_ids = fields.Many2many(
        "ec.order.hold.type",
        string="On Hold For",
        compute="_compute_ec_hold_type_ids",
        groups=GROUP,
    )
    ec_hold_age = fields.Selection(
        [
            ("fresh", "Less than 1 day"),
            ("days", "1 to 3 days"),
            ("late", "More than 3 days"),
        ],
        string="Hold Age",
        compute="_compute_ec_hold_age",
        search="_search_ec_hold_age",
        groups=GROUP,
    )
    ec_status = fields.Selection(
        [
            ("quotation", "Quotation"),
            ("held", "On Hold"),
            ("waiting_stock", "Waiting for Stock"),
            ("ready", "Ready to Ship"),
            ("shipping", "Partly Shipped"),
            ("shipped", "Shipped"),
            ("no_delivery", "Nothing to Ship"),
            ("cancelled", "Cancelled"),
        ],
        string="Progress",
        compute="_compute_ec_status",
        store=True,
        index=True,
        group_expand="_group_expand_ec_status",
        groups=GROUP,
        help="Where the order stands, derived from its state, its holds and its deliveries.",
    )

    _ec_held_idx = models.Index("(ec_hold_since) WHERE ec_hold_count > 0")
    # of millions of orders the board reads those in work; the values are those of IN_WORK
    _ec_board_idx = models.Index(
        "(ec_status, date_order, id)"
        " WHERE ec_status IN ('quotation', 'held', 'waiting_stock', 'ready', 'shipping')"
    )

    # -- Computes ------------------------------------------------------------------------

    @api.depends("ec_hold_ids.open")
    def _compute_ec_holds(self):
        for order in self:
            holds = order.ec_hold_ids.filtered("open")
            order.ec_hold_count = len(holds)
            order.ec_hold_since = min(holds.mapped("opened_at"), default=False)
            order.ec_hold_codes = ",".join(sorted(set(holds.mapped("code")))) or False

    # Not on type_id.blocks_*: a changed type would recompute every order it ever held;
    # the type itself asks for the orders it holds now.
    @api.depends("ec_hold_ids.open")
    def _compute_ec_blocks(self):
        for order in self:
            types = order.ec_hold_ids.filtered("open").type_id
            order.ec_blocks_confirm = any(types.mapped("blocks_confirm"))
            order.ec_blocks_delivery = any(types.mapped("blocks_delivery"))

    @api.depends("ec_hold_ids.open")
    def _compute_ec_hold_type_ids(self):
        for order in self:
            order.ec_hold_type_ids = order.ec_hold_ids.filtered("open").type_id.sorted()

    @api.depends("ec_hold_since")
    def _compute_ec_hold_age(self):
        now = fields.Datetime.now()
        for order in self:
            order.ec_hold_age = False
            if order.ec_hold_since:
                days = (now - order.ec_hold_since).days
                order.ec_hold_age = (
                    "late"
                    if days >= AGE_LIMITS["late"]
                    else "days"
                    if days >= AGE_LIMITS["days"]
                    else "fresh"
                )

    def _search_ec_hold_age(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        days, late = (now - timedelta(days=AGE_LIMITS[age]) for age in ("days", "late"))
        since = {
            "fresh": [("ec_hold_since", ">", days)],
            "days": ["&", ("ec_hold_since", "<=", days), ("ec_hold_since", ">", late)],
            "late": [("ec_hold_since", "<=", late)],
            False: [("ec_hold_since", "=", False)],
        }
        return fields.Domain.OR(fields.Domain(since[age]) for age in value if age in since)

    def _read_group_groupby(self, alias, groupby_spec, query):
        if groupby_spec != "ec_hold_age":
            return super()._read_group_groupby(alias, groupby_spec, query)
        self._check_field_access(self._fields["ec_hold_age"], "read")
        since = self._field_to_sql(alias, "ec_hold_since", query)
        now = fields.Datetime.now()
        return SQL(
            "CASE WHEN %(since)s <= %(late)s THEN 'late'"
            " WHEN %(since)s <= %(days)s THEN 'days'"
            " WHEN %(since)s IS NOT NULL THEN 'fresh' END",
            since=since,
            late=now - timedelta(days=AGE_LIMITS["late"]),
            days=now - timedelta(days=AGE_LIMITS["days"]),
        )

    @api.depends(
        "state",
        "ec_blocks_confirm",
        "ec_blocks_delivery",
        "picking_ids.state",
        "picking_ids.picking_type_id",
    )
    def _compute_ec_status(self):
        for order in self:
            order.ec_status = order._get_ec_status()

    @api.model
    def _group_expand_ec_status(self, statuses, domain):
        """Columns of work in hand are always there, those of finished orders only if filled."""
        selection = [value for value, _label in self._fields["ec_status"].selection]
        return [s for s in selection if s in statuses or s not in FINISHED]

    def _get_ec_status(self):
        """The one status of an order; README.md has the table."""
        self.ensure_one()
        if self.state == "cancel":
            return "cancelled"
        if self.state != "sale":
            return "held" if self.ec_blocks_confirm else "quotation"
        # A return is no delivery: what was shipped stays shipped
        pickings = self.picking_ids.filtered(lambda p: p.picking_type_id.code != "incoming")
        active = pickings.filtered(lambda p: p.state != "cancel")
        pending = active.filtered(lambda p: p.state != "done")
        if not active:
            if pickings or not self._ec_has_goods_to_ship():
                return "no_delivery"
        elif not pending:
            return "shipped"
        if self.ec_blocks_delivery:
            return "held"
        if any(
            p.state == "done" and p.picking_type_id.code in ("outgoing", "dropship") for p in active
        ):
            return "shipping"
        if any(p.state == "assigned" for p in pending):
            return "ready"
        return "waiting_stock"

    def _ec_has_goods_to_ship(self):
        """Goods whose delivery does not exist yet, e.g. a drop shipment still to be purchased."""
        self.ensure_one()
        return any(
            line.product_id.type == "consu" and line.product_uom_qty > line.qty_delivered
            for line in self.order_line
            if not line.display_type
        )

    # -- Holds ---------------------------------------------------------------------------

    def _ec_blocking_holds(self, what):
        """The open holds (sudo) that keep these orders from being confirmed or delivered.

        Costs no query beyond the orders' own fields when nothing is held.

        :param what: ``"confirm"`` or ``"deliver"``
        """
        flag = {"confirm": "blocks_confirm", "deliver": "blocks_delivery"}[what]
        # who may confirm or deliver is stopped by holds that they may not see
        held_sudo = self.sudo().filtered(f"ec_{flag}")
        return held_sudo.ec_hold_ids.filtered(lambda hold: hold.open and hold.type_id[flag])

    @api.model
    def _ec_free_sql(self, order="o"):
        """Condition (text of SQL) that nothing keeps an order from being confirmed by itself. order: alias of sale_order."""
        return f"""NOT EXISTS (SELECT 1 FROM ec_order_hold h JOIN ec_order_hold_type t ON t.id = h.type_id
                                WHERE h.order_id = {order}.id AND h.open AND t.blocks_confirm)"""

    def _ec_release_holds(self, codes=None, keys=None, note=""):
        """Release open holds of these orders.

        :param codes: only holds of these types; None: of all
        :param keys: only holds with these keys; None: with any
        :param note: kept in the history
        :return: the released holds (sudo)
        """
        domain = [("order_id", "in", self.ids), ("open", "=", True)]
        if codes is not None:
            domain.append(("type_id.code", "in", list(codes)))
        if keys is not None:
            domain.append(("key", "in", list(keys)))
        # for programs: whoever caused the release (a payment, an import) needs no rights on holds
        return self.env["ec.order.hold"].sudo().search(domain)._release(note)

    def _ec_check_not_held(self, what):
        """
        :raise UserError: an order is held; names every such order, the holds and what to do
        """
        holds = self._ec_blocking_holds(what)
        if not holds:
            return
        by_order = list(holds.grouped("order_id").items())
        parts = [
            f"{order.name}\n{order_holds._get_description()}"
            for order, order_holds in by_order[:MAX_NAMED_ORDERS]
        ]
        if by_order[MAX_NAMED_ORDERS:]:
            rest = len(by_order) - MAX_NAMED_ORDERS
            parts.append(self.env._("… and %(count)s more orders", count=rest))
        heading = {
            "confirm": self.env._("On hold, so nothing was confirmed:"),
            "deliver": self.env._("On hold, so nothing was delivered:"),
        }[what]
        if self.env.user.has_group(GROUP):
            hint = self.env._(
                "Settle the points above and release the holds (Holds tab of the order), "
                "or leave these orders out and try again."
            )
        else:
            hint = self.env._(
                "Ask a colleague who may release holds, or leave these orders out and try again."
            )
        raise UserError("\n\n".join([heading, *parts, hint]))

    def _ec_staff_lang(self):
        """The language in which notes for staff are written: that of who looks after the order, else the company's."""
        self.ensure_one()
        # whoever changed the order need not see the salesperson or the company
        order_sudo = self.sudo()
        company_lang = order_sudo.company_id.partner_id.lang
        return order_sudo.user_id.lang or company_lang or self.env.lang or "en_US"

    # -- Guards --------------------------------------------------------------------------

    def action_confirm(self):
        orders = self
        # A customer who signs or pays has done their part: the signature or payment is kept,
        # the order waits, and our reasons are not shown to them. A job that works on their payment says ec_leave_held.
        if not self.env.user._is_internal() or self.env.context.get("ec_leave_held"):
            orders = self - self._ec_leave_held()
            if self and not orders:
                return True
        orders._ec_check_not_held("confirm")
        return super(SaleOrder, orders).action_confirm()

    def _ec_look(self):
        """Have what opens holds by itself look at these orders now: before they are confirmed unseen. For other addons to extend."""

    def _ec_leave_held(self):
        """Note on those of these orders which are held that the customer accepted; return them."""
        held = self.browse(self._ec_blocking_holds("confirm").order_id.ids)
        if held:
            text = self.env._(
                "The customer accepted or paid. The order is on hold, so it was not confirmed: "
                "confirm it after the holds are released."
            )
            # a customer may not write internal notes
            held.sudo()._message_log_batch(dict.fromkeys(held.ids, text))
        return held

    def _action_cancel(self):
        result = super()._action_cancel()
        # Cancelling can open a wizard instead: only what is cancelled waits no more. Who may cancel needs no rights on holds
        cancelled = self.sudo().filtered(lambda o: o.state == "cancel" and o.ec_hold_count)
        holds = cancelled.ec_hold_ids.filtered(lambda h: h.open and not h.type_id.keep_on_cancel)
        holds._release(self.env._("The order was cancelled."))
        return result

    # -- Buttons -------------------------------------------------------------------------

    def action_ec_hold(self):
        """Ask for a reason and hold these orders."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on Hold"),
            "res_model": "ec.order.hold.open",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_ids": self.ids},
        }

    def action_ec_release(self):
        """Ask for a note and release all open holds of these orders."""
        holds = self.ec_hold_ids.filtered("open")
        if not holds:
            raise UserError(self.env._("None of these orders is on hold."))
        return holds.action_release()
