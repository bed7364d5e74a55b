from odoo.http import Controller, request, route

from . import reading
from .common import branches_of, chosen_branch, current_buyer, page


class TradeHome(Controller):
    @route("/my/trade", type="http", auth="user", website=True, sitemap=False)
    def home(self, refused=None, **kwargs):
        buyer = current_buyer()
        return page("home", buyer, branches=branches_of(buyer), branch=chosen_branch(buyer), refused=refused)

    @route("/my/trade/branch", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def choose_branch(self, branch_id="", **kwargs):
        current_buyer()
        request.session["ec_trade_branch"] = reading.number(branch_id)
        return request.redirect("/my/trade")
