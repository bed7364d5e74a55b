"""Inventory: keys of refused calls, bundles, deactivation, faults, and lists that are kept in order."""

import time

SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id } userErrors { code field message } } }"""
LEVELS = """query Levels($place: ID!, $first: Int!, $after: String, $reverse: Boolean) { location(id: $place) {
  inventoryLevels(first: $first, after: $after, reverse: $reverse) {
    nodes { id item { id sku } quantities(names: ["available"]) { quantity } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
VARIANTS = """query Variants($after: String, $reverse: Boolean) { productVariants(first: 2, after: $after, reverse: $reverse) {
  nodes { id sku requiresComponents } pageInfo { hasNextPage endCursor } } }"""


def place(shop):
    return shop.info()["locations"][0]["id"]


def levels(shop, size=250, **values):
    """All levels of the first location, page by page."""
    found, after = [], None
    while True:
        answer = shop.graphql(LEVELS, {"place": place(shop), "first": size, "after": after, **values})
        page = answer["data"]["location"]["inventoryLevels"]
        assert page["pageInfo"]["hasPreviousPage"] == bool(after)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def skus(rows):
    return [row["item"]["sku"] for row in rows]


def put(shop, key, *rows, version="2026-10"):
    """The codes of the errors of a call with rows (item, quantity, expected)."""
    quantities = [
        {"inventoryItemId": item, "locationId": place(shop), "quantity": quantity, "changeFromQuantity": expected}
        for item, quantity, expected in rows
    ]
    values = {"name": "available", "reason": "correction", "quantities": quantities}
    answer = shop.graphql(SET, {"input": values, "key": key}, version=version)["data"]["inventorySetQuantities"]
    return [error["code"] for error in answer["userErrors"]]


def test_the_key_of_a_refused_call_is_used_up(shop):
    item = levels(shop)[0]["item"]["id"]
    assert put(shop, "k", (item, 5, 99)) == ["CHANGE_FROM_QUANTITY_STALE"]
    shop.set_stock(sku="SKU-0001", available=99)
    assert put(shop, "k", (item, 5, 99)) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert put(shop, "k", (item, 6, 99)) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    shop.advance(seconds=25 * 3600)
    assert put(shop, "k", (item, 5, 99)) == []


def test_stale_on_demand(shop):
    first, second = [row["item"]["id"] for row in levels(shop)[:2]]
    shop.arm_fault(kind="inventory_stale", operation="inventorySetQuantities", rows=[1])
    assert put(shop, "k1", (first, 5, 100), (second, 5, 100)) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert put(shop, "k2", (first, 5, 100), (second, 5, 100)) == []


def test_a_bundle_has_no_stock_to_set(shop):
    shop.seed(products=[{"title": "Set", "variants": [{"sku": "SET", "bundle": True, "stock": {"Main warehouse": 0}}]}])
    item = levels(shop)[-1]["item"]["id"]
    assert put(shop, "k", (item, 5, None)) == ["NON_MUTABLE_INVENTORY_ITEM"]
    rows = [shop.graphql(VARIANTS, {"reverse": True})["data"]["productVariants"]["nodes"][0]]
    assert [(row["sku"], row["requiresComponents"]) for row in rows] == [("SET", True)]


def test_deactivated_is_not_stocked(shop):
    row = levels(shop)[0]
    stop = "mutation($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { message } } }"
    only = shop.graphql(stop, {"id": row["id"]})["data"]["inventoryDeactivate"]["userErrors"]
    assert "minimum of 1 location" in only[0]["message"]
    shop.seed(locations=["Osaka"])
    shop.set_stock(sku="SKU-0001", location="Osaka", available=1)
    shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 1}], location="Main warehouse")
    promised = shop.graphql(stop, {"id": row["id"]})["data"]["inventoryDeactivate"]["userErrors"]
    assert "committed" in promised[0]["message"]
    other = levels(shop)[1]
    shop.set_stock(sku="SKU-0002", location="Osaka", available=1)
    assert shop.graphql(stop, {"id": other["id"]})["data"]["inventoryDeactivate"]["userErrors"] == []
    assert "SKU-0002" not in skus(levels(shop))
    assert put(shop, "k1", (other["item"]["id"], 5, None), version="2026-04") == ["ITEM_NOT_STOCKED_AT_LOCATION"]
    assert put(shop, "k2", (other["item"]["id"], 5, None)) == []
    assert "SKU-0002" in skus(levels(shop))


def test_the_kept_lists_follow_what_happens(shop):
    names = [f"SKU-000{number}" for number in range(1, 6)]
    assert skus(levels(shop, 2)) == skus(levels(shop)) == names
    shop.seed(products=[{"title": "New", "variants": [{"sku": "NEW", "stock": {"Main warehouse": 3}}]}])
    assert skus(levels(shop, 2)) == [*names, "NEW"]
    shop.delete_product(sku="SKU-0003")
    left = [name for name in names if name != "SKU-0003"] + ["NEW"]
    assert skus(levels(shop, 2)) == left
    first, second = [row["item"]["id"] for row in levels(shop)[:2]]
    adjust = """mutation A($input: InventoryAdjustQuantitiesInput!) { inventoryAdjustQuantities(input: $input)
      @idempotent(key: "a") { userErrors { code } } }"""
    changes = [
        {"inventoryItemId": item, "locationId": place(shop), "delta": -1, "changeFromQuantity": expected}
        for item, expected in ((first, 100), (second, 1))
    ]
    answer = shop.graphql(adjust, {"input": {"name": "available", "reason": "correction", "changes": changes}})
    assert answer["data"]["inventoryAdjustQuantities"]["userErrors"]  # the first change is undone
    assert [row["quantities"][0]["quantity"] for row in levels(shop, 2)] == [100] * 4 + [3]
    assert put(shop, "k", (first, 1, 100)) == []
    assert levels(shop, 2)[0]["quantities"][0]["quantity"] == 1


def test_pages_forward_are_the_reverse_of_pages_backward(shop):
    def variants(**values):
        found, after = [], None
        while True:
            page = shop.graphql(VARIANTS, {"after": after, **values})["data"]["productVariants"]
            found += [row["sku"] for row in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return found

    assert variants() == variants(reverse=True)[::-1] == [f"SKU-000{number}" for number in range(1, 6)]
    first = shop.graphql(LEVELS, {"place": place(shop), "first": 2, "reverse": True})["data"]["location"]["inventoryLevels"]
    assert skus(first["nodes"]) in (["SKU-0005", "SKU-0004"],)


def test_a_large_shop_is_made_and_paged_in_no_time(shop):
    started = time.monotonic()
    assert shop.seed(products=5000, quiet=True)["products"] == 5000
    assert len(levels(shop)) == 5005
    assert time.monotonic() - started < 30  # about half a second on a free machine; quadratic work would take minutes
