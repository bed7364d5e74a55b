"""The request pipeline refuses in Shopify's order and in Shopify's shapes."""

import json

COUNT = "{ ordersCount { count } }"
SET_STOCK = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta } } userErrors { code field message } } }"""


def post(shop, body, *, version="2026-10", token=None, path=None):
    headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": token or shop.token}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, answer, got = shop.request(shop.url, "POST", path or f"/admin/api/{version}/graphql.json", data, headers)
    return status, json.loads(answer), got


def test_unknown_token_is_401_with_the_recorded_text(shop):
    status, answer, _ = post(shop, {"query": COUNT}, token="shpat_wrong")
    assert status == 401
    assert answer == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


def test_old_version_falls_forward_and_unknown_one_is_404(shop):
    status, _, headers = post(shop, {"query": COUNT}, version="2024-01")
    assert (status, headers["X-Shopify-API-Version"]) == (200, "2026-01")
    assert post(shop, {"query": COUNT}, version="2031-01")[0] == 404


def test_parse_error_comes_before_anything_else(shop):
    answer = shop.graphql("{ orders(")
    assert answer["errors"][0]["extensions"]["code"] == "PARSE_ERROR"
    assert "data" not in answer


def test_undefined_field_is_a_static_error(shop):
    answer = shop.graphql("{ shop { nmae } }")
    assert answer["errors"][0]["extensions"]["code"] == "undefinedField"


def test_dear_query_is_refused_with_its_cost(shop):
    inner = "lineItems(first: 250) { nodes { taxLines { title } variant { product { variants(first: 250) { nodes { id } } } } } }"
    answer = shop.graphql("{ orders(first: 250) { nodes { id " + inner + " fulfillmentOrders(first: 50) { nodes { id } } } } }")
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert answer["errors"][0]["extensions"]["maxCost"] == 1000


def test_throttled_is_http_200_without_data_and_the_bucket_refills_by_the_clock(shop):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    shop.configure(capacity=20, restore=10)
    assert shop.graphql(COUNT)["data"] == {"ordersCount": {"count": 0}}
    assert shop.graphql(COUNT)["data"]
    answer = shop.graphql(COUNT)
    assert answer["errors"][0]["message"] == "Throttled"
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in answer
    assert answer["extensions"]["cost"]["actualQueryCost"] is None
    assert answer["extensions"]["cost"]["throttleStatus"]["restoreRate"] == 10
    shop.advance(seconds=1)
    assert shop.graphql(COUNT)["data"]


def test_invalid_variable_names_its_problem(shop):
    answer = shop.graphql("query($first: Int!) { orders(first: $first) { nodes { id } } }", {"first": "many"})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert answer["errors"][0]["extensions"]["problems"]


def test_unmodelled_field_fails_closed(shop):
    answer = shop.graphql("{ shop { name storefrontAccessTokens(first: 1) { nodes { id } } } }")
    assert "fake: Shop.storefrontAccessTokens not modelled" in [e["message"] for e in answer["errors"]]


def test_long_input_list_is_refused(shop):
    order = shop.place_order()
    answer = shop.graphql("mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { userErrors { message } } }",
                          {"id": order["id"], "tags": [f"t{i}" for i in range(251)]})
    error = answer["errors"][0]
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."


def test_missing_scope_denies_the_field_and_keeps_the_rest(shop):
    scopes = set(shop.info()["scopes"]) - {"read_customers", "write_customers"}
    shop.configure(scopes=sorted(scopes))
    order = shop.place_order()
    answer = shop.graphql("query($id: ID!) { order(id: $id) { name customer { id } } }", {"id": order["id"]})
    assert answer["data"]["order"] == {"name": "#1001", "customer": None}
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert answer["errors"][0]["path"] == ["order", "customer"]


def test_write_scope_contains_its_read_scope(shop):
    shop.configure(scopes=["write_orders", "read_all_orders"])
    shop.place_order()
    assert shop.graphql("{ orders(first: 1) { nodes { name } } }")["data"]["orders"]["nodes"] == [{"name": "#1001"}]


def stock_input(shop, quantity, expected):
    found = shop.graphql("""{ inventoryItems(first: 1, query: "sku:SKU-0001") { nodes { id
      inventoryLevels(first: 1) { nodes { location { id } } } } } }""")["data"]["inventoryItems"]["nodes"][0]
    place = found["inventoryLevels"]["nodes"][0]["location"]["id"]
    return {"name": "available", "reason": "correction", "quantities": [
        {"inventoryItemId": found["id"], "locationId": place, "quantity": quantity, "changeFromQuantity": expected}]}


def test_idempotency_key_is_required_since_2026_04(shop):
    query = SET_STOCK.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = shop.graphql(query, {"input": stock_input(shop, 5, 100)})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert answer["data"]["inventorySetQuantities"] is None


def test_same_key_and_input_has_one_effect_and_other_input_is_a_mismatch(shop):
    values = {"input": stock_input(shop, 5, 100), "key": "k-1"}
    first = shop.graphql(SET_STOCK, values)["data"]["inventorySetQuantities"]
    again = shop.graphql(SET_STOCK, values)["data"]["inventorySetQuantities"]
    assert first["userErrors"] == again["userErrors"] == []
    assert first["inventoryAdjustmentGroup"]["id"] == again["inventoryAdjustmentGroup"]["id"]
    other = shop.graphql(SET_STOCK, {"input": stock_input(shop, 6, 5), "key": "k-1"})["data"]["inventorySetQuantities"]
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"


def test_stale_quantity_is_refused_and_changes_nothing(shop):
    values = {"input": stock_input(shop, 5, 99), "key": "k-2"}
    answer = shop.graphql(SET_STOCK, values)["data"]["inventorySetQuantities"]
    assert [e["code"] for e in answer["userErrors"]] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert shop.truth(stock=True)["stock"]["SKU-0001"]["Main warehouse"]["available"] == 100


def test_missing_change_from_quantity_is_a_top_level_error(shop):
    values = stock_input(shop, 5, 100)
    del values["quantities"][0]["changeFromQuantity"]
    answer = shop.graphql(SET_STOCK, {"input": values, "key": "k-3"})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


def test_setting_the_present_value_is_a_success_without_a_group(shop):
    answer = shop.graphql(SET_STOCK, {"input": stock_input(shop, 100, 100), "key": "k-4"})["data"]["inventorySetQuantities"]
    assert answer == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_unknown_search_field_is_ignored_with_a_warning(shop):
    shop.place_order()
    answer = shop.graphql("""{ orders(first: 5, query: "emial:nobody@example.com") { nodes { name } } }""")
    assert answer["data"]["orders"]["nodes"] == [{"name": "#1001"}]
    assert answer["extensions"]["search"][0]["warnings"] == [
        {"field": "emial", "message": "Invalid search field for this query.", "code": "invalid_field"}]


def test_unquoted_time_falls_apart_as_at_shopify(shop):
    answer = shop.graphql("""{ orders(first: 5, query: "updated_at:>2020-01-01T10:00:00Z") { nodes { name } } }""")
    assert [w["field"] for w in answer["extensions"]["search"][0]["warnings"]] == ["00"]


def test_include_and_skip_follow_their_variables(shop):
    query = "query($yes: Boolean!) { shop { name @include(if: $yes) currencyCode @skip(if: $yes) } }"
    assert shop.graphql(query, {"yes": True})["data"]["shop"] == {"name": "Hatoba Test"}
    assert shop.graphql(query, {"yes": False})["data"]["shop"] == {"currencyCode": "JPY"}


def test_alias_fragment_and_typename(shop):
    shop.place_order()
    answer = shop.graphql("""query { first: orders(first: 1) { nodes { ...F } } }
      fragment F on Order { __typename title: name ... on Node { id } }""")
    (row,) = answer["data"]["first"]["nodes"]
    assert (row["__typename"], row["title"]) == ("Order", "#1001")
    assert row["id"].startswith("gid://shopify/Order/")


def test_malformed_gid_is_refused(shop):
    assert shop.graphql('{ order(id: "1001") { id } }')["errors"]
    assert shop.graphql('{ order(id: "gid://shopify/Order/1") { id } }')["data"] == {"order": None}
