from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, format_date

from ..set_aside import consumption
from .ec_stock_set_aside import OPEN

DAYS_BACK = 7  # the daily job looks so far back, should it not have run

_HOLDING = {"product_id", "warehouse_id", "quantity", "date_from", "date_to", "active"}


class EcStockPool(models.Model):
    """Units of one product at one warehouse, held for a customer, a campaign, or for nobody. Days are those of UTC."""

    _name = "ec.stock.pool"
    _description = "Stock Pool"
    _order = "date_from, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('is_storable', '=', True)]",
        check_company=True,
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user._get_default_warehouse_id(),
    )
    company_id = fields.Many2one(related="warehouse_id.company_id", store=True, index=True)
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0, help="In the product's unit.")
    consumed = fields.Float(
        digits="Product Unit", default=0.0, readonly=True, copy=False, help="Ordered by the buyer, confirmed."
    )
    remaining = fields.Float(digits="Product Unit", compute="_compute_remaining")
    shortfall = fields.Float(
        digits="Product Unit",
        compute="_compute_shortfall",
        help="Units that the pool holds and that are not there, or not free.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        index="btree_not_null",
        ondelete="restrict",
        help="Orders of this company use it. No customer and no campaign: held for nobody.",
    )
    campaign_id = fields.Many2one("utm.campaign", ondelete="restrict", help="Orders of this campaign use it.")
    date_from = fields.Date(string="From", help="Empty: at once.")
    date_to = fields.Date(string="Until", help="The last day on which units are held. Empty: until released.")
    state = fields.Selection(
        [("planned", "Planned"), ("open", "Open"), ("used", "Used Up"), ("ended", "Ended")], compute="_compute_state"
    )

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "A pool holds more than 0 units.")
    _consumed_range = models.Constraint("CHECK (consumed >= 0)", "What is consumed of a pool is not negative.")
    _dates_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_from <= date_to)", "A pool ends after it begins."
    )

    # === Computed === #

    @api.depends("quantity", "consumed")
    def _compute_remaining(self):
        for pool in self:
            pool.remaining = max(pool.quantity - pool.consumed, 0)

    @api.depends("active", "date_from", "date_to", "remaining")
    def _compute_state(self):
        today = fields.Date.today()
        for pool in self:
            if not pool.active or (pool.date_to and pool.date_to < today):
                pool.state = "ended"
            elif pool.date_from and pool.date_from > today:
                pool.state = "planned"
            else:
                pool.state = "open" if pool.remaining > 0 else "used"

    @api.depends("quantity", "consumed", "product_id", "warehouse_id", "active", "date_from", "date_to")
    def _compute_shortfall(self):
        """The oldest pools are served first; read as superuser, for pools of all companies share what is there."""
        self.shortfall = 0
        products = self.product_id.ids
        if not products or not self._origin:
            return
        free, _blocked = self.env["ec.stock.set.aside"].sudo()._free(products)
        missing = {}
        for product, warehouses, units, key in self.sudo()._entries(products):
            place = product, *warehouses
            there = max(free.get(place, 0), 0)
            missing[key[1]] = max(units - there, 0)
            free[place] = there - units
        for pool in self:
            pool.shortfall = float(missing.get(pool._origin.id, 0))

    @api.constrains("product_id")
    def _check_product(self):
        for pool in self:
            if not pool.product_id.is_storable:
                raise ValidationError(
                    self.env._("%s is not kept in stock: no units of it can be held.", pool.product_id.display_name)
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        pools = super().create([self._of_company(vals) for vals in vals_list])
        pools._changed()
        return pools

    def write(self, vals):
        if not (_HOLDING | self._buyers().keys()) & vals.keys():
            return super().write(vals)
        self._mark()
        before = self.product_id
        res = super().write(self._of_company(vals))
        self._changed(before)
        return res

    def unlink(self):
        self._mark()
        products = self.product_id.ids
        res = super().unlink()
        self.env["stock.move"]._ec_assign_set_aside(products)
        return res

    def _of_company(self, vals):
        """Values with the customer's company: all its contacts order from the pool."""
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
            return {**vals, "partner_id": partner.commercial_partner_id.id}
        return vals

    def _changed(self, products=None):
        """More or fewer units are held: order it with reservations, count what is consumed, reserve what became free."""
        self.flush_recordset()
        self._mark()
        products = (products or self.product_id) | self.product_id
        self._consume(products.ids)
        self.env["stock.move"]._ec_assign_set_aside(products.ids)

    def _mark(self):
        """Order with reservations. Before rows of pools are locked, as a reservation does: nobody waits in a circle."""
        self.env["ec.stock.guard"]._mark_pairs({(pool.product_id.id, pool.warehouse_id.id) for pool in self})

    # === Actions === #

    def action_release(self):
        """Give the units back by hand; orders that waited for them are reserved."""
        self.filtered("active").write({"active": False})

    @api.model
    def _cron_day(self):
        """Pools that began or ended: their figures changed by date alone, and orders that waited are reserved."""
        today = fields.Date.today()
        pools = self.search([("active", "=", True)])
        self._consume(pools.product_id.ids)
        recent = today - timedelta(days=DAYS_BACK), today - timedelta(days=1)
        turned = pools.filtered(
            lambda pool: (
                (pool.date_from and recent[0] <= pool.date_from <= today)
                or (pool.date_to and recent[0] <= pool.date_to <= recent[1])
            )
        )
        products = turned.product_id.ids
        if products:
            self.env.execute_query(
                SQL("INSERT INTO ec_stock_dirty (product_id) SELECT unnest(%s::int[]) RETURNING id", products)
            )
        self.env["stock.move"]._ec_assign_set_aside(products)

    # === Units === #

    @api.model
    def _buyers(self):
        """What may name the buyer of a pool: {its column: (column of the order `o`, or of its contact `buyer`)}. For other
        addons to extend; a pool for several of them serves orders that meet all.
        """
        return {"partner_id": SQL("buyer.commercial_partner_id"), "campaign_id": SQL("o.campaign_id")}

    @api.model
    def _buyer_of(self, order):
        """{column of the pool: id} that an order brings, as `_buyers` has it in SQL."""
        return {"partner_id": order.partner_id.commercial_partner_id.id, "campaign_id": order.campaign_id.id}

    @api.model
    def _has_buyer_sql(self):
        return SQL("(%s)", SQL(" OR ").join(SQL("p.%s IS NOT NULL", SQL.identifier(name)) for name in self._buyers()))

    @api.model
    def _served_sql(self):
        """Condition (SQL) of an order that pool `p` serves: its buyer's, from its warehouse, placed since it began and before it
        ended.
        """
        buyers = [SQL("(p.%s IS NULL OR p.%s = %s)", SQL.identifier(name), SQL.identifier(name), column) for name, column in self._buyers().items()]
        return SQL(
            """l.product_id = p.product_id AND o.state = 'sale' AND COALESCE(l.warehouse_id, o.warehouse_id) = p.warehouse_id
               AND %s AND %s
               AND o.date_order >= COALESCE(p.date_from, date_trunc('second', p.create_date))
               AND (p.date_to IS NULL OR o.date_order < p.date_to + 1)""",
            self._has_buyer_sql(),
            SQL(" AND ").join(buyers),
        )

    @api.model
    def _holds_sql(self):
        """Condition (SQL) of pools that hold units today."""
        return SQL(
            "active AND (date_from IS NULL OR date_from <= %(today)s) AND (date_to IS NULL OR date_to >= %(today)s)",
            today=fields.Date.today(),
        )

    @api.model
    def _entries(self, product_ids):
        """What pools hold of these products, the oldest first; see `ec.stock.set.aside`.

        Units ordered but not reserved yet are still held: they are in `consumed`, and the order has them not.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.product_id, p.warehouse_id, LEAST(p.quantity, p.quantity - p.consumed + COALESCE(waiting.units, 0)),
                       p.id, COALESCE(p.date_from, date_trunc('second', p.create_date)), p.date_to, %(buyers)s
                  FROM (SELECT * FROM ec_stock_pool WHERE %(holds)s) p
                  LEFT JOIN LATERAL (
                       SELECT sum(GREATEST(round(m.product_qty::numeric - COALESCE(m.quantity, 0)::numeric
                                                 * unit.factor::numeric / base.factor::numeric, 6), 0)) AS units
                         FROM stock_move m
                         JOIN sale_order_line l ON l.id = m.sale_line_id
                         JOIN sale_order o ON o.id = l.order_id
                         JOIN res_partner buyer ON buyer.id = o.partner_id
                         JOIN stock_location source ON source.id = m.location_id
                         JOIN product_product product ON product.id = m.product_id
                         JOIN product_template template ON template.id = product.product_tmpl_id
                         JOIN uom_uom base ON base.id = template.uom_id
                         JOIN uom_uom unit ON unit.id = m.product_uom
                        WHERE m.product_id = p.product_id AND m.state IN %(open)s AND source.warehouse_id = p.warehouse_id
                          AND NOT EXISTS (SELECT FROM stock_move_move_rel chain WHERE chain.move_dest_id = m.id)
                          AND %(served)s
                  ) waiting ON %(has_buyer)s
                 WHERE p.product_id = ANY(%(products)s)
                 ORDER BY 5, p.id
                """,
                holds=self._holds_sql(),
                open=OPEN,
                served=self._served_sql(),
                has_buyer=self._has_buyer_sql(),
                buyers=SQL(", ").join(SQL("p.%s", SQL.identifier(name)) for name in self._buyers()),
                products=list(product_ids),
            )
        )
        return [
            (product, frozenset({warehouse}), units, ("pool", pool, since, until, tuple(zip(self._buyers(), buyers, strict=True))))
            for product, warehouse, units, pool, since, until, *buyers in rows
            if units > 0
        ]

    @api.model
    def _serves(self, key, move):
        """Whether the move is for an order of the buyer whom the pool of this key serves; the same orders consume it."""
        _kind, _pool, since, until, _buyers = key
        # who reserves may not read sale orders
        line = move.sale_line_id.sudo()
        order = line.order_id
        return bool(
            order
            and line.product_id == move.product_id
            and order.state == "sale"
            and self._is_for(key, order)
            and order.date_order >= since
            and (not until or order.date_order.date() <= until)
        )

    @api.model
    def _is_for(self, key, order):
        """Whether the buyer whom the pool of this key serves is the order's."""
        wanted = {name: id_ for name, id_ in key[4] if id_}
        return bool(wanted) and wanted.items() <= self._buyer_of(order).items()

    @api.model
    def _describe(self, key):
        """The pool of this key and when its units become free, for a note."""
        pool = self.sudo().browse(key[1])  # who reserves may not read pools
        if pool.date_to:
            return self.env._("pool “%(pool)s” until %(day)s", pool=pool.name, day=format_date(self.env, pool.date_to))
        return self.env._("pool “%(pool)s” until it is released", pool=pool.name)

    @api.model
    def _consume(self, product_ids):
        """Count again what confirmed orders have consumed of the pools of these products, the oldest pool first."""
        self.env["ec.stock.set.aside"]._flush()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, p.product_id, p.warehouse_id, p.quantity, p.consumed, ordered.line, ordered.units
                  FROM ec_stock_pool p
                  LEFT JOIN LATERAL (
                       SELECT l.id AS line, o.date_order,
                              round(l.product_uom_qty::numeric * unit.factor::numeric / base.factor::numeric, 6)
                              - COALESCE(back.units, 0) AS units
                         FROM sale_order_line l
                         JOIN sale_order o ON o.id = l.order_id
                         JOIN res_partner buyer ON buyer.id = o.partner_id
                         JOIN product_product product ON product.id = l.product_id
                         JOIN product_template template ON template.id = product.product_tmpl_id
                         JOIN uom_uom base ON base.id = template.uom_id
                         JOIN uom_uom unit ON unit.id = l.product_uom_id
                         LEFT JOIN LATERAL (
                              SELECT sum(round(m.quantity::numeric * done.factor::numeric / base.factor::numeric, 6)) AS units
                                FROM stock_move m
                                JOIN uom_uom done ON done.id = m.product_uom
                                JOIN stock_location target ON target.id = m.location_dest_id AND target.usage = 'internal'
                               WHERE m.sale_line_id = l.id AND m.product_id = l.product_id AND m.state = 'done'
                                 AND m.origin_returned_move_id IS NOT NULL AND m.to_refund
                         ) back ON TRUE
                        WHERE %(served)s
                  ) ordered ON TRUE
                 WHERE p.active AND p.product_id = ANY(%(products)s)
                 ORDER BY ordered.date_order, ordered.line, COALESCE(p.date_from, p.create_date), p.id
                """,
                served=self._served_sql(),
                products=list(product_ids),
            )
        )
        if not rows:
            return
        pools, matching, ordered = {}, defaultdict(list), {}
        for pool, product, warehouse, quantity, consumed, line, units in rows:
            pools[pool] = product, warehouse, quantity, consumed
            if line is not None:
                ordered[line] = units
                matching[line].append(pool)
        counted = consumption(
            {pool: quantity for pool, (_product, _warehouse, quantity, _consumed) in pools.items()},
            [(units, matching[line]) for line, units in ordered.items()],
        )
        changed = {pool: units for pool, units in counted.items() if units != pools[pool][3]}
        if not changed:
            return
        # where more is held than before
        self.env["ec.stock.guard"]._mark_pairs(
            {pools[pool][:2] for pool, units in changed.items() if units < pools[pool][3]}
        )
        self.env.execute_query(
            SQL(
                """
                UPDATE ec_stock_pool SET consumed = v.units
                  FROM unnest(%s::int[], %s::numeric[]) AS v (id, units) WHERE ec_stock_pool.id = v.id
                RETURNING ec_stock_pool.id
                """,
                list(changed),
                list(changed.values()),
            )
        )
        self.browse(changed).invalidate_recordset(["consumed", "remaining", "state", "shortfall"], flush=False)
