from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine.criteria import UNKNOWN_PRICE


class EcDecision(models.Model):
    """What the rules said of an order, and the facts they said it on: enough to say why, and to decide it again."""

    _name = "ec.decision"
    _description = "Decision of the Rules"
    _order = "id desc"
    _rec_name = "order_id"
    _log_access = False

    order_id = fields.Many2one("sale.order", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    set_id = fields.Many2one("ec.rule.set", "Rules", required=True, readonly=True, ondelete="restrict")
    decided_at = fields.Datetime(required=True, readonly=True, index=True)
    reason = fields.Selection(
        [
            ("new", "New order"), ("edited", "Order changed"), ("address", "Address changed"), ("hold", "Hold opened or released"),
            ("payment", "Payment"), ("stock", "Stock arrived"), ("time", "Its time has come"), ("manual", "Asked for by a person"),
            ("rules", "Rules changed"), ("rejected", "Rejected by the warehouse"),
        ],
        "Because",
        readonly=True,
    )  # fmt: skip
    fingerprint = fields.Char(required=True, readonly=True)
    snapshot = fields.Json(readonly=True)
    plan = fields.Json(readonly=True)
    held = fields.Boolean("Holds the Order", readonly=True, help="It holds the order back from confirmation or delivery.")
    failed = fields.Boolean("Rule Failed", readonly=True)
    cost = fields.Float("Shipping Cost", readonly=True, help="Of all parcels, in the company's currency; empty in the database where it is not known.")
    outcome = fields.Char(compute="_compute_outcome")

    _newest_idx = models.Index("(order_id, id DESC)")
    _of_set_idx = models.Index("(set_id, id)")

    def write(self, vals):
        raise AccessError(self.env._("A decision is history: it is never changed."))

    @api.depends_context("lang")
    def _compute_outcome(self):
        for decision in self:
            decision.outcome = "; ".join(decision._outcome_parts()) or self.env._("Nothing to do: ready to go")

    def _outcome_parts(self):
        """What was decided, in short parts of a sentence."""
        self.ensure_one()
        plan = self.plan or {}
        # who sees the decision of an order may read the names in it
        types = self.env["ec.order.hold.type"].sudo()._get_by_code({hold["code"] for hold in plan.get("holds", ())})
        names = dict.fromkeys(types[hold["code"]].name for hold in plan.get("holds", ()))
        parts = [self.env._("On hold: %s", ", ".join(names))] if names else []
        if plan.get("warehouse_id"):
            parts.append(self.env._("ships from %s", self.env["stock.warehouse"].sudo().browse(plan["warehouse_id"]).exists().name or "?"))
        if plan.get("carrier_id"):
            parts.append(self.env._("with %s", self.env["delivery.carrier"].sudo().browse(plan["carrier_id"]).exists().name or "?"))
        return parts

    @api.model
    def _last(self, order_ids):
        """{order id: (fingerprint, plan)} of the newest decisions."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT ON (order_id) order_id, fingerprint, plan FROM ec_decision WHERE order_id = ANY(%s) ORDER BY order_id, id DESC", list(order_ids))
        )
        return {order: (fingerprint, plan or {}) for order, fingerprint, plan in rows}


def number_of(choice, criterion):
    """The number that a choice (as JSON) has by a criterion; None: the strategy does not look at it, or nobody knows."""
    choice = choice or {}
    number = dict(zip(choice.get("criteria") or (), choice.get("score") or (), strict=False)).get(criterion)
    return None if criterion == "cost" and number is not None and number >= UNKNOWN_PRICE else number
