from werkzeug.exceptions import NotFound

from odoo import fields
from odoo.http import Controller, content_disposition, request, route
from odoo.tools.misc import format_amount

from odoo.addons.ec_b2b_portal.controllers.common import current_buyer, own
from odoo.addons.ec_b2b_portal.models.ec_trade_role import PERMISSIONS

from ..ageing import BUCKETS, bucket

SHOWN = 60


class TradeStatements(Controller):
    """Statements and open invoices of the account, for buyers whose role and branches take in all of it."""

    @route("/my/trade/statements", type="http", auth="user", website=True, sitemap=False)
    def statements(self, **kwargs):
        buyer = self._buyer()
        items = buyer.account_id._open_items()
        return self._page(
            "statements",
            buyer,
            statements=self._issued(buyer)[:SHOWN],
            balance=sum(items.mapped("amount_residual")),
            ages=self._ages(items),
        )

    @route("/my/trade/statements/open", type="http", auth="user", website=True, sitemap=False)
    def open_invoices(self, age="", **kwargs):
        """What is not paid, of one age or all."""
        buyer = self._buyer()
        items = buyer.account_id._open_items()
        by_age = self._by_age(items)
        shown = by_age.get(age, items.browse()) if age in self._keys() else items
        return self._page(
            "open_invoices", buyer, items=shown, age=age, readable=self._readable(shown.move_id), ages=self._ages(items)
        )

    @route("/my/trade/statements/<int:statement_id>", type="http", auth="user", website=True, sitemap=False)
    def statement(self, statement_id, **kwargs):
        buyer = self._buyer()
        statement = own(self._issued(buyer), statement_id)
        return self._page("statement", buyer, statement=statement, readable=self._readable(statement.line_ids.move_id))

    @route("/my/trade/statements/<int:statement_id>/pdf", type="http", auth="user", website=True, sitemap=False)
    def pdf(self, statement_id, **kwargs):
        statement = own(self._issued(self._buyer()), statement_id)
        # sudo: it was asked above whether the buyer may see it
        report = request.env["ir.actions.report"].sudo()
        content, _kind = report._render_qweb_pdf("ec_trade_statement.action_report_statement", statement.ids)
        return request.make_response(
            content,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(f"{statement.name}.pdf")),
            ],
        )

    def _buyer(self):
        buyer = current_buyer()
        if not buyer._sees_statements():
            raise NotFound
        return buyer

    def _issued(self, buyer):
        return buyer.account_id.statement_ids.filtered(lambda statement: statement.state == "issued")

    def _readable(self, moves):
        """Ids of the invoices that the buyer may open."""
        invoices = moves.filtered(lambda move: move.move_type in ("out_invoice", "out_refund"))
        return set(invoices.with_user(request.env.user)._filtered_access("read").ids)

    def _keys(self):
        return [key for key, _most in BUCKETS] + ["credit"]

    def _by_age(self, items):
        today = fields.Date.context_today(request.env.user)
        return items.grouped(
            lambda item: "credit" if item.amount_residual < 0 else bucket(item.date_maturity or item.date, today)
        )

    def _ages(self, items):
        """[(key, number, amount)] of all ages; credit is what was paid or credited and not yet set against an invoice."""
        by_age = self._by_age(items)
        found = ((key, by_age.get(key, items.browse())) for key in self._keys())
        return [(key, len(rows), sum(rows.mapped("amount_residual"))) for key, rows in found]

    def _page(self, template, buyer, **values):
        currency = buyer.company_id.currency_id
        return request.render(
            f"ec_trade_statement.{template}",
            {
                "page_name": "trade",
                "tab": "statements",
                "buyer": buyer,
                "account": buyer.account_id,
                "may": {name: buyer._may(name) for name in PERMISSIONS},
                "money": lambda amount: format_amount(request.env, amount, currency),
                **values,
            },
        )
