"""Properties of the money and stock ledgers under any sequence of a merchant's acts; undo; persistence."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shopify_simulator import merchant, stock
from shopify_simulator.clock import Clock
from shopify_simulator.errors import UserErrors
from shopify_simulator.ledger import Ledger
from shopify_simulator.money import Bag, allocate, currency_text, decimal_text
from shopify_simulator.server import Simulation
from shopify_simulator.store import Shop

FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def new_shop(currency="USD", included=False):
    shop = Simulation("t.myshopify.com").tenant().shop
    merchant.seed(shop, {"products": 4, "stock": 50, "settings": {"currency": currency, "taxes_included": included, "tax_rate": "0.08"}})
    return shop


ACTS = st.lists(st.tuples(st.sampled_from(["edit", "add", "refund", "ship", "unship", "hold", "release", "split", "pay", "cancel"]),
                          st.integers(0, 3), st.integers(0, 3)), max_size=8)


def act(shop, order, what, which, units):
    """One act; what the shop would refuse is simply refused."""
    line = order["lines"][which % len(order["lines"])]
    verbs = {
        "edit": lambda: merchant.edit_order(shop, {"order": order["id"], "quantities": {line["id"]: units}}),
        "add": lambda: merchant.edit_order(shop, {"order": order["id"], "add": [{"sku": f"SKU-000{which + 1}", "quantity": units + 1}]}),
        "refund": lambda: merchant.refund(shop, {"order": order["id"], "lines": {line["id"]: units}}),
        "ship": lambda: merchant.fulfil(shop, {"order": order["id"], "lines": {line["id"]: units}} if units else {"order": order["id"]}),
        "unship": lambda: merchant.cancel_fulfillment(shop, {"order": order["id"]}),
        "hold": lambda: merchant.hold(shop, {"order": order["id"], "handle": str(units)}),
        "release": lambda: merchant.release_hold(shop, {"order": order["id"]}),
        "split": lambda: merchant.move(shop, {"order": order["id"], "location": "Main warehouse"}),
        "pay": lambda: merchant.pay(shop, {"order": order["id"]}),
        "cancel": lambda: merchant.cancel(shop, {"order": order["id"]}),
    }
    try:
        verbs[what]()
    except (merchant.Wrong, UserErrors):
        pass


@FAST
@given(acts=ACTS, included=st.booleans(), quantities=st.lists(st.integers(1, 4), min_size=1, max_size=3),
       percent=st.sampled_from([None, "7", "33.3"]), payment=st.sampled_from(["paid", "pending", "authorized", "partially_paid"]))
def test_ledgers_hold_under_any_acts(acts, included, quantities, percent, payment):
    shop = new_shop(included=included)
    merchant.place_order(shop, {
        "lines": [{"sku": f"SKU-000{i + 1}", "quantity": q, "price": "9.99"} for i, q in enumerate(quantities)], "shipping": "4.50",
        "discounts": [{"code": "C", "percentage": percent}] if percent else [], "payment": payment})
    order = shop.all("Order")[0]
    for what, which, units in acts:
        act(shop, order, what, which, units)
        check_order(shop, order)
    check_stock(shop)


def test_a_shipment_of_a_cancelled_order_that_is_undone_goes_back_on_the_shelf():
    shop = new_shop()
    merchant.place_order(shop, {"lines": [{"sku": "SKU-0001", "quantity": 2}], "payment": "pending"})
    order = shop.all("Order")[0]
    for what in ("ship", "cancel", "unship"):
        act(shop, order, what, 0, 0)
    check_stock(shop)
    assert {level["available"] for item in shop.all("InventoryItem") for level in item["levels"].values()} == {50}


def check_order(shop, order):
    book = Ledger(order)
    current = book.current_subtotal + book.current_shipping + book.adjustments
    assert book.current_price == (current if order["taxesIncluded"] else current + book.current_tax)
    assert book.outstanding == book.current_price - book.net_payment
    assert book.money_refunded.shop <= book.received.shop
    assert book.refunded_shipping.shop <= book.discounted_shipping.shop
    for line in order["lines"]:
        assert 0 <= book.current_quantity(line) <= line["quantity"]
        waiting = sum(item["remaining"] for fo in order["fulfillment_orders"] if fo["status"] in ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")
                      for item in fo["items"] if item["line"] == line["id"])
        if not order["cancelledAt"]:
            assert waiting == book.unfulfilled_quantity(line)
    for fulfillment_order in order["fulfillment_orders"]:
        for item in fulfillment_order["items"]:
            assert 0 <= item["remaining"] <= item["total"]
    assert book.current_price.shop == book.current_price.shop.quantize(Decimal("0.01"))


def check_stock(shop):
    """Every unit is on the shelf, promised to an order, or left with a shipment: nothing appears or vanishes."""
    for item in shop.all("InventoryItem"):
        variant = item["variant"]
        promised = shipped = returned = 0
        for order in shop.all("Order"):
            book = Ledger(order)
            for line in order["lines"]:
                if line["variant"] != variant:
                    continue
                shipped += book.fulfilled.get(line["id"], 0)
                returned += sum(x["quantity"] for r in order["refunds"] for x in r["lines"]
                                if x["line"] == line["id"] and x["restockType"] == "RETURN" and x["location"])
                if not order["cancelledAt"]:
                    promised += book.unfulfilled_quantity(line)
        entry = next(iter(item["levels"].values()))
        assert entry["committed"] == promised
        assert stock.on_hand(entry) == 50 - shipped + returned


@FAST
@given(amount=st.decimals("0.01", "9999", places=2), weights=st.lists(st.decimals("0", "500", places=2), min_size=1, max_size=8))
def test_allocation_loses_no_cent(amount, weights):
    bag = Bag(amount, amount, "USD", "USD")
    shares = allocate(bag, weights)
    if any(weights):
        assert sum((s.shop for s in shares), Decimal(0)) == amount
        assert all(not share for share, weight in zip(shares, weights, strict=False) if not weight)


@pytest.mark.parametrize("amount, currency, graphql, rest", [
    ("14", "USD", "14.0", "14.00"), ("12.77", "CAD", "12.77", "12.77"), ("13.50", "CAD", "13.5", "13.50"), ("0", "EUR", "0.0", "0.00"),
    ("1000", "JPY", "1000.0", "1000"), ("1.234", "BHD", "1.234", "1.234")])
def test_forms_of_money(amount, currency, graphql, rest):
    assert decimal_text(Decimal(amount)) == graphql
    assert currency_text(Decimal(amount), currency) == rest


@pytest.mark.parametrize("currency, price, tax, total", [("JPY", "999", "80", "1079"), ("BHD", "1.999", "0.16", "2.159")])
def test_currencies_without_and_with_three_decimals(currency, price, tax, total):
    shop = new_shop(currency)
    order = merchant.place_order(shop, {"lines": [{"sku": "SKU-0001", "price": price}], "shipping": []})
    assert (order["tax"], order["total"]) == (tax, total)


def test_failed_transaction_undoes_everything():
    shop = new_shop()
    merchant.place_order(shop, {})
    before = merchant.order_truth(shop.all("Order")[0], shop), merchant.stock_truth(shop), dict(shop.meta["ids"])
    with pytest.raises(RuntimeError), shop.transaction():
        merchant.place_order(shop, {"lines": [{"sku": "SKU-0001", "quantity": 3}]})
        merchant.fulfil(shop, {"order": "#1001"})
        merchant.refund(shop, {"order": "#1001", "lines": "all"})
        raise RuntimeError
    assert (merchant.order_truth(shop.all("Order")[0], shop), merchant.stock_truth(shop), dict(shop.meta["ids"])) == before
    assert len(shop.all("Order")) == 1
    assert shop.nodes[shop.all("Order")[0]["lines"][0]["id"]] is shop.all("Order")[0]["lines"][0]


def test_shop_survives_a_restart(tmp_path):
    path = str(tmp_path / "shop.db")
    first = Simulation("t.myshopify.com", path=path).tenant().shop
    merchant.seed(first, {"products": 2})
    merchant.place_order(first, {"note": "kept"})
    merchant.fulfil(first, {"order": "#1001"})
    truth = merchant.order_truth(first.all("Order")[0], first)
    second = Simulation("t.myshopify.com", path=path).tenant().shop
    assert merchant.order_truth(second.all("Order")[0], second) == truth
    assert merchant.stock_truth(second) == merchant.stock_truth(first)
    assert merchant.place_order(second, {})["name"] == "#1002"


def test_same_seed_gives_the_same_ids():
    shops = [new_shop(), new_shop()]
    assert merchant.place_order(shops[0], {})["id"] == merchant.place_order(shops[1], {})["id"]


def test_ids_may_be_64_bit():
    shop = Shop("t.myshopify.com", Clock())
    shop.start(1, 2**60)
    merchant.open_shop(shop, {})
    order = merchant.place_order(shop, {})
    assert int(order["id"].rsplit("/", 1)[1]) > 2**60
