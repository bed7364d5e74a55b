import re
import unicodedata

from odoo.http import Controller, request, route

from odoo.addons.ec_b2b_portal.controllers import reading
from odoo.addons.ec_b2b_portal.controllers.common import administrator, own, page

# what is less than these numbers can be kept
NUMBERS = {"min_amount": 1e12, "min_skus": 2**31, "budget": 1e12}
GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


def managed_rules(me):
    """The rules that an administrator sees: with branches of his own, those of these branches."""
    rules = me.account_id.approval_rule_ids
    return rules if me.all_branches else rules.filtered(lambda rule: rule.branch_id in me.branch_ids)


def number(text, limit):
    """A number below a limit as people write it, full width digits and grouping commas too; None if it is none."""
    plain = unicodedata.normalize("NFKC", reading.text(text)).strip() or "0"
    # 1000,50 means another number to some people
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        found = float(plain)
    except ValueError:
        return None
    return found if 0 <= found < limit else None


class TradeApprovalRules(Controller):
    """The customer's administrator: the rules of his company, and those that he may change."""

    @route("/my/trade/approval-rules", type="http", auth="user", website=True, sitemap=False)
    def rules(self, done=None, **kwargs):
        me = administrator()
        return page("ec_trade_approval.rules", me, rules=managed_rules(me), done=done)

    @route(
        "/my/trade/approval-rules/<int:rule_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
        sitemap=False,
    )
    def edit(self, rule_id, **form):
        me, errors = administrator(), {}
        rules = managed_rules(me).filtered("customer_may_edit")
        # amounts are prices
        rule = own(rules if me._may("can_see_prices") else rules.browse(), rule_id)
        if request.httprequest.method == "GET":
            values = {name: f"{rule[name]:.6f}".rstrip("0").rstrip(".") if rule[name] else "" for name in NUMBERS}
            chosen = {"first": rule.first_approver_ids.ids, "second": rule.second_approver_ids.ids}
            return self._form(me, rule, values, chosen, {})
        vals, chosen = self._read(rule, form, errors)
        if errors:
            return self._form(me, rule, form, chosen, errors)
        rule.write(vals)
        return request.redirect("/my/trade/approval-rules?done=saved")

    def _read(self, rule, form, errors):
        vals = {}
        for name, limit in NUMBERS.items():
            vals[name] = number(form.get(name), limit)
            if vals[name] is None or (name == "min_skus" and vals[name] % 1):
                errors[name] = request.env._("Please enter a number, or nothing.")
        if not errors:
            vals["min_skus"] = int(vals["min_skus"])
        possible, chosen = self._possible(rule), {}
        for field in ("first", "second") if rule.two_steps else ("first",):
            wanted = {reading.number(item) for item in request.httprequest.form.getlist(field)}
            buyers = possible.filtered(lambda buyer, wanted=wanted: buyer.id in wanted)
            chosen[field] = buyers.ids
            vals[f"{field}_approver_ids"] = [(6, 0, buyers.ids)]
        return vals, chosen

    def _possible(self, rule):
        """Whom the form offers: whose role and branches allow it, also while the account is blocked, and those chosen already."""
        branch = rule.branch_id
        able = rule.account_id.buyer_ids.filtered(
            lambda buyer: buyer.role_id.can_approve and (not branch or buyer._covers(branch))
        )
        return able | rule.first_approver_ids | rule.second_approver_ids

    def _form(self, me, rule, values, chosen, errors):
        return page(
            "ec_trade_approval.rule_form",
            me,
            rule=rule,
            values=values,
            chosen=chosen,
            errors=errors,
            possible=self._possible(rule),
        )
