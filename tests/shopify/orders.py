"""Order nodes as Shopify returns them, made small: `order()` is a whole one, keywords replace its fields."""

import json

from odoo.addons.ec_channel_base.sdk.documents import RawEvent
from odoo.addons.ec_channel_shopify.shopify.connector import ShopifyConnector
from odoo.addons.ec_channel_shopify.shopify.webhooks import Receiver

DOMAIN = "shells.myshopify.com"
ID = "gid://shopify/Order/9007199254740993001"  # beyond what a float can hold


def bag(amount, presentment=None):
    return {
        "shopMoney": {"amount": str(amount)},
        "presentmentMoney": {"amount": str(amount if presentment is None else presentment)},
    }


def page(*nodes, more=False):
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": more, "endCursor": "c" if more else None}}


def line_id(number):
    return f"gid://shopify/LineItem/{number}"


def tax(amount, rate=0.1, title="消費税"):
    return {"title": title, "rate": rate, "priceSet": bag(amount)}


def line(number=1, quantity=1, price="1000", **values):
    variant = {"id": f"gid://shopify/ProductVariant/{number}", "barcode": f"49000{number}", "sku": f"SKU-{number}"}
    return {
        "id": line_id(number),
        "title": f"Item {number}",
        "variantTitle": None,
        "sku": f"SKU-{number}",
        "quantity": quantity,
        "currentQuantity": quantity,
        "requiresShipping": True,
        "isGiftCard": False,
        "customAttributes": [],
        "variant": variant,
        "product": {"id": f"gid://shopify/Product/{number}"},
        "originalUnitPriceSet": bag(price),
        "discountAllocations": [],
        "taxLines": [],
        "duties": [],
        **values,
    }


def off(amount):
    return {"allocatedAmountSet": bag(amount)}


def shipping(price, **values):
    return {
        "id": "gid://shopify/ShippingLine/1",
        "title": "宅配便",
        "code": "std",
        "originalPriceSet": bag(price),
        "discountAllocations": [],
        "taxLines": [],
        **values,
    }


def fulfillment(number, lines, status="SUCCESS", tracking=()):
    return {
        "id": f"gid://shopify/Fulfillment/{number}",
        "status": status,
        "location": {"id": "gid://shopify/Location/1"},
        "trackingInfo": [{"number": text, "company": "Yamato", "url": None} for text in tracking],
        "fulfillmentLineItems": page(
            *({"quantity": units, "lineItem": {"id": line_id(at)}} for at, units in lines.items())
        ),
    }


def fulfillment_order(number, lines, status="OPEN", place=1, holds=(), actions=("CREATE_FULFILLMENT", "MOVE", "HOLD")):
    items = (
        {
            "id": f"gid://shopify/FulfillmentOrderLineItem/{number}{at}",
            "totalQuantity": units,
            "remainingQuantity": units,
            "lineItem": {"id": line_id(at)},
        }
        for at, units in lines.items()
    )
    return {
        "id": f"gid://shopify/FulfillmentOrder/{number}",
        "status": status,
        "assignedLocation": {"location": {"id": f"gid://shopify/Location/{place}"}},
        "supportedActions": [{"action": action} for action in actions],
        "fulfillmentHolds": list(holds),
        "lineItems": page(*items),
    }


def refund(number, lines=(), amount=None, status="SUCCESS", at="2026-10-03T00:00:00Z", **values):
    """`lines`: (line, units, restock type, subtotal[, tax])."""
    rows = (
        {
            "quantity": units,
            "restockType": how,
            "restocked": how in ("RETURN", "CANCEL"),
            "subtotalSet": bag(subtotal),
            "totalTaxSet": bag(*(rest or ["0"])),
            "lineItem": {"id": line_id(at_line)},
            "location": None,
        }
        for at_line, units, how, subtotal, *rest in lines
    )
    moves = (
        [] if amount is None else [{"id": "gid://t/1", "kind": "REFUND", "status": status, "amountSet": bag(amount)}]
    )
    return {
        "id": f"gid://shopify/Refund/{number}",
        "createdAt": at,
        "processedAt": at,
        "note": None,
        "refundLineItems": page(*rows),
        "refundShippingLines": page(),
        "orderAdjustments": page(),
        "transactions": page(*moves),
        **values,
    }


def order(*lines, **values):
    lines = lines or (line(),)
    total = values.pop("total", "1000")
    return {
        "id": ID,
        "legacyResourceId": ID.rpartition("/")[2],
        "name": "#1001",
        "createdAt": "2026-10-01T00:00:00Z",
        "processedAt": "2026-10-01T00:00:00Z",
        "updatedAt": "2026-10-02T00:00:00Z",
        "cancelledAt": None,
        "cancelReason": None,
        "test": False,
        "currencyCode": "JPY",
        "presentmentCurrencyCode": "JPY",
        "taxesIncluded": True,
        "dutiesIncluded": False,
        "displayFinancialStatus": "PAID",
        "email": "nagisa@example.com",
        "phone": None,
        "note": None,
        "tags": [],
        "poNumber": None,
        "customAttributes": [],
        "totalPriceSet": bag(total),
        "currentTotalPriceSet": bag(total),
        "totalTipReceivedSet": bag("0"),
        "totalCashRoundingAdjustment": {"paymentSet": bag("0")},
        "risk": {"assessments": []},
        "customer": None,
        "shippingAddress": None,
        "billingAddress": None,
        "additionalFees": [],
        "transactions": [],
        "lineItems": page(*lines),
        "shippingLines": page(),
        "refunds": [],
        "fulfillments": [],
        "fulfillmentOrders": page(),
        **values,
    }


def body(node):
    return json.dumps(node, ensure_ascii=False).encode()


def parse(node, **settings):
    connector = ShopifyConnector(None, Receiver(DOMAIN), **settings)
    return connector.parse_order(RawEvent(kind="order", external_id=node["id"], body=body(node)))
