from werkzeug.exceptions import NotFound

from odoo.http import request

from ..models.ec_trade_role import PERMISSIONS


def current_buyer():
    """The buyer of this login with this website's company; superuser. Others get 404: they need not know of these pages."""
    buyer = request.env.user._ec_trade_buyer()
    if not buyer or buyer.account_id.state == "draft" or buyer.company_id != request.website.company_id:
        raise NotFound
    return buyer


def administrator(of_all=False):
    """The same, if the role lets him administer the buyers of his own company; `of_all`: and he does so for all branches."""
    buyer = current_buyer()
    if not buyer._may("can_administer") or (of_all and not buyer.all_branches):
        raise NotFound
    return buyer


def own(records, record_id):
    """The record of this id among those of the account; any other id is not found."""
    record = records.filtered(lambda record: record.id == record_id)
    if not record:
        raise NotFound
    return record


def branches_of(buyer):
    """The companies whose documents the buyer may see."""
    return buyer.account_id.branch_ids if buyer.all_branches else buyer.branch_ids


def chosen_branch(buyer):
    """The branch that the buyer looks at now; empty for all of his."""
    return branches_of(buyer).filtered(lambda branch: branch.id == request.session.get("ec_trade_branch"))


def page(template, buyer, **values):
    may = {name: buyer._may(name) for name in PERMISSIONS}
    return request.render(
        template if "." in template else f"ec_b2b_portal.{template}",
        {"page_name": "trade", "buyer": buyer, "account": buyer.account_id, "may": may, **values},
    )
