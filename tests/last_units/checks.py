"""What must be true of every order when everybody has gone home."""

from odoo import SUPERUSER_ID, api

# an order's deliveries, with what is reserved of each
MOVES = """
SELECT o.name, o.state, move.id, move.state, move.product_uom_qty, COALESCE(sum(line.quantity_product_uom), 0)
  FROM sale_order o
  JOIN sale_order_line l ON l.order_id = o.id
  JOIN stock_move move ON move.sale_line_id = l.id AND move.state <> 'done'
  LEFT JOIN stock_move_line line ON line.move_id = move.id
 GROUP BY o.id, move.id
"""
# what was ordered and what goes out for it
LINES = """
SELECT o.name, l.product_uom_qty, sum(move.product_uom_qty)
  FROM sale_order o
  JOIN sale_order_line l ON l.order_id = o.id AND l.product_id = ANY(%s)
  LEFT JOIN stock_move move ON move.sale_line_id = l.id AND move.state <> 'cancel'
 WHERE o.state = 'sale'
 GROUP BY o.id, l.id HAVING l.product_uom_qty IS DISTINCT FROM COALESCE(sum(move.product_uom_qty), 0)
"""
# goods of an order that wait
WAITING = """
SELECT DISTINCT l.product_id FROM stock_move move JOIN sale_order_line l ON l.id = move.sale_line_id
 WHERE l.order_id = %s AND move.state IN ('confirmed', 'waiting', 'partially_available')
"""


def count_late(cr, world, buyer, order):
    """An order just placed may wait for goods that are sold without stock. For the others its buyer would have been told."""
    cr.execute(WAITING, [order])
    late = {product for (product,) in cr.fetchall()}
    buyer.counts["waits" if late else "has all"] += 1
    if limited := late & set(world["limited"]):
        buyer.wrong.append(f"order {order} waits for {len(limited)} goods that are not sold without stock, and nothing was said")


def judge(registry, world, buyers):
    """Sentences about what is wrong."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        found = [*_known(cr), *_complete(cr, world), *_told(env, buyers)]
        found += [sentence for buyer in buyers.values() for sentence in buyer.wrong]
        cr.rollback()
    return found


def _known(cr):
    """A delivery is reserved as a whole and says so, or waits and says so; a cancelled one holds nothing."""
    cr.execute(MOVES)
    for name, order, move, state, wanted, held in cr.fetchall():
        if state == "cancel":
            fine = not held
        elif order != "sale":
            fine = False
        elif state == "assigned":
            fine = held == wanted
        else:
            fine = held < wanted and state == ("partially_available" if held else "confirmed")
        if not fine:
            yield f"{name} ({order}): delivery {move} is {state}, {held} of {wanted} reserved"


def _complete(cr, world):
    cr.execute(LINES, [world["products"]])
    for name, ordered, going in cr.fetchall():
        yield f"{name}: {ordered} ordered, {going} going out"


def _told(env, buyers):
    """What a buyer was told is confirmed is there once, his own, and he has no other."""
    for login, buyer in buyers.items():
        placed = env["sale.order"].search([("partner_id.email", "=", login), ("state", "!=", "draft")])
        if sorted(placed.ids) != sorted(buyer.orders):
            yield f"{login} was told of {sorted(buyer.orders)}, there are {sorted(placed.ids)}"
        for order in placed.filtered(lambda order: order.state not in ("sale", "cancel")):
            yield f"{login}: {order.name} is {order.state}"

