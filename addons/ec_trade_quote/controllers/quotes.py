from werkzeug.exceptions import NotFound

from odoo.fields import Domain
from odoo.http import Controller, request, route

from odoo.addons.ec_b2b_portal.controllers.common import chosen_branch, current_buyer, page
from odoo.addons.portal.controllers.portal import pager

from ..models.sale_order import OPEN

STEP = 20
# What the page answers after a form was sent
ANSWERS = ("requested", "ordered", "countered", "declined")


def quotes_of(buyer, domain=Domain.TRUE):
    """Domain of the quotations that the buyer may see: those orders that his role and branches show him."""
    own = Domain("company_id", "=", buyer.company_id.id) & domain
    # the record rules are asked as the buyer, who may not read what makes an order a quotation
    return Domain("id", "in", request.env["sale.order"]._search(own)) & Domain("ec_quote_state", "!=", False)


def quote_of(buyer, order_id):
    """The quotation of this id; any that the buyer may not see is not found. Superuser."""
    # sudo: searched among those that the buyer may see
    quote = request.env["sale.order"].sudo().search(quotes_of(buyer, Domain("id", "=", order_id)))
    if not quote:
        raise NotFound
    return quote


def list_prices(quote, buyer):
    """{line: the buyer's own list price for its quantity, per unit}; empty where there is no list or none to compare with. Superuser."""
    pricelist = buyer.account_id._catalogue_pricelist(request.env.user)
    lines = quote._ec_pad_lines()
    if not (pricelist and lines) or pricelist.currency_id != quote.currency_id or not buyer._may("can_see_prices"):
        return {}
    asks = [(line.product_id, line.product_uom_qty, line.product_uom_id) for line in lines]
    found = pricelist._ec_prices(asks, request.env.cr.now())
    return {
        line: line.product_id._get_tax_included_unit_price_from_price(
            price,
            line.product_id.taxes_id._filter_taxes_by_company(quote.company_id),
            fiscal_position=quote.fiscal_position_id,
        )
        for line, (price, _rule) in zip(lines, found, strict=True)
    }


def quote_page(buyer, quote, values=None, errors=None, done=None):
    return page(
        "ec_trade_quote.quote",
        buyer,
        document=quote,
        lines=quote._ec_pad_lines(),
        money=request.env["ec.trade.pad"]._money,
        list_prices=list_prices(quote, buyer),
        is_open=quote.state == "sent" and quote.ec_quote_state in OPEN,
        # what our staff works on is no offer yet
        is_shown=quote.ec_quote_state != "requested" and not quote.ec_quote_changed,
        problem=quote._ec_quote_problem(),
        prepaid=quote._has_to_be_paid(),
        seen=quote._ec_quote_fingerprint(),
        values={"number": quote.client_order_ref, "name": buyer.name, **(values or {})},
        errors=errors or {},
        done=done,
    )


class TradeQuotes(Controller):
    """Requests and offers that the buyer may see."""

    @route(
        ["/my/trade/quotes", "/my/trade/quotes/page/<int:number>"],
        type="http",
        auth="user",
        website=True,
        sitemap=False,
    )
    def quotes(self, number=1, **kwargs):
        buyer = current_buyer()
        branch = chosen_branch(buyer)
        shown = quotes_of(buyer, Domain("partner_id.commercial_partner_id", "=", branch.id) if branch else Domain.TRUE)
        # sudo: searched among those that the buyer may see
        orders = request.env["sale.order"].sudo()
        pages = pager(url="/my/trade/quotes", total=orders.search_count(shown), page=max(number, 1), step=STEP)
        quotes = orders.search(shown, order="id desc", limit=STEP, offset=pages["offset"])
        return page("ec_trade_quote.quotes", buyer, quotes=quotes, pager=pages)

    @route("/my/trade/quotes/<int:order_id>", type="http", auth="user", website=True, sitemap=False)
    def quote(self, order_id, done=None, **kwargs):
        buyer = current_buyer()
        return quote_page(buyer, quote_of(buyer, order_id), done=done if done in ANSWERS else None)
