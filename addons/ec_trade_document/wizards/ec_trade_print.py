from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.ec_trade_document import KINDS


class EcTradePrint(models.TransientModel):
    """Asks for the language, says what is missing, prints."""

    _name = "ec.trade.print"
    _description = "Print Trade Documents"

    kind = fields.Selection(
        [
            ("order_confirmation", "Order Confirmation"),
            ("proforma_invoice", "Proforma Invoice"),
            ("commercial_invoice", "Commercial Invoice"),
            ("packing_list", "Packing List"),
        ],
        string="Document",
        required=True,
        readonly=True,
    )
    res_ids = fields.Json(string="Records", default=lambda self: self.env.context.get("active_ids"))
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        compute="_compute_lang",
        store=True,
        readonly=False,
        help="Empty: each customer's own. More languages: Settings, Manage Languages.",
    )
    issues = fields.Html(string="Missing", compute="_compute_issues", sanitize=False)
    is_blocked = fields.Boolean(compute="_compute_issues")

    @api.depends("kind", "res_ids")
    def _compute_lang(self):
        for dialog in self:
            languages = set(dialog._records().partner_id.mapped("lang"))
            dialog.lang = languages.pop() if len(languages) == 1 else False

    @api.depends("kind", "res_ids")
    def _compute_issues(self):
        for dialog in self:
            issues = self.env["ec.trade.document"]._issues(dialog.kind, dialog._records())
            dialog.is_blocked = any(issue.needed for issue in issues)
            dialog.issues = dialog._issue_list(issues)

    def _records(self):
        self.ensure_one()
        return self.env[KINDS[self.kind]].browse(self.res_ids or [])

    def _issue_list(self, issues):
        """The needed ones first, each once, with a link to where it is filled."""
        issues = sorted(dict.fromkeys(issues), key=lambda issue: not issue.needed)
        items = [
            Markup('<li><a href="/odoo/%s/%s" target="_blank">%s</a>%s</li>')
            % (
                issue.record._name,
                issue.record.id,
                issue.text,
                Markup(" <b>%s</b>") % self.env._("needed") if issue.needed else "",
            )
            for issue in issues
        ]
        return Markup('<ul class="mb-0">%s</ul>') % Markup("").join(items) if items else False

    def _file_name(self):
        names = [name.replace("/", "-") for name in self._records().mapped("display_name")]
        title = self.env["ec.trade.document"]._titles(self.env)[self.kind]
        return f"{title} - {names[0]}" if len(names) == 1 else title

    def action_print(self):
        self.ensure_one()
        if self.is_blocked:
            raise UserError(
                self.env._(
                    "Fill what is marked as needed first: without it the figures of the document would not be complete."
                )
            )
        action = self.env.ref("ec_trade_document.action_report_print").report_action(self, config=False)
        return {**action, "close_on_report_download": True}
