from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class EcRoutingCapacity(models.Model):
    """How many orders of a day a warehouse has: held by orders that are routed to it, consumed by those that it ships.

    Warehouses without a limit are not counted. `_hold` never goes above the limit, whoever else holds at the same time: the day's row
    is locked, and a transaction that does not see the newest count fails with a serialization error, to be tried again by its caller.
    """

    _name = "ec.routing.capacity"
    _description = "Warehouse Capacity of a Day"
    _order = "day desc, warehouse_id"
    _rec_name = "warehouse_id"

    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="warehouse_id.company_id", store=True, index=True)
    day = fields.Date(required=True, readonly=True)
    held = fields.Integer(readonly=True, help="Orders that have a place and are not shipped yet.")
    consumed = fields.Integer(readonly=True, help="Orders that are shipped.")
    capacity = fields.Integer(related="warehouse_id.ec_capacity", string="Orders per Day")
    hold_ids = fields.One2many("ec.routing.capacity.hold", "capacity_id", "Orders", readonly=True)

    _warehouse_day = models.UniqueIndex("(warehouse_id, day)")
    _not_negative = models.Constraint("CHECK (held >= 0 AND consumed >= 0)", "A capacity cannot be given back twice.")

    @api.model
    def _hold(self, orders, warehouse, day):
        """Give each order a place of the warehouse on that day, first come in the order given; returns the orders that have one.

        An order has one place a warehouse: a place of another day is given back once there is one on this day, or else kept (the order is
        not returned). Holding twice changes nothing.
        """
        if not warehouse.sudo().ec_capacity:  # the limit counts for whoever causes an order to be routed
            return orders
        self.flush_model()
        self.env["stock.warehouse"].flush_model(["ec_capacity"])
        self.env.cr.execute(
            SQL(
                "INSERT INTO ec_routing_capacity (warehouse_id, company_id, day, held, consumed) VALUES (%s, %s, %s, 0, 0)"
                " ON CONFLICT (warehouse_id, day) DO NOTHING",
                warehouse.id, warehouse.company_id.id, day,
            )
        )  # fmt: skip
        there = self._places(orders, warehouse)
        rows = self._lock([capacity for capacity, _day, _consumed in there.values()], warehouse, day)
        target = next(row for row, values in rows.items() if values["day"] == fields.Date.to_date(day))
        held, consumed = rows[target]["held"], rows[target]["consumed"]
        kept = [order for order in orders.ids if order in there and (there[order][0] == target or there[order][2])]
        room = max(0, rows[target]["capacity"] - held - consumed)
        placed = [order for order in orders.ids if order not in kept][:room]
        if placed:
            moved = defaultdict(int)
            for order in placed:
                if order in there:
                    moved[there[order][0]] -= 1
            self._count({target: len(placed)} | moved)
            self.env.cr.execute(
                SQL(
                    "INSERT INTO ec_routing_capacity_hold (order_id, warehouse_id, company_id, capacity_id, consumed)"
                    " SELECT o.id, %s, o.company_id, %s, FALSE FROM sale_order o WHERE o.id IN %s"
                    " ON CONFLICT (order_id, warehouse_id) DO UPDATE SET capacity_id = EXCLUDED.capacity_id",
                    warehouse.id, target, tuple(placed),
                )
            )  # fmt: skip
        self._forget()
        return orders.browse(order for order in orders.ids if order in {*kept, *placed})

    @api.model
    def _consume(self, orders, warehouse=None):
        """The orders' places (of one warehouse, or all) are used: they count on, and are not given back any more."""
        self._end(orders, warehouse, SQL("UPDATE ec_routing_capacity_hold h SET consumed = TRUE"), consumed=True)

    @api.model
    def _release(self, orders, warehouse=None):
        """Give the orders' places back; used ones stay."""
        self._end(orders, warehouse, SQL("DELETE FROM ec_routing_capacity_hold h"), consumed=False)

    @api.model
    def _places_of(self, orders):
        """{order id: [ids of warehouses where it has a place that is not used]}: not full for these orders."""
        self.env["ec.routing.capacity.hold"].flush_model()
        query = "SELECT order_id, array_agg(warehouse_id ORDER BY warehouse_id) FROM ec_routing_capacity_hold WHERE order_id IN %s AND NOT consumed GROUP BY order_id"
        return dict(self.env.execute_query(SQL(query, tuple(orders.ids)))) if orders else {}

    def _places(self, orders, warehouse):
        """{order id: (capacity row, day, consumed)} of the places at that warehouse."""
        self.env["ec.routing.capacity.hold"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT h.order_id, h.capacity_id, c.day, h.consumed FROM ec_routing_capacity_hold h JOIN ec_routing_capacity c ON c.id = h.capacity_id"
                " WHERE h.warehouse_id = %s AND h.order_id IN %s",
                warehouse.id, tuple(orders.ids) or (0,),
            )
        )  # fmt: skip
        return {order: tuple(values) for order, *values in rows}

    def _lock(self, ids, warehouse, day):
        """Lock these rows and the one of the day, in id order, so that nobody waits for each other; {id: figures}."""
        rows = self.env.execute_query_dict(
            SQL(
                "SELECT c.id, c.day, c.held, c.consumed, w.ec_capacity AS capacity FROM ec_routing_capacity c"
                " JOIN stock_warehouse w ON w.id = c.warehouse_id WHERE c.id IN %s OR (c.warehouse_id = %s AND c.day = %s)"
                " ORDER BY c.id FOR UPDATE OF c",
                tuple(ids) or (0,), warehouse.id, day,
            )
        )  # fmt: skip
        return {row["id"]: row for row in rows}

    def _count(self, changes):
        """{row id: places held more (or less)}."""
        for capacity, number in sorted(changes.items()):
            self.env.cr.execute(SQL("UPDATE ec_routing_capacity SET held = held + %s WHERE id = %s", number, capacity))

    def _end(self, orders, warehouse, change, consumed):
        if not orders:
            return
        self.flush_model()
        self.env["ec.routing.capacity.hold"].flush_model()
        where = SQL("h.order_id IN %s AND NOT h.consumed", tuple(orders.ids))
        if warehouse:
            where = SQL("%s AND h.warehouse_id = %s", where, warehouse.id)
        # The day's rows first, in id order: as `_hold` does
        self.env.execute_query(
            SQL(
                "SELECT id FROM ec_routing_capacity WHERE id IN (SELECT h.capacity_id FROM ec_routing_capacity_hold h WHERE %s)"
                " ORDER BY id FOR UPDATE",
                where,
            )
        )
        self.env.cr.execute(
            SQL(
                "WITH gone AS (%s WHERE %s RETURNING h.capacity_id), days AS (SELECT capacity_id, count(*)::integer AS orders FROM gone GROUP BY 1)"
                " UPDATE ec_routing_capacity c SET held = c.held - days.orders, consumed = c.consumed + %s * days.orders"
                " FROM days WHERE c.id = days.capacity_id",
                change, where, int(consumed),
            )
        )  # fmt: skip
        self._forget()

    def _forget(self):
        self.invalidate_model()
        self.env["ec.routing.capacity.hold"].invalidate_model()


class EcRoutingCapacityHold(models.Model):
    """An order's place of a day at a warehouse. Written by `ec.routing.capacity` alone."""

    _name = "ec.routing.capacity.hold"
    _description = "Order with a Place of a Day"
    _order = "id desc"
    _rec_name = "order_id"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    capacity_id = fields.Many2one("ec.routing.capacity", required=True, readonly=True, index=True, ondelete="cascade")
    consumed = fields.Boolean(readonly=True)

    _order_warehouse = models.UniqueIndex("(order_id, warehouse_id)")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.ondelete(at_uninstall=False)
    def _unlink_ec_capacity(self):
        """A deleted order gives its places back."""
        self.env["ec.routing.capacity"]._release(self)
