"""Bulk queries: refused as Shopify refuses, run past page limits, written as JSON lines with parents."""

import json
import time
from urllib.parse import urlsplit

RUN = """mutation Run($query: String!) { bulkOperationRunQuery(query: $query) { bulkOperation { id status objectCount url }
  userErrors { field message code } } }"""
READ = "query($id: ID!) { bulkOperation(id: $id) { status errorCode url partialDataUrl objectCount rootObjectCount fileSize } }"
ORDERS = "{ orders { edges { node { id name lineItems { edges { node { id sku quantity } } } } } } }"


def run(shop, query):
    return shop.graphql(RUN, {"query": query})["data"]["bulkOperationRunQuery"]


def finished(shop, operation):
    for _ in range(100):
        row = shop.graphql(READ, {"id": operation["id"]})["data"]["bulkOperation"]
        if row["status"] not in ("CREATED", "RUNNING"):
            return row
        time.sleep(0.02)
    raise AssertionError(row)


def download(shop, url):
    return shop.request(shop.url, "GET", urlsplit(url).path)


def test_orders_with_their_lines(shop):
    shop.place_orders(count=260, lines_per_order=3, seed=2)
    started = run(shop, ORDERS)
    assert started["userErrors"] == []
    assert (started["bulkOperation"]["status"], started["bulkOperation"]["objectCount"]) == ("CREATED", "0")
    row = finished(shop, started["bulkOperation"])
    assert (row["status"], row["rootObjectCount"]) == ("COMPLETED", "260")
    status, body, _ = download(shop, row["url"])
    assert status == 200
    assert int(row["fileSize"]) == len(body)
    lines = [json.loads(text) for text in body.splitlines()]
    orders = {line["id"]: line for line in lines if "__parentId" not in line}
    children = [line for line in lines if "__parentId" in line]
    assert len(orders) == 260
    assert {child["__parentId"] for child in children} == set(orders)
    assert len(lines) == int(row["objectCount"])
    truth = {order["id"]: sorted(line["sku"] for line in order["lines"]) for order in shop.truth()["orders"]}
    found = {gid: [] for gid in orders}
    for child in children:
        found[child["__parentId"]].append(child["sku"])
    assert {gid: sorted(skus) for gid, skus in found.items()} == truth


def test_no_rows_is_completed_without_a_file(shop):
    row = finished(shop, run(shop, ORDERS)["bulkOperation"])
    assert (row["status"], row["url"], row["objectCount"]) == ("COMPLETED", None, "0")


def test_refusals_in_the_recorded_words(shop):
    def message(query):
        return [error["message"] for error in run(shop, query)["userErrors"]]

    assert message("{ orders { nodes { id } } }") == [
        "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: 'orders { edges { node {'. "
        "Selecting via 'nodes' is not supported. Invalid connection fields: 'orders'."]
    assert message('{ node(id: "gid://shopify/Product/0") { id } }') == [
        "Bulk queries cannot contain a top level `node` field.", "Bulk queries must contain at least one connection."]
    assert message("{ products { edges { node { title variants { edges { node { id } } } } } } }") == [
        "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return type. "
        "Connection fields without 'id': products."]
    assert message("{ orders { edges { node { id fulfillments { events { edges { node { id } } } } } } } }") == [
        "Queries that contain a connection field within a list field are not currently supported."]
    assert message('mutation { tagsAdd(id: "x", tags: []) { userErrors { message } } }') == [
        "Invalid operation type. Only `query` operations are supported."]


def test_five_at_once(shop):
    shop.configure(bulk_seconds=60)
    ids = [run(shop, ORDERS)["bulkOperation"]["id"] for _ in range(5)]
    sixth = run(shop, ORDERS)
    assert sixth["bulkOperation"] is None
    assert sixth["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
    assert all(gid in sixth["userErrors"][0]["message"] for gid in ids)
    cancelled = shop.graphql("mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }",
                             {"id": ids[0]})["data"]["bulkOperationCancel"]
    assert cancelled["bulkOperation"]["status"] == "CANCELING"
    shop.advance(seconds=1)
    assert shop.graphql(READ, {"id": ids[0]})["data"]["bulkOperation"]["status"] == "CANCELED"
    shop.advance(seconds=61)
    assert finished(shop, {"id": ids[1]})["status"] == "COMPLETED"


def test_failed_operation_has_partial_data_and_old_files_expire(shop):
    shop.place_orders(count=10, seed=1)
    shop.arm_fault(kind="bulk_failed", operation="bulk", error_code="TIMEOUT")
    row = finished(shop, run(shop, ORDERS)["bulkOperation"])
    assert (row["status"], row["errorCode"], row["url"]) == ("FAILED", "TIMEOUT", None)
    assert download(shop, row["partialDataUrl"])[0] == 200
    shop.advance(seconds=8 * 86400)
    assert download(shop, row["partialDataUrl"])[0] == 403
