from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import registry
from ..engine.registry import SpecError


class EcRuleSet(models.Model):
    """From draft to active to retired, and back."""

    _inherit = "ec.rule.set"

    # -- Business ------------------------------------------------------------------------

    def _activate(self, comment):
        """Let these rules decide from now on; the version before retires in the same moment.

        :raise UserError: no comment, findings that are errors, or neither a draft nor on trial
        """
        self.ensure_one()
        former = self._lock_family().filtered(lambda version: version.state == "active")
        vals = self._prepare_activation_vals(comment) if self.state == "draft" else self._check_on_trial()
        former._move({"state": "retired", "retired_at": fields.Datetime.now()})
        self.env.flush_all()
        self._move(
            {
                **vals,
                "state": "active",
                "activated_at": fields.Datetime.now(),
                "activated_by_id": self.env.uid,
                "retired_at": False,
                "replaced_id": former.id,
            }
        )

    def _try(self, comment, percent=100, domain="[]"):
        """Let these rules decide about a share of the orders, beside the active version.

        :param percent: of the orders, always the same ones
        :param domain: only orders of it, as text
        """
        self.ensure_one()
        if any(version.state == "trial" for version in self._lock_family()):
            raise UserError(self.env._("Another version is on trial already. End its trial first."))
        self.write({"trial_percent": percent, "trial_domain": domain or "[]"})
        self._move(
            {
                **self._prepare_activation_vals(comment),
                "state": "trial",
                "activated_at": fields.Datetime.now(),
                "activated_by_id": self.env.uid,
            }
        )

    def _roll_back(self, comment):
        """Make the version active again that this one replaced; this one retires.

        :return: that version
        """
        self.ensure_one()
        self._lock_family()
        former = self.replaced_id
        if self.state != "active" or not former:
            raise UserError(self.env._("There is no version before %(version)s.", version=self.display_name))
        now = fields.Datetime.now()
        self._move({"state": "retired", "retired_at": now})
        self.env.flush_all()
        former._move(
            {
                "state": "active",
                "activated_at": now,
                "activated_by_id": self.env.uid,
                "retired_at": False,
                "comment": "\n".join(filter(None, [former.comment, comment])),
            }
        )
        return former

    def _retire(self):
        """These rules decide no more."""
        self._lock_family()
        self.filtered(lambda version: version.state in ("active", "trial"))._move(
            {"state": "retired", "retired_at": fields.Datetime.now()}
        )

    def _new_version(self):
        """A draft that starts as a copy of this version; rules and strategies keep the keys they are recognised by."""
        self.ensure_one()
        family = self._lock_family()
        draft = self.copy(
            {"family": self.family, "version": max(family.mapped("version")) + 1, "parent_id": self.id}
        )
        return self._copy_parts(draft)

    def _copy_parts(self, draft):
        """Copy rules and strategies into the draft; arguments that name a strategy name its copy."""
        strategies = {}
        for strategy in self.strategy_ids:
            strategies[strategy.id] = strategy.copy({"rule_set_id": draft.id, "key": strategy.key}).id
        vals_list = []
        for rule in self.with_context(active_test=False).rule_ids:
            (vals,) = rule.copy_data({"rule_set_id": draft.id, "key": rule.key})
            for sort, name in (("condition", "function_ids"), ("action", "action_ids")):
                for _command, _id, call in vals[name]:
                    call["args"] = _with_strategies(sort, call["name"], call["args"], strategies)
            vals_list.append(vals)
        self.env["ec.rule"].create(vals_list)
        return draft

    # -- Helpers -------------------------------------------------------------------------

    def _lock_family(self):
        """All versions of these families; two people who change the active one meet here, and the second one is done again."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id FROM ec_rule_set WHERE family = ANY(%s) AND company_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [self.mapped("family"), self.company_id.ids],
        )
        versions = self.browse([row[0] for row in self.env.cr.fetchall()])
        versions.invalidate_recordset(["state"])
        return versions

    def _prepare_activation_vals(self, comment):
        comment = (comment or "").strip()
        if self.state != "draft":
            raise UserError(self.env._("Only a draft is activated; %(version)s is not one.", version=self.display_name))
        if not comment:
            raise UserError(self.env._("Say what changed and why: it is read when something went wrong."))
        if errors := [f"{each['name']}: {each['text']}" for each in self._findings() if each["level"] == "error"]:
            raise UserError(self.env._("These rules cannot be activated:\n%(errors)s", errors="\n".join(errors)))
        return {"comment": comment, "frozen": self._frozen_json()}

    def _check_on_trial(self):
        if self.state != "trial":
            raise UserError(self.env._("%(version)s is neither a draft nor on trial.", version=self.display_name))
        return {}

    # -- Buttons -------------------------------------------------------------------------

    def action_activate(self):
        """Ask what changed and why, then activate."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Activate %(version)s", version=self.display_name),
            "res_model": "ec.rule.set.activate",
            "view_mode": "form",
            "target": "new",
            # of a first version there is nothing that changed
            "context": {"default_rule_set_id": self.id, "default_comment": False if self.parent_id else self.env._("First version")},
        }

    def action_for_all(self):
        """The version on trial becomes the active one."""
        self._activate(None)

    def action_roll_back(self):
        comment = self.env._("Rolled back from version %(version)s.", version=self.version)
        return self._roll_back(comment)._open()

    def action_retire(self):
        self._retire()

    def action_new_version(self):
        return self._new_version()._open()

    def copy(self, default=None):
        """A copy is a draft of a family of its own."""
        copies = super().copy(default)
        if not (default or {}).get("family"):
            for version, draft in zip(self, copies, strict=True):
                version._copy_parts(draft)
        return copies

    def _open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
        }


def _with_strategies(sort, name, args, strategies):
    try:
        kinds = {arg.name: arg.kind for arg in registry.function(sort, name).args}
    except SpecError:
        return args
    return {
        key: strategies.get(value, value) if kinds.get(key) == "strategy" else value
        for key, value in (args or {}).items()
    }
