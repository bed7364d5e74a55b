"""Order editing: a session of staged changes (CalculatedOrder) that the commit books on the order."""
from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from . import fulfilment
from .connection import connection
from .errors import NotModelled, UserErrors, refuse, user_error
from .ledger import Ledger, bag, tax_line, zero
from .money import Bag
from .nodes import find
from .order_build import add_line, add_shipping, spread_tax
from .order_types import merchant_editable_errors
from .registry import constant, field, mutation, nulls

Node = dict[str, Any]


def begin(shop: Any, order: Node) -> Node:
    """A new session; an older open one of the order is dropped."""
    for old in shop.all("CalculatedOrder"):
        if old["order"] == order["id"]:
            shop.remove(old)
    session: Node = shop.add("CalculatedOrder", order=order["id"], quantities={}, restock={}, added=[], discounts=[], shipping=[],
                             removed_shipping=[])
    return session


def _uuid(shop: Any) -> str:
    return str(uuid.UUID(int=shop.random.getrandbits(128), version=4))


def set_quantity(shop: Any, session: Node, line: Node, quantity: int, restock: bool = True) -> None:
    """The line's units after the edit (not below what is fulfilled)."""
    order = shop.nodes[session["order"]]
    shop.touch(session)
    shipped = Ledger(order).fulfilled.get(line["id"], 0)
    if quantity < shipped:
        raise refuse(["quantity"], "can't be less than the fulfilled quantity")
    session["quantities"][line["id"]] = quantity
    session["restock"][line["id"]] = restock


def add(shop: Any, session: Node, values: Node) -> Node:
    """Stage a new line: values as for `add_line`."""
    shop.touch(session)
    staged = {"id": f"gid://shopify/CalculatedLineItem/{_uuid(shop)}", "values": values, "n": len(session["added"])}
    session["added"].append(staged)
    return staged


def has_changes(session: Node) -> bool:
    return any(session[key] for key in ("quantities", "added", "discounts", "shipping", "removed_shipping"))


def commit(shop: Any, session: Node, notify: bool = False, note: str | None = None) -> Node:
    """Book the staged changes on the order, adapt its fulfilment orders and tell orders/edited the deltas."""
    if not has_changes(session):
        raise refuse(["id"], "There must be at least one change to be made.")
    order = shop.changed(shop.nodes[session["order"]])
    added, removed = [], []
    for gid, quantity in session["quantities"].items():
        line = shop.nodes[gid]
        delta = quantity - Ledger(order).current_quantity(line)
        if delta < 0:
            fulfilment.take_away(shop, order, line, -delta, session["restock"].get(gid, True))
            line["removed"] -= delta
            removed.append((gid, -delta))
        elif delta > 0:
            _grow(shop, order, line, delta)
            added.append((gid, delta))
    new_ids: dict[str, Node] = {}
    for staged in session["added"]:
        line = add_line(shop, order, staged["values"])
        new_ids[staged["id"]] = line
        added.append((line["id"], line["quantity"]))
    for discount in session["discounts"]:
        line = new_ids.get(discount["line"]) or shop.nodes[discount["line"]]
        _apply_discount(order, line, discount)
    for line in new_ids.values():
        spread_tax(order, line, line.pop("tax_rates"))
    if new_ids:
        fulfilment.route(shop, order, list(new_ids.values()))
    for staged in session["shipping"]:
        line = add_shipping(shop, order, {"title": staged["title"], "price": staged["price"].shop, "code": "custom",
                                          "presentment_price": staged["price"].presentment, "tax_rate": 0})
        line.pop("tax_rates")
    for gid in session["removed_shipping"]:
        shop.nodes[gid]["isRemoved"] = True
    order["edited"] = True
    order["events"].append(shop.node("BasicEvent", order, action="edited", message="Hatoba edited this order.",
                                     createdAt=shop.now()))
    shop.emit("orders/edited", order, edit=session, added=added, removed=removed, note=note, notify=notify)
    shop.remove(session)
    return order


def _grow(shop: Any, order: Node, line: Node, delta: int) -> None:
    """More units of a line: they join its open fulfilment order, or a new one; they get no discount, so the tax is worked out anew."""
    line["quantity"] += delta
    rates = [{"rate": tax["rate"], "title": tax["title"]} for tax in line["tax_lines"]]
    line["tax_lines"] = []
    spread_tax(order, line, rates)
    if not line["requiresShipping"]:
        return
    home = next((fo for fo in order["fulfillment_orders"] if fo["status"] in ("OPEN", "SCHEDULED")
                 and any(item["line"] == line["id"] for item in fo["items"])), None)
    if home is None:
        place = fulfilment._place(shop, {**line, "quantity": delta})
        fulfilment.new_fulfillment_order(shop, order, place, [(line["id"], delta)])
    else:
        place = home["location"]
        item = next(item for item in home["items"] if item["line"] == line["id"])
        item["total"] += delta
        item["remaining"] += delta
    fulfilment.stock.commit_line(shop, line, place, delta)


def _apply_discount(order: Node, line: Node, discount: Node) -> None:
    index = len(order["applications"])
    order["applications"].append({
        "__typename": "ManualDiscountApplication", "index": index, "n": index, "title": discount["description"] or "Discount",
        "description": discount["description"], "value": discount["value"], "allocationMethod": "EACH",
        "targetSelection": "EXPLICIT", "targetType": "LINE_ITEM"})
    base = line["unit"] * line["quantity"]
    for allocation in line["allocations"]:
        base = base - allocation["amount"]
    line["allocations"].append({"application": index, "amount": _discount_amount(order, discount, base, line["quantity"])})


def _discount_amount(order: Node, discount: Node, base: Bag, quantity: int) -> Bag:
    """A percentage of the line, or a fixed amount per unit."""
    value = discount["value"]
    if value["__typename"] == "PricingPercentageValue":
        return (base * (value["percentage"] / 100)).rounded()
    return bag(order, value["amount"]) * quantity


# -- reading the calculated order


def _rows(session: Node, ctx: Any) -> list[Node]:
    """Calculated lines of what the order had (added ones apart), with their staged quantity."""
    order = ctx.shop.nodes[session["order"]]
    book = Ledger(order)
    return [{"id": f"gid://shopify/CalculatedLineItem/{line['n']}", "n": line["n"], "session": session, "line": line,
             "quantity": session["quantities"].get(line["id"], book.current_quantity(line)), "key": line["id"]}
            for line in order["lines"] if book.current_quantity(line) or line["id"] in session["quantities"]]


def _added(session: Node, ctx: Any) -> list[Node]:
    return [{**staged, "session": session, "line": _preview(staged["values"], session, ctx),
             "quantity": staged["values"]["quantity"], "key": staged["id"]} for staged in session["added"]]


def _preview(values: Node, session: Node, ctx: Any) -> Node:
    """What an added line will be, without making it."""
    order = ctx.shop.nodes[session["order"]]
    variant = ctx.shop.find(values.get("variant"), "ProductVariant")
    product = ctx.shop.nodes[variant["owner"]] if variant else None
    rate = Decimal(str(ctx.shop.meta["settings"]["tax_rate"])) if values.get("taxable", True) else Decimal(0)
    return {"title": values.get("title") or (product and product["title"]), "sku": variant and variant["sku"],
            "variant": variant and variant["id"], "variantTitle": None, "allocations": [], "quantity": values["quantity"],
            "unit": bag(order, values["price"] if values.get("price") is not None else variant["price"]),  # type: ignore[index]
            "tax_rate": rate, "customAttributes": []}


def _discount_on(row: Node, ctx: Any) -> list[tuple[Node, Bag]]:
    order = ctx.shop.nodes[row["session"]["order"]]
    base = row["line"]["unit"] * row["quantity"]
    return [(d, _discount_amount(order, d, base, row["quantity"])) for d in row["session"]["discounts"] if d["line"] == row["key"]]


def _row_total(row: Node, ctx: Any) -> Bag:
    line, quantity = row["line"], row["quantity"]
    whole = line["unit"] * quantity
    for allocation in line["allocations"]:
        whole = whole - allocation["amount"].share(min(quantity, line["quantity"]), line["quantity"])
    for _, amount in _discount_on(row, ctx):
        whole = whole - amount
    return whole


def _row_tax(row: Node, ctx: Any) -> Bag:
    line = row["line"]
    if "tax_rate" in line:
        order = ctx.shop.nodes[row["session"]["order"]]
        rate = line["tax_rate"]
        return (_row_total(row, ctx) * (rate / (1 + rate) if order["taxesIncluded"] else rate)).rounded()
    taxes = [tax["amount"].share(row["quantity"], line["quantity"]) for tax in line["tax_lines"]]
    return sum(taxes, line["unit"].zero())


def _all_rows(session: Node, ctx: Any) -> list[Node]:
    return _rows(session, ctx) + _added(session, ctx)


def _subtotal(session: Node, ctx: Any) -> Bag:
    return sum((_row_total(row, ctx) for row in _all_rows(session, ctx)), zero(ctx.shop.nodes[session["order"]]))


def _total(session: Node, ctx: Any) -> Bag:
    order = ctx.shop.nodes[session["order"]]
    book = Ledger(order)
    whole = _subtotal(session, ctx) + book.current_shipping
    for staged in session["shipping"]:
        whole = whole + staged["price"]
    for gid in session["removed_shipping"]:
        whole = whole - book.shipping_total(ctx.shop.nodes[gid])
    if not order["taxesIncluded"]:
        whole = whole + sum((_row_tax(row, ctx) for row in _all_rows(session, ctx)), book.zero)
        whole = whole + sum((book.shipping_tax(line) for line in book.shipping_lines
                             if line["id"] not in session["removed_shipping"]), book.zero)
    return whole


field("CalculatedOrder.originalOrder")(lambda s, args, ctx: ctx.shop.nodes[s["order"]])
field("CalculatedOrder.lineItems")(lambda s, args, ctx: connection(_rows(s, ctx), args, ctx))
field("CalculatedOrder.addedLineItems")(lambda s, args, ctx: connection(_added(s, ctx), args, ctx))
field("CalculatedOrder.subtotalLineItemsQuantity")(lambda s, args, ctx: sum(r["quantity"] for r in _all_rows(s, ctx)))
field("CalculatedOrder.subtotalPriceSet")(lambda s, args, ctx: _subtotal(s, ctx))
field("CalculatedOrder.totalPriceSet")(lambda s, args, ctx: _total(s, ctx))
field("CalculatedOrder.totalOutstandingSet")(lambda s, args, ctx: _total(s, ctx) - Ledger(ctx.shop.nodes[s["order"]]).net_payment)
field("CalculatedOrder.taxLines")(lambda s, args, ctx: [
    tax_line("Tax", Decimal(0), _row_tax(row, ctx)) for row in _all_rows(s, ctx) if _row_tax(row, ctx)])
field("CalculatedOrder.shippingLines")(lambda s, args, ctx: [
    {"id": x["id"].replace("ShippingLine", "CalculatedShippingLine"), "title": x["title"], "price": x["price"],
     "stagedStatus": "REMOVED" if x["id"] in s["removed_shipping"] else "NONE"}
    for x in Ledger(ctx.shop.nodes[s["order"]]).shipping_lines] + s["shipping"])
constant("CalculatedOrder", notificationPreviewTitle="Your order was updated", committed=False)
nulls("CalculatedOrder", "notificationPreviewHtml cartDiscountAmountSet")

for _name in ("title", "sku", "variantTitle", "customAttributes"):
    field(f"CalculatedLineItem.{_name}")(lambda r, args, ctx, name=_name: r["line"][name])
field("CalculatedLineItem.variant")(lambda r, args, ctx: ctx.shop.find(r["line"]["variant"]))
field("CalculatedLineItem.originalUnitPriceSet")(lambda r, args, ctx: r["line"]["unit"])
field("CalculatedLineItem.discountedUnitPriceSet")(lambda r, args, ctx: (
    _row_total(r, ctx) * (Decimal(1) / Decimal(r["quantity"]))).rounded() if r["quantity"] else r["line"]["unit"])
field("CalculatedLineItem.editableQuantity")(lambda r, args, ctx: r["quantity"])
field("CalculatedLineItem.hasStagedLineItemDiscount")(lambda r, args, ctx: bool(_discount_on(r, ctx)))
field("CalculatedLineItem.restocking")(lambda r, args, ctx: bool(r["session"]["restock"].get(r["key"])))
field("CalculatedLineItem.calculatedDiscountAllocations")(lambda r, args, ctx: [
    {"allocatedAmountSet": amount, "discountApplication": {
        "__typename": "CalculatedManualDiscountApplication", "id": d["id"], "description": d["description"], "value": d["value"],
        "allocationMethod": "EACH", "appliedTo": "LINE", "targetSelection": "EXPLICIT", "targetType": "LINE_ITEM"}}
    for d, amount in _discount_on(r, ctx)])
constant("CalculatedLineItem", restockable=True)
nulls("CalculatedLineItem", "image")

# -- mutations


def _session(ctx: Any, gid: str, code: str | None = None) -> Node:
    """The session by the id of its CalculatedOrder or OrderEditSession."""
    found = ctx.shop.find(gid.replace("OrderEditSession", "CalculatedOrder"), "CalculatedOrder")
    if found is None:
        raise refuse(["id"], "The calculated order does not exist.", code)
    return found


def _answer(session: Node, **more: Any) -> Node:
    return {"calculatedOrder": session,
            "orderEditSession": {"id": session["id"].replace("CalculatedOrder", "OrderEditSession")}, **more}


def _row(session: Node, key: str, ctx: Any) -> Node:
    return next(row for row in _all_rows(session, ctx) if row["key"] == key)


def _line_key(session: Node, gid: str, ctx: Any, field_name: str = "lineItemId") -> str:
    """The staged line's own gid, or the order line's that a CalculatedLineItem gid stands for."""
    if any(staged["id"] == gid for staged in session["added"]):
        return gid
    line = ctx.shop.find(gid.replace("CalculatedLineItem", "LineItem"), "LineItem")
    if line is None or line["owner"] != session["order"]:
        raise refuse([field_name], "The line item does not exist on the order.")
    return line["id"]


@mutation("orderEditBegin")
def _begin(args: Node, ctx: Any) -> Node:
    order = find(ctx, args["id"], "Order")
    if order is None:
        raise refuse(["id"], "The order does not exist.")
    if merchant_editable_errors(order, ctx):
        raise refuse(None, "The order cannot be edited.")
    return _answer(begin(ctx.shop, order))


@mutation("orderEditSetQuantity")
def _set(args: Node, ctx: Any) -> Node:
    session = _session(ctx, args["id"])
    if args["quantity"] < 0:
        raise refuse(["quantity"], "must be greater than or equal to 0")
    key = _line_key(session, args["lineItemId"], ctx)
    staged = next((s for s in session["added"] if s["id"] == key), None)
    if staged is not None:
        ctx.shop.touch(session)
        staged["values"] = {**staged["values"], "quantity": args["quantity"]}
    else:
        set_quantity(ctx.shop, session, ctx.shop.nodes[key], args["quantity"], bool(args.get("restock")))
    return _answer(session, calculatedLineItem=_row(session, key, ctx))


@mutation("orderEditAddVariant")
def _add_variant(args: Node, ctx: Any) -> Node:
    session = _session(ctx, args["id"])
    errors = []
    if args["quantity"] <= 0:
        errors.append(user_error(["quantity"], "must be greater than 0"))
    if args["quantity"] < 0:
        errors.append(user_error(["quantity"], "must be greater than or equal to 0"))
    if errors:
        raise UserErrors(*errors)
    variant = ctx.shop.find(args["variantId"], "ProductVariant")
    if variant is None:
        raise refuse(["variantId"], "The variant does not exist in the shop.")
    order = ctx.shop.nodes[session["order"]]
    if not args.get("allowDuplicates") and any(line["variant"] == variant["id"] for line in order["lines"]):
        raise refuse(["variantId"], "The variant is already on the order.")
    staged = add(ctx.shop, session, {"variant": variant["id"], "quantity": args["quantity"], "taxable": variant["taxable"]})
    return _answer(session, calculatedLineItem=_row(session, staged["id"], ctx))


@mutation("orderEditAddCustomItem")
def _add_custom(args: Node, ctx: Any) -> Node:
    session = _session(ctx, args["id"])
    if args["quantity"] <= 0:
        raise refuse(["quantity"], "must be greater than 0")
    staged = add(ctx.shop, session, {"custom": True, "title": args["title"], "quantity": args["quantity"],
                                     "price": args["price"]["amount"], "taxable": args.get("taxable", True),
                                     "requires_shipping": args.get("requiresShipping", True)})
    return _answer(session, calculatedLineItem=_row(session, staged["id"], ctx))


@mutation("orderEditAddLineItemDiscount")
def _add_discount(args: Node, ctx: Any) -> Node:
    session = _session(ctx, args["id"])
    key = _line_key(session, args["lineItemId"], ctx, "id")
    wanted = args["discount"]
    if wanted.get("percentValue") is not None:
        value: Node = {"__typename": "PricingPercentageValue", "percentage": Decimal(str(wanted["percentValue"]))}
    elif wanted.get("fixedValue"):
        value = {"__typename": "MoneyV2", "amount": Decimal(str(wanted["fixedValue"]["amount"])),
                 "currencyCode": wanted["fixedValue"]["currencyCode"]}
    else:
        raise refuse(["discount"], "A discount value must be specified.")
    ctx.shop.touch(session)
    session["discounts"].append({"id": f"gid://shopify/CalculatedManualDiscountApplication/{_uuid(ctx.shop)}", "line": key,
                                 "value": value, "description": wanted.get("description")})
    change = {"id": f"gid://shopify/OrderStagedChangeAddLineItemDiscount/{ctx.shop.next_number('OrderStagedChange')}",
              "description": wanted.get("description"), "value": value}
    return _answer(session, calculatedLineItem=_row(session, key, ctx), addedDiscountStagedChange=change)


@mutation("orderEditRemoveDiscount", "orderEditRemoveLineItemDiscount")
def _remove_discount(args: Node, ctx: Any) -> Node:
    session = _session(ctx, args["id"], "INVALID")
    found = next((d for d in session["discounts"] if d["id"] == args["discountApplicationId"]), None)
    if found is None:
        raise NotModelled("removing a discount that the order had before the edit")
    ctx.shop.touch(session)
    session["discounts"].remove(found)
    return _answer(session, calculatedLineItem=_row(session, found["line"], ctx))


@mutation("orderEditAddShippingLine")
def _add_shipping(args: Node, ctx: Any) -> Node:
    session, wanted = _session(ctx, args["id"], "INVALID"), args["shippingLine"]
    order = ctx.shop.nodes[session["order"]]
    if wanted["price"]["currencyCode"] != order["presentmentCurrencyCode"]:
        raise refuse(["shippingLine", "price"], f"The price must be in {order['presentmentCurrencyCode']}.", "INVALID")
    ctx.shop.touch(session)
    staged = {"id": f"gid://shopify/CalculatedShippingLine/{_uuid(ctx.shop)}", "title": wanted["title"], "stagedStatus": "ADDED",
              "price": bag(order, wanted["price"]["amount"])}
    session["shipping"].append(staged)
    return _answer(session, calculatedShippingLine=staged)


@mutation("orderEditUpdateShippingLine")
def _update_shipping(args: Node, ctx: Any) -> Node:
    session, wanted = _session(ctx, args["id"], "INVALID"), args["shippingLine"]
    staged = next((s for s in session["shipping"] if s["id"] == args["shippingLineId"]), None)
    if staged is None:
        raise refuse(["shippingLineId"],
                     "The shipping line can't be updated because it doesn't exist or wasn't added during this edit.", "INVALID")
    order = ctx.shop.nodes[session["order"]]
    if wanted.get("price") and wanted["price"]["currencyCode"] != order["presentmentCurrencyCode"]:
        raise refuse(["shippingLine", "price"], f"The price must be in {order['presentmentCurrencyCode']}.", "INVALID")
    ctx.shop.touch(session)
    staged["title"] = wanted.get("title") or staged["title"]
    if wanted.get("price"):
        staged["price"] = bag(order, wanted["price"]["amount"])
    return _answer(session)


@mutation("orderEditRemoveShippingLine")
def _remove_shipping(args: Node, ctx: Any) -> Node:
    session = _session(ctx, args["id"], "INVALID")
    ctx.shop.touch(session)
    staged = next((s for s in session["shipping"] if s["id"] == args["shippingLineId"]), None)
    if staged is not None:
        session["shipping"].remove(staged)
        return _answer(session)
    line = ctx.shop.find(args["shippingLineId"].replace("CalculatedShippingLine", "ShippingLine"), "ShippingLine")
    if line is None or line["owner"] != session["order"] or line["isRemoved"]:
        raise refuse(["shippingLineId"], "The shipping line can't be removed because it doesn't exist or has already been removed.",
                     "INVALID")
    session["removed_shipping"].append(line["id"])
    return _answer(session)


@mutation("orderEditCommit")
def _commit(args: Node, ctx: Any) -> Node:
    session = _session(ctx, args["id"])
    archived = ctx.shop.nodes[session["order"]]["closedAt"] is not None
    order = commit(ctx.shop, session, bool(args.get("notifyCustomer")), args.get("staffNote"))
    messages = ["Order updated"]
    if archived:
        order["closedAt"] = None
        messages.append("Order unarchived")
    if args.get("notifyCustomer"):
        messages.append("Invoice sent" if Ledger(order).outstanding.shop > 0 else "Notification sent")
    return {"order": order, "successMessages": messages}
