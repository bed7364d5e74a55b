from odoo import models

from ..describe import filter_text
from ..engine.criteria import UNKNOWN_PRICE
from ..engine.registry import label_of
from ..engine.words import Said
from ..language import label, sentence, shown


class EcDecision(models.Model):
    """A decision in the reader's words, from what was stored: nothing is worked out again."""

    _inherit = "ec.decision"

    def _why(self):
        """Everything the panel shows, as plain data."""
        self.ensure_one()
        plan, snapshot = self.plan or {}, self.snapshot or {}
        steps = [self._why_step(step) for step in plan.get("steps", ())]
        choice = plan.get("choice") or {}
        return {
            "decision": self,
            "outcome": self.outcome,
            "reason": dict(self._fields["reason"]._description_selection(self.env)).get(self.reason, ""),
            "matched": [step for step in steps if step["matched"]],
            "others": [step for step in steps if not step["matched"]],
            "errors": [f"{each['name']}: {self._words(each['error'])}" for each in plan.get("errors", ())],
            "criteria": [label(self.env, label_of("criterion", name)) for name in choice.get("criteria", ())],
            "candidates": self._why_candidates(choice, snapshot),
            "unroutable": choice.get("unroutable") and self._words(choice["unroutable"]),
            "lacks": self._why_lacks(choice, snapshot),
            "needed": self._why_needed(plan),
        }

    def _words(self, said):
        if not isinstance(said, dict):
            return str(said)
        said = Said.from_json(said)
        return filter_text(self.env, said) or sentence(self.env, said)

    def _why_step(self, step):
        return {
            "name": step.get("name", ""),
            "matched": bool(step.get("matched")),
            "said": " ".join(self._words(said) for said in step.get("said") or ()),
            "actions": [self._why_action(action) for action in step.get("actions") or ()],
        }

    def _why_action(self, action):
        name = label(self.env, label_of("action", action["name"]))
        return f"{name}: {self._words(action['said'])}" if action.get("said") else name

    def _why_lacks(self, choice, snapshot):
        """What each warehouse would need to ship it, where the least is missing first."""
        sites = {site["id"]: site["name"] for site in snapshot.get("sites", ())}
        return [f"{sites.get(lack['site'], '?')}: {'; '.join(self._words(said) for said in lack['said'])}" for lack in choice.get("lacks") or ()]

    def _why_candidates(self, choice, snapshot):
        """[{site, service, passed, chosen, said, scores}], those that passed first, best first."""
        sites = {site["id"]: site["name"] for site in snapshot.get("sites", ())}
        services = {service["id"]: service["name"] for service in snapshot.get("services", ())}
        chosen = {(place, carrier) for place, carrier, _lines in (self.plan or {}).get("parcels") or ()}
        rows = []
        for candidate in choice.get("candidates", ()):
            rows.append(
                {
                    "site": sites.get(candidate["site"], "?"),
                    "service": services.get(candidate.get("service"), ""),
                    "passed": candidate["passed"],
                    "chosen": (candidate["site"], candidate.get("service")) in chosen,
                    "said": "; ".join(self._words(said) for said in candidate.get("said") or ()),
                    "scores": ["–" if score >= UNKNOWN_PRICE else shown(self.env, round(score, 0 if score >= 100 else 2)) for score in candidate.get("score") or ()],
                    "order": (not candidate["passed"], candidate.get("score") or []),
                }
            )
        return sorted(rows, key=lambda row: (not row["chosen"], row["order"][0], [s if s is not None else 0 for s in row["order"][1]]))

    def _why_needed(self, plan):
        """What would make the order shippable: for each hold, what releases it."""
        types = self.env["ec.order.hold.type"].sudo()._get_by_code({hold["code"] for hold in plan.get("holds", ())})  # names of types are no secret
        return [
            {"name": types[hold["code"]].name, "reason": self._words(hold["reason"]), "released_when": types[hold["code"]].released_when or "", "advice": types[hold["code"]].advice or ""}
            for hold in plan.get("holds", ())
        ]
