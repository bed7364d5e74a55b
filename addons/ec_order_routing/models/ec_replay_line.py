from odoo import api, fields, models

from ..engine.words import Said
from ..language import sentence, shown

# What of a plan is compared as it is, and the model whose names its ids stand for
PLAIN = {
    "ship_date": None,
    "add_tags": "crm.tag",
    "remove_tags": "crm.tag",
    "user_id": "res.users",
    "mails": "mail.template",
    "activities": None,
    "approvals": None,
    "cancel": None,
    "requests": None,
}
NAMED = {**PLAIN, "warehouse": "stock.warehouse", "carrier": "delivery.carrier"}


class EcReplayLine(models.Model):
    """One difference of one order."""

    _name = "ec.replay.line"
    _description = "Difference in a Replay"
    _log_access = False

    replay_id = fields.Many2one("ec.replay", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="replay_id.company_id", store=True, index=True)
    order_id = fields.Many2one("sale.order", "Order", required=True, readonly=True, ondelete="cascade")
    what = fields.Selection(
        [
            ("holds", "Holds"), ("warehouse", "Warehouse"), ("carrier", "Carrier"), ("parcels", "Parcels"), ("cost", "Shipping cost"),
            ("days", "Days to arrive"), ("ship_date", "Shipping day"), ("add_tags", "Tags put on"), ("remove_tags", "Tags taken off"),
            ("user_id", "Salesperson"), ("mails", "E-mails"), ("activities", "Activities"), ("approvals", "Approvals"), ("cancel", "Cancelled"),
            ("requests", "Combine or split"),
        ],
        "What Changes",
        readonly=True,
    )  # fmt: skip
    was = fields.Json(readonly=True)
    becomes = fields.Json(readonly=True)
    before = fields.Char("So Far", compute="_compute_texts")
    after = fields.Char("With These Rules", compute="_compute_texts")

    @api.depends("what", "was", "becomes")
    @api.depends_context("lang")
    def _compute_texts(self):
        for line in self:
            line.before, line.after = line._text(line.was), line._text(line.becomes)

    def _text(self, value):
        """A stored value in the reader's words; records by their names."""
        if value in (None, False, [], ""):
            return "–"
        if self.what == "holds":
            # who sees a replay may read the names in it
            types = self.env["ec.order.hold.type"].sudo().with_context(active_test=False).search([])
            names = {each.code: each.name for each in types}
            return ", ".join(names.get(code, code) for code in value)
        if self.what in NAMED and NAMED[self.what]:
            ids = value if isinstance(value, list) else [value]
            # as the types
            records = self.env[NAMED[self.what]].sudo().with_context(active_test=False).browse(ids).exists()
            return ", ".join(records.mapped("display_name")) or self.env._("deleted (%(id)s)", id=", ".join(map(str, ids)))
        if self.what == "cancel":
            return sentence(self.env, Said.from_json(value))
        if self.what == "ship_date":
            return self.env["ir.qweb.field.date"].value_to_html(fields.Date.to_date(value), {})
        if self.what == "requests":
            words = {"split": self.env._("Ship What Is There"), "combine": self.env._("Ship Together")}
            return ", ".join(words.get(each, each) for each in value)
        if isinstance(value, list):  # activities by what is to be done, approvals by their reason
            return "; ".join(each.get("summary") or sentence(self.env, Said.from_json(each["reason"])) for each in value)
        return shown(self.env, value)


def differences(old, new, score):
    """[(what, then, now)] between two plans; score(choice, criterion): the number of a choice."""
    found = []
    codes = [sorted({hold["code"] for hold in plan["holds"]}) for plan in (old, new)]
    if codes[0] != codes[1]:
        found.append(("holds", *codes))
    for what, key in (("warehouse", "warehouse_id"), ("carrier", "carrier_id")):
        if old.get(key) != new.get(key):
            found.append((what, old.get(key), new.get(key)))
    parcels = [len(plan.get("parcels") or ()) for plan in (old, new)]
    if parcels[0] != parcels[1]:
        found.append(("parcels", *parcels))
    choices = [plan.get("choice") or {} for plan in (old, new)]
    for what in ("cost", "days"):
        scores = [score(choice, what) for choice in choices]
        if scores[0] != scores[1]:
            found.append((what, *scores))
    for key in PLAIN:
        if (old.get(key) or None) != (new.get(key) or None):
            found.append((key, old.get(key), new.get(key)))
    return found
