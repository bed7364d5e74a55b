from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

ROWS = 40
MAX_ROWS = 1000


class EcOrderBoard(models.AbstractModel):
    """Many orders at once: looked at, then done. What is done is done to the holds that were looked at."""

    _inherit = "ec.order.board"

    @api.model
    def preview(self, order_ids, what, queue="", only="", limit=ROWS):
        """What ``apply`` will do to these orders.

        :param what: ``"release"``, ``"assign"`` or ``"due"``
        :param queue: key of a queue of holds: only its holds; empty: all open holds
        :param only: ``"freed"``, ``"confirmable"`` or ``"untouched"``: rows of these alone; the numbers are those of all
        :return: ``{orders, untouched, holds, hold_ids, freed, confirmable, rows, more}``: how many orders are changed and how many have no
            such hold; ``freed`` have no hold left after a release, ``confirmable`` are quotations that nothing keeps
            from being confirmed any more. A row: ``{id, name, customer, takes, keeps, freed, confirmable}``.
        """
        self._board_check()
        orders = self._board_orders(order_ids)
        holds = self.env["ec.order.hold"].search([("order_id", "in", orders.ids), ("open", "=", True)])
        chosen = holds.filtered_domain(self._board_scope(queue))
        rest = holds - chosen if what == "release" else holds
        kept_by_order, taken_by_order = rest.grouped("order_id"), chosen.grouped("order_id")
        rows, untouched = [], []
        for order in orders:
            taken, kept = taken_by_order.get(order, holds.browse()), kept_by_order.get(order, holds.browse())
            blocked = any(kept.type_id.mapped("blocks_confirm"))
            (rows if taken else untouched).append(
                {
                    "id": order.id,
                    "name": order.name,
                    # the customer's name, as in any list of orders
                    "customer": order.partner_id.sudo().display_name,
                    "takes": taken.mapped("type_id.name"),
                    "keeps": kept.mapped("type_id.name"),
                    "freed": not kept,
                    "confirmable": order.state in ("draft", "sent") and not blocked,
                }
            )
        shown = untouched if only == "untouched" else [row for row in rows if not only or row[only]]
        return {
            "orders": len(rows),
            "untouched": len(untouched),
            "holds": len(chosen),
            "hold_ids": chosen.ids,
            "freed": sum(row["freed"] for row in rows),
            "confirmable": sum(row["confirmable"] for row in rows),
            "rows": shown[: min(int(limit), MAX_ROWS)],
            "more": max(0, len(shown) - min(int(limit), MAX_ROWS)),
        }

    @api.model
    def _board_scope(self, queue):
        """The holds that an action in this queue is about."""
        found = next((item for item in self._board_queues() if item["key"] == queue), {})
        return Domain("type_id", "=", found["type_id"]) if "type_id" in found else Domain.TRUE

    @api.model
    def apply(self, hold_ids, what, value=None):
        """Release (``value``: note), assign (id of a user, or ``False`` for nobody) or set due (UTC, or ``False``).

        :return: number of holds changed; those released meanwhile are left alone
        :raise UserError: that user cannot answer for these orders
        """
        holds = self.env["ec.order.hold"].search([("id", "in", hold_ids), ("open", "=", True)])
        holds.check_access("write")
        if what == "release":
            holds._release((value or "").strip())
        elif what == "assign":
            holds.write({"owner_id": self._board_owner(holds, value).id})
        elif what == "due":
            holds.write({"due": fields.Datetime.to_datetime(value) or False})
        else:
            raise UserError(self.env._("Holds cannot be changed by “%s”.", what))
        return len(holds)

    @api.model
    def _board_owner(self, holds, user_id):
        user = self.env["res.users"].browse(int(user_id or 0)).exists()
        # in which companies a colleague works is not for everybody to read
        user_sudo = user.sudo()
        if user and (user_sudo.share or not user_sudo.active or holds.company_id - user_sudo.company_ids):
            raise UserError(
                self.env._("%s does not work in the company of all these orders. Choose a colleague who does.", user_sudo.name)
            )
        return user

    @api.model
    def comment(self, order_ids, text):
        """An internal note on each of these orders, in the user's name."""
        text = (text or "").strip()
        if not text:
            raise UserError(self.env._("Write something first."))
        orders = self.env["sale.order"].search([("id", "in", order_ids)])
        orders.check_access("write")
        body = Markup("<br/>").join(escape(line) for line in text.splitlines())
        for order in orders:
            order.message_post(body=body, message_type="comment", subtype_xmlid="mail.mt_note")
        return len(orders)
