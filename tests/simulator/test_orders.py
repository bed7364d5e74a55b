"""Orders as a connector reads them: money, discounts, taxes, paging, search, edits, refunds, cancellation."""

import pytest

READ = """query Read($id: ID!) { order(id: $id) { name displayFinancialStatus displayFulfillmentStatus cancelledAt edited
  totalPriceSet { shopMoney { amount currencyCode } } currentTotalPriceSet { shopMoney { amount currencyCode } } subtotalPriceSet { shopMoney { amount currencyCode } } totalTaxSet { shopMoney { amount currencyCode } } currentTotalTaxSet { shopMoney { amount currencyCode } }
  totalShippingPriceSet { shopMoney { amount currencyCode } } totalDiscountsSet { shopMoney { amount currencyCode } } totalOutstandingSet { shopMoney { amount currencyCode } } netPaymentSet { shopMoney { amount currencyCode } }
  totalRefundedSet { shopMoney { amount currencyCode } } originalTotalPriceSet { shopMoney { amount currencyCode } }
  lineItems(first: 20) { nodes { id sku quantity currentQuantity refundableQuantity unfulfilledQuantity
    taxLines { title rate priceSet { shopMoney { amount currencyCode } } } discountAllocations { allocatedAmountSet { shopMoney { amount currencyCode } } } variant { sku } } }
  taxLines { title rate priceSet { shopMoney { amount currencyCode } } }
  refunds { id note totalRefundedSet { shopMoney { amount currencyCode } } refundLineItems(first: 5) { nodes { quantity restockType subtotalSet { shopMoney { amount currencyCode } } } }
    orderAdjustments(first: 5) { nodes { reason amountSet { shopMoney { amount currencyCode } } } } transactions(first: 5) { nodes { kind status } } }
  transactions { id kind status gateway }
  fulfillmentOrders(first: 20) { nodes { id status lineItems(first: 20) { nodes { id totalQuantity remainingQuantity } } } } } }
"""
REFUND = """mutation Refund($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  refund { id } order { displayFinancialStatus } userErrors { field message } } }"""


def read(shop, order):
    answer = shop.graphql(READ, {"id": order["id"]})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]["order"]


def amounts(row, *names):
    return [row[name]["shopMoney"]["amount"] for name in names]


def test_tax_included_order_adds_up(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}], shipping="550")
    row = read(shop, order)
    assert amounts(row, "subtotalPriceSet", "totalShippingPriceSet", "totalTaxSet", "totalPriceSet") == [
        "3960.0", "550.0", "410.0", "4510.0"]
    assert row["displayFinancialStatus"] == "PAID"
    assert row["lineItems"]["nodes"][0]["taxLines"] == [
        {"title": "消費税", "rate": 0.1, "priceSet": {"shopMoney": {"amount": "360.0", "currencyCode": "JPY"}}}]


def test_tax_on_top_discount_and_tip_add_up(taxed):
    order = taxed.place_order(lines=[{"sku": "SKU-0003", "quantity": 3, "price": "19.99"}, {"title": "Card", "price": "5"}],
                              shipping="10", discounts=[{"code": "TEN", "percentage": 10}], tip="3")
    row = read(taxed, order)
    # 59.97 + 5 = 64.97, less 6.00 and 0.50; tax 5.40 + 0.45 + 1.00 of shipping
    assert amounts(row, "subtotalPriceSet", "totalDiscountsSet", "totalTaxSet", "totalPriceSet") == ["58.47", "6.5", "6.85", "78.32"]
    assert amounts(row["taxLines"][0], "priceSet") == ["6.85"]


def test_fixed_discount_is_allocated_to_the_last_cent(taxed):
    order = taxed.place_order(lines=[{"title": t, "price": "10", "taxable": False} for t in "abc"], shipping=[],
                              discounts=[{"title": "Campaign", "amount": "10"}])
    taken = [line["discountAllocations"][0]["allocatedAmountSet"]["shopMoney"]["amount"]
             for line in read(taxed, order)["lineItems"]["nodes"]]
    assert taken == ["3.33", "3.33", "3.34"]


@pytest.mark.parametrize("payment, status", [
    ("paid", "PAID"), ("authorized", "AUTHORIZED"), ("pending", "PENDING"), ("partially_paid", "PARTIALLY_PAID")])
def test_payment_states(shop, payment, status):
    assert shop.place_order(payment=payment)["financial_status"] == status


def test_presentment_currency_is_kept_beside_the_shop_currency(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "presentment_price": "13.20"}], shipping=[], presentment_currency="USD",
                             rate="0.0066667")
    answer = shop.graphql("""query($id: ID!) { order(id: $id) { presentmentCurrencyCode totalPriceSet {
      shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } } }""", {"id": order["id"]})
    assert answer["data"]["order"]["totalPriceSet"] == {
        "shopMoney": {"amount": "1980.0", "currencyCode": "JPY"}, "presentmentMoney": {"amount": "13.2", "currencyCode": "USD"}}


def test_guest_without_address_and_email_has_nulls(shop):
    order = shop.place_order(guest=True, email=None, shipping_address=None, billing_address=None)
    answer = shop.graphql("query($id: ID!) { order(id: $id) { email customer { id } shippingAddress { zip } } }", {"id": order["id"]})
    assert answer["data"]["order"] == {"email": None, "customer": None, "shippingAddress": None}


def test_pages_cover_everything_once_while_orders_come_in(shop):
    shop.place_orders(count=23, seed=1)
    seen, cursor = [], None
    while True:
        answer = shop.graphql("""query($after: String) { orders(first: 5, after: $after, sortKey: UPDATED_AT,
          query: "updated_at:>='2020-01-01T00:00:00Z'") { nodes { name } pageInfo { hasNextPage endCursor } } }""", {"after": cursor})
        page = answer["data"]["orders"]
        seen += [node["name"] for node in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
        if len(seen) == 10:
            shop.place_order()
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [f"#{1001 + i}" for i in range(24)]


def test_paging_backwards(shop):
    shop.place_orders(count=5, seed=1)
    query = """query($before: String) { orders(last: 2, before: $before, sortKey: CREATED_AT) {
      nodes { name } pageInfo { hasPreviousPage startCursor } } }"""
    page = shop.graphql(query)["data"]["orders"]
    assert [n["name"] for n in page["nodes"]] == ["#1004", "#1005"]
    page = shop.graphql(query, {"before": page["pageInfo"]["startCursor"]})["data"]["orders"]
    assert [n["name"] for n in page["nodes"]] == ["#1002", "#1003"]


def test_first_or_last_is_needed_and_250_is_the_limit(shop):
    assert "you must provide one of first or last" in shop.graphql("{ orders { nodes { id } } }")["errors"][0]["message"]
    assert shop.graphql("{ orders(first: 251) { nodes { id } } }")["errors"]


def names(shop, query):
    answer = shop.graphql("query($q: String) { orders(first: 50, query: $q, sortKey: CREATED_AT) { nodes { name } } }", {"q": query})
    assert "errors" not in answer, answer["errors"]
    return [node["name"] for node in answer["data"]["orders"]["nodes"]]


def test_search(shop):
    shop.place_order(tags=["VIP", "gift"], email="a@example.com")
    shop.place_order(payment="pending", note="please wrap", email="b@example.com")
    shop.place_order(lines=[{"sku": "SKU-0003"}], test=True, email="c@example.com")
    shop.cancel_order(order="#1002")
    assert names(shop, "tag:vip") == ["#1001"]
    assert names(shop, "name:#1002") == names(shop, "name:1002") == ["#1002"]
    assert names(shop, "status:cancelled") == ["#1002"]
    assert names(shop, "status:open AND -tag:vip") == ["#1003"]
    assert names(shop, "financial_status:paid") == ["#1001", "#1003"]
    assert names(shop, "sku:'SKU-0003' OR tag:gift") == ["#1001", "#1003"]
    assert names(shop, "test:true") == ["#1003"]
    assert names(shop, "created_at:>'2100-01-01T00:00:00Z'") == []
    assert names(shop, "created_at:>now-1h NOT (email:a@example.com OR email:c@example.com)") == ["#1002"]


def test_search_lags_behind_writes_when_told_to(shop):
    shop.configure(search_lag=30)
    order = shop.place_order()
    assert names(shop, "status:open") == []
    assert read(shop, order)["name"] == "#1001"
    shop.advance(seconds=31)
    assert names(shop, "status:open") == ["#1001"]


def test_orders_older_than_60_days_need_read_all_orders(shop):
    shop.place_order(created_at="2020-01-01T00:00:00Z")
    assert names(shop, "") == ["#1001"]
    shop.configure(scopes=["read_orders"])
    assert names(shop, "") == []


# -- edits


def test_merchant_edit_changes_quantities_and_fulfilment_orders(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 3}, {"sku": "SKU-0002"}], shipping=[])
    shop.edit_order(order=order["id"], quantities={"SKU-0001": 1}, add=[{"sku": "SKU-0004", "quantity": 2}])
    row = read(shop, order)
    assert [(x["sku"], x["quantity"], x["currentQuantity"]) for x in row["lineItems"]["nodes"]] == [
        ("SKU-0001", 3, 1), ("SKU-0002", 1, 1), ("SKU-0004", 2, 2)]
    assert row["edited"] is True
    assert amounts(row, "originalTotalPriceSet", "currentTotalPriceSet", "totalOutstandingSet") == ["8440.0", "5480.0", "-2960.0"]
    left = [item["remainingQuantity"] for fo in row["fulfillmentOrders"]["nodes"] for item in fo["lineItems"]["nodes"]]
    assert sorted(left) == [1, 1, 2]


def test_edit_through_the_api(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}], shipping=[])
    begin = shop.graphql("""mutation($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id lineItems(first: 5) {
      nodes { id quantity } } } orderEditSession { id } userErrors { message } } }""", {"id": order["id"]})["data"]["orderEditBegin"]
    session = begin["calculatedOrder"]["id"]
    line = begin["calculatedOrder"]["lineItems"]["nodes"][0]["id"]
    nothing = shop.graphql("mutation($id: ID!) { orderEditCommit(id: $id) { order { id } userErrors { field message } } }",
                           {"id": session})["data"]["orderEditCommit"]
    assert nothing == {"order": None, "userErrors": [{"field": ["id"], "message": "There must be at least one change to be made."}]}
    staged = shop.graphql("""mutation($id: ID!, $line: ID!) { orderEditSetQuantity(id: $id, lineItemId: $line, quantity: 1) {
      calculatedOrder { totalPriceSet { shopMoney { amount } } } userErrors { message } } }""", {"id": session, "line": line})
    assert staged["data"]["orderEditSetQuantity"]["calculatedOrder"]["totalPriceSet"]["shopMoney"]["amount"] == "1980.0"
    assert read(shop, order)["lineItems"]["nodes"][0]["currentQuantity"] == 2
    done = shop.graphql("mutation($id: ID!) { orderEditCommit(id: $id) { order { edited } successMessages userErrors { message } } }",
                        {"id": session})["data"]["orderEditCommit"]
    assert done == {"order": {"edited": True}, "successMessages": ["Order updated"], "userErrors": []}
    assert read(shop, order)["lineItems"]["nodes"][0]["currentQuantity"] == 1


# -- refunds


def test_refund_of_a_line_gives_money_units_and_stock_back(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}], shipping="500")
    row = read(shop, order)
    values = {"orderId": order["id"], "note": "broken", "refundLineItems": [
        {"lineItemId": row["lineItems"]["nodes"][0]["id"], "quantity": 1, "restockType": "CANCEL"}],
        "transactions": [{"orderId": order["id"], "kind": "REFUND", "gateway": "shopify_payments", "amount": "1980",
                          "parentId": row["transactions"][0]["id"]}]}
    answer = shop.graphql(REFUND, {"input": values, "key": "r1"})["data"]["refundCreate"]
    assert answer["userErrors"] == []
    assert answer["order"]["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    again = shop.graphql(REFUND, {"input": values, "key": "r1"})["data"]["refundCreate"]
    assert again["refund"] == answer["refund"]
    row = read(shop, order)
    assert amounts(row, "totalRefundedSet", "currentTotalPriceSet", "totalOutstandingSet") == ["1980.0", "2480.0", "0.0"]
    assert len(row["refunds"]) == 1
    assert row["refunds"][0]["orderAdjustments"]["nodes"] == []
    assert shop.truth(stock=True)["stock"]["SKU-0001"]["Main warehouse"] == {
        "available": 99, "committed": 1, "incoming": 0, "reserved": 0, "damaged": 0, "safety_stock": 0, "quality_control": 0,
        "on_hand": 100}


def test_refund_of_more_than_paid_or_bought_is_refused(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001"}], shipping=[])
    row = read(shop, order)
    line, payment = row["lineItems"]["nodes"][0]["id"], row["transactions"][0]["id"]
    many = {"orderId": order["id"], "refundLineItems": [{"lineItemId": line, "quantity": 2}]}
    assert shop.graphql(REFUND, {"input": many, "key": "a"})["data"]["refundCreate"]["userErrors"]
    dear = {"orderId": order["id"], "transactions": [
        {"orderId": order["id"], "kind": "REFUND", "gateway": "x", "amount": "9999", "parentId": payment}]}
    assert shop.graphql(REFUND, {"input": dear, "key": "b"})["data"]["refundCreate"]["userErrors"]
    assert read(shop, order)["refunds"] == []


def test_difference_between_worth_and_money_is_an_adjustment(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001"}], shipping=[])
    shop.refund(order=order["id"], lines={"SKU-0001": 1}, amount="1500")
    row = read(shop, order)
    assert row["refunds"][0]["orderAdjustments"]["nodes"] == [
        {"reason": "REFUND_DISCREPANCY", "amountSet": {"shopMoney": {"amount": "480.0", "currencyCode": "JPY"}}}]
    assert amounts(row, "totalOutstandingSet") == ["0.0"]


def test_refund_whose_money_did_not_move(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001"}], shipping=[])
    shop.refund(order=order["id"], lines="all", status="FAILURE")
    row = read(shop, order)
    assert row["refunds"][0]["transactions"]["nodes"] == [{"kind": "REFUND", "status": "FAILURE"}]
    assert amounts(row, "totalRefundedSet") == ["0.0"]


def test_suggested_refund(taxed):
    order = taxed.place_order(lines=[{"sku": "SKU-0001", "quantity": 2, "price": "10"}], shipping="5")
    answer = taxed.graphql("""query($id: ID!) { order(id: $id) { suggestedRefund(suggestFullRefund: true) {
      amountSet { shopMoney { amount } } subtotalSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } }
      suggestedTransactions { amountSet { shopMoney { amount } } parentTransaction { kind } } } } }""", {"id": order["id"]})
    assert answer["data"]["order"]["suggestedRefund"] == {
        "amountSet": {"shopMoney": {"amount": "27.5"}}, "subtotalSet": {"shopMoney": {"amount": "20.0"}},
        "totalTaxSet": {"shopMoney": {"amount": "2.5"}},
        "suggestedTransactions": [{"amountSet": {"shopMoney": {"amount": "27.5"}}, "parentTransaction": {"kind": "SALE"}}]}


# -- cancel, pay, change

CANCEL = """mutation($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true, notifyCustomer: false,
  refundMethod: {originalPaymentMethodsRefund: true}) { job { id done } orderCancelUserErrors { field message code } } }"""


def test_cancellation_is_a_job_that_refunds_and_restocks(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0001", "quantity": 2}])
    job = shop.graphql(CANCEL, {"id": order["id"]})["data"]["orderCancel"]["job"]
    assert job["done"] is False
    assert shop.graphql("query($id: ID!) { job(id: $id) { done } }", {"id": job["id"]})["data"]["job"]["done"] is True
    row = read(shop, order)
    assert row["cancelledAt"] and row["displayFinancialStatus"] == "REFUNDED"
    assert [x["currentQuantity"] for x in row["lineItems"]["nodes"]] == [0]
    assert row["fulfillmentOrders"]["nodes"][0]["status"] == "CLOSED"
    assert shop.truth(stock=True)["stock"]["SKU-0001"]["Main warehouse"]["available"] == 100
    again = shop.graphql(CANCEL, {"id": order["id"]})["data"]["orderCancel"]
    assert again == {"job": None, "orderCancelUserErrors": [
        {"field": ["orderId"], "message": "Cannot cancel an order that has already been canceled", "code": "INVALID"}]}


def test_shipped_order_cannot_be_cancelled(shop):
    order = shop.place_order()
    shop.fulfil(order=order["id"])
    assert shop.graphql(CANCEL, {"id": order["id"]})["data"]["orderCancel"]["orderCancelUserErrors"] == [
        {"field": ["orderId"], "message": "Cannot cancel an order that has outstanding fulfillments", "code": "INVALID"}]


def test_mark_as_paid_and_capture(shop):
    pending, held = shop.place_order(payment="pending"), shop.place_order(payment="authorized")
    mark = "mutation($i: OrderMarkAsPaidInput!) { orderMarkAsPaid(input: $i) { order { displayFinancialStatus } userErrors { message } } }"
    assert shop.graphql(mark, {"i": {"id": pending["id"]}})["data"]["orderMarkAsPaid"]["order"]["displayFinancialStatus"] == "PAID"
    assert shop.graphql(mark, {"i": {"id": pending["id"]}})["data"]["orderMarkAsPaid"]["userErrors"] == [
        {"message": "Order cannot be marked as paid."}]
    payment = read(shop, held)["transactions"][0]["id"]
    capture = """mutation($i: OrderCaptureInput!) { orderCapture(input: $i) { transaction { kind status } userErrors { message } } }"""
    values = {"id": held["id"], "parentTransactionId": payment, "amount": "99999999"}
    assert shop.graphql(capture, {"i": values})["data"]["orderCapture"]["userErrors"][0]["message"] == (
        f"Cannot capture more than the authorized {held['total']} for this payment.")
    answer = shop.graphql(capture, {"i": {**values, "amount": held["total"]}})["data"]["orderCapture"]
    assert answer == {"transaction": {"kind": "CAPTURE", "status": "SUCCESS"}, "userErrors": []}
    assert shop.truth(order=held["id"])["orders"][0]["financial_status"] == "PAID"


def test_tags_and_update_move_updated_at(shop):
    shop.set_clock(at="2026-11-01T00:00:00Z")
    order = shop.place_order(tags=["b"])
    shop.advance(seconds=60)
    answer = shop.graphql("""mutation($id: ID!) { tagsAdd(id: $id, tags: ["A", "b"]) { node { ... on Order { tags updatedAt } }
      userErrors { message } } }""", {"id": order["id"]})["data"]["tagsAdd"]
    assert answer["node"] == {"tags": ["A", "b"], "updatedAt": "2026-11-01T00:01:00Z"}
    answer = shop.graphql("""mutation($i: OrderInput!) { orderUpdate(input: $i) { order { note tags } userErrors { message } } }""",
                          {"i": {"id": order["id"], "note": "checked"}})["data"]["orderUpdate"]
    assert answer["order"] == {"note": "checked", "tags": ["A", "b"]}


def test_order_create_reads_back(shop):
    answer = shop.graphql("""mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) { order { id name displayFinancialStatus
      totalPriceSet { shopMoney { amount currencyCode } } lineItems(first: 1) { nodes { title sku } } } userErrors { field message } } }""",
                          {"order": {"currency": "CAD", "lineItems": [{"title": "Thing", "sku": "T", "quantity": 2, "priceSet": {
                              "shopMoney": {"amount": "10.00", "currencyCode": "CAD"}}}]}})["data"]["orderCreate"]
    assert answer["userErrors"] == []
    assert answer["order"]["displayFinancialStatus"] is None  # as recorded for orders without any transaction
    assert answer["order"]["totalPriceSet"]["shopMoney"] == {"amount": "20.0", "currencyCode": "CAD"}


def test_deleted_product_leaves_its_lines_without_variant(shop):
    order = shop.place_order(lines=[{"sku": "SKU-0002"}])
    shop.delete_product(sku="SKU-0002")
    (line,) = read(shop, order)["lineItems"]["nodes"]
    assert (line["sku"], line["variant"]) == ("SKU-0002", None)
    shop.fulfil(order=order["id"])
    shop.refund(order=order["id"], lines="all")


def test_duties_are_part_of_the_total(taxed):
    order = taxed.place_order(lines=[{"title": "Coat", "price": "100", "taxable": False}], shipping=[], duties=[{"amount": "12.50"}])
    answer = taxed.graphql("""query($id: ID!) { order(id: $id) { totalPriceSet { shopMoney { amount } }
      currentTotalDutiesSet { shopMoney { amount } } lineItems(first: 1) { nodes { duties { price { shopMoney { amount } } } } } } }""",
                           {"id": order["id"]})["data"]["order"]
    assert answer["totalPriceSet"]["shopMoney"]["amount"] == "112.5"
    assert answer["lineItems"]["nodes"][0]["duties"] == [{"price": {"shopMoney": {"amount": "12.5"}}}]


def test_cursor_may_be_invalidated(shop):
    shop.place_orders(count=3, seed=1)
    page = shop.graphql("{ orders(first: 1) { pageInfo { endCursor } } }")["data"]["orders"]["pageInfo"]
    shop.arm_fault(kind="cursor_invalidated", operation="orders")
    query = "query($after: String) { orders(first: 1, after: $after) { nodes { id } } }"
    assert shop.graphql(query, {"after": page["endCursor"]})["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert shop.graphql(query, {"after": page["endCursor"]})["data"]["orders"]["nodes"]


def test_personal_data_can_be_withheld(shop):
    order = shop.place_order()
    shop.configure(protected_data=False)
    answer = shop.graphql("query($id: ID!) { order(id: $id) { name email shippingAddress { countryCodeV2 lastName zip } } }",
                          {"id": order["id"]})
    assert answer["data"]["order"]["email"] is None
    assert answer["data"]["order"]["shippingAddress"]["lastName"] is None
    assert answer["data"]["order"]["name"] == "#1001"
