from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.ec_order_hold.models.sale_order import IN_WORK

from .ec_decision import number_of
from .ec_replay import Case
from .ec_routing import DECIDED
from .ec_routing_apply import KEY

LOT = 200  # as the lane: their facts are read, not stored
UNTOUCHED = ("warehouse_id", "carrier_id", "ship_date", "user_id")  # of which a plan says nothing, the order keeps it


class EcReplay(models.Model):
    """Orders that nobody has decided: the facts of today are read, and the plan is compared with what the order has now. Nothing is written."""

    _inherit = "ec.replay"

    source = fields.Selection(
        [("then", "Orders that were decided, on the facts of then"), ("today", "Orders as they are now, on the facts of today")],
        "Tried On",
        default="then",
        required=True,
    )
    newest = fields.Integer("At Most (Newest Orders)", default=1000, help="0: all orders of the period.")
    only_open = fields.Boolean("Only Orders in Work", default=True, help="What has left has no stock any more: of such an order the warehouse says little.")

    def _nothing_found(self):
        if self.source == "then":
            return super()._nothing_found()
        return self.env._("No order that these rules apply to was placed in this period.")

    def _count(self):
        if self.source == "then":
            return super()._count()
        return self.env.execute_query(SQL("SELECT count(*) FROM (%s) o", self._orders_of_today().select()))[0][0]

    def _cases(self):
        return super()._cases() if self.source == "then" else (self._cases_of_today(), 0)

    def _orders_of_today(self):
        """Query: the newest orders of the period that these rules apply to."""
        first, last = self._moments()
        domain = [("company_id", "=", self.company_id.id), ("state", "in", DECIDED), ("date_order", ">=", first), ("date_order", "<", last)]
        if self.only_open:
            domain.append(("ec_status", "in", IN_WORK))
        # rules are for every order they apply to, whoever may see it
        orders = self.env["sale.order"].sudo().with_context(active_test=False)
        return orders._search([*domain, *self.set_id._domain_of("applies_to")], order="date_order DESC, id DESC", limit=self.newest or None)

    def _cases_of_today(self):
        """[Case] of the next lot."""
        rows = self.env.execute_query(
            SQL("SELECT id FROM sale_order WHERE id IN %s AND id > %s ORDER BY id LIMIT %s", self._orders_of_today().subselect(), self.position, LOT)
        )
        orders = self.env["sale.order"].sudo().browse(row[0] for row in rows)  # as above
        holds = orders.ec_hold_ids.filtered("open").grouped("order_id")
        apply, cases = self.env["ec.routing.apply"], []
        for order, _snapshot, plan in self.env["ec.routing"]._decide(self.set_id, orders) if orders else ():
            old, new = as_it_is(order, holds.get(order, orders.ec_hold_ids.browse())), apply._as_applied(plan)
            cases.append(Case(order.id, order.id, order.warehouse_id.id, *compared(old, new)))
        return cases


class EcRuleSet(models.Model):
    _inherit = "ec.rule.set"

    def _replay_source(self):
        """Where no order of the company has been decided there is nothing but today."""
        decided = self.env["ec.decision"].sudo().search_count([("company_id", "=", self.company_id.id)], limit=1)  # whether, not what
        return "then" if decided else "today"


def as_it_is(order, holds):
    """What the order has now, as a plan. holds: its open ones."""
    goods = order.order_line.filtered(lambda line: not line.display_type and line.product_id.type == "consu")
    places = {(line.ec_warehouse_id or order.warehouse_id).id for line in goods}
    return {
        "holds": [{"code": hold.code, "key": hold.key} for hold in holds],
        "warehouse_id": order.warehouse_id.id or None,
        "carrier_id": order.carrier_id.id or None,
        "ship_date": fields.Date.to_string(order.ec_ship_date) or None,
        "user_id": order.user_id.id or None,
        "parcels": sorted(places),
        "choice": None,
    }


def compared(old, new):
    """(old, new) with what makes them alike: what rules leave as it is, and what shipping as it is now would cost.

    Where that is not known the cost of the new plan stands beside, as `fresh`, and is no difference.
    """
    others = [hold for hold in old["holds"] if not hold["key"].startswith(KEY)]
    planned = {hold["code"] for hold in new["holds"]}
    new = {
        **new,
        **{name: new.get(name) or old[name] for name in UNTOUCHED},
        "holds": new["holds"] + [hold for hold in others if hold["code"] not in planned],
    }
    choice = new["choice"]
    if choice is None:
        return old, {**new, "parcels": old["parcels"]}
    scores = [
        each["score"]
        for each in choice["candidates"]
        if each["passed"] and [each["site"]] == old["parcels"] and each["service"] == old["carrier_id"]
    ]
    if scores:
        return {**old, "choice": {"criteria": choice["criteria"], "score": scores[0]}}, new
    return old, {**new, "choice": {**choice, "criteria": []}, "fresh": number_of(choice, "cost")}
