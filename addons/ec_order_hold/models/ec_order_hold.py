from collections import defaultdict
from datetime import UTC, timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, format_datetime


class EcOrderHold(models.Model):
    """One reason for which one order waits: open until released, then part of the history."""

    _name = "ec.order.hold"
    _description = "Order Hold"
    _order = "open desc, opened_at desc, id desc"
    _rec_name = "type_id"
    _check_company_auto = True

    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    order_status = fields.Selection(related="order_id.ec_status", string="Order Status")
    type_id = fields.Many2one(
        "ec.order.hold.type", required=True, readonly=True, index=True, ondelete="restrict"
    )
    code = fields.Char(related="type_id.code")
    color = fields.Integer(related="type_id.color")
    advice = fields.Text(related="type_id.advice")
    released_when = fields.Char(related="type_id.released_when")
    blocks_confirm = fields.Boolean(related="type_id.blocks_confirm")
    blocks_delivery = fields.Boolean(related="type_id.blocks_delivery")
    key = fields.Char(
        required=True,
        default="",
        readonly=True,
        help="Tells apart several holds of one type on one order, e.g. the line it is about.",
    )
    reason = fields.Text()
    owner_id = fields.Many2one(
        "res.users", index="btree_not_null", domain=[("share", "=", False)], ondelete="set null"
    )
    due = fields.Datetime(index="btree_not_null")
    overdue = fields.Boolean(compute="_compute_overdue", search="_search_overdue")
    age_days = fields.Integer(
        string="Age (Days)",
        compute="_compute_age_days",
        help="Full days from the opening of the hold to its release, or to now.",
    )
    open = fields.Boolean(default=True, required=True, readonly=True)
    opened_at = fields.Datetime(
        required=True, default=fields.Datetime.now, readonly=True, index=True
    )
    opened_by_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, readonly=True, ondelete="set null"
    )
    released_at = fields.Datetime(readonly=True)
    released_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    release_note = fields.Text(readonly=True)

    _open_uniq = models.UniqueIndex(
        "(order_id, type_id, key) WHERE open",
        "The order is already held for this reason.",
    )
    # "IS TRUE" is how the ORM asks; PostgreSQL does not see that a plain "open" says the same
    _open_type_idx = models.Index("(type_id, opened_at, order_id) WHERE open IS TRUE")
    _open_due_idx = models.Index("(due, order_id) WHERE open IS TRUE AND due IS NOT NULL")

    # -- Access --------------------------------------------------------------------------

    def write(self, vals):
        # readonly in a view does not stop a call from outside, and this is the history
        if not self.env.su and (forbidden := vals.keys() - {"owner_id", "due"}):
            raise AccessError(
                self.env._(
                    "A hold keeps its history: only owner and due date can be changed, "
                    "not %(fields)s. Release the hold and open another one instead.",
                    fields=", ".join(sorted(forbidden)),
                )
            )
        return super().write(vals)

    # -- Computes ------------------------------------------------------------------------

    @api.depends("due", "open")
    def _compute_overdue(self):
        now = fields.Datetime.now()
        for hold in self:
            hold.overdue = bool(hold.open and hold.due and hold.due < now)

    def _search_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = [("open", "=", True), ("due", "<", fields.Datetime.now())]
        return domain if True in value else ["!", "&", *domain]

    @api.depends("opened_at", "released_at")
    def _compute_age_days(self):
        now = fields.Datetime.now()
        for hold in self:
            hold.age_days = ((hold.released_at or now) - hold.opened_at).days

    @api.depends("type_id", "order_id")
    def _compute_display_name(self):
        for hold in self:
            # who may see a hold may know its order's number, even an order of another salesperson
            hold.display_name = f"{hold.order_id.sudo().name}: {hold.type_id.name}"

    # -- Buttons -------------------------------------------------------------------------

    def action_release(self):
        """Ask for a note, then release the open ones of these holds."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release Holds"),
            "res_model": "ec.order.hold.release",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hold_ids": self.filtered("open").ids},
        }

    def action_open_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "view_mode": "form",
            "res_id": self.order_id.id,
        }

    # -- Opening -------------------------------------------------------------------------

    @api.model
    def _open(self, vals_list):
        """Hold orders. The one way in: set-based, and the same call twice has one effect.

        An open hold of the same order, type and key keeps its opening time and its owner; its
        reason is replaced if it differs, and its due time if the caller names another one.
        Access is the caller's business: this runs as superuser.

        :param vals_list: dicts of ``order_id``, ``code``, ``reason`` and, optional, ``key``,
            ``due`` (aware, or naive and then UTC) and ``owner_id``
        :return: the open holds (sudo), in the order of ``vals_list``, each once
        :raise ValueError: unknown code
        """
        if not vals_list:
            return self.sudo().browse()
        types = self.env["ec.order.hold.type"]._get_by_code({vals["code"] for vals in vals_list})
        wanted = {
            (vals["order_id"], types[vals["code"]].id, vals.get("key") or ""): vals
            for vals in vals_list
        }
        orders = self.env["sale.order"].sudo().browse({order_id for order_id, *_ in wanted})
        orders.fetch(["company_id", "user_id"])
        rows = self._prepare_open_rows(wanted, types)
        created_ids, changed_ids = self._upsert(rows)
        if created_ids or changed_ids:
            orders.invalidate_recordset(["ec_hold_ids"], flush=False)
            touched = self.sudo().browse(created_ids + changed_ids)
            touched.invalidate_recordset(flush=False)
            touched.modified(["open", "reason"])
        ids_by_key = self._get_open_ids(orders.ids, [hold_type.id for hold_type in types.values()])
        holds = self.sudo().browse([ids_by_key[key] for key in wanted])
        for hold, vals in zip(holds, wanted.values(), strict=True):
            hold._postpone(self._to_naive_utc(vals.get("due")))
        self._log(holds.filtered(lambda hold: hold.id in created_ids), "opened", "reason")
        self._log(holds.filtered(lambda hold: hold.id in changed_ids), "changed", "reason")
        return holds

    def _prepare_open_rows(self, wanted, types):
        """The rows to insert, one a wanted hold. Overridable, e.g. to route to another owner."""
        now = fields.Datetime.now()
        rows = []
        for (order_id, type_id, key), vals in wanted.items():
            hold_type = types[vals["code"]]
            # the orders of `_open`: the caller has decided that they may be held
            company = self.env["sale.order"].sudo().browse(order_id).company_id
            due = self._to_naive_utc(vals.get("due"))
            if not due and hold_type.due_hours:
                due = now + timedelta(hours=hold_type.due_hours)
            rows.append(
                {
                    "order_id": order_id,
                    "type_id": type_id,
                    "key": key,
                    "company_id": company.id,
                    "reason": vals.get("reason") or "",
                    "owner_id": vals.get("owner_id") or hold_type._get_owner_id(company),
                    "due": due or None,
                    "opened_at": now,
                }
            )
        return rows

    def _upsert(self, rows):
        """Insert the rows, or update the reason of the open hold that is there already.

        One statement against the unique index, so two programs that open the same hold at
        once never make two: the later one gets a serialization failure and is run again.

        :return: ids of the created, ids of the changed holds
        """
        self.flush_model()
        columns = {
            "order_id": "int",
            "type_id": "int",
            "key": "varchar",
            "company_id": "int",
            "reason": "text",
            "owner_id": "int",
            "due": "timestamp",
            "opened_at": "timestamp",
        }
        result = self.env.execute_query(
            SQL(
                """
                INSERT INTO ec_order_hold AS hold (
                    %(names)s, open, opened_by_id,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT %(names)s, TRUE, %(uid)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM UNNEST(%(values)s) WITH ORDINALITY AS row (%(names)s, position)
                 ORDER BY position
                    ON CONFLICT (order_id, type_id, key) WHERE open
                    DO UPDATE SET reason = EXCLUDED.reason,
                                  write_uid = EXCLUDED.write_uid,
                                  write_date = EXCLUDED.write_date
                            WHERE hold.reason IS DISTINCT FROM EXCLUDED.reason
                RETURNING id, xmax = 0
                """,
                names=SQL(", ").join(SQL.identifier(name) for name in columns),
                values=SQL(", ").join(
                    SQL("%s::%s[]", [row[name] for row in rows], SQL(column_type))
                    for name, column_type in columns.items()
                ),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        created_ids = [hold_id for hold_id, created in result if created]
        changed_ids = [hold_id for hold_id, created in result if not created]
        return created_ids, changed_ids

    def _get_open_ids(self, order_ids, type_ids):
        """``{(order id, type id, key): hold id}`` of the open holds."""
        return {
            (order_id, type_id, key): hold_id
            for hold_id, order_id, type_id, key in self.env.execute_query(
                SQL(
                    """
                    SELECT id, order_id, type_id, key
                      FROM ec_order_hold
                     WHERE open AND order_id IN %s AND type_id IN %s
                    """,
                    tuple(order_ids),
                    tuple(type_ids),
                )
            )
        }

    def _postpone(self, due):
        """Take over a due time that the caller names."""
        if due and due != self.due:
            self.due = due

    # -- Releasing -----------------------------------------------------------------------

    def _release(self, note=""):
        """Release the open ones of these holds. The one way out; the record stays as history.

        Access is the caller's business: this runs as superuser.

        :return: the holds (sudo) that were open and are now released
        """
        holds = self.sudo().filtered("open")
        if not holds:
            return holds
        holds.write(
            {
                "open": False,
                "released_at": fields.Datetime.now(),
                "released_by_id": self.env.uid,
                "release_note": note,
            }
        )
        self._log(holds, "released", "release_note")
        return holds

    # -- Helpers -------------------------------------------------------------------------

    @api.model
    def _log(self, holds, event, text_field):
        """One internal note an order, without any notification, in the language of who looks after the order.

        :param event: ``"opened"``, ``"changed"`` or ``"released"``
        """
        lines = defaultdict(list)
        for lang, own in holds.grouped(lambda hold: hold.order_id._ec_staff_lang()).items():
            own = own.with_context(lang=lang)
            for hold in own:
                lines[hold.order_id.id, own._get_log_title(event)].append(
                    hold._get_log_line(text_field)
                )
        bodies = {
            order_id: Markup("<div><b>%s</b><ul>%s</ul></div>")
            % (title, Markup().join(Markup("<li>%s</li>") % line for line in order_lines))
            for (order_id, title), order_lines in lines.items()
        }
        if bodies:
            self.env["sale.order"].browse(bodies)._message_log_batch(bodies)

    def _get_log_title(self, event):
        return {
            "opened": self.env._("On hold"),
            "changed": self.env._("Still on hold"),
            "released": self.env._("Hold released"),
        }[event]

    def _get_log_line(self, text_field):
        self.ensure_one()
        line = f"{self.type_id.name}: {self[text_field]}" if self[text_field] else self.type_id.name
        if self.open and self.due:
            due = format_datetime(self.env, self.due)
            line += " " + self.env._("(due %(due)s)", due=due)
        return line

    def _get_description(self):
        """What a person who is stopped by these holds reads: type, reason and what to do."""
        lines = []
        for hold in self:
            lines.append(f"• {hold.type_id.name}" + (f": {hold.reason}" if hold.reason else ""))
            if hold.advice:
                lines.append(f"  → {hold.advice}")
        return "\n".join(lines)

    @staticmethod
    def _to_naive_utc(value):
        if value and value.tzinfo:
            return value.astimezone(UTC).replace(tzinfo=None)
        return value
