"""Fulfilment orders as a state machine: ship, cancel, hold, move, split, and what they do to stock."""

CREATE = """mutation Ship($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id name status trackingInfo { number url company } } userErrors { field message } } }"""
ORDERS = """query($id: ID!) { order(id: $id) { displayFulfillmentStatus fulfillments { id status displayStatus }
  fulfillmentOrders(first: 20) { nodes { id status supportedActions { action } assignedLocation { location { id } }
    fulfillmentHolds { id reason handle heldByRequestingApp } lineItems(first: 20) { nodes { id totalQuantity remainingQuantity
      lineItem { id sku } } } } } } }"""


def state(shop, order):
    answer = shop.graphql(ORDERS, {"id": order["id"]})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["order"]


def ship(shop, fulfillment_order, items=None, tracking=None):
    row = {"fulfillmentOrderId": fulfillment_order["id"]}
    if items:
        row["fulfillmentOrderLineItems"] = items
    return shop.graphql(CREATE, {"f": {"lineItemsByFulfillmentOrder": [row], "trackingInfo": tracking}})["data"]["fulfillmentCreate"]


def first(shop, order):
    return state(shop, order)["fulfillmentOrders"]["nodes"][0]


def level(shop, sku="SKU-0001", place="Main warehouse"):
    row = shop.truth(stock=True)["stock"][sku][place]
    return row["available"], row["committed"], row["on_hand"]


def test_shipping_moves_stock_and_closes(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}])
    assert level(shop) == (98, 2, 100)
    fulfillment_order = first(shop, order)
    assert [a["action"] for a in fulfillment_order["supportedActions"]] == ["CREATE_FULFILLMENT", "REPORT_PROGRESS", "MOVE", "HOLD", "SPLIT"]
    made = ship(shop, fulfillment_order, tracking={"number": "123", "company": "Yamato (JA)"})
    assert made["userErrors"] == []
    assert made["fulfillment"]["name"] == "#1001-F1"
    assert made["fulfillment"]["trackingInfo"][0]["url"].endswith("number01=123")
    assert level(shop) == (98, 0, 98)
    after = state(shop, order)
    assert after["displayFulfillmentStatus"] == "FULFILLED"
    assert (after["fulfillmentOrders"]["nodes"][0]["status"], after["fulfillmentOrders"]["nodes"][0]["supportedActions"]) == ("CLOSED", [])


def test_second_shipment_of_the_same_units_is_refused(shop):
    order = shop.place_order()
    fulfillment_order = first(shop, order)
    ship(shop, fulfillment_order)
    number = fulfillment_order["id"].rsplit("/", 1)[1]
    assert ship(shop, fulfillment_order) == {"fulfillment": None, "userErrors": [
        {"field": ["fulfillment"], "message": f"Fulfillment order {number} has an unfulfillable status= closed."}]}


def test_partial_shipment_and_too_many_units(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 3}])
    fulfillment_order = first(shop, order)
    item = fulfillment_order["lineItems"]["nodes"][0]["id"]
    assert ship(shop, fulfillment_order, [{"id": item, "quantity": 4}])["userErrors"]
    assert ship(shop, fulfillment_order, [{"id": item, "quantity": 0}])["userErrors"]
    assert ship(shop, fulfillment_order, [{"id": item, "quantity": 1}])["userErrors"] == []
    after = state(shop, order)
    assert after["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    assert after["fulfillmentOrders"]["nodes"][0]["status"] == "IN_PROGRESS"
    assert after["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"][0]["remainingQuantity"] == 2


def test_cancelled_shipment_waits_in_a_new_fulfilment_order(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}])
    made = ship(shop, first(shop, order))["fulfillment"]
    cancel = "mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status displayStatus } userErrors { message } } }"
    answer = shop.graphql(cancel, {"id": made["id"]})["data"]["fulfillmentCancel"]
    assert answer == {"fulfillment": {"status": "CANCELLED", "displayStatus": "CANCELED"}, "userErrors": []}
    after = state(shop, order)
    assert [fo["status"] for fo in after["fulfillmentOrders"]["nodes"]] == ["CLOSED", "OPEN"]
    assert after["displayFulfillmentStatus"] == "UNFULFILLED"
    assert level(shop) == (98, 2, 100)
    assert shop.graphql(cancel, {"id": made["id"]})["data"]["fulfillmentCancel"]["userErrors"] == []
    assert len(state(shop, order)["fulfillmentOrders"]["nodes"]) == 2


def test_tracking_update_and_events(shop):
    order = shop.place_order()
    made = ship(shop, first(shop, order))["fulfillment"]
    answer = shop.graphql("""mutation($id: ID!) { fulfillmentTrackingInfoUpdate(fulfillmentId: $id,
      trackingInfoInput: {numbers: ["1", "2"], company: "Sagawa (JA)"}) { fulfillment { trackingInfo { number } } userErrors { message } } }""",
                          {"id": made["id"]})["data"]["fulfillmentTrackingInfoUpdate"]
    assert [t["number"] for t in answer["fulfillment"]["trackingInfo"]] == ["1", "2"]
    shop.graphql("""mutation($e: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $e) { fulfillmentEvent { id }
      userErrors { message } } }""", {"e": {"fulfillmentId": made["id"], "status": "DELIVERED"}})
    assert state(shop, order)["fulfillments"][0]["displayStatus"] == "DELIVERED"


HOLD = """mutation($id: ID!, $h: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $h) {
  fulfillmentHold { id handle } fulfillmentOrder { id status } remainingFulfillmentOrder { id status } userErrors { field message code } } }"""


def test_holds_stack_and_block_shipping(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 3}])
    fulfillment_order = first(shop, order)
    values = {"id": fulfillment_order["id"], "h": {"reason": "AWAITING_PAYMENT", "handle": "credit"}}
    one = shop.graphql(HOLD, values)["data"]["fulfillmentOrderHold"]
    assert one["fulfillmentOrder"]["status"] == "ON_HOLD"
    assert shop.graphql(HOLD, values)["data"]["fulfillmentOrderHold"]["userErrors"][0]["code"] == "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
    shop.hold(order=order["id"], reason="OTHER", handle="merchant")
    assert state(shop, order)["displayFulfillmentStatus"] == "ON_HOLD"
    assert [h["heldByRequestingApp"] for h in first(shop, order)["fulfillmentHolds"]] == [True, False]
    assert ship(shop, fulfillment_order)["userErrors"]
    release = """mutation($id: ID!, $holds: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {
      fulfillmentOrder { status fulfillmentHolds { id } } userErrors { message } } }"""
    left = shop.graphql(release, {"id": fulfillment_order["id"], "holds": [one["fulfillmentHold"]["id"]]})
    assert left["data"]["fulfillmentOrderReleaseHold"]["fulfillmentOrder"]["status"] == "ON_HOLD"
    shop.release_hold(fulfillment_order=fulfillment_order["id"])
    assert ship(shop, fulfillment_order)["userErrors"] == []


def test_partial_hold_cuts_off_the_free_units(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 3}])
    fulfillment_order = first(shop, order)
    item = fulfillment_order["lineItems"]["nodes"][0]["id"]
    answer = shop.graphql(HOLD, {"id": fulfillment_order["id"], "h": {
        "reason": "OTHER", "fulfillmentOrderLineItems": [{"id": item, "quantity": 1}]}})["data"]["fulfillmentOrderHold"]
    assert answer["remainingFulfillmentOrder"]["status"] == "OPEN"
    rows = state(shop, order)["fulfillmentOrders"]["nodes"]
    assert [(fo["status"], fo["lineItems"]["nodes"][0]["totalQuantity"]) for fo in rows] == [("ON_HOLD", 1), ("OPEN", 2)]


def test_move_takes_the_promise_to_the_other_location(shop):
    shop.seed(locations=["East"])
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 3}])
    fulfillment_order = first(shop, order)
    item = fulfillment_order["lineItems"]["nodes"][0]["id"]
    east = next(place["id"] for place in shop.info()["locations"] if place["name"] == "East")
    answer = shop.graphql("""mutation($id: ID!, $to: ID!, $items: [FulfillmentOrderLineItemInput!]) { fulfillmentOrderMove(id: $id,
      newLocationId: $to, fulfillmentOrderLineItems: $items) { movedFulfillmentOrder { id assignedLocation { name } }
      originalFulfillmentOrder { id } remainingFulfillmentOrder { id } userErrors { message } } }""",
                          {"id": fulfillment_order["id"], "to": east, "items": [{"id": item, "quantity": 2}]})
    moved = answer["data"]["fulfillmentOrderMove"]
    assert moved["userErrors"] == []
    assert moved["movedFulfillmentOrder"]["assignedLocation"]["name"] == "East"
    assert moved["movedFulfillmentOrder"]["id"] != fulfillment_order["id"]
    assert level(shop) == (99, 1, 100)
    assert level(shop, place="East") == (-2, 2, 0)


def test_two_locations_cannot_ship_together(shop):
    shop.seed(locations=["East"])
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}])
    fulfillment_order = first(shop, order)
    shop.move(fulfillment_order=fulfillment_order["id"], location="East",
              items=[{"id": fulfillment_order["lineItems"]["nodes"][0]["id"], "quantity": 1}])
    rows = [{"fulfillmentOrderId": fo["id"]} for fo in state(shop, order)["fulfillmentOrders"]["nodes"]]
    answer = shop.graphql(CREATE, {"f": {"lineItemsByFulfillmentOrder": rows}})["data"]["fulfillmentCreate"]
    assert answer["fulfillment"] is None and answer["userErrors"]


def test_split_and_cancel_make_new_ids(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 3}])
    fulfillment_order = first(shop, order)
    item = fulfillment_order["lineItems"]["nodes"][0]["id"]
    answer = shop.graphql("""mutation($s: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $s) {
      fulfillmentOrderSplits { fulfillmentOrder { id } remainingFulfillmentOrder { id } } userErrors { message } } }""",
                          {"s": [{"fulfillmentOrderId": fulfillment_order["id"],
                                  "fulfillmentOrderLineItems": [{"id": item, "quantity": 1}]}]})["data"]["fulfillmentOrderSplit"]
    assert answer["userErrors"] == []
    answer = shop.graphql("""mutation($id: ID!) { fulfillmentOrderCancel(id: $id) { fulfillmentOrder { status }
      replacementFulfillmentOrder { id status } userErrors { message } } }""", {"id": fulfillment_order["id"]})["data"]
    assert answer["fulfillmentOrderCancel"]["replacementFulfillmentOrder"]["status"] == "OPEN"
    live = [fo for fo in state(shop, order)["fulfillmentOrders"]["nodes"] if fo["status"] == "OPEN"]
    assert sum(i["remainingQuantity"] for fo in live for i in fo["lineItems"]["nodes"]) == 3


def test_routing_may_come_later(shop):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    shop.configure(routing_delay=30)
    order = shop.place_order()
    assert state(shop, order)["fulfillmentOrders"]["nodes"] == []
    shop.advance(seconds=31)
    assert len(state(shop, order)["fulfillmentOrders"]["nodes"]) == 1


def test_digital_order_needs_no_fulfilment(shop):
    order = shop.place_order(lines=[{"title": "Download", "price": "500", "requires_shipping": False}])
    assert order["fulfillment_status"] == "FULFILLMENT_NOT_REQUIRED"
    assert state(shop, order)["displayFulfillmentStatus"] == "FULFILLMENT_NOT_REQUIRED"


def test_return_of_shipped_goods(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}])
    ship(shop, first(shop, order))
    item = shop.graphql("""query($id: ID!) { order(id: $id) { fulfillments { fulfillmentLineItems(first: 1) { nodes { id } } } } }""",
                        {"id": order["id"]})["data"]["order"]["fulfillments"][0]["fulfillmentLineItems"]["nodes"][0]["id"]
    answer = shop.graphql("""mutation($r: ReturnInput!) { returnCreate(returnInput: $r) { return { name status order { returnStatus } }
      userErrors { message } } }""", {"r": {"orderId": order["id"], "returnLineItems": [
        {"fulfillmentLineItemId": item, "quantity": 1, "returnReason": "DEFECTIVE"}]}})["data"]["returnCreate"]
    assert answer == {"return": {"name": "#1001-R1", "status": "OPEN", "order": {"returnStatus": "IN_PROGRESS"}}, "userErrors": []}
    shop.refund(order=order["id"], lines={"SKU-0001": 1})
    assert level(shop) == (99, 0, 99)
