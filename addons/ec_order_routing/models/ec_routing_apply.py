import json
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.fingerprint import fingerprint
from ..engine.words import Said, _
from ..language import sentence
from .ec_decision import number_of

WAITING = {"stock_short", "unroutable", "preorder"}
_FAILED = _("These rules failed: {rules}. Correct them, then have the order looked at again.")
FAILED = "rule_failed"
KEY = "rules"  # holds that the rules opened are theirs to release


class EcRoutingApply(models.AbstractModel):
    """Plans become facts: holds, warehouse, carrier, tags and so on, the difference only, once for each order however often it is decided."""

    _name = "ec.routing.apply"
    _description = "Applying Decisions"

    def init(self):
        """What was done once for an order (mails, activities): done is done, whatever is decided later."""
        self.env.cr.execute(
            """CREATE TABLE IF NOT EXISTS ec_routing_done (
                   order_id int NOT NULL, key varchar NOT NULL, done_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'), PRIMARY KEY (order_id, key))"""
        )

    @api.model
    def _apply(self, rule_set, decided, reasons):
        """decided: [(order, snapshot, plan)] of one rule set."""
        todo = self.env["ec.routing.todo"]
        todo._quietly()
        decided = self._with_places(decided)
        last = self.env["ec.decision"]._last([order.id for order, *_rest in decided])
        plans = {order: self._as_applied(plan) for order, _snapshot, plan in decided}
        before = {order: self._seen(order) for order in plans}
        self._apply_holds(plans, last)
        self._apply_places(plans)
        self._apply_marks(plans)
        self._apply_once(plans)
        self._apply_requests(plans)
        self._store(rule_set, decided, plans, last, reasons)
        todo._remember(
            {order.id: plan.get("next_at") for order, plan in plans.items()},
            {order.id: self._waits_for(snapshot, plans[order]) for order, snapshot, _plan in decided},
            {order.id: self._needs(snapshot, plans[order]) for order, snapshot, _plan in decided},
        )
        todo._aloud()
        # a rule that could not be answered because an earlier one changes the order: it can be, now that the order is changed
        todo._add([order.id for order, plan in plans.items() if plan["errors"] and self._seen(order) != before[order]], "edited")

    @api.model
    def _seen(self, order):
        """What rules both change and ask about."""
        return order.warehouse_id, order.carrier_id, order.tag_ids, order.user_id

    @api.model
    def _with_places(self, decided):
        """Those of the decisions whose orders have a place at each warehouse that they ship from.

        The warehouses of one lot are chosen side by side: for whom a warehouse is full now, the lane looks again.
        """
        Capacity = self.env["ec.routing.capacity"]
        wanted, places, full = defaultdict(lambda: self.env["sale.order"]), {}, self.env["sale.order"]
        for order, _snapshot, plan in decided:
            places[order] = set()
            for parcel in (plan.choice or {}).get("parcels") or ():
                places[order].add(parcel["site"])
                wanted[parcel["site"], parcel["ships_on"] or fields.Date.to_string(fields.Date.context_today(order))] |= order
        held = Capacity._places_of(self.env["sale.order"].union(*places)) if places else {}
        for order, sites in places.items():
            for site in set(held.get(order.id, ())) - sites:
                Capacity._release(order, self.env["stock.warehouse"].browse(site))
                self.env["ec.routing.todo"]._add_full(order.company_id.ids)
        for (site, day), orders in sorted(wanted.items()):
            full |= orders - Capacity._hold(orders, self.env["stock.warehouse"].browse(site), day)
        self.env["ec.routing.todo"]._add(full.ids, "edited")
        return [each for each in decided if each[0] not in full]

    @api.model
    def _let_go(self, orders):
        """No rules apply to these orders (any more): what rules hold is released."""
        if orders:
            self.env["ec.routing.todo"]._quietly()
            holds = self.env["ec.order.hold"].search([("order_id", "in", orders.ids), ("open", "=", True), ("key", "=like", f"{KEY}%")])
            holds._release(self.env._("No rules apply to this order any more."))
            self.env["ec.routing.todo"]._remember(dict.fromkeys(orders.ids), {}, {})
            self.env["ec.routing.todo"]._aloud()

    # ---- holds

    @api.model
    def _apply_holds(self, plans, last):
        """Open what shall be open, release what the rules opened and no longer ask for.

        What a person released stays released, until the rule has something else to say.
        """
        Hold = self.env["ec.order.hold"]
        orders = [order.id for order in plans]
        rows = self.env.execute_query(
            SQL(
                """SELECT h.order_id, t.code, h.key, h.id FROM ec_order_hold h JOIN ec_order_hold_type t ON t.id = h.type_id
                    WHERE h.order_id = ANY(%s) AND h.open AND h.key LIKE %s""",
                orders, KEY + "%",
            )  # fmt: skip
        )
        there = {(order, code, key): hold for order, code, key, hold in rows}
        wanted, stay = [], set()
        for order, plan in plans.items():
            before = {(hold["code"], hold["key"]): hold["reason"] for hold in last.get(order.id, (None, {}))[1].get("holds", ())}
            for hold in plan["holds"]:
                key = self._key(hold)
                stay.add((order.id, hold["code"], key))
                said = before.get((hold["code"], hold["key"]))
                if (order.id, hold["code"], key) not in there and said == hold["reason"]:
                    continue  # somebody released it
                wanted.append(
                    {
                        "order_id": order.id, "code": hold["code"], "key": key, "reason": self._sentence(order, hold["reason"]),
                        **({"due": fields.Datetime.now() + timedelta(hours=hold["due_hours"])} if hold.get("due_hours") and (order.id, hold["code"], key) not in there else {}),
                    }
                )  # fmt: skip
        gone = [hold for place, hold in there.items() if place not in stay]
        Hold._open(wanted)
        for lang, holds in Hold.browse(gone).grouped(lambda hold: hold.order_id._ec_staff_lang()).items():
            holds._release(self.with_context(lang=lang).env._("No longer so, by the rules."))

    @api.model
    def _as_applied(self, plan):
        """The plan as JSON, as it is applied and stored: with a hold where a rule failed, which may have been the one that holds the order.

        Not where it asked for what this very plan changes: such an order is looked at once more.
        """
        plan = plan.to_json()
        errors = [each for each in plan["errors"] if not _in_flux(each["error"]["p"].get("fact"))]
        if errors:
            said = {"m": "ec_order_routing", "t": str(_FAILED), "p": {"rules": [each["name"] for each in errors]}}
            plan["holds"].append({"code": FAILED, "key": "", "reason": said, "due_hours": None, "rule": errors[0]["rule"], "why": [], "until": None})
        return plan

    @api.model
    def _key(self, hold):
        return f"{KEY}:{hold['key']}" if hold["key"] else KEY

    @api.model
    def _sentence(self, order, said):
        """In the language of who looks after the order."""
        return sentence(self.with_context(lang=order._ec_staff_lang()).env, Said.from_json(said))

    # ---- where from and with whom

    @api.model
    def _apply_places(self, plans):
        """Warehouse, carrier and parcels of orders that are not confirmed yet; a confirmed one moves only by `_ec_reroute`."""
        rejected, moved = self.env["ec.routing.reject"]._of([order.id for order in plans]), []
        for order, plan in plans.items():
            if order.state == "sale" and plan.get("warehouse_id") and order.warehouse_id.id in rejected.get(order.id, ()):
                if plan["warehouse_id"] != order.warehouse_id.id:
                    order._ec_reroute(self.env["stock.warehouse"].browse(plan["warehouse_id"]))
            if order.state not in ("draft", "sent"):
                continue
            vals = {}
            if plan.get("warehouse_id") and plan["warehouse_id"] != order.warehouse_id.id:
                vals["warehouse_id"] = plan["warehouse_id"]
            if plan.get("carrier_id") and plan["carrier_id"] != order.carrier_id.id:
                vals["carrier_id"] = plan["carrier_id"]
            if plan.get("ship_date") and (not order.commitment_date or fields.Date.to_string(order.commitment_date.date()) != plan["ship_date"]):
                vals["ec_ship_date"] = plan["ship_date"]
            if vals:
                order.write(vals)
                moved += [order.id] if "warehouse_id" in vals else []
            self._apply_parcels(order, plan)
        self.env["ec.routing.todo"]._add_waiting(moved)

    @api.model
    def _apply_parcels(self, order, plan):
        """Lines that ship from another warehouse than the order's."""
        places = {}
        for place, _carrier, lines in plan.get("parcels") or ():
            for line in lines:
                places[int(line)] = place
        for line in order.order_line:
            place = places.get(line.id, False)
            other = place if place != order.warehouse_id.id else False
            if line.ec_warehouse_id.id != (other or False):
                line.ec_warehouse_id = other

    # ---- marks

    @api.model
    def _apply_marks(self, plans):
        """Tags and the person responsible."""
        for order, plan in plans.items():
            add = set(plan.get("add_tags") or ()) - set(order.tag_ids.ids)
            remove = set(plan.get("remove_tags") or ()) & set(order.tag_ids.ids)
            if add or remove:
                order.tag_ids = [fields.Command.link(tag) for tag in sorted(add)] + [fields.Command.unlink(tag) for tag in sorted(remove)]
            if plan.get("user_id") and plan["user_id"] != order.user_id.id:
                order.user_id = plan["user_id"]

    @api.model
    def _apply_requests(self, plans):
        """Ship with the buyer's other orders; ship what is there first."""
        Order = self.env["sale.order"].sudo()  # the rules run on behalf of whoever changed an order
        Order._ec_combine_by_rules(Order.union(*[order for order, plan in plans.items() if "combine" in plan["requests"]]) if plans else Order)
        for order, plan in plans.items():
            if "split" in plan["requests"] and order.state == "sale":
                order._ec_split()

    # ---- once

    @api.model
    def _apply_once(self, plans):
        """Mails, activities, approvals and cancellation: each once for an order and rule."""
        wanted = []
        for order, plan in plans.items():
            wanted += [(order, f"mail:{template}", "mail", template) for template in plan["mails"]]
            wanted += [(order, f"activity:{each['summary']}", "activity", each) for each in plan["activities"]]
            wanted += [(order, f"approval:{each['user'] or ''}", "approval", each) for each in plan["approvals"]]
            if plan.get("cancel"):
                wanted.append((order, "cancel", "cancel", plan["cancel"]))
        if not wanted:
            return
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO ec_routing_done (order_id, key) SELECT * FROM unnest(%s::int[], %s::varchar[]) ON CONFLICT DO NOTHING RETURNING order_id, key",
                [order.id for order, *_rest in wanted], [key for _order, key, *_rest in wanted],
            )  # fmt: skip
        )
        new = set(rows)
        for order, key, kind, what in wanted:
            if (order.id, key) in new:
                getattr(self, f"_do_{kind}")(order, what)

    @api.model
    def _do_mail(self, order, template_id):
        template = self.env["mail.template"].browse(template_id).exists()
        if template:
            order.message_post_with_source(template, message_type="comment", subtype_xmlid="mail.mt_comment")

    @api.model
    def _do_activity(self, order, what):
        order.activity_schedule(
            activity_type_id=what["type"] or self.env.ref("mail.mail_activity_data_todo").id, summary=what["summary"],
            user_id=what["user"] or order.user_id.id or self.env.uid, date_deadline=fields.Date.context_today(order) + timedelta(days=what["days"] or 0),
        )  # fmt: skip

    @api.model
    def _do_approval(self, order, what):
        summary = self.env._("Approve: %s", self._sentence(order, what["reason"]))
        self._do_activity(order, {"type": None, "user": what["user"], "summary": summary, "days": 0})

    @api.model
    def _do_cancel(self, order, said):
        if order.state in ("draft", "sent"):
            order._action_cancel()
            order._message_log(body=self._sentence(order, said))

    # ---- what is remembered

    @api.model
    def _store(self, rule_set, decided, plans, last, reasons):
        """A row a decision that differs from the order's last one."""
        spec = self.env["ec.routing"]._spec(rule_set)
        blocking = self._blocking()
        prints = [(order, snapshot, fingerprint(snapshot, spec, plan)) for order, snapshot, plan in decided]
        rows = [
            (
                order.id, order.company_id.id, rule_set.id, reasons.get(order.id, "edited"), print_, json.dumps(snapshot), json.dumps(plans[order]),
                *_figures(plans[order], blocking),
            )
            for order, snapshot, print_ in prints
            if last.get(order.id, (None,))[0] != print_
        ]  # fmt: skip
        if rows:
            self.env.cr.execute(
                """INSERT INTO ec_decision (order_id, company_id, set_id, reason, fingerprint, snapshot, plan, held, failed, cost, decided_at)
                   SELECT *, now() AT TIME ZONE 'UTC' FROM unnest(%s::int[], %s::int[], %s::int[], %s::varchar[], %s::varchar[], %s::jsonb[], %s::jsonb[],
                                                                  %s::boolean[], %s::boolean[], %s::float8[])""",
                [list(column) for column in zip(*rows, strict=True)],
            )
            self.env["sale.order"].browse(row[0] for row in rows).invalidate_recordset(["ec_decision_ids"], flush=False)

    @api.model
    def _blocking(self):
        """Codes of the holds that keep an order from being confirmed or delivered."""
        types = self.env["ec.order.hold.type"].sudo().with_context(active_test=False)  # names of types are no secret
        return set(types.search(["|", ("blocks_confirm", "=", True), ("blocks_delivery", "=", True)]).mapped("code"))

    @api.model
    def _waits_for(self, snapshot, plan):
        """Products whose arrival may change this plan: all goods of an order that is short of something or cannot be routed."""
        if not WAITING & {hold["code"] for hold in plan["holds"]} and not (plan["choice"] or {}).get("unroutable"):
            return []
        return [line["product_id"] for line in snapshot["lines"] if line["fact.goods"] and line["product_id"]]

    @api.model
    def _needs(self, snapshot, plan):
        """What the order waits for beside products and time."""
        needs = {"credit": snapshot["order"].get("fact.credit_over"), "warehouse": (plan["choice"] or {}).get("unroutable")}
        return {need for need, open_ in needs.items() if open_}


def _figures(plan, blocking):
    """(held, failed, cost) of a plan, see `ec.decision`."""
    codes = {hold["code"] for hold in plan["holds"]}
    return bool(codes & blocking), FAILED in codes, number_of(plan["choice"], "cost")


def _in_flux(fact):
    """Whether a fact that was not known is one that rules themselves change."""
    return bool(fact) and fact.partition(".")[0].partition(":")[0] in ("asked", "tag_ids", "warehouse_id", "carrier_id", "user_id")
