"""From the demo shop's JSON to documents: the only place that knows its keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from odoo.addons.ec_channel_base.sdk import documents as doc

Json = Mapping[str, Any]

PAYMENTS = {
    "pending": doc.PaymentState.PENDING,
    "paid": doc.PaymentState.PAID,
    "partially_refunded": doc.PaymentState.PARTIALLY_REFUNDED,
    "refunded": doc.PaymentState.REFUNDED,
    "voided": doc.PaymentState.VOIDED,
}


def order_document(order: Json) -> doc.OrderDocument:
    """Raises KeyError, TypeError or ValueError for what is not an order."""
    payment = PAYMENTS.get(order["payment_status"], doc.PaymentState.UNKNOWN)
    customer, address = order["customer"], order["shipping_address"]
    return doc.OrderDocument(
        external_id=order["id"],
        name=order["number"],
        placed_at=instant(order["placed_at"]),
        updated_at=instant(order["changed_at"]),
        currency=order["currency"],
        prices_include_tax=order["prices_include_tax"],
        total=Decimal(order["total"]),
        current_total=Decimal(order["current_total"]),
        state=doc.OrderState.CANCELLED if order["cancelled_at"] else doc.OrderState.OPEN,
        payment=payment,
        buyer=_buyer(customer) if customer else None,
        email=customer["email"] if customer else "",
        shipping_address=_address(address) if address else None,
        billing_address=_address(address) if address else None,
        lines=tuple(_line(line) for line in order["lines"]),
        shipping_lines=tuple(_charge(charge) for charge in order["shipping"]),
        transactions=tuple(_transaction(payment, order["currency"]) for payment in order["payments"]),
        refunds=tuple(_refund(refund) for refund in order["refunds"]),
        shipments=tuple(_shipment(parcel) for parcel in order["shipments"]),
        cancelled_at=instant(order["cancelled_at"]) if order["cancelled_at"] else None,
        cancel_reason=order["cancel_reason"],
        note=order["note"],
        unknown=(f"payment_status: {order['payment_status']}",) if payment is doc.PaymentState.UNKNOWN else (),
    )


def stock_reading(level: Json) -> doc.StockReading:
    quantity = level["quantity"]
    return doc.StockReading(
        inventory_external_id=level["item_id"],
        location_external_id=level["location_id"],
        quantity=None if quantity is None else Decimal(quantity),
        tracked=level["tracked"],
        active=level["stocked"],
    )


def listing_document(listing: Json) -> doc.ListingDocument:
    return doc.ListingDocument(
        external_id=listing["id"],
        product_external_id=listing["id"],
        title=listing["title"],
        sku=listing["sku"],
        inventory_external_id=listing["item_id"],
        price=Decimal(listing["price"]),
        currency=listing["currency"],
        tracked=listing.get("tracked", True),
    )


def instant(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError("an instant without a time zone")
    return parsed


def _buyer(customer: Json) -> doc.Buyer:
    return doc.Buyer(
        external_id=customer["id"], name=customer["name"], email=customer["email"], phone=customer.get("phone") or ""
    )


def _address(address: Json) -> doc.Address:
    known = ("name", "company", "street", "street2", "city", "zip", "region", "country_code", "phone")
    return doc.Address(**{key: str(address.get(key) or "") for key in known})


def _line(line: Json) -> doc.OrderLine:
    return doc.OrderLine(
        external_id=line["id"],
        kind=doc.LineKind.PRODUCT if line["sku"] else doc.LineKind.CUSTOM,
        title=line["title"],
        quantity=Decimal(line["quantity"]),
        original_quantity=Decimal(line["ordered"]),
        unit_price=Decimal(line["price"]),
        discount=Decimal(line["discount"]),
        taxes=tuple(_tax(tax) for tax in line["taxes"]),
        sku=line["sku"],
        listing_external_id=line["variant_id"] or "",
        product_external_id=line["variant_id"] or "",
    )


def _charge(charge: Json) -> doc.ShippingLine:
    taxes = tuple(_tax(tax) for tax in charge["taxes"])
    return doc.ShippingLine(
        external_id=charge["id"],
        title=charge["title"],
        code=charge["code"],
        price=Decimal(charge["price"]),
        taxes=taxes,
    )


def _tax(tax: Json) -> doc.TaxLine:
    return doc.TaxLine(title=tax["title"], rate=Decimal(tax["rate"]), amount=Decimal(tax["amount"]))


def _transaction(payment: Json, currency: str) -> doc.Transaction:
    at = instant(payment["at"])
    amount = Decimal(payment["amount"])
    return doc.Transaction(
        external_id=payment["id"],
        kind="sale",
        success=True,
        gateway="demo",
        amount=amount,
        currency=currency,
        processed_at=at,
    )


def _refund(refund: Json) -> doc.Refund:
    lines = tuple(
        doc.RefundLine(
            line_external_id=line["line_id"],
            quantity=Decimal(line["quantity"]),
            subtotal=Decimal(line["amount"]),
            removed=line["removed"],
        )
        for line in refund["lines"]
    )
    amount = Decimal(refund["amount"])
    adjustment = amount - sum((line.subtotal for line in lines), doc.ZERO)
    at = instant(refund["at"])
    return doc.Refund(
        external_id=refund["id"], created_at=at, amount=amount, lines=lines, adjustment=adjustment, note=refund["note"]
    )


def _shipment(parcel: Json) -> doc.ChannelShipment:
    return doc.ChannelShipment(
        external_id=parcel["id"],
        lines=tuple(
            doc.ShipmentLine(line_external_id=line["line_id"], quantity=Decimal(line["quantity"]))
            for line in parcel["lines"]
        ),
        cancelled=parcel["cancelled"],
        tracking_numbers=tuple(parcel["tracking"]),
    )
