from odoo.http import Controller, request, route
from odoo.tools import email_normalize

from . import reading
from .common import administrator, branches_of, own, page


class TradeBuyers(Controller):
    """The customer's administrator: buyers of his own account and of no other."""

    @route("/my/trade/buyers", type="http", auth="user", website=True, sitemap=False)
    def buyers(self, done=None, **kwargs):
        me = administrator()
        return page("buyers", me, buyers=me.account_id.buyer_ids, managed=_managed(me), done=done)

    @route("/my/trade/buyers/invite", type="http", auth="user", website=True, methods=["GET", "POST"], sitemap=False)
    def invite(self, **form):
        me = administrator()
        if request.httprequest.method == "GET":
            return self._form(me, {"all_branches": me.all_branches and "1", "lang": request.env.lang}, {})
        account, errors = me.account_id, {}
        name, email = reading.text(form.get("name")).strip(), email_normalize(reading.text(form.get("email")))
        if not name:
            errors["name"] = request.env._("Please enter a name.")
        if not email:
            errors["email"] = request.env._("Please enter an e-mail address, like name@example.com.")
        elif email in account.buyer_ids.mapped("partner_id.email_normalized"):
            errors["email"] = request.env._("This person is a buyer of your company already.")
        elif _of_others(me, email):
            errors["email"] = request.env._(
                "This person was a buyer of another branch: ask an administrator of all branches."
            )
        role, branches = self._role_and_branches(me, form, errors)
        if errors:
            return self._form(me, form, errors)
        languages = dict(request.env["res.lang"].get_installed())
        lang = form.get("lang") if form.get("lang") in languages else request.env.lang
        account._invite_buyer(name, email, role, branches, lang)
        return request.redirect("/my/trade/buyers?done=invited")

    @route(
        "/my/trade/buyers/<int:buyer_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
        sitemap=False,
    )
    def edit(self, buyer_id, **form):
        me = administrator()
        buyer, errors = own(_managed(me), buyer_id), {}
        if request.httprequest.method == "GET":
            values = {
                "role_id": buyer.role_id.id,
                "all_branches": buyer.all_branches and "1",
                "branch_ids": buyer.branch_ids.ids,
            }
            return self._form(me, values, {}, buyer)
        role, branches = self._role_and_branches(me, form, errors)
        if buyer == me:
            errors["role_id"] = request.env._("You cannot change your own role: ask another administrator.")
        if errors:
            return self._form(me, form, errors, buyer)
        buyer.write({"role_id": role.id, "all_branches": not branches, "branch_ids": [(6, 0, branches.ids)]})
        return request.redirect("/my/trade/buyers?done=changed")

    @route(
        "/my/trade/buyers/<int:buyer_id>/dismiss",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def dismiss(self, buyer_id, **kwargs):
        me = administrator()
        buyer = own(_managed(me) - me, buyer_id)
        buyer._dismiss()
        return request.redirect("/my/trade/buyers?done=dismissed")

    @route(
        "/my/trade/buyers/<int:buyer_id>/invite",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    def invite_again(self, buyer_id, **kwargs):
        me = administrator()
        own(_managed(me), buyer_id)._invite()
        return request.redirect("/my/trade/buyers?done=invited")

    def _role_and_branches(self, me, form, errors):
        """The role and branches (none: all) of a form; what the administrator may not give counts as not chosen."""
        roles = me.account_id._roles()
        role = roles.filtered(lambda role: str(role.id) == form.get("role_id"))
        if not role:
            errors["role_id"] = request.env._("Please choose a role.")
        wanted = request.httprequest.form.getlist("branch_ids")
        branches = branches_of(me).filtered(lambda branch: str(branch.id) in wanted)
        if me.all_branches and form.get("all_branches") == "1":
            return role, branches.browse()
        if not branches:
            errors["branch_ids"] = (
                request.env._("Please choose at least one branch, or all of them.")
                if me.all_branches
                else request.env._("Please choose at least one branch.")
            )
        return role, branches

    def _form(self, me, values, errors, buyer=None):
        chosen = values.get("branch_ids")
        if isinstance(chosen, str):
            chosen = [reading.number(item) for item in request.httprequest.form.getlist("branch_ids")]
        return page(
            "buyer_form",
            me,
            edited=buyer,
            values={**values, "branch_ids": chosen or []},
            errors=errors,
            roles=me.account_id._roles(),
            branches=branches_of(me),
            languages=request.env["res.lang"].get_installed(),
        )


def _managed(me):
    """The buyers whom an administrator may change: with branches of his own, only those who see no others."""
    return me.account_id.buyer_ids.filtered(lambda buyer: _manages(me, buyer))


def _manages(me, buyer):
    return me.all_branches or (not buyer.all_branches and buyer.branch_ids <= me.branch_ids)


def _of_others(me, email):
    """The dismissed buyers of this e-mail address whom another administrator has to take back."""
    buyers = me.account_id.with_context(active_test=False).buyer_ids
    return buyers.filtered(lambda buyer: buyer.partner_id.email_normalized == email and not _manages(me, buyer))
