"""Returns, the basic part: create, approve/decline a request, close, reopen, cancel, process."""
from __future__ import annotations

from typing import Any

from .connection import connection
from .errors import NotModelled, refuse
from .nodes import find
from .order_types import ledger, order_of
from .registry import constant, field, mutation, nulls, query

Node = dict[str, Any]

query("return")(lambda root, args, ctx: find(ctx, args["id"], "Return"))
field("Return.order")(lambda r, args, ctx: order_of(r, ctx))
field("Return.totalQuantity")(lambda r, args, ctx: sum(item["quantity"] for item in r["items"]))
field("Return.returnLineItems")(lambda r, args, ctx: connection(r["items"], args, ctx))
field("Return.refunds")(lambda r, args, ctx: connection(
    [refund for refund in order_of(r, ctx)["refunds"] if refund["return"] == r["id"]], args, ctx))
field("Return.reverseFulfillmentOrders")(lambda r, args, ctx: connection(r["reverse"], args, ctx))
field("ReverseFulfillmentOrder.order")(lambda x, args, ctx: order_of(x, ctx))
field("ReverseFulfillmentOrder.lineItems")(lambda x, args, ctx: connection(x["items"], args, ctx))
field("ReverseFulfillmentOrder.reverseDeliveries")(lambda x, args, ctx: connection((), args, ctx))
field("ReverseFulfillmentOrderLineItem.fulfillmentLineItem")(lambda x, args, ctx: ctx.shop.nodes[x["fulfillment_line"]])
field("ReverseFulfillmentOrderLineItem.totalQuantity")(lambda x, args, ctx: x["quantity"])
constant("ReverseFulfillmentOrderLineItem", dispositions=[])
nulls("ReverseFulfillmentOrder", "thirdPartyConfirmation")
for _name in ("exchangeLineItems", "transactions"):
    field(f"Return.{_name}")(lambda r, args, ctx: connection((), args, ctx))
constant("Return", returnShippingFees=[])
nulls("Return", "staffMember")
field("ReturnLineItem.fulfillmentLineItem")(lambda x, args, ctx: ctx.shop.nodes[x["fulfillment_line"]])
field("ReturnLineItem.processedQuantity")(lambda x, args, ctx: x["processed"])
field("ReturnLineItem.unprocessedQuantity")(lambda x, args, ctx: x["quantity"] - x["processed"])


@field("ReturnLineItem.processableQuantity")
def _processable(item: Node, args: Node, ctx: Any) -> int:
    """Nothing of a return that is not open (approved) can be processed."""
    approved = any(item in r["items"] and r["status"] == "OPEN" for r in order_of(item, ctx)["returns"])
    return item["quantity"] - item["processed"] if approved else 0


field("ReturnLineItem.refundableQuantity")(lambda x, args, ctx: x["quantity"])
field("ReturnLineItem.withCodeDiscountedTotalPriceSet")(lambda x, args, ctx: ledger(order_of(x, ctx), ctx).line_total(
    ctx.shop.nodes[ctx.shop.nodes[x["fulfillment_line"]]["line"]], x["quantity"]))
constant("ReturnLineItem", refundedQuantity=0)
nulls("ReturnLineItem", "restockingFee returnReasonDefinition totalWeight")


@query("returnableFulfillments")
def _returnable(root: Any, args: Node, ctx: Any) -> Any:
    order = find(ctx, args["orderId"], "Order")
    rows = []
    for shipped in order["fulfillments"] if order else ():
        items = [(item, item["quantity"] - _taken(order, item)) for item in shipped["items"]]
        left = [{"fulfillmentLineItem": item, "quantity": quantity} for item, quantity in items if quantity > 0]
        if left and shipped["status"] == "SUCCESS":
            rows.append({"__typename": "ReturnableFulfillment", "id": f"gid://shopify/ReturnableFulfillment/{shipped['n']}",
                         "n": shipped["n"], "fulfillment": shipped, "items": left})
    return connection(rows, args, ctx)


field("ReturnableFulfillment.returnableFulfillmentLineItems")(lambda r, args, ctx: connection(r["items"], args, ctx))


def _taken(order: Node, source: Node) -> int:
    """Units of a shipped line that returns claim already."""
    return sum(item["quantity"] for r in order["returns"] if r["status"] not in ("CANCELED", "DECLINED")
               for item in r["items"] if item["fulfillment_line"] == source["id"])


def _make(args: Node, ctx: Any, status: str, topic: str, field_name: str) -> Node:
    order = find(ctx, args["orderId"], "Order")
    if order is None:
        raise refuse([field_name, "orderId"], "Order not found.", "NOT_FOUND")
    if args.get("exchangeLineItems") or args.get("returnShippingFee"):
        raise NotModelled("returns with exchanges or shipping fees")
    ctx.shop.changed(order)
    items = []
    for index, row in enumerate(args["returnLineItems"]):
        where = [field_name, "returnLineItems", str(index)]
        source = find(ctx, row["fulfillmentLineItemId"], "FulfillmentLineItem")
        if source is None or source["owner"] != order["id"]:
            raise refuse([*where, "fulfillmentLineItemId"], "Fulfillment line item not found.", "NOT_FOUND")
        _check_reason(row, where)
        reason = row.get("returnReason") or "OTHER"
        if status == "OPEN" and reason == "OTHER" and not row.get("returnReasonNote"):
            raise refuse([*where, "returnReasonNote"],
                         'Return line items return reason note The note is required when the return reason is "Other"', "BLANK")
        if row["quantity"] <= 0 or row["quantity"] + _taken(order, source) > source["quantity"]:
            raise refuse([*where, "quantity"], "Return line items quantity is not available to return", "INVALID")
        items.append(ctx.shop.node("ReturnLineItem", order, fulfillment_line=source["id"], quantity=row["quantity"], processed=0,
                                   returnReason=reason, customerNote=row.get("customerNote"), returnReasonNote=row.get("returnReasonNote") or ""))
    made = ctx.shop.node("Return", order, name=f"{order['name']}-R{len(order['returns']) + 1}", status=status, closedAt=None,
                         decline=None, createdAt=ctx.now, requestApprovedAt=ctx.now if status == "OPEN" else None, items=items,
                         reverse=[])
    if status == "OPEN":
        _expect_goods(made, order, ctx)
    order["returns"].append(made)
    ctx.shop.emit(topic, made)
    return {"return": made}


def _check_reason(row: Node, where: list[str]) -> None:
    if row.get("returnReason") or row.get("returnReasonDefinitionId"):
        return
    if where[0] == "input":
        raise refuse([*where, "returnReason"], "Return reason can't be blank", "BLANK")
    raise refuse(where, "Return line items Either return reason or return reason definition must be provided", "NOT_FOUND")


@mutation("returnCreate")
def _create(args: Node, ctx: Any) -> Node:
    return _make(args["returnInput"], ctx, "OPEN", "returns/approve", "returnInput")


@mutation("returnRequest")
def _request(args: Node, ctx: Any) -> Node:
    return _make(args["input"], ctx, "REQUESTED", "returns/request", "input")


def _expect_goods(made: Node, order: Node, ctx: Any) -> None:
    """The reverse fulfilment order that an approved return gets."""
    items = [ctx.shop.node("ReverseFulfillmentOrderLineItem", order, fulfillment_line=item["fulfillment_line"],
                           quantity=item["quantity"], remainingQuantity=item["quantity"]) for item in made["items"]]
    made["reverse"].append(ctx.shop.node("ReverseFulfillmentOrder", order, status="OPEN", items=items))


@mutation("removeFromReturn")
def _remove(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["returnId"], ["returnId"])
    if found["status"] != "OPEN":
        raise refuse(["returnId"], "Return status is invalid.", "INVALID_STATE")
    if args.get("exchangeLineItems"):
        raise NotModelled("removeFromReturn(exchangeLineItems)")
    ctx.shop.changed(order_of(found, ctx))
    for index, row in enumerate(args.get("returnLineItems") or []):
        where = ["returnLineItems", str(index)]
        item = next((x for x in found["items"] if x["id"] == row["returnLineItemId"]), None)
        if item is None:
            raise refuse([*where, "returnLineItemId"], "Return line item was not found.", "NOT_FOUND")
        if row["quantity"] > item["quantity"] - item["processed"]:
            raise refuse([*where, "quantity"], "Quantity exceeds the unprocessed quantity.", "INVALID")
        item["quantity"] -= row["quantity"]
    found["items"] = [item for item in found["items"] if item["quantity"]]
    return {"return": found} if found["items"] else _turn(ctx, found, "CLOSED", "returns/close")


def _need(ctx: Any, gid: str, where: list[str]) -> Node:
    found = find(ctx, gid, "Return")
    if found is None:
        raise refuse(where, "Return not found.", "NOT_FOUND")
    return found


def _turn(ctx: Any, found: Node, status: str, topic: str) -> Node:
    ctx.shop.changed(order_of(found, ctx))
    found.update(status=status, closedAt=ctx.now if status == "CLOSED" else None)
    ctx.shop.emit(topic, found)
    return {"return": found}


@mutation("returnApproveRequest")
def _approve(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["input"]["id"], ["input", "id"])
    if found["status"] != "REQUESTED":
        raise refuse(["input", "id"], "Return is not approvable. Only returns with status REQUESTED can be approved.", "INVALID_STATE")
    answer = _turn(ctx, found, "OPEN", "returns/approve")
    found["requestApprovedAt"] = ctx.now
    _expect_goods(found, order_of(found, ctx), ctx)
    return answer


@mutation("returnDeclineRequest")
def _decline(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["input"]["id"], ["input", "id"])
    if found["status"] == "DECLINED":
        raise refuse(["input", "id"], "The return is already declined.", "INVALID_STATE")
    if found["status"] != "REQUESTED":
        raise refuse(["input", "id"], "Return is not declinable. Only non-refunded returns with status REQUESTED can be declined.",
                     "INVALID_STATE")
    ctx.shop.changed(order_of(found, ctx))
    found["decline"] = {"reason": args["input"]["declineReason"], "note": args["input"].get("declineNote")}
    return _turn(ctx, found, "DECLINED", "returns/decline")


@mutation("returnClose")
def _close(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    if found["status"] not in ("OPEN", "CLOSED"):
        raise refuse(["id"], "Return status is invalid.", "INVALID_STATE")
    return {"return": found} if found["status"] == "CLOSED" else _turn(ctx, found, "CLOSED", "returns/close")


@mutation("returnReopen")
def _reopen(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    if found["status"] not in ("OPEN", "CLOSED"):
        raise refuse(["id"], "Return status is invalid.", "INVALID_STATE")
    return {"return": found} if found["status"] == "OPEN" else _turn(ctx, found, "OPEN", "returns/reopen")


@mutation("returnCancel")
def _cancel(args: Node, ctx: Any) -> Node:
    found = _need(ctx, args["id"], ["id"])
    if found["status"] == "CANCELED":
        return {"return": found}
    if found["status"] not in ("OPEN", "REQUESTED") or any(item["processed"] for item in found["items"]):
        raise refuse(["id"], "Return is not cancelable.", "INVALID_STATE")
    return _turn(ctx, found, "CANCELED", "returns/cancel")


@mutation("returnProcess")
def _process(args: Node, ctx: Any) -> Node:
    values = args["input"]
    found = _need(ctx, values["returnId"], ["input", "returnId"])
    if values.get("financialTransfer") or values.get("refundShipping"):
        raise NotModelled("returnProcess with a financial transfer")
    ctx.shop.changed(order_of(found, ctx))
    for index, row in enumerate(values.get("returnLineItems") or []):
        item = next((x for x in found["items"] if x["id"] == row["id"]), None)
        if item is None:
            raise refuse(["input", "returnLineItems", str(index), "id"], "Return line item was not found.", "NOT_FOUND")
        if row["quantity"] > item["quantity"] - item["processed"]:
            raise refuse(["input", "returnLineItems", str(index), "quantity"], "Quantity exceeds the unprocessed quantity.", "INVALID")
        item["processed"] += row["quantity"]
    ctx.shop.emit("returns/process", found)
    return {"return": found}
