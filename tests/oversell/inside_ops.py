"""What people do to few units at once: one function an operation, each in a transaction of its own. Plain Odoo calls, as screens make."""

from collections import Counter

OPEN_ORDERS = 40


def setup(env, products, units):
    """A few products with a few units in each of two warehouses. Returns what the operations need to know."""
    goods = env["product.product"].create([{"name": f"Scarce {n}", "is_storable": True, "list_price": 10} for n in range(products)])
    first = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    second = env["stock.warehouse"].create({"name": "Second", "code": "OVS2", "company_id": env.company.id})
    for warehouse in first | second:
        for product in goods:
            env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, units)
    partner = env["res.partner"].create({"name": "Everybody"})
    return {"products": goods.ids, "warehouses": (first | second).ids, "partner": partner.id, "units": units}


class Hands:
    """One worker's operations, chosen by its own seeded `chance`."""

    def __init__(self, chance, world):
        self.chance, self.world = chance, world
        self.kinds, self.weights = zip(*WEIGHTS.items(), strict=True)

    def choose(self):
        return self.chance.choices(self.kinds, self.weights)[0]

    def do(self, env, kind):
        """Counter of what was done; empty: there was nothing to do it to."""
        return getattr(self, kind)(env)

    # ---- orders

    def _vals(self):
        goods = self.chance.sample(self.world["products"], self.chance.choice((1, 1, 1, 2)))
        return {
            "partner_id": self.world["partner"],
            "warehouse_id": self.chance.choice(self.world["warehouses"]),
            "order_line": [
                (0, 0, {"product_id": product, "product_uom_qty": self.chance.choice((1, 1, 2, 3)), "price_unit": 10}) for product in goods
            ],
        }

    def confirm(self, env):
        env["sale.order"].create(self._vals()).action_confirm()
        return Counter(confirm=1)

    def batch(self, env):
        orders = env["sale.order"]
        wanted = [self._vals() for _number in range(self.chance.randint(4, 12))]
        if hasattr(orders, "_ec_confirm_batch"):
            orders = orders._ec_create_batch(wanted)
            orders._ec_confirm_batch()
        else:
            orders = orders.create(wanted)
            orders.action_confirm()
        return Counter(batch=len(orders))

    def _some(self, env, model, query, count=1):
        """Up to `count` of the newest and the oldest records that `query` finds."""
        env.flush_all()
        env.cr.execute(f"(SELECT id FROM {query} ORDER BY id DESC LIMIT 25) UNION (SELECT id FROM {query} ORDER BY id LIMIT 25)")
        ids = sorted(row[0] for row in env.cr.fetchall())
        return env[model].browse(self.chance.sample(ids, min(count, len(ids))))

    def cancel(self, env):
        """A few open orders; more of them while many are open, so that the run stays quick."""
        env.cr.execute("SELECT count(*) FROM stock_picking WHERE state IN ('confirmed', 'waiting', 'assigned')")
        [waiting] = env.cr.fetchone()
        orders = self._some(
            env, "sale.order", "sale_order WHERE state = 'sale' AND NOT locked AND delivery_status IN ('pending', 'started', 'partial')",
            max(1, (waiting - OPEN_ORDERS) // 8),
        )
        for order in orders:
            order.action_cancel()
        return Counter(cancel=len(orders))

    def change(self, env):
        """Another quantity on a confirmed order, more or less."""
        order = self._some(env, "sale.order", "sale_order WHERE state = 'sale' AND delivery_status IN ('pending', 'started', 'partial')")
        line = order.order_line[:1]
        if not line:
            return Counter()
        wanted = max(line.qty_delivered, line.product_uom_qty + self.chance.choice((-2, -1, 1, 2)))
        kind = "more" if wanted > line.product_uom_qty else "fewer"
        line.product_uom_qty = wanted
        return Counter({kind: 1})

    # ---- warehouse

    def deliver(self, env):
        pickings = self._some(env, "stock.picking", f"stock_picking WHERE state = 'assigned' AND {OUTGOING}", 2)
        for picking in pickings:
            picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
        return Counter(deliver=len(pickings))

    def give_back(self, env):
        picking = self._some(
            env, "stock.picking",
            f"stock_picking WHERE state = 'done' AND {OUTGOING} AND NOT EXISTS (SELECT FROM stock_picking back WHERE back.return_id = stock_picking.id)",
        )
        if not picking:
            return Counter()
        wizard = env["stock.return.picking"].with_context(active_id=picking.id, active_ids=picking.ids, active_model="stock.picking").create({})
        back = env["stock.picking"].browse(wizard.action_create_returns_all()["res_id"])
        back.with_context(skip_backorder=True, skip_sms=True).button_validate()
        return Counter(give_back=1)

    def adjust(self, env):
        """Inventory: some units more, or fewer although they may be reserved."""
        product, place = self.chance.choice(self.world["products"]), self.chance.choice(self.world["warehouses"])
        place = env["stock.warehouse"].browse(place).lot_stock_id.id
        quants = env["stock.quant"].with_context(inventory_mode=True)
        quant = quants.search([("product_id", "=", product), ("location_id", "=", place)])
        if len(quant) > 1:  # Odoo joins them when the inventory is opened: half of what is there cannot be counted
            quants._merge_quants()
            quants.invalidate_model()
            quant = quants.search([("product_id", "=", product), ("location_id", "=", place)])
            if len(quant) > 1:
                return Counter()
        there = quant.quantity or 0
        up = there < self.world["units"] if self.chance.random() < 0.8 else self.chance.random() < 0.5
        wanted = there + self.chance.randint(1, 4) if up else max(0, there - self.chance.randint(1, 3))
        if wanted == there:
            return Counter()
        if quant:
            quant.inventory_quantity = wanted
        else:
            quant = quant.create({"product_id": product, "location_id": place, "inventory_quantity": wanted})
        quant.action_apply_inventory()
        return Counter(adjust_up=1) if wanted > there else Counter(adjust_down=1)

    def open_inventory(self, env):
        """What Odoo tidies when somebody opens the inventory or the scheduler runs."""
        env["stock.quant"]._quant_tasks()
        return Counter(open_inventory=1)

    def unreserve(self, env):
        pickings = self._some(env, "stock.picking", f"stock_picking WHERE state = 'assigned' AND {OUTGOING}", 2)
        pickings.do_unreserve()
        return Counter(unreserve=len(pickings))

    def assign(self, env):
        pickings = self._some(env, "stock.picking", f"stock_picking WHERE state = 'confirmed' AND {OUTGOING}", 4)
        if pickings:
            pickings.action_assign()
        return Counter(assign=len(pickings))


OUTGOING = "picking_type_id IN (SELECT id FROM stock_picking_type WHERE code = 'outgoing')"
WEIGHTS = {
    "confirm": 18, "batch": 6, "cancel": 14, "change": 14, "deliver": 14, "give_back": 5, "adjust": 12, "unreserve": 8, "assign": 9,
    "open_inventory": 1,
}
