from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ec_stock_atp.formula import SUBTRACTED, Terms, exact
from odoo.addons.ec_stock_atp.models.ec_stock_figure import SOLD_ROWS, SOLD_UNITS

from ..kits import kits


class EcStockFigure(models.Model):
    """A kit is counted by its components: as many as they make, warehouse by warehouse, then shares, buffer and cap as of
    any product.
    """

    _inherit = "ec.stock.figure"

    @api.model
    def _recompute(self, product_ids=None):
        """Kits follow their components, and components what orders of shops claim of kits."""
        if product_ids is not None:
            product_ids = self._with_kits(product_ids)
        return super()._recompute(product_ids)

    @api.model
    def _with_kits(self, product_ids):
        """These products, their components, all kits made of any of them, and what else these kits are made of."""
        return [
            product
            for (product,) in self.env.execute_query(
                SQL(
                    """
                    WITH given AS (
                        SELECT unnest(%s::int[]) AS id
                        UNION SELECT k.component_id FROM ec_stock_kit k WHERE k.kit_id = ANY(%s)
                    ),
                    kit AS (SELECT DISTINCT k.kit_id AS id FROM ec_stock_kit k JOIN given ON given.id = k.component_id)
                    SELECT id FROM given UNION SELECT id FROM kit
                    UNION SELECT k.component_id FROM ec_stock_kit k JOIN kit ON kit.id = k.kit_id ORDER BY 1
                    """,
                    list(product_ids),
                    list(product_ids),
                )
            )
        ]

    @api.model
    def _counted_sql(self, product, template, company):
        return SQL(
            "(%s OR EXISTS (SELECT FROM ec_stock_kit k WHERE k.kit_id = %s.id AND k.company_id = %s))",
            super()._counted_sql(product, template, company),
            product,
            company,
        )

    @api.model
    def _whole_sql(self, needs, of_products):
        """Kits in place of what bears their name: their own stock, if there is any, is not what an order of them takes."""
        have = SQL(
            """
              FROM line
              JOIN ec_stock_policy policy ON policy.id = line.policy_id
              JOIN ec_stock_kit kit ON kit.company_id = policy.company_id %s
              LEFT JOIN (SELECT scope, product_id, sum(units) AS units FROM part GROUP BY 1, 2) have
                     ON have.scope = line.scope AND have.product_id = kit.component_id
            """,
            SQL("AND kit.kit_id %s", of_products) if of_products else SQL(),
        )
        return SQL(
            """
            SELECT whole.policy_id, whole.product_id, whole.free, whole.units
              FROM (%(whole)s) whole
              JOIN policy ON policy.id = whole.policy_id
             WHERE NOT EXISTS (SELECT FROM ec_stock_kit k WHERE k.kit_id = whole.product_id AND k.company_id = policy.company_id)
             UNION ALL
            SELECT policy_id, kit_id, sum(kits), sum(kits * share) * 0.01
              FROM (SELECT line.policy_id, line.share, kit.kit_id, min(floor(COALESCE(have.units, 0) * 0.000001 / kit.units)) AS kits
                    %(have)s WHERE policy.kit_split IS NOT TRUE GROUP BY line.policy_id, line.warehouse_id, line.share, kit.kit_id) place
             GROUP BY 1, 2
             UNION ALL
            SELECT policy_id, kit_id, floor(min(free / need)), floor(min(units / need))
              FROM (SELECT line.policy_id, kit.kit_id, kit.units AS need, COALESCE(sum(have.units), 0) * 0.000001 AS free,
                           COALESCE(sum(have.units * line.share), 0) * 0.00000001 AS units
                    %(have)s WHERE policy.kit_split GROUP BY line.policy_id, kit.kit_id, kit.component_id, kit.units) part
             GROUP BY 1, 2
            """,
            whole=super()._whole_sql(needs, of_products),
            have=have,
        )

    @api.model
    def _sources(self, needs, of_products=None):
        """Orders of shops claim the components of the kits they order."""
        claimed = SQL(
            """
            FROM (SELECT scope.scope, kit.component_id AS product_id, round(%s * kit.units)::bigint AS units
                  %s
                  JOIN stock_warehouse warehouse ON warehouse.id = scope.warehouse_id
                  JOIN ec_stock_kit kit ON kit.kit_id = l.product_id AND kit.company_id = warehouse.company_id
                 WHERE o.ec_claims_stock AND o.state IN ('draft', 'sent') AND l.product_uom_qty > 0 %s) claimed
            """,
            SOLD_UNITS,
            SOLD_ROWS,
            SQL("AND kit.component_id %s", of_products) if of_products else SQL(),
        )
        return [*super()._sources(needs, of_products), ({"claims": SQL("claimed.units")}, claimed)]

    @api.model
    def _components(self, product, policy):
        """{component: units of it in one kit} for the policy's company; empty for what is no kit."""
        rows = self.env.execute_query(
            SQL(
                "SELECT component_id, units::text FROM ec_stock_kit WHERE kit_id = %s AND company_id = %s ORDER BY 1",
                product.id,
                policy.company_id.id,
            )
        )
        return {self.env["product.product"].browse(component): Decimal(units) for component, units in rows}

    @api.model
    def _kit_places(self, product, policy):
        """({component: units in one kit}, [({component: free units}, share)]): an item for each warehouse that delivers kits alone."""
        need = self._components(product, policy)
        have = {component: super(EcStockFigure, self)._formula_input(component, policy)[0] for component in need}
        places = [
            ({component: _free(terms[n]) for component, terms in have.items()}, exact(policy_line.share))
            for n, policy_line in enumerate(policy.line_ids.sorted(lambda line: line.warehouse_id.id))
        ]
        if policy.kit_split:
            places = [({c: sum(units[c] * share for units, share in places) / 100 for c in need}, exact(100))]
        return need, places

    @api.model
    def _formula_input(self, product, policy):
        """A kit: the kits of each warehouse as if they lay there."""
        warehouses, options = super()._formula_input(product, policy)
        need, places = self._kit_places(product, policy)
        if need:
            warehouses = [Terms(on_hand=kits(units, need), share=share) for units, share in places]
        return warehouses, options

    @api.model
    def _explain(self, product, policy):
        """A kit: `components` are the kits that the components make, and what takes from them."""
        terms = super()._explain(product, policy)
        if self._components(product, policy):
            terms = [("components" if code == "on_hand" else code, units) for code, units in terms]
        return terms

    @api.model
    def _explain_kit(self, product, policy):
        """What limits a kit: [(component, its free units, units of it in one kit, kits)], an item for each warehouse that delivers kits
        alone, in the order of warehouses' ids; empty for what is no kit.
        """
        need, places = self._kit_places(product, policy)
        limits = []
        for units, _share in places if need else []:
            component = min(need, key=lambda c: (units[c] / need[c], c.id))
            limits.append((component, units[component], need[component], kits(units, need)))
        return limits


def _free(terms):
    return exact(terms.on_hand) - sum(exact(getattr(terms, code)) for code in SUBTRACTED)
