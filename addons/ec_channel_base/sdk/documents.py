"""What crosses the border between a channel and Odoo: frozen values, no dicts, no ORM.

Conventions, for every class below:
* money is `Decimal` in the order's one `currency` (ISO 4217 code), never rounded by us;
* quantities are `Decimal` in the channel's selling unit;
* instants are timezone-aware `datetime`;
* an `external_id` is the channel's own id, as text, unique within the channel and the kind of thing;
* text is as the channel sent it ("" when absent); nothing is normalised or cut here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

ZERO = Decimal(0)


class OrderState(Enum):
    OPEN = "open"
    CANCELLED = "cancelled"


class PaymentState(Enum):
    """What the channel says about the money. UNKNOWN: a value this version does not know (never a crash, always a hold)."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class LineKind(Enum):
    PRODUCT = "product"  # an item of the channel's catalogue
    CUSTOM = "custom"  # typed in by the shop's staff, no catalogue item
    TIP = "tip"
    GIFT_CARD = "gift_card"  # a gift card sold (not used to pay)
    FEE = "fee"
    DUTY = "duty"


class RiskLevel(Enum):
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True)
class RawEvent:
    """One fact as it came: stored before anything reads it. `body` is the raw bytes; `version` orders two bodies of one thing
    (the channel's updated-at in ISO form, or a counter), "" when the channel has none. `asked_as`: other ids by which this
    one was asked for, and which it answers (a part of the order that a webhook named)."""

    kind: str  # "order" so far
    external_id: str
    body: bytes = field(repr=False)
    version: str = ""
    occurred_at: datetime | None = None
    asked_as: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a fetch. `next_cursor` None: this was the last one. `high_water`: the newest change seen on it."""

    events: tuple[RawEvent, ...]
    next_cursor: str | None = None
    high_water: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class StockReading:
    """What the shop shows for one item at one place. `quantity` None: unknown there or not told, `error` says more if it can.

    `active` False: the item is not stocked at the place (it shows 0). `tracked` False: the shop does not count the item and
    sells it without end, whatever the figure.
    """

    inventory_external_id: str
    location_external_id: str
    quantity: Decimal | None
    tracked: bool = True
    active: bool = True
    error: Any = None  # ChannelError | None


@dataclass(frozen=True, kw_only=True)
class StockPage:
    """One page of a location's stock. `next_cursor` None: this was the last one."""

    readings: tuple[StockReading, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class WebhookHint:
    """A verified delivery, read just far enough to know what to re-read.

    `delivery_id` is the same on every retry of one delivery. `topic` is the channel's own word. `kind` "order" with an
    `external_id` means: fetch that order again. kind "uninstalled", "scopes", "backfill", "ignore", "privacy" speak for
    themselves. kind "stock": a figure changed, by whatever cause (our own push too); `external_id` is the inventory item,
    `reading` what the shop shows, `occurred_at` when that was so where the channel tells.
    """

    topic: str
    delivery_id: str
    kind: str
    external_id: str = ""
    occurred_at: datetime | None = None
    reading: StockReading | None = None


@dataclass(frozen=True, kw_only=True)
class Location:
    """A place the channel ships from."""

    external_id: str
    name: str
    active: bool = True
    city: str = ""
    country_code: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountInfo:
    """The answer of `check()`: who we are there and what we may do. `missing` names permissions we need and lack."""

    external_id: str
    name: str
    currency: str
    timezone: str = "UTC"
    prices_include_tax: bool = False
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    api_version: str = ""  # what we asked for
    served_version: str = ""  # what answered; another one means the version we ask for has been retired
    credential_expires_at: datetime | None = None
    locations: tuple[Location, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Address:
    """As typed by the buyer. `region_code` is ISO 3166-2 without the country part where the channel has it ("JP-13" → "13")."""

    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    zip: str = ""
    region: str = ""
    region_code: str = ""
    country_code: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """The customer account; an order without one is a guest's."""

    external_id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    locale: str = ""  # BCP 47, as the channel has it
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaxLine:
    """Tax as charged on one line: `rate` 0.1 is 10 %, `amount` is after discounts."""

    title: str
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """One line. `quantity` is what the buyer still wants or has received: units ordered less those removed by an edit or
    cancelled before shipping; units returned after shipping stay in it and appear as a Refund.

    `unit_price` is before discount; `discount` is what was really taken off the `original_quantity` units (all discounts,
    line and order level, as allocated by the channel). Both contain tax exactly if the order's `prices_include_tax`.
    `taxes` are the amounts charged on the `original_quantity` units after discount.
    """

    external_id: str
    kind: LineKind
    title: str
    quantity: Decimal
    original_quantity: Decimal
    unit_price: Decimal
    discount: Decimal = ZERO
    taxes: tuple[TaxLine, ...] = ()
    sku: str = ""
    barcode: str = ""
    listing_external_id: str = ""  # the sold item (a variant); "" when the item is gone or was never one
    product_external_id: str = ""
    variant_title: str = ""
    requires_shipping: bool = True
    location_external_id: str = ""  # where the channel wants it shipped from
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ShippingLine:
    """A delivery charge. `price` before, `discount` as allocated; `code` is what the mapping to a delivery method keys on."""

    external_id: str
    title: str
    code: str
    price: Decimal
    discount: Decimal = ZERO
    taxes: tuple[TaxLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """A movement of money; only `success` ones count. `kind`: sale, authorization, capture, void, refund, change, other."""

    external_id: str
    kind: str
    success: bool
    gateway: str
    amount: Decimal
    currency: str
    processed_at: datetime | None = None
    pending: bool = False
    parent_external_id: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundLine:
    """`subtotal` contains tax exactly if the order's prices do; `tax` is its tax either way. `removed`: the units had not been
    shipped, so they also left `OrderLine.quantity`. `restocked`: the shop put them back on its shelf."""

    line_external_id: str
    quantity: Decimal
    subtotal: Decimal
    tax: Decimal = ZERO
    removed: bool = False
    restocked: bool = False
    location_external_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Refund:
    """A refund made in the channel. `amount` is the money that really went back (successful transactions), `pending` what is
    on its way; `adjustment` is the part explained by neither lines nor shipping (positive: more went back)."""

    external_id: str
    created_at: datetime
    amount: Decimal
    pending: Decimal = ZERO
    lines: tuple[RefundLine, ...] = ()
    shipping: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    adjustment: Decimal = ZERO
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ShipmentLine:
    line_external_id: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class ChannelShipment:
    """A shipment as the channel shows it, ours or somebody else's."""

    external_id: str
    lines: tuple[ShipmentLine, ...]
    cancelled: bool = False
    tracking_numbers: tuple[str, ...] = ()
    carrier: str = ""
    location_external_id: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderDocument:
    """An order as the channel shows it at `updated_at`, complete: applying it twice, or an older one later, changes nothing.

    `total` is what the buyer was charged at first (later refunds do not lower it, edits do raise or lower `current_total`).
    `unknown` names enum values or shapes this version of the connector does not know: they become a hold, not a crash.
    """

    external_id: str
    name: str
    placed_at: datetime
    updated_at: datetime
    currency: str
    prices_include_tax: bool
    total: Decimal
    current_total: Decimal
    state: OrderState = OrderState.OPEN
    payment: PaymentState = PaymentState.PENDING
    test: bool = False
    buyer: Buyer | None = None
    email: str = ""
    phone: str = ""
    shipping_address: Address | None = None
    billing_address: Address | None = None
    lines: tuple[OrderLine, ...] = ()
    shipping_lines: tuple[ShippingLine, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    refunds: tuple[Refund, ...] = ()
    shipments: tuple[ChannelShipment, ...] = ()
    cash_rounding: Decimal = ZERO  # the till's rounding, part of `total`
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    held_in_channel: tuple[str, ...] = ()  # reasons of holds that the shop's staff or apps set there
    risk: RiskLevel = RiskLevel.NONE
    tags: tuple[str, ...] = ()
    note: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    po_number: str = ""
    url: str = ""  # the order's page in the channel's back office
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListingDocument:
    """A sellable item of the channel (a variant). `inventory_external_id` is what stock is pushed to; `tracked` False: the shop
    does not count it; `bundle` True: the shop counts its components instead, its own stock cannot be set."""

    external_id: str
    product_external_id: str
    title: str
    variant_title: str = ""
    sku: str = ""
    barcode: str = ""
    inventory_external_id: str = ""
    price: Decimal | None = None
    currency: str = ""
    active: bool = True
    requires_shipping: bool = True
    tracked: bool = True
    bundle: bool = False
    updated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ListingPage:
    listings: tuple[ListingDocument, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Tracking:
    number: str = ""
    carrier: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """A delivery of ours to tell the channel. Same `key` twice, one effect.

    `external_ids` are the channel's ids from an earlier acknowledgement of this key: then only the tracking changed, or, with
    `cancelled`, the shipment is taken back. `other_external_ids` were acknowledged for other shipments of the same order: they
    are never taken for the effect of this one when its own outcome is unknown.
    """

    key: str
    order_external_id: str
    lines: tuple[ShipmentLine, ...]
    tracking: tuple[Tracking, ...] = ()
    location_external_id: str = ""
    shipped_at: datetime | None = None
    notify_buyer: bool = False
    cancelled: bool = False
    external_ids: tuple[str, ...] = ()
    other_external_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cancellation:
    """Cancel the whole order there. `reason` is one of: customer, inventory, fraud, declined, staff, other."""

    key: str
    order_external_id: str
    reason: str = "other"
    restock: bool = True
    refund: bool = True
    notify_buyer: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """Money to give back through the channel. `amount` None: what the channel suggests for these lines and shipping."""

    key: str
    order_external_id: str
    lines: tuple[ShipmentLine, ...] = ()
    shipping: Decimal = ZERO
    amount: Decimal | None = None
    restock: bool = False
    location_external_id: str = ""
    notify_buyer: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class StockLevel:
    """An absolute figure for one item at one place; `expected` is what we believe the channel shows (None: do not compare).
    `key` belongs to this place and these figures: another quantity needs another key. See Connector.push_stock."""

    key: str
    inventory_external_id: str
    location_external_id: str
    quantity: Decimal
    expected: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class PushResult:
    """One per pushed item, in the order given. `error` None means acknowledged; `external_ids` are the channel's ids of the
    effect; `note` is worth showing to a person (English, no secrets)."""

    key: str
    error: Any = None  # ChannelError | None
    external_ids: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """State of a mass read. Not `done`: ask again later. `events` may be a lazy iterable, read once, never all in memory."""

    done: bool
    events: Any = ()  # Iterable[RawEvent]


@dataclass(frozen=True, kw_only=True)
class OrderCount:
    """For the daily audit: how many orders the channel has in a window, and their (external_id) where it can tell cheaply."""

    count: int
    external_ids: tuple[str, ...] | None = None
