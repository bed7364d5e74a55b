"""Order mutations: create, update, open/close, cancel, delete, tags, and payments."""
from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from . import fulfilment, payments
from .accounts import make_customer
from .errors import NotModelled, TopLevelError, UserErrors, refuse, user_error
from .ledger import Ledger, bag
from .nodes import find
from .order_build import add_transaction, attributes, build_order, make_address
from .payments import presentment_amount
from .refunds import refund_order, refundable_shipping, suggested_transactions
from .registry import constant, mutation
from .tasks import task

Node = dict[str, Any]

# -- create


def _amounts(bag_input: Node | None) -> tuple[Any, Any]:
    if not bag_input:
        return None, None
    other = bag_input.get("presentmentMoney")
    return bag_input["shopMoney"]["amount"], other["amount"] if other else None


def _tax_rows(rows: list[Node] | None) -> list[Node]:
    made = []
    for row in rows or []:
        amount, presentment = _amounts(row.get("priceSet"))
        made.append({"title": row["title"], "rate": row["rate"], "amount": amount, "presentment_amount": presentment})
    return made


def _line_values(row: Node, ctx: Any, index: int) -> Node:
    if row.get("variantId") and find(ctx, row["variantId"], "ProductVariant") is None:
        if row.get("title") and row.get("priceSet"):  # as recorded: the line stands without its variant
            return _line_values({**row, "variantId": None}, ctx, index)
        raise refuse(["order", "lineItems", str(index), "variantId"], "Variant does not exist", "INVALID")
    if not row.get("variantId") and not row.get("title"):
        raise refuse(["order", "lineItems", str(index), "title"], "Title can't be blank", "INVALID")
    amount, presentment = _amounts(row.get("priceSet"))
    return {"variant": row.get("variantId"), "custom": not row.get("variantId"), "title": row.get("title"), "sku": row.get("sku"),
            "quantity": row["quantity"], "price": amount if amount is not None or row.get("variantId") else "0",
            "presentment_price": presentment, "requires_shipping": row.get("requiresShipping", False),
            "taxable": row.get("taxable", True), "gift_card": row.get("giftCard"), "vendor": row.get("vendor"),
            "variant_title": row.get("variantTitle"), "properties": row.get("properties"),
            "tax_lines": _tax_rows(row.get("taxLines"))}


def _discount_values(values: Node | None) -> list[Node]:
    values = values or {}
    if values.get("itemPercentageDiscountCode"):
        row = values["itemPercentageDiscountCode"]
        return [{"code": row["code"], "percentage": row["percentage"]}]
    if values.get("itemFixedDiscountCode"):
        row = values["itemFixedDiscountCode"]
        amount, presentment = _amounts(row["amountSet"])
        return [{"code": row["code"], "amount": amount, "presentment_amount": presentment}]
    if values.get("freeShippingDiscountCode"):
        return [{"code": values["freeShippingDiscountCode"]["code"], "percentage": 100, "target": "shipping"}]
    return []


def _customer(values: Node, ctx: Any) -> str | None:
    if values.get("customerId"):
        if find(ctx, values["customerId"], "Customer") is None:
            raise refuse(["order", "customerId"], "Customer does not exist", "INVALID")
        return values["customerId"]
    wanted = values.get("customer") or {}
    row = wanted.get("toAssociate") or wanted.get("toUpsert") or {"email": values.get("email")}
    if not any(row.values()):
        return None
    known = next((c for c in ctx.shop.all("Customer") if c["id"] == row.get("id") or row.get("email") and c["email"] == row["email"]),
                 None)
    if known is None and wanted.get("toAssociate"):
        raise refuse(["order", "customer"], "Customer does not exist", "INVALID")
    return (known or make_customer(ctx.shop, {
        "email": row.get("email"), "first_name": row.get("firstName"), "last_name": row.get("lastName"),
        "phone": row.get("phone"), "note": row.get("note"), "tags": row.get("tags")}))["id"]


@mutation("orderCreate")
def _create(args: Node, ctx: Any) -> Node:
    values, options = args["order"], args.get("options") or {}
    for name in ("companyLocationId", "fulfillment", "fulfillmentStatus", "userId"):
        if values.get(name):
            raise NotModelled(f"orderCreate(order: {{{name}}})")
    if not values.get("lineItems"):
        raise refuse(["order", "lineItems"], "Line items must have at least one line item", "INVALID")
    shipping = []
    for row in values.get("shippingLines") or []:
        amount, presentment = _amounts(row["priceSet"])
        shipping.append({"title": row["title"], "code": row.get("code"), "source": row.get("source"), "price": amount,
                         "presentment_price": presentment, "tax_lines": _tax_rows(row.get("taxLines"))})
    order = build_order(ctx.shop, {
        "lines": [_line_values(row, ctx, index) for index, row in enumerate(values["lineItems"])], "shipping": shipping,
        "discounts": _discount_values(values.get("discountCode")), "customer": _customer(values, ctx),
        "currency": values.get("currency"), "presentment_currency": values.get("presentmentCurrency") or values.get("currency"),
        "taxes_included": bool(values.get("taxesIncluded")), "email": values.get("email"), "phone": values.get("phone"),
        "note": values.get("note"), "tags": values.get("tags"), "test": values.get("test"), "name": values.get("name"),
        "po_number": values.get("poNumber"), "attributes": values.get("customAttributes"),
        "shipping_address": values.get("shippingAddress"), "billing_address": values.get("billingAddress"),
        "processed_at": values.get("processedAt"), "source_name": values.get("sourceName") or str(ctx.app.number),
        "financial_hint": values.get("financialStatus")})
    order["metafields"] = [ctx.shop.node("Metafield", order, namespace=m.get("namespace") or "custom", key=m["key"],
                                         type=m.get("type"), value=m["value"]) for m in values.get("metafields") or []]
    for row in values.get("transactions") or []:
        amount, presentment = _amounts(row["amountSet"])
        made = add_transaction(ctx.shop, order, row.get("kind") or "SALE", bag(order, amount, presentment),
                               gateway=row.get("gateway") or "", status=row.get("status") or "SUCCESS")
        ctx.shop.emit("order_transactions/create", made)
    placed(ctx.shop, order, commit=options.get("inventoryBehaviour", "BYPASS") != "BYPASS")
    return {"order": order}


def placed(shop: Any, order: Node, location: str | None = None, commit: bool = True) -> None:
    """What follows a new order: its webhooks, and routing (at once, or later when the shop has a routing delay)."""
    shop.emit("orders/create", order)
    if Ledger(order).financial_status == "PAID":
        shop.emit("orders/paid", order)
    delay = shop.meta.get("routing_delay", 0)
    if delay:
        shop.later("route_order", delay, order=order["id"], location=location, commit=commit)
    else:
        fulfilment.route(shop, order, location=location, commit=commit)


@task("route_order")
def _route(shop: Any, values: Node, tenant: Any) -> None:
    order = shop.find(values["order"], "Order")
    if order is not None and not order["cancelledAt"]:
        shop.changed(order)
        fulfilment.route(shop, order, location=values["location"], commit=values["commit"])


# -- update, open, close, delete, tags


def need_order(ctx: Any, gid: str, field_name: list[str] | None = None) -> Node:
    order = find(ctx, gid, "Order")
    if order is None:
        raise refuse(field_name or ["id"], "Order does not exist")
    return order


@mutation("orderUpdate")
def _update(args: Node, ctx: Any) -> Node:
    values = dict(args["input"])
    order = need_order(ctx, values.pop("id"))
    simple = {"email": "email", "note": "note", "phone": "phone", "poNumber": "poNumber"}
    unknown = set(values) - {*simple, "tags", "customAttributes", "shippingAddress", "metafields"}
    if unknown:
        raise NotModelled(f"orderUpdate(input: {', '.join(sorted(unknown))})")
    ctx.shop.changed(order)
    for name, key in simple.items():
        if name in values:
            order[key] = values[name]
    if "tags" in values:
        order["tags"] = sorted(set(values["tags"] or []), key=str.lower)
    if "customAttributes" in values:
        order["customAttributes"] = attributes(values["customAttributes"])
    if "shippingAddress" in values:
        merged = {**(order["shippingAddress"] or {}), **(values["shippingAddress"] or {})}
        order["shippingAddress"] = make_address(ctx.shop, order, merged)
    for m in values.get("metafields") or []:
        namespace = m.get("namespace") or "custom"
        known = next((x for x in order["metafields"] if (x["namespace"], x["key"]) == (namespace, m["key"])), None)
        if known is None:
            order["metafields"].append(ctx.shop.node("Metafield", order, namespace=namespace, key=m["key"], type=m.get("type"),
                                                     value=m["value"]))
        else:
            known["value"] = m["value"]
    return {"order": order}


@mutation("orderClose")
def _close(args: Node, ctx: Any) -> Node:
    order = need_order(ctx, args["input"]["id"])
    if order["closedAt"] is None:
        ctx.shop.changed(order)
        order["closedAt"] = ctx.now
    return {"order": order}


@mutation("orderOpen")
def _open(args: Node, ctx: Any) -> Node:
    order = need_order(ctx, args["input"]["id"])
    if order["closedAt"] is not None:
        ctx.shop.changed(order)
        order["closedAt"] = None
    return {"order": order}


@mutation("orderDelete")
def _delete(args: Node, ctx: Any) -> Node:
    order = find(ctx, args["orderId"], "Order")
    if order is None:
        raise refuse(["orderId"], "Order does not exist", "NOT_FOUND")
    ctx.shop.emit("orders/delete", order)
    ctx.shop.remove(order)
    return {"deletedId": args["orderId"]}


def _tagged(ctx: Any, gid: str) -> Node:
    node = find(ctx, gid)
    if node is None or node["__typename"] not in ("Order", "Product", "Customer"):
        raise TopLevelError("invalid id", "RESOURCE_NOT_FOUND")
    if node["__typename"] == "Order":
        return ctx.shop.changed(node)
    ctx.shop.touch(node)
    ctx.shop.emit(node["__typename"].lower() + "s/update", node)
    return node


def _split_tags(tags: list[str]) -> list[str]:
    return [tag.strip() for text in tags for tag in text.split(",") if tag.strip()]


@mutation("tagsAdd")
def _tags_add(args: Node, ctx: Any) -> Node:
    node = _tagged(ctx, args["id"])
    known = {tag.lower() for tag in node["tags"]}
    node["tags"] = sorted(node["tags"] + [t for t in dict.fromkeys(_split_tags(args["tags"])) if t.lower() not in known],
                          key=str.lower)
    return {"node": node}


@mutation("tagsRemove")
def _tags_remove(args: Node, ctx: Any) -> Node:
    node = _tagged(ctx, args["id"])
    gone = {tag.lower() for tag in _split_tags(args["tags"])}
    node["tags"] = [tag for tag in node["tags"] if tag.lower() not in gone]
    return {"node": node}


# -- cancel


def cancel_errors(order: Node) -> str | None:
    """Why the order can't be cancelled; one that nobody paid always can."""
    if order["cancelledAt"]:
        return "Cannot cancel an order that has already been canceled"
    if not Ledger(order).received:
        return None
    if any(r["status"] not in ("CANCELED", "DECLINED") for r in order["returns"]):
        return "Cannot cancel an order that has returns"
    if any(f["status"] == "SUCCESS" for f in order["fulfillments"]) or any(
            fo["status"] == "IN_PROGRESS" for fo in order["fulfillment_orders"]):
        return "Cannot cancel an order that has outstanding fulfillments"
    return None


def cancel_order(shop: Any, order: Node, reason: str, restock: bool, refund: bool, staff_note: str | None = None) -> None:
    """Cancel at once: units are taken away (restocked or not), money goes back or the authorisation is voided."""
    shop.changed(order)
    book = Ledger(order)
    lines = [{"line": line, "quantity": book.refundable_quantity(line), "restock": "CANCEL" if restock else "NO_RESTOCK"}
             for line in order["lines"] if book.refundable_quantity(line)]
    money = suggested_transactions(book, book.net_payment) if refund else []
    for transaction in list(order["transactions"]):
        if book.capturable_of(transaction):
            payments.void(shop, order, transaction)
    before = [(fo, [dict(item) for item in fo["items"]]) for fo in order["fulfillment_orders"] if fo["status"] in fulfilment.LIVE]
    if lines or money:
        refund_order(shop, order, lines=lines, shipping=refundable_shipping(book) if refund else None, transactions=money)
    for fulfillment_order, items in before:  # as recorded: closed, still showing what remained
        fulfillment_order.update(status="CLOSED", holds=[], items=[{**shop.nodes[i["id"]], **i} for i in items])
        for item in fulfillment_order["items"]:
            shop.nodes[item["id"]] = item
    order.update(cancelledAt=shop.now(), cancelReason=reason, staffNote=staff_note)
    shop.emit("orders/cancelled", order)


@mutation("orderCancel")
def _cancel(args: Node, ctx: Any) -> Node:
    order = find(ctx, args["orderId"], "Order")
    if order is None:
        raise refuse(["orderId"], "Order does not exist", "NOT_FOUND")
    method = args.get("refundMethod") or {}
    if args.get("refund") is not None and args.get("refundMethod"):
        raise refuse(None, "Only one of `refund` and `refundMethod` can be specified.", "INVALID")
    if method.get("storeCreditRefund"):
        raise NotModelled("orderCancel(refundMethod: {storeCreditRefund})")
    if len(args.get("staffNote") or "") > 255:
        raise refuse(["staffNote"], "Staff note is too long (maximum is 255 characters)", "INVALID")
    wrong = cancel_errors(order)
    if wrong:
        raise UserErrors(user_error(["orderId"], wrong, "INVALID"), job=None)
    if any(row["kind"] == "cancel_order" and row["values"]["order"] == order["id"] for row in ctx.shop.all("Task")):
        raise refuse(None, "Cancellation is already in progress", None)
    gid = f"gid://shopify/Job/{uuid.UUID(int=ctx.shop.random.getrandbits(128), version=4)}"
    job = ctx.shop.add("Job", done=False)
    ctx.shop.nodes.pop(job["id"])
    job["id"] = gid
    ctx.shop.nodes[gid] = job
    ctx.shop.later("cancel_order", ctx.shop.meta.get("job_delay", 0), order=order["id"], job=gid, reason=args["reason"],
                   restock=args["restock"], refund=bool(args.get("refund") or method.get("originalPaymentMethodsRefund")),
                   note=args.get("staffNote"))
    return {"job": {"__typename": "Job", "id": gid, "done": False, "query": {}}}


@task("cancel_order")
def _run_cancel(shop: Any, values: Node, tenant: Any) -> None:
    job, order = shop.touch(shop.nodes[values["job"]]), shop.find(values["order"], "Order")
    if order is not None and cancel_errors(order) is None:
        cancel_order(shop, order, values["reason"], values["restock"], values["refund"], values["note"])
    job["done"] = True


constant("Job", query={})

# -- payments


@mutation("orderMarkAsPaid")
def _mark(args: Node, ctx: Any) -> Node:
    order = need_order(ctx, args["input"]["id"])
    payments.mark_paid(ctx.shop, order)
    return {"order": order}


@mutation("orderCapture")
def _capture(args: Node, ctx: Any) -> Node:
    values = args["input"]
    order = need_order(ctx, values["id"])
    parent = find(ctx, values["parentTransactionId"], "OrderTransaction")
    if values.get("finalCapture") is not None:
        raise refuse(None, "Setting final capture is not supported for this transaction's payment gateway. Please remove the "
                     "parameter or set it to null, then try again.")
    if parent is None or parent["owner"] != order["id"]:
        raise refuse(None, "Unable to find parent transaction")
    if parent["kind"] not in ("AUTHORIZATION", "EMV_AUTHORIZATION"):
        raise refuse(None, "Parent transaction should be a successful authorization")
    if parent["status"] != "SUCCESS":
        raise refuse(None, "Can only capture successful authorizations")
    currency = parent["amount"].presentment_currency
    if (values.get("currency") or parent["amount"].shop_currency) != currency:
        raise refuse(["currency"], f"Currency Currency must match parent transaction {currency}")
    return {"transaction": payments.capture(ctx.shop, order, parent, presentment_amount(order, Decimal(str(values["amount"]))))}


@mutation("transactionVoid")
def _void(args: Node, ctx: Any) -> Node:
    where = ["parentTransactionId"]
    parent = find(ctx, args["parentTransactionId"], "OrderTransaction")
    if parent is None:
        raise refuse(where, "Transaction does not exist", "TRANSACTION_NOT_FOUND")
    order = ctx.shop.nodes[parent["owner"]]
    if parent["kind"] != "AUTHORIZATION" or parent["status"] != "SUCCESS":
        raise refuse(where, "Parent transaction must be a successful authorization", "AUTH_NOT_SUCCESSFUL")
    if Ledger(order).capturable_of(parent) != parent["amount"]:
        raise refuse(where, "Parent transaction require a parent_id referring to a voidable transaction", "AUTH_NOT_VOIDABLE")
    return {"transaction": payments.void(ctx.shop, order, parent)}
