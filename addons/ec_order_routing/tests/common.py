from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user


class RuleCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.Set, cls.Rule = cls.env["ec.rule.set"], cls.env["ec.rule"]
        # what a database that is in use already has would take part
        cls.Set.search([("state", "in", ("active", "trial"))])._retire()
        cls.salesman = new_test_user(cls.env, "rule_salesman", groups="sales_team.group_sale_salesman")
        cls.hold_user = new_test_user(cls.env, "rule_user", groups="ec_order_hold.group_hold_user")
        cls.manager = new_test_user(cls.env, "rule_manager", groups="ec_order_hold.group_hold_manager")

    @classmethod
    def _draft(cls, **vals):
        return cls.Set.create({"name": "Shops", "rule_ids": [Command.create(cls._rule_vals())], **vals})

    @classmethod
    def _rule_vals(cls, name="Expensive", **vals):
        return {
            "name": name,
            "scope": "hold",
            "order_domain": "[('amount_total', '>', 30000)]",
            "action_ids": [Command.create({"name": "hold", "args": {"code": "risk", "due_hours": 24}})],
            **vals,
        }

    @classmethod
    def _active(cls, **vals):
        draft = cls._draft(**vals)
        draft._activate("First rules")
        return draft

    @classmethod
    def _order(cls, **vals):
        partner = cls.env["res.partner"].create({"name": "Sato"})
        return cls.env["sale.order"].create({"partner_id": partner.id, **vals})
