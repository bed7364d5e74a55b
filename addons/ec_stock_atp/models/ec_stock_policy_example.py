import json
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL


class EcStockFigure(models.Model):
    _inherit = "ec.stock.figure"

    @api.model
    def _term_labels(self):
        """{term code of `formula.explain`: what a person calls it}."""
        return {
            "on_hand": self.env._("On hand"),
            "components": self.env._("From the components"),
            "blocked": self.env._("In blocked locations"),
            "expired": self.env._("Expired"),
            "reserved": self.env._("Reserved for deliveries"),
            "demand": self.env._("Ordered, not reserved yet"),
            "claims": self.env._("Promised to orders of the shops"),
            "pools": self.env._("Set aside in pools"),
            "warehouse_share": self.env._("Not offered: share of the warehouses"),
            "soft_share": self.env._("Not offered: share of the policy"),
            "rounding": self.env._("Rounded down to whole units"),
            "quotas": self.env._("Set aside for others"),
            "buffer": self.env._("Buffer"),
            "incoming": self.env._("Incoming in time"),
            "not_below_zero": self.env._("Never below zero"),
            "cap": self.env._("Above the highest figure"),
        }

    @api.model
    def _explain_lines(self, product, policy):
        """The sum of `_explain` in words: (lines as {code, label, units} without those of 0, labels of those, figure)."""
        labels = self._term_labels()
        terms = self._explain(product, policy)
        lines = [
            {"code": code, "label": labels.get(code, code.replace("_", " ")), "units": units}
            for code, units in terms
            if units or code == "on_hand"
        ]
        nothing = [labels.get(code, code) for code, units in terms if not units and code != "on_hand"]
        return lines, nothing, int(sum(units for _code, units in terms))

    @api.model
    def _units_text(self, units, signed=False):
        """Units without needless decimals; with a real minus sign, and a plus sign where they are added."""
        sign = "−" if units < 0 else "+" if signed and units > 0 else ""
        return f"{sign}{Decimal(abs(units)).normalize():f}"


class EcStockPolicy(models.Model):
    """The editor of a policy: what its mode means, and what the figure of one product would be with the values being edited."""

    _inherit = "ec.stock.policy"

    mode_text = fields.Char(compute="_compute_mode_text")
    example_product_id = fields.Many2one(
        "product.product",
        "Example",
        compute="_compute_example_product_id",
        readonly=False,
        store=False,
        domain="[('is_storable', '=', True)]",
        help="The figure of this product with the values on this page, before they are saved.",
    )
    example = fields.Html("Figure with These Values", compute="_compute_example", sanitize=False)

    @api.depends("mode")
    def _compute_mode_text(self):
        texts = {
            "strict": self.env._(
                "The shops together never show more than there is: each shows its part. Nothing is sold twice, "
                "but one shop may be sold out while another still has units."
            ),
            "shared": self.env._(
                "Every shop shows all that may be sold. Nothing stays unsold, but two shops may sell the last unit at the same "
                "moment; the buffer is there for that."
            ),
            "hybrid": self.env._(
                "While there is plenty every shop shows all of it. When it runs low the units are divided among the shops, "
                "so that the last ones are not sold twice."
            ),
        }
        for policy in self:
            policy.mode_text = texts.get(policy.mode)

    @api.depends("company_id")
    def _compute_example_product_id(self):
        for policy in self:
            policy.example_product_id = policy.example_product_id or policy._find_example()

    def _find_example(self):
        """A product to show the policy with: the one it has most of."""
        rows = self.env.execute_query(
            SQL(
                """SELECT f.product_id FROM ec_stock_figure f
                     JOIN product_product p ON p.id = f.product_id AND p.active
                    WHERE f.policy_id = %s ORDER BY f.quantity DESC, f.product_id LIMIT 1""",
                self._origin.id or 0,
            )
        )
        return self.env["product.product"].browse(rows[0] if rows else ())

    def _example_fields(self):
        stored = (name for name, field in self._fields.items() if field.store and name not in models.MAGIC_COLUMNS)
        return ("example_product_id", *stored, "line_ids.warehouse_id", "line_ids.share")

    @api.depends(lambda self: self._example_fields())
    def _compute_example(self):
        for policy in self:
            values = policy._example_values() if policy.example_product_id else False
            policy.example = values and self.env["ir.qweb"]._render("ec_stock_atp.policy_example", values)

    def _example_values(self):
        """What the example shows: the figure term by term."""
        self.ensure_one()
        Figure = self.env["ec.stock.figure"]
        lines, nothing, figure = Figure._explain_lines(self.example_product_id._origin, self)
        return {"policy": self, "lines": lines, "nothing": nothing, "figure": figure, "units": Figure._units_text}

    # ---- the values being edited, where the formula looks for the stored ones

    def _draft_sql(self):
        """SQL: CTEs that stand for the tables of policies while this one is edited, with this one alone; nothing if it is stored."""
        if isinstance(self.id, int):
            return SQL()
        id_ = self._origin.id or 0
        lines = [line for line in self.line_ids if line.warehouse_id]
        return SQL(
            """
            ec_stock_policy AS (SELECT (jsonb_populate_record(NULL::ec_stock_policy, %s::jsonb)).*),
            ec_stock_policy_line AS (SELECT (jsonb_populate_recordset(NULL::ec_stock_policy_line, %s::jsonb)).*),
            ec_stock_policy_blocked_rel AS (SELECT %s AS policy_id, unnest(%s::int[]) AS location_id),
            """,
            json.dumps({**_columns(self), "id": id_, "active": True}),
            json.dumps([{**_columns(line), "id": n, "policy_id": id_} for n, line in enumerate(lines, 1)]),
            id_,
            self.blocked_location_ids._origin.ids,
        )


def _columns(record):
    """{column: value} of a record that may not be stored yet."""
    return {
        name: field.convert_to_write(record[name], record) if field.type != "many2one" else record[name]._origin.id or None
        for name, field in record._fields.items()
        if field.store and field.column_type and name not in models.MAGIC_COLUMNS
    }
