from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.ec_order_hold.models.sale_order import IN_WORK

from ..language import number


class Figures(NamedTuple):
    """What one version did with its orders. cost: the mean of the `priced` orders, in the company's currency; None: of none is it known."""

    orders: int = 0
    held: int = 0
    failed: int = 0
    priced: int = 0
    cost: float | None = None

    def share(self, count):
        """Percent of the orders."""
        return 100.0 * count / self.orders if self.orders else 0.0


class EcRuleSet(models.Model):
    """A trial ends by itself when it does worse than it may: its figures are read once a lot, whatever the number of orders."""

    _inherit = "ec.rule.set"

    trial_guarded = fields.Boolean("Ends by Itself", default=True, help="The trial ends as soon as one of these figures is worse than allowed.")
    trial_min_orders = fields.Integer("Judged From (Orders)", default=30, help="Nothing is judged before so many orders; compared only once the active version has as many.")
    trial_max_held = fields.Float("Held at Most (%)", default=50, digits=(6, 1), help="Orders that a hold keeps from confirmation or delivery.")
    trial_more_held = fields.Float("Held More Than the Active Version (Points)", default=10, digits=(6, 1), help="10: 25 % where the active version holds 15 %.")
    trial_more_cost = fields.Float("Shipping Dearer Than the Active Version (%)", default=10, digits=(6, 1), help="By the mean of an order whose cost is known.")
    trial_max_failed = fields.Float("Failed Rules at Most (%)", default=5, digits=(6, 1), help="Orders for which a rule failed.")
    trial_html = fields.Html("So Far", compute="_compute_trial_html", sanitize=False)
    ended_because = fields.Text("Why the Trial Ended", readonly=True, copy=False)

    _trial_band = models.Constraint(
        "CHECK (trial_min_orders > 0 AND trial_max_held >= 0 AND trial_more_held >= 0 AND trial_more_cost >= 0 AND trial_max_failed >= 0)",
        "A trial is judged from one order on, and by limits that are not below zero.",
    )

    # -- Figures -------------------------------------------------------------------------

    def _trial_figures(self):
        """(this version's Figures, those of the active one) in the same time: of orders that came in since the trial began and of older ones
        still in work, each by its newest decision. Of the active version only orders that the trial might have had.
        """
        self.ensure_one()
        active = self._of_family("active")
        Order = self.env["sale.order"].sudo().with_context(active_test=False)  # rules are for every order they apply to, whoever may see it
        Order.flush_model(["ec_status"])
        mine = Order._search([("company_id", "=", self.company_id.id), *self._domain_of("applies_to"), *self._domain_of("trial_domain")])
        rows = self.env.execute_query(
            SQL(
                """
                WITH begin AS (SELECT min(id) AS id FROM ec_decision WHERE set_id = %(trial)s),
                     met AS (SELECT id FROM sale_order WHERE ec_status IN %(in_work)s
                              UNION
                             SELECT d.order_id FROM begin JOIN ec_decision d ON d.id >= begin.id
                              WHERE NOT EXISTS (SELECT FROM ec_decision older WHERE older.order_id = d.order_id AND older.id < begin.id))
                SELECT d.set_id, count(*), count(*) FILTER (WHERE d.held), count(*) FILTER (WHERE d.failed), count(d.cost), avg(d.cost)
                  FROM met
                  JOIN LATERAL (SELECT * FROM ec_decision newest WHERE newest.order_id = met.id ORDER BY newest.id DESC LIMIT 1) d ON TRUE
                 WHERE d.set_id IN %(versions)s AND met.id IN %(mine)s AND EXISTS (SELECT FROM begin WHERE id IS NOT NULL)
              GROUP BY 1
                """,
                trial=self.id, in_work=tuple(IN_WORK), versions=tuple((self + active).ids), mine=mine.subselect(),
            )  # fmt: skip
        )
        found = {set_id: Figures(*figures) for set_id, *figures in rows}
        return found.get(self.id, Figures()), found.get(active.id, Figures())

    def _of_family(self, state):
        return self.search([("company_id", "=", self.company_id.id), ("family", "=", self.family), ("state", "=", state)], limit=1)

    # -- Judging -------------------------------------------------------------------------

    @api.model
    def _judge_trials(self):
        """End the trials that do worse than they may."""
        # orders are decided on behalf of people who have no rights on rules
        for trial in self.sudo().search([("state", "=", "trial"), ("trial_guarded", "=", True)]):
            # several people of the company read it
            trial = trial.with_context(lang=trial.company_id.partner_id.lang or self.env.lang)
            if reasons := trial._out_of_band(*trial._trial_figures()):
                trial._end_by_itself(reasons)

    def _out_of_band(self, tried, active):
        """Sentences: which figures are worse than allowed, and by how much. Empty: it goes on."""
        self.ensure_one()
        enough = self.trial_min_orders
        if tried.orders < enough:
            return []
        held, failed, held_before = self._percent(tried, "held"), self._percent(tried, "failed"), self._percent(active, "held")
        found = []
        if tried.share(tried.held) > self.trial_max_held:
            found.append(self.env._("It holds %(share)s of its orders; %(limit)s %% are allowed.", share=held, limit=number(self.env, self.trial_max_held)))
        if active.orders >= enough and tried.share(tried.held) > active.share(active.held) + self.trial_more_held:
            found.append(
                self.env._(
                    "It holds %(share)s of its orders, the active version %(active)s; %(limit)s points more are allowed.",
                    share=held, active=held_before, limit=number(self.env, self.trial_more_held),
                )  # fmt: skip
            )
        if min(tried.priced, active.priced) >= enough and tried.cost > active.cost * (1 + self.trial_more_cost / 100):
            found.append(
                self.env._(
                    "An order costs %(cost)s to ship, with the active version %(active)s; %(limit)s %% more are allowed.",
                    cost=self._money(tried), active=self._money(active), limit=number(self.env, self.trial_more_cost),
                )  # fmt: skip
            )
        if tried.share(tried.failed) > self.trial_max_failed:
            found.append(self.env._("Rules failed for %(share)s of its orders; %(limit)s %% are allowed.", share=failed, limit=number(self.env, self.trial_max_failed)))
        return found and [self.env._("The trial ended by itself after %(count)s orders.", count=number(self.env, tried.orders)), *found]

    def _end_by_itself(self, reasons):
        """As a person ends it, and tell the author. Of two workers one gets here: the other's transaction starts again."""
        self._retire()
        self._move({"ended_because": "\n".join(reasons)})
        self.message_post(body=Markup("<br/>").join(reasons))
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("The trial ended by itself"),
            note=Markup("<br/>").join(reasons),
            user_id=(self.author_id.filtered("active") or self.activated_by_id).id,
        )

    # -- What people see -----------------------------------------------------------------

    @api.depends("state", "trial_min_orders", "trial_max_held", "trial_more_held", "trial_more_cost", "trial_max_failed", "trial_guarded")
    @api.depends_context("lang")
    def _compute_trial_html(self):
        for version in self:
            trial = version._origin
            version.trial_html = trial.state == "trial" and self.env["ir.qweb"]._render("ec_order_routing.rule_set_trial", version._trial_values(*trial._trial_figures()))

    def _trial_values(self, tried, active):
        """What the table shows: {"rows": [(what, on trial, active version)], "waits": sentence or False}; no rows before the first order."""
        _, enough = self.env._, self.trial_min_orders
        rows = [
            (_("Orders"), number(self.env, tried.orders), number(self.env, active.orders)),
            (_("Orders held"), self._percent(tried, "held"), self._percent(active, "held")),
            (_("A rule failed"), self._percent(tried, "failed"), self._percent(active, "failed")),
            (_("Shipping cost of an order"), self._money(tried), self._money(active)),
        ]
        waits = False
        if self.trial_guarded and tried.orders < enough:
            waits = _("Judged from %(count)s orders on.", count=number(self.env, enough))
        elif self.trial_guarded and active.orders < enough:
            waits = _("Compared once the active version has decided about %(count)s such orders too.", count=number(self.env, enough))
        return {"rows": rows if tried.orders else [], "waits": waits}

    def _percent(self, figures, name):
        return f"{number(self.env, round(figures.share(getattr(figures, name)), 1))} %" if figures.orders else "–"

    def _money(self, figures):
        return "–" if figures.cost is None else number(self.env, round(figures.cost, 2))
