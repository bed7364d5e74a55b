from odoo.http import Controller, request, route

from ..models.ec_trade_role import PERMISSIONS
from . import reading
from .common import administrator, own, page


class TradeRoles(Controller):
    """The customer's administrator: roles of his own account; those of the seller are for reading.

    A role counts for buyers of all branches: who administers some of them reads only.
    """

    @route("/my/trade/roles", type="http", auth="user", website=True, sitemap=False)
    def roles(self, done=None, **kwargs):
        me = administrator()
        return page("roles", me, roles=me.account_id._roles(), permissions=self._permissions(), done=done)

    @route("/my/trade/roles/new", type="http", auth="user", website=True, methods=["GET", "POST"], sitemap=False)
    def new(self, **form):
        me = administrator(of_all=True)
        if request.httprequest.method == "GET":
            return self._form(me, {"can_browse": "1", "can_see_prices": "1", "orders_seen": "own"}, {})
        vals, errors = self._read(me.account_id, form)
        if errors:
            return self._form(me, form, errors)
        # sudo: his permission to administer was checked, and the role is one of his account
        request.env["ec.trade.role"].sudo().create({**vals, "account_id": me.account_id.id})
        return request.redirect("/my/trade/roles?done=saved")

    @route(
        "/my/trade/roles/<int:role_id>", type="http", auth="user", website=True, methods=["GET", "POST"], sitemap=False
    )
    def edit(self, role_id, **form):
        me = administrator(of_all=True)
        role = own(me.account_id.role_ids, role_id)
        if request.httprequest.method == "GET":
            values = {name: role[name] and "1" for name in PERMISSIONS}
            return self._form(me, {**values, "name": role.name, "orders_seen": role.orders_seen}, {}, role)
        vals, errors = self._read(me.account_id, form, role)
        if role == me.role_id and not vals["can_administer"]:
            errors["can_administer"] = request.env._("This is your own role: you would not be able to come back here.")
        if errors:
            return self._form(me, form, errors, role)
        role.write(vals)
        return request.redirect("/my/trade/roles?done=saved")

    @route(
        "/my/trade/roles/<int:role_id>/delete", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    def delete(self, role_id, **kwargs):
        me = administrator(of_all=True)
        role = own(me.account_id.role_ids, role_id)
        if role.with_context(active_test=False).buyer_ids:
            return request.redirect("/my/trade/roles?done=used")
        role.unlink()
        return request.redirect("/my/trade/roles?done=deleted")

    def _read(self, account, form, role=None):
        errors, name = {}, reading.text(form.get("name")).strip()[:64]
        if not name:
            errors["name"] = request.env._("Please enter a name.")
        elif name in (account.role_ids - (role or account.role_ids.browse())).mapped("name"):
            errors["name"] = request.env._("There is a role of this name already.")
        vals = {permission: form.get(permission) == "1" for permission in PERMISSIONS}
        vals["orders_seen"] = "branch" if form.get("orders_seen") == "branch" else "own"
        return {**vals, "name": name}, errors

    def _form(self, me, values, errors, role=None):
        return page("role_form", me, edited=role, values=values, errors=errors, permissions=self._permissions())

    def _permissions(self):
        """[(field, label in the reader's language)]"""
        labels = request.env["ec.trade.role"].sudo().fields_get(PERMISSIONS, ["string"])  # sudo: labels only
        return [(name, labels[name]["string"]) for name in PERMISSIONS]
