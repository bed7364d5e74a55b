from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.ec_stock_atp.models.ec_stock_dirty import TRANSITIONS, _changed

from ..kits import per_kit

BOM = (
    "type",
    "product_tmpl_id",
    "product_id",
    "product_qty",
    "product_uom_id",
    "active",
    "sequence",
    "company_id",
    "picking_type_id",
)
LINE = ("bom_id", "product_id", "product_qty", "product_uom_id")
OF_LINES = """SELECT DISTINCT b.product_tmpl_id FROM ({0}) r JOIN mrp_bom b ON b.id = r.bom_id AND b.type = 'phantom'"""
OF_VALUES = """SELECT DISTINCT b.product_tmpl_id FROM {0} r JOIN mrp_bom_line l ON l.id = r.mrp_bom_line_id
               JOIN mrp_bom b ON b.id = l.bom_id AND b.type = 'phantom'"""
KIT = "EXISTS (SELECT FROM mrp_bom b WHERE b.product_tmpl_id = n.product_tmpl_id AND b.type = 'phantom')"
FIRST = """SELECT NULL::int FROM new_rows n WHERE NOT EXISTS (SELECT FROM ec_stock_kit k WHERE k.company_id = n.company_id)
           HAVING count(*) > 0"""
VALUES = "mrp_bom_line_product_template_attribute_value_rel"
# (table, event): SQL of the templates whose kits a statement may have changed; NULL for all
WATCHES = {
    ("mrp_bom", "insert"): "SELECT DISTINCT product_tmpl_id FROM new_rows WHERE type = 'phantom'",
    ("mrp_bom", "delete"): "SELECT DISTINCT product_tmpl_id FROM old_rows WHERE type = 'phantom'",
    ("mrp_bom", "update"): f"""SELECT DISTINCT t.id FROM old_rows o JOIN new_rows n USING (id)
                               CROSS JOIN LATERAL (VALUES (o.product_tmpl_id), (n.product_tmpl_id)) t (id)
                               WHERE 'phantom' IN (o.type, n.type) AND {_changed(*BOM)}""",
    ("mrp_bom_line", "insert"): OF_LINES.format("SELECT bom_id FROM new_rows"),
    ("mrp_bom_line", "delete"): OF_LINES.format("SELECT bom_id FROM old_rows"),
    ("mrp_bom_line", "update"): OF_LINES.format(
        f"""SELECT b.id AS bom_id FROM old_rows o JOIN new_rows n USING (id)
            CROSS JOIN LATERAL (VALUES (o.bom_id), (n.bom_id)) b (id) WHERE {_changed(*LINE)}"""
    ),
    (VALUES, "insert"): OF_VALUES.format("new_rows"),
    (VALUES, "delete"): OF_VALUES.format("old_rows"),
    ("product_product", "insert"): f"SELECT DISTINCT n.product_tmpl_id FROM new_rows n WHERE {KIT}",
    ("product_product", "update"): f"""SELECT DISTINCT n.product_tmpl_id FROM old_rows o JOIN new_rows n USING (id)
                                       WHERE {_changed("product_tmpl_id", "combination_indices")} AND {KIT}""",
    ("product_template", "update"): f"""SELECT n.id FROM old_rows o JOIN new_rows n USING (id)
                                        WHERE {_changed("is_storable", "uom_id", "type")}
                                          AND (EXISTS (SELECT FROM mrp_bom b WHERE b.product_tmpl_id = n.id)
                                            OR EXISTS (SELECT FROM mrp_bom_line l WHERE l.product_tmpl_id = n.id))""",
    ("uom_uom", "update"): f"""SELECT NULL::int FROM old_rows o JOIN new_rows n USING (id)
                               WHERE {_changed("factor")} HAVING count(*) > 0""",
    # kits are worked out for each company that has a policy: its first one asks for all of them
    ("ec_stock_policy", "insert"): FIRST,
    ("ec_stock_policy", "update"): FIRST,
}


class EcStockKit(models.Model):
    """What one unit of a kit takes of each storable component, in the component's unit, as Odoo takes it for one kit sold.

    Nested kits are resolved. Triggers note what changed bills of materials; the next fold works these kits out again.
    """

    _name = "ec.stock.kit"
    _description = "Sellable Stock: Components of Kits"
    _auto = False
    _log_access = False
    _rec_name = "kit_id"

    company_id = fields.Many2one("res.company", readonly=True)
    kit_id = fields.Many2one("product.product", readonly=True)
    component_id = fields.Many2one("product.product", readonly=True)
    units = fields.Float("Units per Kit", digits=(16, 12), readonly=True)

    def init(self):
        """The tables; the triggers, once all tables are there."""
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS ec_stock_kit (
                id bigserial PRIMARY KEY,
                company_id int NOT NULL REFERENCES res_company ON DELETE CASCADE,
                kit_id int NOT NULL REFERENCES product_product ON DELETE CASCADE,
                component_id int NOT NULL REFERENCES product_product ON DELETE CASCADE,
                units numeric NOT NULL CHECK (units > 0),
                UNIQUE (kit_id, company_id, component_id));
            CREATE INDEX IF NOT EXISTS ec_stock_kit_component_idx ON ec_stock_kit (component_id, kit_id);
            CREATE TABLE IF NOT EXISTS ec_stock_kit_dirty (id bigserial PRIMARY KEY, product_tmpl_id int)
            """
        )
        self._mark_all()
        self.pool.post_init(self._create_triggers)

    def _create_triggers(self):
        """One function and one statement-level trigger a table and event. Harmless should the addon's table be gone."""
        for (table, event), query in WATCHES.items():
            name = f"ec_stock_kit_{event}_{table}"[:63]
            self.env.cr.execute(f"""
                CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF to_regclass('ec_stock_kit_dirty') IS NOT NULL THEN
                        INSERT INTO ec_stock_kit_dirty (product_tmpl_id) {query};
                    END IF;
                    RETURN NULL;
                END $$;
                DROP TRIGGER IF EXISTS {name} ON {table};
                CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {TRANSITIONS[event]}
                    FOR EACH STATEMENT EXECUTE FUNCTION {name}();
            """)

    @api.model
    def _mark_all(self):
        self.env.cr.execute("INSERT INTO ec_stock_kit_dirty (product_tmpl_id) VALUES (NULL)")

    @api.model
    def _refresh(self):
        """Work out again what was noted; kits that changed and their components are counted again. Returns the kits changed."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """DELETE FROM ec_stock_kit_dirty WHERE id IN (SELECT id FROM ec_stock_kit_dirty FOR UPDATE SKIP LOCKED)
                   RETURNING product_tmpl_id"""
            )
        )
        if not rows:
            return set()
        templates = {template for (template,) in rows}
        products = self._concerned(None if None in templates else sorted(templates))
        known = {
            (*row, Decimal(units))
            for *row, units in self.env.execute_query(
                SQL(
                    "SELECT company_id, kit_id, component_id, units::text FROM ec_stock_kit WHERE kit_id = ANY(%s)",
                    products,
                )
            )
        }
        return self._replace(known, self._explode(products))

    @api.model
    def _concerned(self, templates):
        """Ids of the products that are or were kits, of these templates (None: of all) or with them inside."""
        return [
            product
            for (product,) in self.env.execute_query(
                SQL(
                    """
                    WITH RECURSIVE hit (id) AS (
                        SELECT id FROM product_product WHERE %s
                        UNION
                        SELECT product.id
                          FROM hit
                          JOIN mrp_bom_line l ON l.product_id = hit.id
                          JOIN mrp_bom b ON b.id = l.bom_id AND b.type = 'phantom'
                          JOIN product_product product ON product.product_tmpl_id = b.product_tmpl_id
                    )
                    SELECT hit.id FROM hit JOIN product_product product USING (id)
                     WHERE EXISTS (SELECT FROM mrp_bom b WHERE b.product_tmpl_id = product.product_tmpl_id AND b.type = 'phantom')
                        OR EXISTS (SELECT FROM ec_stock_kit k WHERE k.kit_id = hit.id)
                     ORDER BY 1
                    """,
                    SQL("product_tmpl_id = ANY(%s)", templates) if templates is not None else SQL("TRUE"),
                )
            )
        ]

    @api.model
    def _explode(self, product_ids):
        """{(company id, kit id, component id, units)} as Odoo itself takes the components of one kit that is sold."""
        found = set()
        # what a kit is made of does not depend on who asks
        products = self.sudo().env["product.product"].browse(product_ids)
        for (company,) in self.env.execute_query(SQL("SELECT DISTINCT company_id FROM ec_stock_policy ORDER BY 1")):
            boms = products.env["mrp.bom"]._bom_find(products, company_id=company, bom_type="phantom")
            for product, bom in boms.items():
                factor = product.uom_id._compute_quantity(1, bom.product_uom_id) / bom.product_qty
                units = defaultdict(float)
                for line, values in bom.explode(product, factor, picking_type=bom.picking_type_id)[1]:
                    component = line.product_id
                    if component.is_storable:
                        units[component.id] += line.product_uom_id._compute_quantity(
                            values["qty"], component.uom_id, round=False
                        )
                found |= {
                    (company, product.id, component, per_kit(amount))
                    for component, amount in units.items()
                    if per_kit(amount) > 0
                }
        return found

    @api.model
    def _replace(self, known, found):
        """Write the difference. Returns the ids of the kits that changed."""
        changed = known ^ found
        kits = {kit for _company, kit, _component, _units in changed}
        if not kits:
            return kits
        gone, new = sorted(known - found), sorted(found - known)
        self.env.execute_query(
            SQL(
                """DELETE FROM ec_stock_kit k USING unnest(%s::int[], %s::int[], %s::int[]) v (company_id, kit_id, component_id)
                    WHERE (k.company_id, k.kit_id, k.component_id) = (v.company_id, v.kit_id, v.component_id) RETURNING 1""",
                *([row[n] for row in gone] for n in range(3)),
            )
        )
        self.env.execute_query(
            SQL(
                """INSERT INTO ec_stock_kit (company_id, kit_id, component_id, units)
                   SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::numeric[]) RETURNING 1""",
                *([row[n] for row in new] for n in range(4)),
            )
        )
        self.env.execute_query(
            SQL(
                "INSERT INTO ec_stock_dirty (product_id) SELECT unnest(%s) RETURNING 1",
                sorted(kits | {component for _company, _kit, component, _units in changed}),
            )
        )
        self.invalidate_model(flush=False)
        self.env["ec.stock.figure"]._note_counted(kits)
        return kits
