from odoo.http import Controller, request, route
from odoo.tools import email_normalize

from . import reading

LENGTHS = {"company_name": 120, "contact_name": 80, "email": 120, "phone": 40, "message": 2000}


class TradeRegister(Controller):
    """A guest asks for an account. The answer never depends on who has a login here."""

    @route("/trade/register", type="http", auth="public", website=True, methods=["GET", "POST"], sitemap=True)
    def register(self, **form):
        if request.httprequest.method == "GET":
            return self._page()
        values = {name: reading.text(form.get(name)).strip()[:length] for name, length in LENGTHS.items()}
        errors = {
            name: request.env._("Please fill in this field.")
            for name in ("company_name", "contact_name", "email")
            if not values[name]
        }
        email = email_normalize(values["email"])
        if values["email"] and not email:
            errors["email"] = request.env._("Please enter an e-mail address, like name@example.com.")
        if errors:
            return self._page(values, errors)
        # people do not see this field: what fills it in is a program, and is thanked like anybody
        if form.get("homepage"):
            return request.redirect("/trade/register/thanks")
        vals = {**values, "email": email, "lang": request.env.lang}
        if not request.env["ec.trade.request"]._submit(vals, request.httprequest.remote_addr):
            return self._page(
                values,
                {"form": request.env._("Too many requests came from your network. Please try again in an hour.")},
                429,
            )
        return request.redirect("/trade/register/thanks")

    @route("/trade/register/thanks", type="http", auth="public", website=True, sitemap=False)
    def thanks(self, **kwargs):
        return request.render("ec_b2b_portal.register_thanks")

    def _page(self, values=None, errors=None, status=200):
        return request.render("ec_b2b_portal.register", {"values": values or {}, "errors": errors or {}}, status=status)
