"""What merchants and buyers do in their shop: used by the control port and the page, never by the public API.

Arguments are plain JSON in snake_case; amounts are decimal strings in shop currency; orders are named by gid, number or "#1001".
"""
from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import edits, fulfilment, payments, stock
from .accounts import DEFAULT_SETTINGS, make_customer, make_location
from .catalogue import make_product
from .errors import UserErrors
from .fulfilment_api import add_event, tracking_rows
from .ledger import Ledger, bag
from .order_build import build_order, make_address
from .order_mutations import cancel_errors, cancel_order, placed
from .refunds import refund_order, refundable_shipping, suggested_transactions, worth

Node = dict[str, Any]

DEFAULT_ADDRESS = {"firstName": "花子", "lastName": "山田", "address1": "中央区銀座1-2-3", "city": "東京", "province": "Tōkyō",
                   "provinceCode": "JP-13", "countryCode": "JP", "zip": "104-0061", "phone": "+81312345678"}


class Wrong(ValueError):
    """A control call that names something that is not there, or that the shop would refuse."""


def open_shop(shop: Any, settings: Node) -> None:
    """Settings and the first location of an empty shop."""
    with shop.transaction():
        shop.meta["settings"] = {**DEFAULT_SETTINGS, **settings}
        shop.meta["shop_number"] = shop.next_number("Shop")
        shop.meta["since"] = shop.now()
        number = shop.next_number("App")
        shop.meta["settings"]["order_app"] = {"id": f"gid://shopify/OrderApp/{number}", "name": "Online Store", "icon": {}}
        make_location(shop, settings.get("location", "Main warehouse"), address=settings.get("location_address"))


def seed(shop: Any, values: Node) -> Node:
    """Settings, locations, products and customers. {settings {currency, taxes_included, tax_rate, …}, locations [name | {…}],
    products n | [{…}], stock (units per variant at the first location), prices [..], customers n | [{…}], quiet (answer with counts)}."""
    with shop.transaction():
        shop.meta["settings"].update(values.get("settings") or {})
        for row in values.get("locations") or []:
            row = {"name": row} if isinstance(row, str) else dict(row)
            if not any(place["name"] == row["name"] for place in shop.all("Location")):
                make_location(shop, row.pop("name"), **row)
        primary = shop.all("Location")[0]
        wanted = values.get("products") or []
        if isinstance(wanted, int):
            prices = values.get("prices") or ["1000", "1980", "2500", "12800", "500"]
            have = len(shop.all("Product"))
            wanted = [{"title": f"Product {i}", "variants": [{
                "sku": f"SKU-{i:04}", "barcode": f"49{i:011}", "price": prices[i % len(prices)], "grams": 100 + i % 900,
                "stock": {primary["id"]: values.get("stock", 100)}}]} for i in range(have + 1, have + wanted + 1)]
        products = [make_product(shop, row) for row in wanted]
        people = values.get("customers") or []
        if isinstance(people, int):
            people = [{"first_name": f"Hanako{i}", "last_name": "Yamada", "email": f"customer{i}@example.com",
                       "phone": f"+8190{i:08}", "addresses": [DEFAULT_ADDRESS]} for i in range(1, people + 1)]
        customers = [make_customer(shop, row) for row in people]
        places = {place["name"]: place["id"] for place in shop.all("Location")}
        if values.get("quiet"):  # a large catalogue: its listing would be larger than the work
            return {"locations": places, "products": len(products), "customers": len(customers)}
        return {"locations": places,
                "products": [{"id": p["id"], "variants": [{"id": v["id"], "sku": v["sku"], "inventory_item": v["inventory_item"]}
                                                         for v in p["variants"]]} for p in products],
                "customers": [c["id"] for c in customers]}


def find_order(shop: Any, which: Any) -> Node:
    text = str(which)
    known = shop.find(text, "Order")
    if known is not None:
        return known
    for order in shop.all("Order"):
        if text in (order["id"], order["name"], order["name"].lstrip("#"), str(order["n"])):
            return order
    raise Wrong(f"no order {which!r}")


def find_line(order: Node, which: Any) -> Node:
    """A line by gid, SKU, title or position (0 = first)."""
    if isinstance(which, int) and which < len(order["lines"]):
        return order["lines"][which]
    for line in order["lines"]:
        if which in (line["id"], line["sku"], line["title"]):
            return line
    raise Wrong(f"no line {which!r} in {order['name']}")


def find_location(shop: Any, which: Any) -> Node:
    for place in shop.all("Location"):
        if which in (place["id"], place["name"], place["n"]):
            return place
    raise Wrong(f"no location {which!r}")


def find_fulfillment_order(shop: Any, values: Node) -> Node:
    """By gid, or the order's first that is still alive."""
    if values.get("fulfillment_order"):
        found = shop.find(values["fulfillment_order"], "FulfillmentOrder")
    else:
        order = find_order(shop, values["order"])
        found = next((fo for fo in order["fulfillment_orders"] if fo["status"] in fulfilment.LIVE), None)
    if found is None:
        raise Wrong("no such fulfilment order")
    return found


# -- buyer


def place_order(shop: Any, values: Node) -> Node:
    """A buyer's order. Besides :func:`build_order`'s keys: payment (paid, authorized, pending, partially_paid, failed, none), gateway,
    gift_card (amount paid by gift card), guest, customer (gid) or customer {email, …}, location (where it ships from)."""
    with shop.transaction():
        values = dict(values)
        lines = values.get("lines")
        if not lines:
            skus = sorted(shop.meta.get("skus") or {})
            values["lines"] = [{"sku": skus[0], "quantity": 1}] if skus else [{"title": "Item", "quantity": 1, "price": "1000"}]
        values["lines"] = [{"quantity": 1, **line} for line in values["lines"]]
        if "shipping_address" not in values:
            values["shipping_address"] = DEFAULT_ADDRESS
        if "billing_address" not in values:
            values["billing_address"] = values["shipping_address"]
        if "shipping" not in values:
            values["shipping"] = [{"title": "宅配便", "code": "standard", "price": "0"}]
        elif isinstance(values["shipping"], (str, int, float)):
            values["shipping"] = [{"title": "宅配便", "code": "standard", "price": str(values["shipping"])}]
        if "email" not in values:
            values["email"] = "buyer@example.com"
        if not values.get("guest") and not isinstance(values.get("customer"), str):
            values["customer"] = _customer(shop, values)
        elif values.get("guest"):
            values["customer"] = None
        location = find_location(shop, values["location"])["id"] if values.get("location") else None
        order = build_order(shop, {**values, "location": None})
        payments.pay_at_placing(shop, order, values.get("payment", "paid"), values.get("gateway", "shopify_payments"),
                                values.get("gift_card"))
        placed(shop, order, location)
        return order_truth(order, shop)


def _customer(shop: Any, values: Node) -> str | None:
    wanted = values.get("customer") or {"email": values.get("email"), "phone": values.get("phone"),
                                        "first_name": (values.get("shipping_address") or {}).get("firstName"),
                                        "last_name": (values.get("shipping_address") or {}).get("lastName")}
    email = wanted.get("email")
    by_email = shop.meta.setdefault("customers_by_email", {})
    if email and shop.find(by_email.get(email), "Customer"):
        return by_email[email]
    if not email and not wanted.get("phone"):
        return None
    made = make_customer(shop, {**wanted, "addresses": [values["shipping_address"]] if values.get("shipping_address") else []})
    if email:
        by_email[email] = made["id"]
    return made["id"]


def place_orders(shop: Any, values: Node) -> list[Node]:
    """Many orders: {count, order {…} as for place_order, lines_per_order, skus, seed, spread_seconds} or {orders [{…}]}.

    With a count, lines are drawn at random from the catalogue; `spread_seconds` lays their times out over the past.
    """
    import random
    if values.get("orders"):
        return [place_order(shop, row) for row in values["orders"]]
    chance = random.Random(values.get("seed", 0))
    skus = values.get("skus") or sorted(shop.meta.get("skus") or {})
    made = []
    total, spread = int(values["count"]), float(values.get("spread_seconds", 0))
    for index in range(total):
        base = dict(values.get("order") or {})
        if skus and "lines" not in base:
            chosen = chance.sample(skus, min(len(skus), chance.randint(1, int(values.get("lines_per_order", 3)))))
            base["lines"] = [{"sku": sku, "quantity": chance.randint(1, int(values.get("max_quantity", 2)))} for sku in chosen]
        if "email" not in base:
            base["email"] = f"buyer{chance.randint(1, max(1, total // 3))}@example.com"
        if spread:
            from datetime import timedelta
            moment = shop.now() - timedelta(seconds=spread * (total - index) / total)
            base.setdefault("created_at", moment.isoformat())
            base.setdefault("processed_at", moment.isoformat())
        row = place_order(shop, base)
        made.append({"id": row["id"], "name": row["name"]})
    return made


# -- merchant


def edit_order(shop: Any, values: Node) -> Node:
    """Set quantities ({line: units}), add lines, remove lines; committed at once."""
    with shop.transaction():
        order = find_order(shop, values["order"])
        if order["cancelledAt"]:
            raise Wrong("Canceled orders can't be edited")
        session = edits.begin(shop, order)
        for which, quantity in (values.get("quantities") or {}).items():
            edits.set_quantity(shop, session, find_line(order, which), int(quantity), values.get("restock", True))
        for which in values.get("remove") or []:
            edits.set_quantity(shop, session, find_line(order, which), 0, values.get("restock", True))
        for line in values.get("add") or []:
            edits.add(shop, session, {"quantity": 1, **line})
        edits.commit(shop, session)
        return order_truth(order, shop)


def change_order(shop: Any, values: Node) -> Node:
    """Note, tags, email, phone, shipping_address, attributes, po_number, risk: the order's own fields."""
    with shop.transaction():
        order = shop.changed(find_order(shop, values["order"]))
        names = {"note": "note", "tags": "tags", "email": "email", "phone": "phone", "po_number": "poNumber", "risk": "risk"}
        for name, key in names.items():
            if name in values:
                order[key] = values[name]
        if "shipping_address" in values:
            order["shippingAddress"] = make_address(shop, order, values["shipping_address"] and {
                **(order["shippingAddress"] or {}), **values["shipping_address"]})
        if "risk" in values:
            shop.emit("orders/risk_assessment_changed", order)
        return order_truth(order, shop)


def pay(shop: Any, values: Node) -> Node:
    """Mark as paid, capture the authorisation (`capture`: true) or take an amount."""
    with shop.transaction():
        order = find_order(shop, values["order"])
        payments.mark_paid(shop, order, values.get("gateway", "manual"), values.get("amount"))
        return order_truth(order, shop)


def void_payment(shop: Any, values: Node) -> Node:
    with shop.transaction():
        order = find_order(shop, values["order"])
        for transaction in list(order["transactions"]):
            if Ledger(order).capturable_of(transaction):
                payments.void(shop, order, transaction)
        return order_truth(order, shop)


def cancel(shop: Any, values: Node) -> Node:
    with shop.transaction():
        order = find_order(shop, values["order"])
        wrong = cancel_errors(order)
        if wrong:
            raise Wrong(wrong)
        cancel_order(shop, order, values.get("reason", "CUSTOMER"), values.get("restock", True), values.get("refund", True))
        return order_truth(order, shop)


def refund(shop: Any, values: Node) -> Node:
    """Give back lines ({line: units} or "all"), shipping (amount or "all") and money (computed, `amount`, or none with money: false).

    `status` PENDING or FAILURE makes a refund whose money did not move.
    """
    with shop.transaction():
        order = find_order(shop, values["order"])
        book = Ledger(order)
        wanted = values.get("lines") or {}
        if wanted == "all":
            wanted = {line["id"]: book.refundable_quantity(line) for line in order["lines"]}
        elif isinstance(wanted, list):
            wanted = {row["line"]: row["quantity"] for row in wanted}
        pairs = [(find_line(order, which), int(units)) for which, units in wanted.items() if int(units)]
        for line, units in pairs:
            if units > book.refundable_quantity(line):
                raise Wrong("cannot refund more items than were purchased")
        shipping = values.get("shipping")
        part = refundable_shipping(book) if shipping == "all" else bag(order, shipping) if shipping else None
        subtotal, tax = worth(book, pairs)
        due = subtotal + (part or book.zero) + (book.zero if order["taxesIncluded"] else tax)
        if part is not None and not order["taxesIncluded"] and shipping == "all":
            due = due + sum((book.shipping_tax(line) for line in book.shipping_lines), book.zero)
        amount = bag(order, values["amount"]) if values.get("amount") is not None else due
        money = suggested_transactions(book, amount) if values.get("money", True) and amount else []
        lines = []
        for line, units in pairs:
            shipped = book.fulfilled.get(line["id"], 0) >= units
            how = values.get("restock", "RETURN" if shipped else "CANCEL")
            place = order["fulfillment_orders"][0]["location"] if order["fulfillment_orders"] else shop.all("Location")[0]["id"]
            lines.append({"line": line, "quantity": units, "restock": how, "location": place if how == "RETURN" else None})
        refund_order(shop, order, lines=lines, shipping=part, transactions=money, note=values.get("note"),
                     status=values.get("status", "SUCCESS"))
        return order_truth(order, shop)


def fulfil(shop: Any, values: Node) -> Node:
    """Ship in the shop: all live fulfilment orders of an order, or lines {line: units}; with tracking {number, company, url}."""
    with shop.transaction():
        order = find_order(shop, values["order"])
        wanted = {find_line(order, which)["id"]: int(units) for which, units in (values.get("lines") or {}).items()}
        groups: dict[str, list[Any]] = {}
        for fulfillment_order in order["fulfillment_orders"]:
            if fulfillment_order["status"] not in fulfilment.SHIPPABLE:
                continue
            items = [{"id": item["id"], "quantity": min(item["remaining"], wanted.get(item["line"], 0))}
                     for item in fulfillment_order["items"]] if wanted else None
            if items is not None:
                items = [item for item in items if item["quantity"]]
                for item in items:
                    wanted[shop.nodes[item["id"]]["line"]] -= item["quantity"]
                if not items:
                    continue
            groups.setdefault(fulfillment_order["location"], []).append((fulfillment_order, items))
        if not groups:
            raise Wrong("nothing to fulfil")
        for chosen in groups.values():
            fulfilment.fulfil(shop, chosen, tracking_rows(values.get("tracking")), notify=values.get("notify", False))
        return order_truth(order, shop)


def cancel_fulfillment(shop: Any, values: Node) -> Node:
    with shop.transaction():
        order = find_order(shop, values["order"])
        rows = [f for f in order["fulfillments"] if f["status"] == "SUCCESS"
                and values.get("fulfillment") in (None, f["id"], f["name"])]
        if not rows:
            raise Wrong("no fulfilment to cancel")
        fulfilment.cancel_fulfilment(shop, rows[-1])
        return order_truth(order, shop)


def carrier_event(shop: Any, values: Node) -> Node:
    """A carrier's scan: status (IN_TRANSIT, DELIVERED, …) on the order's last fulfilment."""
    with shop.transaction():
        order = find_order(shop, values["order"])
        add_event(shop, order["fulfillments"][-1], values)
        return order_truth(order, shop)


def hold(shop: Any, values: Node) -> Node:
    with shop.transaction():
        found = find_fulfillment_order(shop, values)
        made, _ = fulfilment.hold(shop, found, {"reason": values.get("reason", "OTHER"), "reasonNotes": values.get("notes"),
                                                "handle": values.get("handle", "")}, "merchant")
        return {"hold": made["id"], "fulfillment_order": found["id"], "status": found["status"]}


def release_hold(shop: Any, values: Node) -> Node:
    with shop.transaction():
        found = find_fulfillment_order(shop, values)
        fulfilment.release(shop, found, values.get("holds"))
        return {"fulfillment_order": found["id"], "status": found["status"]}


def move(shop: Any, values: Node) -> Node:
    with shop.transaction():
        found = find_fulfillment_order(shop, values)
        moved, rest = fulfilment.move(shop, found, find_location(shop, values["location"]), values.get("items"))
        return {"moved": moved["id"], "remaining": rest and rest["id"]}


def set_stock(shop: Any, values: Node) -> Node:
    """Another's change of stock: sku, location (first if none), available (absolute) or delta."""
    with shop.transaction():
        variant = shop.find((shop.meta.get("skus") or {}).get(values["sku"]), "ProductVariant")
        if variant is None:
            raise Wrong(f"no SKU {values['sku']!r}")
        item = shop.nodes[variant["inventory_item"]]
        place = find_location(shop, values["location"]) if values.get("location") else shop.all("Location")[0]
        now = item["levels"].get(place["id"], {}).get("available", 0)
        delta = int(values["delta"]) if "delta" in values else int(values["available"]) - now
        stock.change(shop, item, place["id"], available=delta)
        return {"sku": values["sku"], "location": place["id"], "available": now + delta}


def delete_product(shop: Any, values: Node) -> Node:
    """Delete the product that holds a SKU; order lines keep their text but lose variant and product."""
    with shop.transaction():
        variant = shop.find((shop.meta.get("skus") or {}).get(values["sku"]), "ProductVariant")
        if variant is None:
            raise Wrong(f"no SKU {values['sku']!r}")
        product = shop.nodes[variant["owner"]]
        shop.emit("products/delete", product)
        for each in product["variants"]:
            shop.remove(shop.nodes[each["inventory_item"]])
            shop.meta["skus"].pop(each["sku"], None)
        shop.remove(product)
        return {"deleted": product["id"]}


# -- truth


def order_truth(order: Node, shop: Any) -> Node:
    """The order's end state for comparisons: amounts as decimal strings in shop currency."""
    book = Ledger(order)

    def text(amount: Any) -> str:
        return format(amount.shop, "f") if amount.shop == amount.shop.to_integral() else format(amount.shop.normalize(), "f")

    return {
        "id": order["id"], "name": order["name"], "number": order["number"], "email": order["email"], "test": order["test"],
        "currency": order["currencyCode"], "presentment_currency": order["presentmentCurrencyCode"],
        "taxes_included": order["taxesIncluded"], "tags": order["tags"], "note": order["note"],
        "financial_status": book.financial_status, "fulfillment_status": book.fulfillment_status,
        "cancelled": order["cancelledAt"] is not None, "closed": order["closedAt"] is not None, "edited": order["edited"],
        "total": text(book.price), "current_total": text(book.current_price), "subtotal": text(book.current_subtotal),
        "tax": text(book.current_tax), "shipping": text(book.current_shipping), "discounts": text(book.current_discounts),
        "received": text(book.received), "refunded": text(book.money_refunded), "outstanding": text(book.outstanding),
        "presentment_total": format(book.current_price.presentment, "f"),
        "lines": [{"id": line["id"], "sku": line["sku"], "title": line["title"], "quantity": line["quantity"],
                   "current_quantity": book.current_quantity(line), "unfulfilled_quantity": book.unfulfilled_quantity(line),
                   "fulfilled_quantity": book.fulfilled.get(line["id"], 0), "price": text(line["unit"]),
                   "total": text(book.line_total(line, book.current_quantity(line))),
                   "tax": text(book.line_tax(line, book.current_quantity(line)))} for line in order["lines"]],
        "fulfillment_orders": [{"id": fo["id"], "status": fo["status"], "location": fo["location"],
                                "items": [{"id": item["id"], "line": item["line"], "remaining": item["remaining"]}
                                          for item in fo["items"]]} for fo in order["fulfillment_orders"]],
        "fulfillments": [{"id": f["id"], "status": f["status"], "location": f["location"], "tracking": f["tracking"],
                          "items": [{"line": item["line"], "quantity": item["quantity"]} for item in f["items"]]}
                         for f in order["fulfillments"]],
        "refunds": [{"id": r["id"], "note": r["note"], "lines": [{"line": x["line"], "quantity": x["quantity"]} for x in r["lines"]],
                     "amount": text(sum((t["amount"] for t in order["transactions"] if t["refund"] == r["id"]
                                         and t["status"] == "SUCCESS"), book.zero))} for r in order["refunds"]],
        "shipping_address": {k: v for k, v in (order["shippingAddress"] or {}).items() if k not in ("id", "n", "owner", "__typename")}
        or None,
    }


def stock_truth(shop: Any) -> Node:
    """Quantities per SKU, location name and quantity name."""
    names = {place["id"]: place["name"] for place in shop.all("Location")}
    return {item["sku"] or item["id"]: {names[place]: {name: stock.quantity(entry, name) for name in stock.NAMES}
                                        for place, entry in item["levels"].items()} for item in shop.all("InventoryItem")}


__all__ = ["Wrong", "UserErrors", "Decimal"]
