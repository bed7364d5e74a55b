from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from orders import (
    ID,
    bag,
    fulfillment,
    fulfillment_order,
    line,
    line_id,
    off,
    order,
    page,
    parse,
    refund,
    shipping,
    tax,
)

from odoo.addons.ec_channel_base.sdk.documents import LineKind, OrderState, PaymentState, RiskLevel
from odoo.addons.ec_channel_base.sdk.errors import NeedsAttention
from odoo.addons.ec_channel_shopify.shopify import mapping
from odoo.addons.ec_routing_channel.gift import NAMES, wishes


def total(document):
    """What the buyer was charged, added up from the parts."""
    rows = [
        *((row.unit_price * row.original_quantity - row.discount, row.taxes) for row in document.lines),
        *((row.price - row.discount, row.taxes) for row in document.shipping_lines),
    ]
    taxes = D(0) if document.prices_include_tax else sum((part.amount for _, taxes in rows for part in taxes), D(0))
    return sum((net for net, _ in rows), D(0)) + taxes + document.cash_rounding


def test_the_plain_facts():
    address = {
        "name": "海野 渚",
        "company": None,
        "address1": "銀座1-2-3 🐚",
        "address2": None,
        "city": "中央区",
        "zip": "104-0061",
        "province": "Tōkyō",
        "provinceCode": "JP-13",
        "countryCodeV2": "JP",
        "phone": None,
    }
    customer = {
        "id": "gid://shopify/Customer/1",
        "displayName": "海野 渚",
        "locale": "ja",
        "note": None,
        "tags": ["VIP"],
        "defaultEmailAddress": {"emailAddress": "nagisa@example.com"},
        "defaultPhoneNumber": None,
    }
    told = parse(
        order(
            line(quantity=2, customAttributes=[{"key": "熨斗", "value": "御祝"}]),
            shippingAddress=address,
            customer=customer,
            note="🎁 please",
            tags=["gift"],
            poNumber="PO-1",
            total="2000",
        )
    )
    assert told.external_id == ID and told.url.endswith("/admin/orders/9007199254740993001")
    assert (told.placed_at, told.updated_at) == (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC))
    assert (told.shipping_address.region_code, told.shipping_address.street) == ("13", "銀座1-2-3 🐚")
    assert told.billing_address is None
    assert (told.buyer.email, told.buyer.phone, told.buyer.tags) == ("nagisa@example.com", "", ("VIP",))
    assert told.lines[0].properties == (("熨斗", "御祝"),)
    assert (told.lines[0].listing_external_id, told.lines[0].barcode) == ("gid://shopify/ProductVariant/1", "490001")
    assert (told.note, told.tags, told.po_number, told.unknown) == ("🎁 please", ("gift",), "PO-1", ())
    assert total(told) == told.total == told.current_total == D(2000)


@pytest.mark.parametrize(("currency", "unit"), [("JPY", "1"), ("USD", "0.01"), ("BHD", "0.001")])
@pytest.mark.parametrize("included", [True, False])
def test_totals_add_up_in_every_currency(currency, unit, included):
    unit = D(unit)
    node = order(
        line(
            1,
            3,
            4999 * unit,
            discountAllocations=[off(100 * unit), off(1233 * unit)],
            taxLines=[tax(1242 * unit, 0.08)],
        ),
        line(2, 7, 10 * unit, taxLines=[tax(4 * unit), tax(2 * unit, 0.05)]),
        shippingLines=page(shipping(770 * unit, discountAllocations=[off(70 * unit)], taxLines=[tax(63 * unit)])),
        taxesIncluded=included,
        currencyCode=currency,
        total=(3 * 4999 - 1333 + 70 + 700 + (0 if included else 1242 + 6 + 63)) * unit,
    )
    told = parse(node)
    assert total(told) == told.total
    assert (told.currency, told.lines[0].discount) == (currency, 1333 * unit)
    assert told.lines[0].taxes[0].rate == D("0.08") and told.lines[1].taxes[1].amount == 2 * unit


def test_one_side_of_the_money_by_rule():
    node = order(
        line(
            1,
            1,
            "0",
            originalUnitPriceSet=bag("1500", "10.05"),
            taxLines=[{"title": "VAT", "rate": 0.2, "priceSet": bag("300", "2.01")}],
        ),
        presentmentCurrencyCode="EUR",
        totalPriceSet=bag("1500", "10.05"),
        currentTotalPriceSet=bag("1500", "10.05"),
    )
    shop, seen = parse(node), parse(node, presentment=True)
    assert (shop.currency, shop.total, shop.lines[0].taxes[0].amount) == ("JPY", D(1500), D(300))
    assert (seen.currency, seen.total, seen.lines[0].taxes[0].amount) == ("EUR", D("10.05"), D("2.01"))


def test_kinds_of_lines():
    nothing = {"variant": None, "product": None, "sku": None}
    duty = {"id": "gid://shopify/Duty/1", "price": bag("120"), "taxLines": [tax("12")]}
    fee = {"id": "gid://shopify/AdditionalFee/1", "name": "Import fee", "price": bag("80"), "taxLines": []}
    node = order(
        line(1, duties=[duty]),
        line(2, isGiftCard=True, requiresShipping=False),
        line(3, 1, "500", **nothing),
        line(4, 1, "300", requiresShipping=False, **nothing),
        line(5, **{**nothing, "sku": "OLD-5"}),
        additionalFees=[fee],
        totalTipReceivedSet=bag("300"),
        total="4000",
    )
    told = parse(node)
    kinds = [
        LineKind.PRODUCT,
        LineKind.DUTY,
        LineKind.GIFT_CARD,
        LineKind.CUSTOM,
        LineKind.TIP,
        LineKind.PRODUCT,
        LineKind.FEE,
    ]
    assert [row.kind for row in told.lines] == kinds
    assert total(told) == told.total
    assert told.lines[5].listing_external_id == "" and told.lines[5].sku == "OLD-5"
    assert [row.kind for row in parse(node | {"dutiesIncluded": True}).lines].count(LineKind.DUTY) == 0


def test_cash_rounding_is_part_of_the_total():
    told = parse(order(line(price="1002"), totalCashRoundingAdjustment={"paymentSet": bag("-2")}, total="1002"))
    assert (told.cash_rounding, told.total, told.current_total) == (D(-2), D(1000), D(1000))
    assert total(told) == told.total


# ---- what is left of a line


def kept(node):
    return {row.external_id: row.quantity for row in parse(node).lines}[line_id(1)]


def test_a_removal_by_an_edit():
    node = order(line(1, 3, currentQuantity=1), fulfillmentOrders=page(fulfillment_order(1, {1: 1})))
    assert kept(node) == D(1) and parse(node).lines[0].original_quantity == D(3)


def test_a_refund_before_shipping_removes():
    node = order(
        line(1, 3, currentQuantity=2),
        refunds=[refund(1, [(1, 1, "CANCEL", "1000")], "1000")],
        fulfillmentOrders=page(fulfillment_order(1, {1: 2})),
    )
    (row,) = parse(node).refunds[0].lines
    assert (kept(node), row.removed, row.restocked) == (D(2), True, True)


def test_a_return_after_shipping_stays():
    node = order(
        line(1, 3, currentQuantity=2),
        refunds=[refund(1, [(1, 1, "RETURN", "1000")], "1000")],
        fulfillments=[fulfillment(1, {1: 3})],
        fulfillmentOrders=page(fulfillment_order(1, {1: 0}, "CLOSED")),
    )
    (row,) = parse(node).refunds[0].lines
    assert (kept(node), row.removed) == (D(3), False)


@pytest.mark.parametrize(
    ("shipped", "waiting", "left", "removed"), [(2, 0, 2, False), (0, 1, 1, True), (1, 1, 2, False), (1, 0, 1, True)]
)
def test_a_refund_without_restock_is_told_by_the_goods(shipped, waiting, left, removed):
    """Two ordered, one refunded without restock: shipped, and waiting, say whether it was one of the shipped."""
    node = order(
        line(1, 2, currentQuantity=1),
        refunds=[refund(1, [(1, 1, "NO_RESTOCK", "1000")], "1000")],
        fulfillments=[fulfillment(1, {1: shipped})] if shipped else [],
        fulfillmentOrders=page(fulfillment_order(1, {1: waiting})),
    )
    (row,) = parse(node).refunds[0].lines
    assert (kept(node), row.removed) == (D(left), removed)


def test_a_refund_line_partly_before_and_partly_after_shipping():
    node = order(
        line(1, 3, "333.33", currentQuantity=0),
        refunds=[refund(1, [(1, 3, "NO_RESTOCK", "1000.00", "90.91")], "1000.00")],
        fulfillments=[fulfillment(1, {1: 1})],
    )
    after, before = parse(node).refunds[0].lines
    assert (after.quantity, after.removed, before.quantity, before.removed) == (D(1), False, D(2), True)
    assert (after.subtotal + before.subtotal, after.tax + before.tax) == (D("1000.00"), D("90.91"))
    assert kept(node) == D(1)


def test_a_cancelled_shipment_does_not_count():
    node = order(
        line(1, 2, currentQuantity=1),
        refunds=[refund(1, [(1, 1, "NO_RESTOCK", "1000")], "1000")],
        fulfillments=[fulfillment(1, {1: 2}, "CANCELLED")],
        fulfillmentOrders=page(fulfillment_order(2, {1: 1})),
    )
    assert kept(node) == D(1)
    assert parse(node).shipments[0].cancelled


# ---- refunds' money


def test_a_refund_lower_than_its_lines_has_an_adjustment():
    (told,) = parse(order(line(1, 2), refunds=[refund(1, [(1, 1, "RETURN", "1000")], "900")])).refunds
    assert (told.amount, told.adjustment) == (D(900), D(-100))


def test_a_refund_of_money_alone_and_of_shipping():
    back = page({"subtotalAmountSet": bag("500"), "taxAmountSet": bag("50")})
    goodwill, freight = parse(
        order(taxesIncluded=False, refunds=[refund(1, amount="300"), refund(2, amount="550", refundShippingLines=back)])
    ).refunds
    assert (goodwill.adjustment, goodwill.lines) == (D(300), ())
    assert (freight.shipping, freight.shipping_tax, freight.adjustment) == (D(500), D(50), D(0))


def test_money_on_its_way_is_not_money():
    waiting = page({"reason": "PENDING_REFUND_DISCREPANCY", "amountSet": bag("1000"), "taxAmountSet": bag("0")})
    pending, failed = parse(
        order(
            line(1, 2),
            refunds=[
                refund(1, [(1, 1, "RETURN", "1000")], "1000", "PENDING", orderAdjustments=waiting),
                refund(2, [(1, 1, "RETURN", "1000")], "1000", "FAILURE"),
            ],
        )
    ).refunds
    assert (pending.amount, pending.pending, pending.adjustment) == (D(0), D(1000), D(0))
    assert (failed.amount, failed.pending, failed.adjustment) == (D(0), D(0), D(0))


# ---- states


def test_payment_states():
    assert parse(order(displayFinancialStatus="AUTHORIZED")).payment is PaymentState.AUTHORIZED
    assert parse(order(line(price="0"), total="0.00", displayFinancialStatus=None)).payment is PaymentState.PAID
    odd = parse(order(displayFinancialStatus=None))
    assert odd.payment is PaymentState.UNKNOWN and odd.unknown == ("displayFinancialStatus=None",)
    gone = parse(order(displayFinancialStatus=None, cancelledAt="2026-10-02T00:00:00Z", cancelReason="FRAUD"))
    assert (gone.state, gone.payment, gone.cancel_reason, gone.unknown) == (
        OrderState.CANCELLED,
        PaymentState.PENDING,
        "fraud",
        (),
    )


def test_unknown_values_are_named():
    payment = {
        "id": "gid://t/1",
        "kind": "BARTER",
        "status": "SHAKEN",
        "gateway": None,
        "amountSet": bag("1"),
        "processedAt": None,
    }
    told = parse(
        order(
            line(1, 1, currentQuantity=0),
            displayFinancialStatus="PAID_IN_SHELLS",
            cancelledAt="2026-10-02T00:00:00Z",
            cancelReason="STORM",
            transactions=[payment],
            risk={"assessments": [{"riskLevel": "ENORMOUS"}]},
            refunds=[refund(1, [(1, 1, "BURNED", "1000")])],
            fulfillmentOrders=page(fulfillment_order(1, {1: 1}, "FLOATING")),
        )
    )
    assert (
        told.payment is PaymentState.UNKNOWN
        and told.transactions[0].kind == "other"
        and not told.transactions[0].success
    )
    assert set(told.unknown) == {
        "displayFinancialStatus=PAID_IN_SHELLS",
        "cancelReason=storm",
        "transaction.kind=BARTER",
        "transaction.status=SHAKEN",
        "riskLevel=ENORMOUS",
        "restockType=BURNED",
        "fulfillmentOrder.status=FLOATING",
    }


def test_holds_and_places():
    theirs = {"reason": "INCORRECT_ADDRESS", "reasonNotes": "no house number", "heldByRequestingApp": False}
    ours = {"reason": "OTHER", "reasonNotes": None, "heldByRequestingApp": True}
    told = parse(
        order(
            line(1, 2),
            fulfillmentOrders=page(
                fulfillment_order(1, {1: 1}, "CLOSED", 8), fulfillment_order(2, {1: 1}, "ON_HOLD", 9, [theirs, ours])
            ),
        )
    )
    assert told.held_in_channel == ("INCORRECT_ADDRESS: no house number",)
    assert told.lines[0].location_external_id == "gid://shopify/Location/9"


def test_the_highest_risk_counts():
    levels = [{"riskLevel": level} for level in ("LOW", "HIGH", "PENDING")]
    assert parse(order(risk={"assessments": levels})).risk is RiskLevel.HIGH


def test_a_list_that_is_cut_off_is_told():
    assert parse(order(lineItems=page(line(), more=True))).unknown == ("lineItems cut off",)


def test_many_lines_of_one_sku():
    told = parse(order(*(line(number, sku="SAME") for number in range(1, 501)), total="500000"))
    assert len({row.external_id for row in told.lines}) == 500 and total(told) == told.total


@pytest.mark.parametrize(
    "change",
    [
        {"updatedAt": None},
        {"totalPriceSet": None},
        {"lineItems": {"nodes": [{}]}},
        {"createdAt": "soon", "processedAt": None},
    ],
)
def test_what_is_not_an_order_is_unreadable(change):
    with pytest.raises(NeedsAttention) as refused:
        parse(order(**change))
    assert refused.value.code == "unreadable"


def test_japanese_names_stand_family_name_first():
    person = {"name": "花子 山田", "firstName": "花子", "lastName": "山田"}
    assert mapping.person_name(person, "name", japanese=True) == "山田 花子"
    assert mapping.person_name(person, "name", japanese=False) == "花子 山田"
    assert mapping.person_name({"name": "山田花子", "firstName": None, "lastName": "山田花子"}, "name", japanese=True) == "山田花子"
    roman = {"name": "Hanako Yamada", "firstName": "Hanako", "lastName": "Yamada"}
    assert mapping.person_name(roman, "name", japanese=True) == "Hanako Yamada"
    assert mapping.person_name({}, "name", japanese=True) == ""


def test_gift_wishes_are_read_from_attributes_of_order_and_lines_and_from_the_note():
    told = parse(
        order(
            line(customAttributes=[{"key": "熨斗（紅白蝶結び）", "value": "御祝"}, {"key": "_bundle", "value": "1"}]),
            line(2, customAttributes=[{"key": "ラッピング", "value": "なし"}]),
            customAttributes=[{"key": "Gift Message", "value": "おめでとう、お返しは不要"}],
            note="名入れ: 佐藤",
        )
    )
    assert wishes(told, NAMES).splitlines() == [
        "Gift Message: おめでとう、お返しは不要",
        "Item 1: 熨斗（紅白蝶結び）: 御祝",
        "名入れ: 佐藤",
    ]
    assert wishes(told, "") == wishes(told, None) == ""
    assert wishes(parse(order(line(customAttributes=[{"key": "gift", "value": ""}]))), NAMES) == ""
