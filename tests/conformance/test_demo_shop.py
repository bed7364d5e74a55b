"""The demo shop as a shop: what it shows when buyers buy and change their minds."""

from datetime import UTC, datetime

import pytest

from odoo.addons.ec_channel_demo.demo.api import handle
from odoo.addons.ec_channel_demo.demo.shop import KEYS_KEPT, DemoShop, Refused, add_listing, new_state


def shop(**values):
    values.setdefault("items", [("CUP", "Tea cup", "1200"), ("POT", "Tea pot", "4800")])
    return DemoShop(new_state(values.pop("items"), **values), lambda: datetime(2026, 11, 1, tzinfo=UTC))


def shown(there, sku="CUP"):
    item = next(listing["item_id"] for listing in there.state["listings"].values() if listing["sku"] == sku)
    return there.state["stock"][item]


def ask(there, method, path, query=None, body=None, token=None):
    return handle(there, method, path, query or {}, body, {"X-Demo-Token": token or there.state["token"]})


def test_an_order_takes_and_a_cancellation_puts_back():
    there = shop()
    order = there.place([{"sku": "CUP", "quantity": 3}, {"sku": "POT", "quantity": 1}])
    assert (shown(there), shown(there, "POT")) == ({"1": 7}, {"1": 9})
    there.cancel(order)
    there.cancel(order)
    assert (shown(there), shown(there, "POT")) == ({"1": 10}, {"1": 10})


def test_units_removed_before_shipping_are_back_and_shipped_ones_are_not():
    there = shop()
    order = there.place([{"sku": "CUP", "quantity": 6}])
    (line,) = there.order(order)["lines"]
    there.set_quantity(order, line["id"], 5)
    assert shown(there) == {"1": 5}
    there.ship(order, "S1", {line["id"]: 2})
    there.refund(order, "R1", lines={line["id"]: 2})  # of the three that wait
    there.refund(order, "R1", lines={line["id"]: 2})
    assert shown(there) == {"1": 7}
    there.refund(order, "R2", lines={line["id"]: 2})  # more than waits: shipped ones
    assert shown(there) == {"1": 7}


def test_an_unpaid_order_is_cancelled_and_put_back():
    there = shop()
    there.cancel(there.place([{"sku": "CUP", "quantity": 3}], paid=False))
    assert shown(there) == {"1": 10}


def test_several_locations_are_emptied_in_turn_and_filled_again():
    there = shop(locations=("1", "2"))
    item = next(iter(there.state["stock"]))
    there.set_stock(item, "2", 4)
    order = there.place([{"sku": "CUP", "quantity": 12}])
    assert shown(there) == {"1": 0, "2": 2}
    there.cancel(order)
    assert shown(there) == {"1": 10, "2": 4}
    with pytest.raises(Refused, match="unknown_location"):
        there.set_stock(item, "3", 1)


def test_a_shop_that_refuses_to_oversell_takes_all_of_an_order_or_nothing():
    there = shop(refuse_oversell=True)
    with pytest.raises(Refused, match="sold out"):
        there.place([{"sku": "POT", "quantity": 1}, {"sku": "CUP", "quantity": 6}, {"sku": "CUP", "quantity": 5}])
    assert (shown(there), shown(there, "POT"), there.state["orders"]) == ({"1": 10}, {"1": 10}, {})
    there.place([{"sku": "CUP", "quantity": 10}])
    with pytest.raises(Refused, match="sold out"):
        there.place([{"sku": "CUP", "quantity": 1}])
    permissive = shop()
    permissive.place([{"sku": "CUP", "quantity": 11}])
    assert shown(permissive) == {"1": -1}


def test_what_is_not_counted_is_never_sold_out():
    there = shop(refuse_oversell=True)
    add_listing(there.state, "EBOOK", "E-book", "500", tracked=False)
    there.place([{"sku": "EBOOK", "quantity": 99}])
    assert shown(there, "EBOOK") == {"1": 0}


def test_keys_are_remembered_also_for_what_was_refused():
    there = shop()
    item = next(iter(there.state["stock"]))
    assert there.push_stock("K1", item, "1", 5, 3) == "stale"
    there.set_stock(item, "1", 3)
    assert there.push_stock("K1", item, "1", 5, 3) == "stale" and shown(there) == {"1": 3}
    assert there.push_stock("K2", item, "1", 5, 3) == "ok"
    there.set_stock(item, "1", 3)
    assert there.push_stock("K2", item, "1", 5, 3) == "ok" and shown(there) == {"1": 3}
    for number in range(KEYS_KEPT + 5):
        there.push_stock(f"N{number}", item, "1", number, None)
    assert len(there.state["stock_keys"]) == KEYS_KEPT


def test_a_shop_of_the_simple_kind_overwrites():
    there = shop(compare=False)
    item = next(iter(there.state["stock"]))
    assert there.push_stock("K1", item, "1", 5, 3) == "ok"
    there.set_stock(item, "1", 1)
    assert there.push_stock("K1", item, "1", 5, 3) == "ok" and shown(there) == {"1": 5}
    assert there.state["stock_keys"] == {}


def test_a_state_from_before_there_was_stock_to_compare():
    there = shop()
    for name in ("locations", "compare", "refuse_oversell", "stock_keys"):
        del there.state[name]
    for listing in there.state["listings"].values():
        del listing["tracked"]
    item = next(iter(there.state["stock"]))
    assert there.push_stock("K1", item, "1", 5, 10) == "ok"
    there.cancel(there.place([{"sku": "CUP", "quantity": 2}]))
    assert ask(there, "GET", "/account")[1]["locations"] == [{"id": "1", "name": "Demo warehouse"}]


def test_the_web_api_by_hand():
    there = shop()
    item = next(iter(there.state["stock"]))
    assert ask(there, "GET", "/stock", token="wrong")[0] == 401
    assert ask(there, "GET", "/nothing")[0] == 404
    status, answer = ask(there, "GET", "/stock", {"places": f"{item}:1,{item}:9,77:1"})
    assert status == 200 and [row["quantity"] for row in answer["levels"]] == [10, None, None]
    level = {"key": "K1", "item_id": item, "location_id": "1", "quantity": 4, "expected": 10}
    assert ask(there, "PUT", "/stock", body={"levels": [level]}) == (200, {"levels": ["ok"]})
    assert shown(there) == {"1": 4}
