from odoo.fields import Command
from odoo.http import Controller, request, route

from . import reading
from .common import own, page
from .order_pad import Deal, pad_buyer, read_rows

MAX_LISTS = 100


class TradeOrderLists(Controller):
    """Saved lists: the buyer's own, and those shared in his company, which their owners alone change."""

    @route("/my/trade/lists", type="http", auth="user", website=True, sitemap=False)
    def lists(self, done=None, **kwargs):
        buyer = pad_buyer()
        return page("order_lists", buyer, lists=request.env["ec.trade.list"]._of(buyer), done=done)

    @route("/my/trade/lists/save", type="jsonrpc", auth="user", website=True)
    def save(self, rows=None, name="", shared=False, **kwargs):
        """Keep the good rows under a name; the buyer's own list of that name is replaced."""
        buyer = pad_buyer()
        name = reading.text(name).strip()[:64]
        if not name:
            return {"error": request.env._("Please enter a name.")}
        good = [row for row in Deal.of(buyer).check(read_rows(rows)) if row.product and row.number and not row.into]
        if not good:
            return {"error": request.env._("There is nothing to save yet.")}
        lists = request.env["ec.trade.list"]._of(buyer).filtered(lambda one: one.buyer_id == buyer)
        vals = {
            "name": name,
            "shared": shared is True,
            "line_ids": [
                Command.clear(),
                *(
                    Command.create({"product_id": row.product.id, "quantity": float(row.number), "sequence": place})
                    for place, row in enumerate(good)
                ),
            ],
        }
        if same := lists.filtered(lambda one: one.name == name)[:1]:
            same.write(vals)
        elif len(lists) >= MAX_LISTS:
            return {"error": request.env._("You have %(number)s lists. Delete one first.", number=len(lists))}
        else:
            lists.create({**vals, "account_id": buyer.account_id.id, "buyer_id": buyer.id})
        return {"saved": len(good)}

    @route(
        "/my/trade/lists/<int:list_id>/delete", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    def delete(self, list_id, **kwargs):
        buyer = pad_buyer()
        lists = request.env["ec.trade.list"]._of(buyer)
        own(lists.filtered(lambda one: one.buyer_id == buyer or buyer._may("can_administer")), list_id).unlink()
        return request.redirect("/my/trade/lists?done=deleted")
