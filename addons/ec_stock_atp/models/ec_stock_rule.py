from odoo import api, fields, models
from odoo.tools import SQL

SETTINGS = ("mode", "buffer_kind", "buffer_value", "capped", "cap")
# which settings a rule overrides: (switch, settings); each setting comes from the narrowest rule that sets it
SWITCHES = (("mode", ("mode",)), ("buffer_set", ("buffer_kind", "buffer_value")), ("cap_set", ("capped", "cap")))


class EcStockRule(models.Model):
    """Other settings of a policy for one product, or for a category and those below it."""

    _name = "ec.stock.rule"
    _description = "Sellable Stock Rule"
    _order = "policy_id, product_id, categ_id, id"
    _check_company_auto = True

    policy_id = fields.Many2one("ec.stock.policy", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id", store=True, index=True)
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="cascade", check_company=True)
    categ_id = fields.Many2one(
        "product.category", string="Product Category", index="btree_not_null", ondelete="cascade"
    )
    mode = fields.Selection(
        [("strict", "Strict"), ("shared", "Shared"), ("hybrid", "Hybrid")],
        help="Empty: as the rule of a wider category says, else the policy.",
    )
    buffer_set = fields.Boolean(string="Own Buffer")
    buffer_kind = fields.Selection(
        [("fixed", "Fixed units"), ("percent", "Percent of the stock"), ("adaptive", "Sales rate times delay")],
        required=True,
        default="fixed",
    )
    buffer_value = fields.Float(
        string="Buffer", digits=(16, 2), default=0.0, help="Units, or percent; not used by the sales rate."
    )
    cap_set = fields.Boolean(string="Own Limit")
    capped = fields.Boolean(string="Limit the Figure", default=True)
    cap = fields.Integer(string="Highest Figure", default=0, help="In units, when the figure is limited.")

    _target = models.Constraint(
        "CHECK ((product_id IS NULL) <> (categ_id IS NULL))", "A rule is for one product or one category, not for both."
    )
    _buffer_range = models.Constraint(
        "CHECK (buffer_value >= 0 AND (buffer_kind <> 'percent' OR buffer_value <= 100))",
        "A buffer is not negative, and not above 100 percent.",
    )
    _cap_range = models.Constraint("CHECK (cap >= 0)", "The highest figure is not negative.")
    _product_unique = models.Constraint("UNIQUE (policy_id, product_id)", "A policy has one rule a product.")
    _categ_unique = models.Constraint("UNIQUE (policy_id, categ_id)", "A policy has one rule a category.")

    @api.model
    def _resolve(self, product, policy):
        """The settings of a policy for a product, as a dict of `SETTINGS`."""
        rules = self.search([("policy_id", "=", policy._origin.id)])
        path = [int(categ) for categ in (product.categ_id.parent_path or "").split("/") if categ]
        wide_to_narrow = sorted(
            rules.filtered(lambda r: r.categ_id.id in path), key=lambda r: path.index(r.categ_id.id)
        )
        own = {name: policy[name] for name in SETTINGS}
        for rule in [*wide_to_narrow, *rules.filtered(lambda r: r.product_id == product)]:
            for switch, names in SWITCHES:
                if rule[switch]:
                    own.update({name: rule[name] for name in names})
        return own

    @api.model
    def _category_sql(self):
        """CTE `category_rule`: what the rules of a category and those above it set, by policy and category."""
        narrowest = SQL(", ").join(
            SQL(
                "(array_agg(%s ORDER BY length(above.parent_path) DESC) FILTER (WHERE %s))[1] AS %s",
                SQL("COALESCE(r.capped, FALSE)") if name == "capped" else SQL.identifier("r", name),
                SQL("r.mode IS NOT NULL") if switch == "mode" else SQL.identifier("r", switch),
                SQL.identifier(name),
            )
            for switch, names in SWITCHES
            for name in names
        )
        return SQL(
            """
            category_rule AS MATERIALIZED (
                SELECT r.policy_id, categ.id AS categ_id, %s
                  FROM ec_stock_rule r
                  JOIN product_category above ON above.id = r.categ_id
                  JOIN product_category categ ON categ.parent_path LIKE above.parent_path || '%%'
                 GROUP BY 1, 2
            ),
            """,
            narrowest,
        )

    @api.model
    def _own_sql(self, rules):
        """Join that gives `own`: the settings for the row's product and policy `p`; without rules those of the policy."""
        if not rules:
            return SQL("CROSS JOIN LATERAL (SELECT p.mode, p.buffer_kind, p.buffer_value, p.capped, p.cap) own")
        return SQL(
            """
            LEFT JOIN category_rule wide ON wide.policy_id = p.id AND wide.categ_id = template.categ_id
            LEFT JOIN ec_stock_rule narrow ON narrow.policy_id = p.id AND narrow.product_id = product.id
           CROSS JOIN LATERAL (
                 SELECT COALESCE(narrow.mode, wide.mode, p.mode) AS mode,
                        CASE WHEN narrow.buffer_set THEN narrow.buffer_kind
                             ELSE COALESCE(wide.buffer_kind, p.buffer_kind) END AS buffer_kind,
                        CASE WHEN narrow.buffer_set THEN round(narrow.buffer_value::numeric, 6)
                             ELSE COALESCE(round(wide.buffer_value::numeric, 6), p.buffer_value) END AS buffer_value,
                        CASE WHEN narrow.cap_set THEN narrow.capped ELSE COALESCE(wide.capped, p.capped) END AS capped,
                        CASE WHEN narrow.cap_set THEN narrow.cap ELSE COALESCE(wide.cap, p.cap) END AS cap) own
            """
        )
