"""Webhook bodies: the REST-shaped form of each resource, per topic. Money in currency decimals, times in the shop's zone."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .ledger import Ledger
from .money import Bag, currency_text
from .payloads_other import OtherBodies
from .payloads_other import number_of as _number

Node = dict[str, Any]


def body(shop: Any, topic: str, node: Node, details: Node) -> Node:
    """The frozen payload of a topic about a node."""
    maker = _TOPICS.get(topic) or _TOPICS.get(topic.split("/")[0])
    if maker is None:
        raise KeyError(f"no webhook body for {topic}")
    return maker(_Writer(shop), node, details)


def _text(bag: Bag) -> str:
    return currency_text(bag.shop, bag.shop_currency)


def _set(bag: Bag) -> Node:
    return {"shop_money": {"amount": _text(bag), "currency_code": bag.shop_currency},
            "presentment_money": {"amount": currency_text(bag.presentment, bag.presentment_currency),
                                  "currency_code": bag.presentment_currency}}


#: keys that are null for every order of this shop
_EMPTY = ("browser_ip", "cart_token", "checkout_token", "client_details", "current_total_additional_fees_set",
          "current_total_duties_set", "device_id", "landing_site", "landing_site_ref", "location_id", "merchant_of_record_app_id",
          "original_total_additional_fees_set", "original_total_duties_set", "reference", "referring_site", "source_identifier",
          "source_url", "user_id")
_FULFILLMENT_STATUS = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}


class _Writer(OtherBodies):
    """Bodies of orders and of what belongs to them."""

    # -- orders

    def order(self, order: Node, details: Node) -> Node:
        book = Ledger(order)
        status = book.financial_status
        sets = {"current_shipping_price": book.current_shipping, "current_subtotal_price": book.current_subtotal,
                "current_total_discounts": book.current_discounts, "current_total_price": book.current_price,
                "current_total_tax": book.current_tax, "subtotal_price": book.subtotal,
                "total_discounts": book.discounts, "total_line_items_price": sum(
                    (line["unit"] * line["quantity"] for line in book.goods), book.zero),
                "total_price": book.price, "total_shipping_price": book.shipping, "total_tax": book.tax}
        plain = {name: _text(amount) for name, amount in sets.items() if "shipping" not in name}
        return {
            "id": order["n"], "admin_graphql_api_id": order["id"], "app_id": None, "name": order["name"],
            "number": order["number"] - 1000, "order_number": order["number"], "email": order["email"] or "",
            "contact_email": order["email"], "phone": order["phone"], "note": order["note"],
            "note_attributes": [{"name": a["key"], "value": a["value"]} for a in order["customAttributes"]],
            "tags": ", ".join(order["tags"]), "test": order["test"], "confirmed": True, "source_name": order["sourceName"],
            "confirmation_number": order["confirmationNumber"], "po_number": order["poNumber"],
            "created_at": self.time(order["createdAt"]), "updated_at": self.time(order["updatedAt"]),
            "processed_at": self.time(order["processedAt"]), "closed_at": self.time(order["closedAt"]),
            "cancelled_at": self.time(order["cancelledAt"]),
            "cancel_reason": order["cancelReason"] and order["cancelReason"].lower(),
            "currency": order["currencyCode"], "presentment_currency": order["presentmentCurrencyCode"],
            "financial_status": status and status.lower(),
            "fulfillment_status": _FULFILLMENT_STATUS.get(book.fulfillment_status),
            "customer_locale": order["customerLocale"], "taxes_included": order["taxesIncluded"],
            "tax_exempt": order["taxExempt"], "estimated_taxes": False, "duties_included": False,
            "payment_gateway_names": list(dict.fromkeys(t["gateway"] for t in order["transactions"])),
            "total_outstanding": _text(book.outstanding), "total_tip_received": _text(book.tips),
            "total_weight": sum(line["quantity"] * line["grams"] for line in order["lines"]),
            **plain, **{name + "_set": _set(amount) for name, amount in sets.items()},
            "tax_lines": self.taxes(book.aggregated_taxes(current=False)),
            "discount_codes": [{"code": a["code"], "amount": _text(self._applied(order, a)), "type": _value_type(a)}
                               for a in order["applications"] if "code" in a],
            "discount_applications": [_application(a) for a in order["applications"]],
            "customer": self.customer(self.shop.nodes[order["customer"]], {}) if order["customer"] else None,
            "billing_address": self.address(order["billingAddress"]), "shipping_address": self.address(order["shippingAddress"]),
            "line_items": [self.line(book, line) for line in order["lines"]],
            "shipping_lines": [self.shipping(book, line) for line in order["shipping"]],
            "fulfillments": [self.fulfilment(f, {}) for f in order["fulfillments"]],
            "refunds": [self.refund(r, {}) for r in order["refunds"]], "payment_terms": None, "line_item_groups": [],
            "returns": [{"id": r["n"], "status": r["status"].lower(), "name": r["name"]} for r in order["returns"]],
            "total_cash_rounding_payment_adjustment_set": _set(book.zero),
            "total_cash_rounding_refund_adjustment_set": _set(book.zero), "buyer_accepts_marketing": False,
            "order_status_url": f"https://{self.shop.domain}/orders/{order['n']}/authenticate", "token": f"{order['n']:032x}",
            "merchant_business_entity_id": str(self.shop.meta["shop_number"]), **dict.fromkeys(_EMPTY),
        }

    def _applied(self, order: Node, application: Node) -> Bag:
        rows = [*order["lines"], *order["shipping"]]
        return sum((a["amount"] for row in rows for a in row["allocations"] if a["application"] == application["index"]),
                   Ledger(order).zero)

    def taxes(self, rows: list[Node]) -> list[Node]:
        return [{"title": t["title"], "rate": float(t["rate"]), "price": _text(t["amount"]), "price_set": _set(t["amount"]),
                 "channel_liable": False} for t in rows]

    def line(self, book: Ledger, line: Node) -> Node:
        total = book.line_discount(line)
        unfulfilled = book.unfulfilled_quantity(line)
        done = book.fulfilled.get(line["id"], 0)
        return {
            "id": line["n"], "admin_graphql_api_id": line["id"], "title": line["title"], "variant_title": line["variantTitle"],
            "name": f"{line['title']} - {line['variantTitle']}" if line["variantTitle"] else line["title"], "sku": line["sku"],
            "vendor": line["vendor"], "quantity": line["quantity"], "current_quantity": book.current_quantity(line),
            "fulfillable_quantity": unfulfilled if line["requiresShipping"] else 0, "fulfillment_service": "manual",
            "fulfillment_status": "fulfilled" if done and not unfulfilled else "partial" if done else None,
            "gift_card": line["isGiftCard"], "grams": line["grams"], "price": _text(line["unit"]), "price_set": _set(line["unit"]),
            "product_exists": line["product"] is not None, "product_id": _number(line["product"]),
            "variant_id": _number(line["variant"]), "variant_inventory_management": "shopify" if line["variant"] else None,
            "properties": [{"name": a["key"], "value": a["value"]} for a in line["customAttributes"]],
            "attributed_staffs": [], "sales_line_item_group_id": None,
            "requires_shipping": line["requiresShipping"], "taxable": line["taxable"], "total_discount": _text(total),
            "total_discount_set": _set(total), "duties": [], "tax_lines": self.taxes(line["tax_lines"]),
            "discount_allocations": _allocations(line),
        }

    def shipping(self, book: Ledger, line: Node) -> Node:
        discounted = book.shipping_total(line)
        return {"id": line["n"], "title": line["title"], "code": line["code"], "source": line["source"],
                "price": _text(line["price"]), "price_set": _set(line["price"]), "discounted_price": _text(discounted),
                "discounted_price_set": _set(discounted), "current_discounted_price_set": _set(discounted), "phone": None,
                "carrier_identifier": None, "requested_fulfillment_service_id": None, "is_removed": line["isRemoved"],
                "tax_lines": self.taxes(line["tax_lines"]), "discount_allocations": _allocations(line)}

    def address(self, address: Node | None) -> Node | None:
        if address is None:
            return None
        names = {"first_name": "firstName", "last_name": "lastName", "address1": "address1", "address2": "address2",
                 "city": "city", "zip": "zip", "province": "province", "province_code": "provinceCode", "country": "country",
                 "country_code": "countryCode", "company": "company", "phone": "phone"}
        made = {name: address[source] for name, source in names.items()}
        made["name"] = " ".join(x for x in (address["firstName"], address["lastName"]) if x)
        return {**made, "latitude": None, "longitude": None}

    def customer(self, customer: Node, details: Node) -> Node:
        default = customer["addresses"][0] if customer["addresses"] else None
        return {"id": customer["n"], "admin_graphql_api_id": customer["id"], "email": customer["email"],
                "phone": customer["phone"], "first_name": customer["firstName"], "last_name": customer["lastName"],
                "created_at": self.time(customer["createdAt"]), "updated_at": self.time(customer["updatedAt"]),
                "state": customer["state"].lower(), "note": customer["note"], "verified_email": customer["verifiedEmail"],
                "tax_exempt": customer["taxExempt"], "tags": ", ".join(customer["tags"]),
                "currency": self.shop.meta["settings"]["currency"], "multipass_identifier": None, "tax_exemptions": [],
                "addresses": [self.customer_address(customer, address) for address in customer["addresses"]],
                "default_address": default and self.customer_address(customer, default)}

    def customer_address(self, customer: Node, address: Node) -> Node:
        made = self.address(address) or {}
        return {"id": address["n"], "customer_id": customer["n"], **made, "country_name": made.get("country"),
                "default": address is customer["addresses"][0]}

    def transaction(self, transaction: Node, details: Node) -> Node:
        order = self.shop.nodes[transaction["owner"]]
        left = Ledger(order).capturable_of(transaction)
        return {"id": transaction["n"], "admin_graphql_api_id": transaction["id"], "order_id": order["n"],
                "kind": transaction["kind"].lower(), "gateway": transaction["gateway"], "status": transaction["status"].lower(),
                "amount": _text(transaction["amount"]), "currency": transaction["amount"].shop_currency,
                "created_at": self.time(transaction["createdAt"]), "processed_at": self.time(transaction["processedAt"]),
                "parent_id": _number(transaction["parent"]), "test": transaction["test"], "message": None, "error_code": None,
                "source_name": order["sourceName"], "payment_id": f"{order['name']}.1", "authorization": None, "location_id": None,
                "user_id": None, "device_id": None, "receipt": {}, "amount_rounding": None, "payment_details": None,
                "manual_payment_gateway": transaction["gateway"] in ("manual", "bank_deposit", "cod"),
                "total_unsettled_set": {"shop_money": {"amount": _text(left), "currency": left.shop_currency}, "presentment_money": {
                    "amount": currency_text(left.presentment, left.presentment_currency), "currency": left.presentment_currency}}}

    def refund(self, refund: Node, details: Node) -> Node:
        order = self.shop.nodes[refund["owner"]]
        book = Ledger(order)
        return {
            "id": refund["n"], "admin_graphql_api_id": refund["id"], "order_id": order["n"], "note": refund["note"],
            "created_at": self.time(refund["createdAt"]), "processed_at": self.time(refund["processedAt"]), "user_id": None,
            "restock": any(x["restockType"] in ("RETURN", "CANCEL") for x in refund["lines"]),
            "transactions": [self.transaction(t, {}) for t in order["transactions"] if t["refund"] == refund["id"]],
            "refund_line_items": [
                {"id": x["n"], "line_item_id": _number(x["line"]), "quantity": x["quantity"],
                 "restock_type": x["restockType"].lower(), "location_id": _number(x["location"]),
                 "subtotal": float(x["subtotal"].shop), "subtotal_set": _set(x["subtotal"]), "total_tax": float(x["tax"].shop),
                 "total_tax_set": _set(x["tax"]), "line_item": self.line(book, self.shop.nodes[x["line"]])}
                for x in refund["lines"]],
            "order_adjustments": [{"id": x["n"], "order_id": order["n"], "refund_id": refund["n"], "kind": "refund_discrepancy",
                                   "amount": _text(x["amount"]), "amount_set": _set(x["amount"]), "tax_amount": _text(x["tax"]),
                                   "tax_amount_set": _set(x["tax"]), "reason": "Refund discrepancy"}
                                  for x in refund["adjustments"]],
            "refund_shipping_lines": [{"id": x["n"], "shipping_line_id": _number(x["line"]),
                                       "subtotal_amount_set": _set(x["amount"])} for x in refund["shipping"]],
            "duties": [], "total_duties_set": _set(book.zero), "return": refund["return"] and {
                "id": _number(refund["return"]), "admin_graphql_api_id": refund["return"]},
        }

    def risk(self, order: Node, details: Node) -> Node:
        return {"provider_id": None, "provider_title": None, "risk_level": order["risk"].lower(),
                "created_at": self.time(self.shop.now()), "order_id": order["n"], "admin_graphql_api_order_id": order["id"]}

    def returned(self, node: Node, details: Node) -> Node:
        return {"id": node["n"], "admin_graphql_api_id": node["id"], "name": node["name"], "status": node["status"].lower(),
                "order": {"id": _number(node["owner"]), "admin_graphql_api_id": node["owner"]},
                "total_return_line_items": sum(item["quantity"] for item in node["items"]), "return_shipping_fees": [],
                "return_line_items": [{"id": item["n"], "admin_graphql_api_id": item["id"], "quantity": item["quantity"]}
                                      for item in node["items"]], "exchange_line_items": [], "total_exchange_line_items": 0}

    def edited(self, order: Node, details: Node) -> Node:
        edit = details["edit"]
        return {"order_edit": {
            "id": edit["n"], "app_id": None, "created_at": self.time(edit["createdAt"]),
            "committed_at": self.time(self.shop.now()), "notify_customer": bool(details.get("notify")), "order_id": order["n"],
            "staff_note": details.get("note") or "", "user_id": None,
            "line_items": {"additions": [{"id": _number(gid), "delta": n} for gid, n in details["added"]],
                           "removals": [{"id": _number(gid), "delta": n} for gid, n in details["removed"]]},
            "discounts": {"line_item": {"additions": [], "removals": []}}, "shipping_lines": {"additions": [], "removals": []}}}

    # -- fulfilment

    def fulfilment(self, fulfilment: Node, details: Node) -> Node:
        order = self.shop.nodes[fulfilment["owner"]]
        book = Ledger(order)
        tracking = fulfilment["tracking"]
        numbers = [t["number"] for t in tracking if t["number"]]
        urls = [t["url"] for t in tracking if t["url"]]
        status = fulfilment["displayStatus"]
        return {
            "id": fulfilment["n"], "admin_graphql_api_id": fulfilment["id"], "order_id": order["n"], "name": fulfilment["name"].replace("-F", "."),
            "status": fulfilment["status"].lower(), "service": fulfilment["service"],
            "created_at": self.time(fulfilment["createdAt"]), "updated_at": self.time(fulfilment["updatedAt"]),
            "location_id": _number(fulfilment["location"]), "email": order["email"],
            "shipment_status": status.lower() if status not in ("FULFILLED", "CANCELED") else None,
            "tracking_company": tracking[0]["company"] if tracking else None, "tracking_number": numbers[0] if numbers else None,
            "tracking_numbers": numbers, "tracking_url": urls[0] if urls else None, "tracking_urls": urls, "receipt": {},
            "origin_address": None, "destination": self.address(order["shippingAddress"]),
            "line_items": [{**self.line(book, self.shop.nodes[item["line"]]), "quantity": item["quantity"]}
                           for item in fulfilment["items"]],
        }

    def fulfillment_order(self, node: Node, details: Node) -> Node:
        row: Node = {"id": node["id"], "status": node["status"].lower()}
        if "hold" in details:
            row["fulfillment_holds"] = [self.hold(one) for one in node["holds"]]
            answer = {"fulfillment_order": row, "created_fulfillment_hold": self.hold(details["hold"]),
                      "held_fulfillment_order_line_items": [{"id": x["id"], "quantity": x["total"]} for x in node["items"]]}
            rest = details.get("rest")
            return {**answer, "remaining_fulfillment_order": rest and {"id": rest["id"], "status": rest["status"].lower()}}
        if "source" in details:
            return {"moved_fulfillment_order": {**row, "assigned_location_id": node["location"]},
                    "original_fulfillment_order": {"id": details["original"]["id"], "status": details["original"]["status"].lower(),
                                                   "assigned_location_id": details["original"]["location"]},
                    "destination_location_id": node["location"], "source_location": {"id": details["source"]},
                    "fulfillment_order_line_items_requested": [{"id": x["id"], "quantity": x["total"]} for x in node["items"]]}
        if details.get("split"):
            rest = {"id": details["rest"]["id"], "status": details["rest"]["status"].lower()}
            return {"fulfillment_order": row, "remaining_fulfillment_order": rest, "replacement_fulfillment_order": None,
                    "split_line_items": [{"id": x["id"], "quantity": x["total"]} for x in details["rest"]["items"]]}
        if "initial" in details:
            return {"fulfillment_order": row, "initial_status": details["initial"].lower(), "progress_report": {
                "reason_notes": details.get("notes") or "", "progress_reported_by_app": None, "progress_reported_by_user": None}}
        if "rest" in details:
            name = "replacement_fulfillment_order" if node["status"] in ("CANCELLED", "CLOSED") else "remaining_fulfillment_order"
            return {"fulfillment_order": row, name: {"id": details["rest"]["id"], "status": details["rest"]["status"].lower()}}
        return {"fulfillment_order": row}

    def hold(self, hold: Node) -> Node:
        return {"id": hold["id"], "reason": hold["reason"].lower(), "reason_notes": hold["reasonNotes"],
                "held_by_requesting_app": False, "handle": hold["handle"], "held_by_app": {"id": "gid://shopify/App/1"}}


def _value_type(application: Node) -> str:
    return "percentage" if application["value"]["__typename"] == "PricingPercentageValue" else "fixed_amount"


def _application(application: Node) -> Node:
    value = application["value"]
    made = {"target_type": application["targetType"].lower(), "type": {
        "DiscountCodeApplication": "discount_code", "AutomaticDiscountApplication": "automatic"}.get(
            application["__typename"], "manual"), "value_type": _value_type(application),
        "value": str(value.get("percentage", value.get("amount"))), "allocation_method": application["allocationMethod"].lower(),
        "target_selection": application["targetSelection"].lower()}
    return {**made, **{name: application[name] for name in ("code", "title", "description") if name in application}}


def _allocations(line: Node) -> list[Node]:
    return [{"amount": _text(a["amount"]), "amount_set": _set(a["amount"]), "discount_application_index": a["application"]}
            for a in line["allocations"]]


def _only_id(writer: _Writer, node: Node, details: Node) -> Node:
    return {"id": node["n"]}


_TOPICS: dict[str, Callable[[_Writer, Node, Node], Node]] = {
    "orders": _Writer.order, "orders/edited": _Writer.edited, "orders/delete": _only_id,
    "order_transactions": _Writer.transaction, "refunds": _Writer.refund, "fulfillments": _Writer.fulfilment,
    "fulfillment_orders": _Writer.fulfillment_order, "inventory_levels": _Writer.level, "products": _Writer.product,
    "products/delete": _only_id, "app/scopes_update": _Writer.scopes, "customers": _Writer.customer, "bulk_operations": _Writer.bulk, "app": _Writer.shop_body,
    "locations": _Writer.location, "locations/delete": _only_id, "shop": _Writer.shop_body, "returns": _Writer.returned, "orders/risk_assessment_changed": _Writer.risk,
}


_PERSONAL = {"email", "contact_email", "phone", "first_name", "last_name", "name", "address1", "address2", "city", "zip", "company",
             "latitude", "longitude"}


def without_personal_data(body: Node) -> Node:
    """What an app without approval for protected customer data gets: addresses reduced to country and province, no contacts."""
    made = dict(body)
    for key in ("email", "contact_email", "phone"):
        if key in made:
            made[key] = None
    for key in ("shipping_address", "billing_address", "destination", "default_address", "customer"):
        if isinstance(made.get(key), dict):
            made[key] = {k: v for k, v in without_personal_data(made[key]).items() if k not in _PERSONAL}
    return made
