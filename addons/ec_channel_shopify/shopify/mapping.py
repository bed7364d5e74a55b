"""One order node as Shopify returns it → OrderDocument. Pure: the body says everything.

Quantities: Shopify's `quantity` counts every unit ever ordered, `currentQuantity` what neither an edit nor a refund took
away. Money: one side of each MoneyBag, chosen per shop, never mixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from odoo.addons.ec_channel_base.sdk.documents import (
    Address,
    Buyer,
    ChannelShipment,
    LineKind,
    OrderDocument,
    OrderLine,
    OrderState,
    PaymentState,
    RiskLevel,
    ShipmentLine,
    ShippingLine,
    TaxLine,
    Transaction,
)

from .mapping_refund import RefundReader

Json = dict[str, Any]
E = TypeVar("E", bound=Enum)

GONE = frozenset({"CLOSED", "CANCELLED", "INCOMPLETE"})  # fulfilment orders in which nothing waits any more
ALIVE = frozenset({"OPEN", "IN_PROGRESS", "SCHEDULED", "ON_HOLD"})
PAYMENTS: dict[str, PaymentState] = {state.name: state for state in PaymentState if state is not PaymentState.UNKNOWN}
TRANSACTION_KINDS = {kind: kind.lower() for kind in ("SALE", "AUTHORIZATION", "CAPTURE", "VOID", "REFUND", "CHANGE")}
TRANSACTION_KINDS["EMV_AUTHORIZATION"] = "authorization"
TRANSACTION_STATUS = frozenset({"SUCCESS", "PENDING", "FAILURE", "ERROR", "AWAITING_RESPONSE", "UNKNOWN"})
WAITING = frozenset({"PENDING", "AWAITING_RESPONSE"})
RISKS: dict[str, RiskLevel] = {level.name: level for level in RiskLevel} | {"PENDING": RiskLevel.NONE}
CANCEL_REASONS = frozenset({"customer", "inventory", "fraud", "declined", "staff", "other"})


JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # kana and kanji


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def nodes(owner: Json | None, name: str) -> list[Json]:
    return list(((owner or {}).get(name) or {}).get("nodes") or ())


def gid(thing: Json | None) -> str:
    return str((thing or {}).get("id") or "")


def parse_order(node: Json, shop_domain: str, presentment: bool) -> OrderDocument:
    """Raises KeyError, TypeError, ValueError or ArithmeticError for what is not an order."""
    return _Order(node, shop_domain, presentment).document()


@dataclass
class _Order:
    node: Json
    shop_domain: str
    presentment: bool
    unknown: list[str] = field(default_factory=list)

    def document(self) -> OrderDocument:
        node = self.node
        rounding = self.money_or_none((node.get("totalCashRoundingAdjustment") or {}).get("paymentSet"))
        lines = tuple(self.lines())
        cancelled = node.get("cancelledAt")
        refunds = RefundReader(node, self.money, self.unknown)
        return OrderDocument(
            external_id=node["id"],
            name=node.get("name") or "",
            placed_at=instant(node.get("processedAt") or node["createdAt"]),
            updated_at=instant(node["updatedAt"]),
            currency=self.currency,
            prices_include_tax=bool(node["taxesIncluded"]),
            total=self.money(node["totalPriceSet"]) + rounding,
            current_total=self.money(node["currentTotalPriceSet"]) + rounding,
            state=OrderState.CANCELLED if cancelled else OrderState.OPEN,
            payment=self.payment(),
            test=bool(node.get("test")),
            buyer=self.buyer(),
            email=node.get("email") or "",
            phone=node.get("phone") or "",
            shipping_address=self.address("shippingAddress"),
            billing_address=self.address("billingAddress"),
            lines=lines,
            shipping_lines=tuple(self.shipping_lines()),
            transactions=tuple(self.transactions()),
            refunds=refunds.refunds(),
            shipments=tuple(self.shipments()),
            cash_rounding=rounding,
            cancelled_at=instant(cancelled) if cancelled else None,
            cancel_reason=self.cancel_reason() if cancelled else "",
            held_in_channel=tuple(self.holds()),
            risk=self.risk(),
            tags=tuple(node.get("tags") or ()),
            note=node.get("note") or "",
            attributes=_pairs(node.get("customAttributes")),
            po_number=node.get("poNumber") or "",
            url=f"https://{self.shop_domain}/admin/orders/{node['legacyResourceId']}",
            unknown=tuple(dict.fromkeys([*self.unknown, *self.cut_lists()])),
        )

    @property
    def currency(self) -> str:
        return str(self.node["presentmentCurrencyCode" if self.presentment else "currencyCode"])

    def money(self, bag: Json) -> Decimal:
        return Decimal(str(bag["presentmentMoney" if self.presentment else "shopMoney"]["amount"]))

    def money_or_none(self, bag: Json | None) -> Decimal:
        return self.money(bag) if bag else Decimal(0)

    def known(self, where: str, value: str | None, table: dict[str, E], default: E) -> E:
        if value in table:
            return table[value]
        self.unknown.append(f"{where}={value}")
        return default

    def cancel_reason(self) -> str:
        reason = str(self.node.get("cancelReason") or "other").lower()
        if reason not in CANCEL_REASONS:
            self.unknown.append(f"cancelReason={reason}")
        return reason

    # ---- parties

    def buyer(self) -> Buyer | None:
        customer = self.node.get("customer")
        if not customer:
            return None
        return Buyer(
            external_id=customer["id"],
            name=person_name(customer, "displayName", self.is_japanese(customer)),
            email=(customer.get("defaultEmailAddress") or {}).get("emailAddress") or "",
            phone=(customer.get("defaultPhoneNumber") or {}).get("phoneNumber") or "",
            locale=customer.get("locale") or "",
            note=customer.get("note") or "",
            tags=tuple(customer.get("tags") or ()),
        )

    def is_japanese(self, customer: Json) -> bool:
        if customer.get("locale"):
            return str(customer["locale"]).startswith("ja")
        return (self.node.get("billingAddress") or self.node.get("shippingAddress") or {}).get("countryCodeV2") == "JP"

    def address(self, name: str) -> Address | None:
        found = self.node.get(name)
        if not found:
            return None
        country, region = found.get("countryCodeV2") or "", found.get("provinceCode") or ""
        return Address(
            name=person_name(found, "name", country == "JP"),
            company=found.get("company") or "",
            street=found.get("address1") or "",
            street2=found.get("address2") or "",
            city=found.get("city") or "",
            zip=found.get("zip") or "",
            region=found.get("province") or "",
            region_code=region.removeprefix(f"{country}-"),
            country_code=country,
            phone=found.get("phone") or "",
        )

    # ---- lines

    def taxes(self, owner: Json) -> tuple[TaxLine, ...]:
        return tuple(
            TaxLine(
                title=tax.get("title") or "",
                rate=Decimal(str(tax.get("rate") or 0)),
                amount=self.money(tax["priceSet"]),
            )
            for tax in owner.get("taxLines") or ()
        )

    def discount(self, owner: Json) -> Decimal:
        return sum(
            (self.money(row["allocatedAmountSet"]) for row in owner.get("discountAllocations") or ()), Decimal(0)
        )

    def lines(self) -> Iterator[OrderLine]:
        """The order's lines, then what Shopify keeps beside them: duties (when charged on top) and additional fees."""
        tip_left = self.money_or_none(self.node.get("totalTipReceivedSet"))
        kept, places = RefundReader(self.node, self.money, []).kept_quantities(), self.places()
        for line in nodes(self.node, "lineItems"):
            variant, product = line.get("variant"), line.get("product")
            unit, ordered = self.money(line["originalUnitPriceSet"]), Decimal(line["quantity"])
            kind = LineKind.PRODUCT
            if line.get("isGiftCard"):
                kind = LineKind.GIFT_CARD
            elif not variant and not product and not line.get("sku"):
                # A tip has no mark of its own: an untaxed line without goods of exactly the tip that the order reports
                is_tip = (
                    tip_left
                    and unit * ordered == tip_left
                    and not line.get("requiresShipping")
                    and not line.get("taxLines")
                )
                kind = LineKind.TIP if is_tip else LineKind.CUSTOM
                tip_left = Decimal(0) if is_tip else tip_left
            yield OrderLine(
                external_id=line["id"],
                kind=kind,
                title=line.get("title") or "",
                quantity=kept[line["id"]],
                original_quantity=ordered,
                unit_price=unit,
                discount=self.discount(line),
                taxes=self.taxes(line),
                sku=line.get("sku") or (variant or {}).get("sku") or "",
                barcode=(variant or {}).get("barcode") or "",
                listing_external_id=gid(variant),
                product_external_id=gid(product),
                variant_title=line.get("variantTitle") or "",
                requires_shipping=bool(line.get("requiresShipping")),
                location_external_id=places.get(line["id"], ""),
                properties=_pairs(line.get("customAttributes")),
            )
            if not self.node.get("dutiesIncluded"):
                for duty in line.get("duties") or ():
                    yield self.charge(duty, LineKind.DUTY, f"Duty: {line.get('title') or ''}")
        for fee in self.node.get("additionalFees") or ():
            yield self.charge(fee, LineKind.FEE, fee.get("name") or "Fee")

    def charge(self, owner: Json, kind: LineKind, title: str) -> OrderLine:
        one = Decimal(1)
        return OrderLine(
            external_id=owner["id"],
            kind=kind,
            title=title,
            quantity=one,
            original_quantity=one,
            unit_price=self.money(owner["price"]),
            taxes=self.taxes(owner),
            requires_shipping=False,
        )

    def shipping_lines(self) -> Iterator[ShippingLine]:
        for index, line in enumerate(nodes(self.node, "shippingLines"), 1):
            yield ShippingLine(
                external_id=gid(line) or f"shipping-{index}",
                title=line.get("title") or "",
                code=line.get("code") or "",
                price=self.money(line["originalPriceSet"]),
                discount=self.discount(line),
                taxes=self.taxes(line),
            )

    # ---- money

    def payment(self) -> PaymentState:
        status = self.node.get("displayFinancialStatus")
        if status is None and self.money(self.node["totalPriceSet"]) == 0:
            return PaymentState.PAID
        if status is None and self.node.get("cancelledAt"):
            return PaymentState.PENDING
        return self.known("displayFinancialStatus", status, PAYMENTS, PaymentState.UNKNOWN)

    def transactions(self) -> Iterator[Transaction]:
        for row in self.node.get("transactions") or ():
            kind, status = TRANSACTION_KINDS.get(row["kind"], "other"), row["status"]
            if kind == "other":
                self.unknown.append(f"transaction.kind={row['kind']}")
            if status not in TRANSACTION_STATUS:
                self.unknown.append(f"transaction.status={status}")
            processed = row.get("processedAt")
            yield Transaction(
                external_id=row["id"],
                kind=kind,
                success=status == "SUCCESS",
                pending=status in WAITING,
                gateway=row.get("gateway") or "",
                amount=self.money(row["amountSet"]),
                currency=self.currency,
                processed_at=instant(processed) if processed else None,
                parent_external_id=gid(row.get("parentTransaction")),
            )

    def risk(self) -> RiskLevel:
        found = [
            self.known("riskLevel", row.get("riskLevel"), RISKS, RiskLevel.NONE)
            for row in (self.node.get("risk") or {}).get("assessments") or ()
        ]
        return max(found, key=list(RiskLevel).index, default=RiskLevel.NONE)

    # ---- goods

    def shipments(self) -> Iterator[ChannelShipment]:
        for row in self.node.get("fulfillments") or ():
            tracking = row.get("trackingInfo") or ()
            yield ChannelShipment(
                external_id=row["id"],
                lines=tuple(
                    ShipmentLine(line_external_id=item["lineItem"]["id"], quantity=Decimal(item.get("quantity") or 0))
                    for item in nodes(row, "fulfillmentLineItems")
                ),
                cancelled=row.get("status") in ("CANCELLED", "ERROR", "FAILURE"),
                tracking_numbers=tuple(info["number"] for info in tracking if info.get("number")),
                carrier=next((info["company"] for info in tracking if info.get("company")), ""),
                location_external_id=gid(row.get("location")),
            )

    def places(self) -> dict[str, str]:
        """Line → where Shopify wants it shipped from: its living fulfilment order, else the one that is done."""
        found: dict[str, str] = {}
        for order in sorted(nodes(self.node, "fulfillmentOrders"), key=lambda order: order["status"] in GONE):
            place = gid((order.get("assignedLocation") or {}).get("location"))
            for item in nodes(order, "lineItems"):
                found.setdefault(item["lineItem"]["id"], place)
        return found

    def holds(self) -> Iterator[str]:
        for order in nodes(self.node, "fulfillmentOrders"):
            if order["status"] not in GONE | ALIVE:
                self.unknown.append(f"fulfillmentOrder.status={order['status']}")
            if order["status"] == "ON_HOLD":
                yield from hold_reasons(order)

    def cut_lists(self) -> Iterator[str]:
        """Lists that are still cut off: never to be taken for whole."""
        owners = [self.node, *(self.node.get("refunds") or ()), *(self.node.get("fulfillments") or ())]
        for owner in [*owners, *nodes(self.node, "fulfillmentOrders")]:
            for name, value in owner.items():
                if isinstance(value, dict) and (value.get("pageInfo") or {}).get("hasNextPage"):
                    yield f"{name} cut off"


def person_name(person: Json, whole: str, japanese: bool) -> str:
    """The name as it is written at home: Shopify joins first and last name the Western way round, kanji and kana too."""
    first, last = person.get("firstName") or "", person.get("lastName") or ""
    if japanese and JAPANESE.search(last) and first and person.get(whole) == f"{first} {last}":
        return f"{last} {first}"
    return person.get(whole) or ""


def hold_reasons(fulfillment_order: Json) -> list[str]:
    """Holds that somebody else set, as text; a held fulfilment order always has at least one."""
    holds = [hold for hold in fulfillment_order.get("fulfillmentHolds") or () if not hold.get("heldByRequestingApp")]
    return [": ".join(filter(None, (hold.get("reason"), hold.get("reasonNotes")))) for hold in holds]


def _pairs(attributes: list[Json] | None) -> tuple[tuple[str, str], ...]:
    return tuple((row.get("key") or "", row.get("value") or "") for row in attributes or ())
