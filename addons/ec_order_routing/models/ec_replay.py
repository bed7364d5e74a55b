from datetime import timedelta
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import decide as engine
from ..engine.fingerprint import fingerprint
from ..language import shown
from .ec_decision import number_of
from .ec_replay_line import differences

LOT = 1000
SHOWN = 5000  # differing orders that are kept one by one; the totals count all


class Case(NamedTuple):
    """One order: what was decided of it (`old`) and what these rules decide (`new`), plans as JSON.

    at: where the replay goes on after it · place: the warehouse of an order of which a plan says nothing · unverified: see `ec.replay`
    """

    at: int
    order: int
    place: int
    old: dict[str, Any]
    new: dict[str, Any]
    unverified: bool = False


class EcReplay(models.Model):
    """A rule set over past orders, on the facts that were stored when they were decided: what it would change, before it is active."""

    _name = "ec.replay"
    _description = "Replay of Rules"
    _order = "id desc"
    _rec_name = "set_id"
    _check_company_auto = True

    set_id = fields.Many2one("ec.rule.set", "Rules", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="set_id.company_id", store=True, index=True)
    date_from = fields.Date("From", required=True, default=lambda self: fields.Date.context_today(self) - timedelta(days=30))
    date_to = fields.Date("To", required=True, default=fields.Date.context_today)
    state = fields.Selection([("draft", "Not started"), ("running", "Running"), ("done", "Done")], default="draft", required=True, readonly=True, copy=False)
    position = fields.Integer(readonly=True, copy=False)
    total = fields.Integer("Orders", readonly=True, copy=False)
    looked_at = fields.Integer("Orders Looked At", readonly=True, copy=False)
    changed = fields.Integer("Would Change", readonly=True, copy=False)
    unsure = fields.Integer("Read Today", readonly=True, copy=False, help="Orders for which a fact that these rules need was not stored then, and was read now.")
    unverified = fields.Integer(readonly=True, copy=False, help="Decisions whose fingerprint is not what it was stored as.")
    progress = fields.Float(compute="_compute_progress")
    before = fields.Json(readonly=True, copy=False)
    after = fields.Json(readonly=True, copy=False)
    totals_html = fields.Html("Totals", compute="_compute_totals_html", sanitize=False)
    line_ids = fields.One2many("ec.replay.line", "replay_id", readonly=True)
    signed_by_id = fields.Many2one("res.users", "Signed Off By", readonly=True, copy=False)
    signed_at = fields.Datetime("Signed Off At", readonly=True, copy=False)

    @api.depends("total", "looked_at", "state")
    def _compute_progress(self):
        for replay in self:
            replay.progress = 100.0 if replay.state == "done" else 100.0 * replay.looked_at / replay.total if replay.total else 0.0

    @api.depends("before", "after")
    @api.depends_context("lang")
    def _compute_totals_html(self):
        for replay in self:
            replay.totals_html = replay.before and self.env["ir.qweb"]._render("ec_order_routing.ec_replay_totals", {"rows": replay._totals_rows()})

    # ---- buttons

    def action_start(self):
        """Have the lane replay it; the page shows how far it is."""
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("This replay has been started: make a new one."))
        self.env["ec.rule.set"].check_access("write")
        self.total = self._count()
        if not self.total:
            raise UserError(self._nothing_found())
        self.write({"state": "running", "before": _nothing(), "after": _nothing()})
        self.env["ec.lane"]._wake_replay()
        return True

    def action_sign_off(self):
        """Somebody has looked at what would change and agrees; kept with the version."""
        self.ensure_one()
        self.env["ec.rule.set"].check_access("write")
        if self.state != "done":
            raise UserError(self.env._("The replay has not ended yet."))
        self.write({"signed_by_id": self.env.uid, "signed_at": fields.Datetime.now()})
        return True

    # ---- work

    def _moments(self):
        """The first moment of the period and the first one after it, naive UTC: days of the company's clock."""
        _day, offset = self.env["ec.routing.facts"]._today(self.company_id.id, fields.Datetime.now(), {})
        return [fields.Datetime.to_datetime(day) - timedelta(minutes=offset) for day in (self.date_from, self.date_to + timedelta(days=1))]

    def _period(self):
        """SQL: the newest decision of each order in the period that these rules apply to; of another family's orders only if this one has
        never decided.
        """
        versions = self.env["ec.rule.set"].search([("family", "=", self.set_id.family)])
        mine = versions.ids if versions.filtered("activated_at") else None
        # rules are for every order they apply to, whoever may see it
        orders = self.env["sale.order"].sudo().with_context(active_test=False)._search(
            [("company_id", "=", self.company_id.id), *self.set_id._domain_of("applies_to")]
        )
        first, last = self._moments()
        return SQL(
            """SELECT max(id) AS id FROM ec_decision
                WHERE company_id = %s AND decided_at >= %s AND decided_at < %s AND (%s::int[] IS NULL OR set_id = ANY(%s)) AND order_id IN %s
             GROUP BY order_id""",
            self.company_id.id, first, last, mine, mine, orders.subselect(),
        )  # fmt: skip

    def _nothing_found(self):
        return self.env._(
            "No order that these rules apply to was decided in this period. Orders are decided from the first active version on; "
            "before that, try the rules on the orders as they are now."
        )

    def _count(self):
        return self.env.execute_query(SQL("SELECT count(*) FROM (%s) d", self._period()))[0][0]

    @api.model
    def _work(self):
        """One lot of the oldest running replay. Returns the number of decisions looked at."""
        replay = self.search([("state", "=", "running")], order="id", limit=1)
        return replay._step() if replay else 0

    def _step(self):
        cases, unsure = self._cases()
        if not cases:
            self.state = "done"
            return 1
        before, after, lines, changed = dict(self.before), dict(self.after), [], 0
        for case in cases:
            _count(before, case.old, case.place)
            _count(after, case.new, case.place)
            found = differences(case.old, case.new, _score)
            changed += bool(found)
            lines += [{"replay_id": self.id, "order_id": case.order, "what": what, "was": then, "becomes": now} for what, then, now in found]
        room = SHOWN - len(self.line_ids)
        self.env["ec.replay.line"].create(lines[: max(0, room)])
        self.write(
            {
                "position": cases[-1].at, "looked_at": self.looked_at + len(cases), "changed": self.changed + changed, "before": before, "after": after,
                "unsure": self.unsure + unsure, "unverified": self.unverified + sum(case.unverified for case in cases),
            }
        )  # fmt: skip
        return len(cases)

    def _cases(self):
        """([Case] of the next lot, the number of orders of which a fact was read now)."""
        rows = self.env.execute_query(
            SQL(
                """SELECT d.id, d.order_id, d.fingerprint, d.snapshot, d.plan, d.set_id FROM ec_decision d
                    WHERE d.id IN (%s) AND d.id > %s ORDER BY d.id LIMIT %s""",
                self._period(), self.position, LOT,
            )  # fmt: skip
        )
        spec = self.env["ec.routing"]._spec(self.set_id)
        unsure = self._fill(spec, [row[3] for row in rows])
        apply, cases = self.env["ec.routing.apply"], []
        for decision, order, print_, snapshot, old, set_id in rows:
            plan = engine.decide(snapshot, spec)
            unverified = set_id == self.set_id.id and fingerprint(snapshot, spec, plan) != print_
            cases.append(Case(decision, order, snapshot["order"]["warehouse_id"], old, apply._as_applied(plan), unverified))
        return cases, unsure

    def _fill(self, spec, snapshots):
        """Read now what the rules need and was not stored then. Returns the number of snapshots that lacked something."""
        rules = engine.compiled(spec)
        order_paths, line_paths = rules.paths["order"], rules.paths["lines"]
        lacking = [
            snapshot
            for snapshot in snapshots
            if not snapshot["order"].keys() >= set(order_paths) or any(not line.keys() >= set(line_paths) for line in snapshot["lines"])
        ]
        if lacking:
            found = self.env["ec.routing.facts"]._read_snapshots([s["order"]["id"] for s in lacking], order_paths, line_paths)
            now = {snapshot["order"]["id"]: snapshot for snapshot in found}
            for snapshot in lacking:
                today = now.get(snapshot["order"]["id"], {"order": {}, "lines": []})
                snapshot["order"] = {**today["order"], **snapshot["order"]}
                lines = {line["id"]: line for line in today["lines"]}
                snapshot["lines"] = [{**lines.get(line["id"], {}), **line} for line in snapshot["lines"]]
        asked = {digest for side in rules.asked.values() for digest in side}
        unasked = [snapshot for snapshot in snapshots if not asked <= snapshot["asked"].keys()]
        if asked and unasked:
            self.env["ec.routing"]._answer(spec, unasked)
        alone = [snapshot for snapshot in snapshots if "sites" not in snapshot] if rules.sources else []
        if alone:
            self.env["ec.routing"]._add_candidates(alone)
        return len({snapshot["order"]["id"] for snapshot in (*lacking, *(unasked if asked else ()), *alone)})

    def _totals_rows(self):
        """[(what, before, after, difference)] of the table, as a person reads them."""
        _ = self.env._
        before, after = self.before, self.after
        # who sees a replay may read the names in it
        types = {t.code: t.name for t in self.env["ec.order.hold.type"].sudo().with_context(active_test=False).search([])}
        rows = [
            (_("Orders held"), before["held"], after["held"]),
            (_("Orders that cannot be routed"), before["unroutable"], after["unroutable"]),
            (_("Parcels"), before["parcels"], after["parcels"]),
        ]
        # what the strategies do not look at is not known
        for text, key in ((_("Shipping cost"), "cost"), (_("Days to arrive, in all"), "days")):
            if before[key] or after[key]:
                rows.append((text, round(before[key], 2), round(after[key], 2)))
        if after.get("fresh"):
            rows.append((_("Shipping cost of orders that had none"), None, round(after["fresh"], 2)))
        for code in sorted({*before["holds"], *after["holds"]}):
            rows.append((_("Hold: %s", types.get(code, code)), before["holds"].get(code, 0), after["holds"].get(code, 0)))
        # as the types
        names = {w.id: w.name for w in self.env["stock.warehouse"].sudo().with_context(active_test=False).search([])}
        for place in sorted({*before["warehouses"], *after["warehouses"]}):
            rows.append((_("From %s", names.get(int(place), place)), before["warehouses"].get(place, 0), after["warehouses"].get(place, 0)))
        return [
            (text, "–", shown(self.env, now), "") if then is None else (text, shown(self.env, then), shown(self.env, now), self._difference(round(now - then, 2)))
            for text, then, now in rows
        ]

    def _difference(self, number):
        return f"+{shown(self.env, number)}" if number > 0 else shown(self.env, number) if number else ""


class EcRuleSet(models.Model):
    _inherit = "ec.rule.set"

    def action_replay(self):
        """A new replay of these rules, ready to be started."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try on Past Orders"),
            "res_model": "ec.replay",
            "view_mode": "form",
            "context": {"default_set_id": self.id, "default_source": self._replay_source()},
        }


def _nothing():
    return {"held": 0, "unroutable": 0, "parcels": 0, "cost": 0.0, "fresh": 0.0, "days": 0, "holds": {}, "warehouses": {}}


def _count(totals, plan, place):
    """Add one plan to the totals. place: where the order ships from if the plan does not say."""
    totals["held"] += bool(plan["holds"])
    choice = plan.get("choice") or {}
    totals["unroutable"] += bool(choice.get("unroutable"))
    totals["parcels"] += len(plan.get("parcels") or ())
    totals["cost"] += _score(choice, "cost")
    totals["fresh"] = totals.get("fresh", 0.0) + (plan.get("fresh") or 0.0)
    totals["days"] += _score(choice, "days")
    for hold in plan["holds"]:
        totals["holds"][hold["code"]] = totals["holds"].get(hold["code"], 0) + 1
    place = str(plan.get("warehouse_id") or place or 0)
    totals["warehouses"][place] = totals["warehouses"].get(place, 0) + 1


def _score(choice, criterion):
    """The choice's number by a criterion; 0 where it is not known."""
    return number_of(choice, criterion) or 0
