"""What clients write besides orders: locations, customers, products, drafts, payment terms, services."""

import json
import urllib.request

LOCATION_ADD = """mutation($input: LocationAddInput!) {
  locationAdd(input: $input) { location { id name address { country province } } userErrors { field message code } } }"""
LOCATION_OFF = """mutation($id: ID!, $to: ID, $key: String!) {
  locationDeactivate(locationId: $id, destinationLocationId: $to) @idempotent(key: $key) {
    location { isActive } locationDeactivateUserErrors { code } } }"""
LOCATION_DELETE = """mutation($id: ID!) {
  locationDelete(locationId: $id) { deletedLocationId locationDeleteUserErrors { code } } }"""
CUSTOMER = """mutation($input: CustomerInput!) {
  customerCreate(input: $input) { customer { id displayName } userErrors { field message } } }"""
DRAFT = """mutation($input: DraftOrderInput!) { draftOrderCreate(input: $input) { userErrors { message }
  draftOrder { id name status totalPriceSet { shopMoney { amount } } customer { email } } } }"""
COMPLETE = """mutation($id: ID!, $pending: Boolean) { draftOrderComplete(id: $id, paymentPending: $pending) {
  draftOrder { status order { id displayFinancialStatus totalPriceSet { shopMoney { amount } } } }
  userErrors { message } } }"""


def ask(shop, query, name, **variables):
    answer = shop.graphql(query, variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"][name]


def test_location_names_are_unique_and_provinces_named(shop):
    given = {"name": "Osaka", "address": {"countryCode": "CA", "provinceCode": "ON"}}
    made = ask(shop, LOCATION_ADD, "locationAdd", input=given)
    assert made["location"]["address"] == {"country": "Canada", "province": "Ontario"}
    again = ask(shop, LOCATION_ADD, "locationAdd", input=given)
    assert again == {
        "location": None,
        "userErrors": [
            {"field": ["input", "name"], "message": "You already have a location with this name", "code": "TAKEN"}
        ],
    }


def test_location_is_deleted_only_when_off(shop):
    made = ask(shop, LOCATION_ADD, "locationAdd", input={"name": "Kobe", "address": {"countryCode": "JP"}})
    gid = made["location"]["id"]
    refused = ask(shop, LOCATION_DELETE, "locationDelete", id=gid)
    assert [row["code"] for row in refused["locationDeleteUserErrors"]] == ["LOCATION_IS_ACTIVE"]
    off = ask(shop, LOCATION_OFF, "locationDeactivate", id=gid, to=None, key="k1")
    assert off == {"location": {"isActive": False}, "locationDeactivateUserErrors": []}
    assert ask(shop, LOCATION_DELETE, "locationDelete", id=gid)["deletedLocationId"] == gid


def test_stocked_location_needs_a_destination(shop):
    (stocked,) = ask(shop, "{ locations(first: 5) { nodes { id } } }", "locations")["nodes"]
    refused = ask(shop, LOCATION_OFF, "locationDeactivate", id=stocked["id"], to=None, key="k2")
    assert [row["code"] for row in refused["locationDeactivateUserErrors"]] == ["HAS_ACTIVE_INVENTORY_ERROR"]


def test_customer_addresses_are_unique(shop):
    given = {"email": "a@example.com", "firstName": "Aki", "lastName": "Ito"}
    made = ask(shop, CUSTOMER, "customerCreate", input=given)
    assert made["customer"]["displayName"] == "Aki Ito"
    again = ask(shop, CUSTOMER, "customerCreate", input=given)
    assert again["userErrors"] == [{"field": ["email"], "message": "Email has already been taken"}]


def test_product_tags_are_put_in_normal_form(shop):
    (product,) = ask(shop, "{ products(first: 1) { nodes { id } } }", "products")["nodes"]
    query = """mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { product { tags } userErrors { message } } }"""
    tags = [" Red ", "red", "RED", " big   sale "]
    assert ask(shop, query, "productUpdate", p={"id": product["id"], "tags": tags})["product"] == {
        "tags": ["big   sale", "Red"]
    }


def test_draft_becomes_an_order(taxed):
    lines = [{"title": "Tea", "quantity": 2, "originalUnitPrice": "10.00", "taxable": False}]
    made = ask(taxed, DRAFT, "draftOrderCreate", input={"email": "a@example.com", "lineItems": lines})["draftOrder"]
    assert (made["name"], made["status"], made["totalPriceSet"]["shopMoney"]["amount"]) == ("#D1", "OPEN", "20.0")
    assert made["customer"] == {"email": "a@example.com"}
    done = ask(taxed, COMPLETE, "draftOrderComplete", id=made["id"], pending=False)["draftOrder"]
    assert done["status"] == "COMPLETED"
    assert done["order"]["displayFinancialStatus"] == "PAID"
    assert done["order"]["totalPriceSet"]["shopMoney"]["amount"] == "20.0"
    again = ask(taxed, COMPLETE, "draftOrderComplete", id=made["id"], pending=False)
    assert again["userErrors"] == [{"message": "This order has been paid"}]


def test_discount_of_a_draft_is_spread_over_its_lines(taxed):
    lines = [{"title": f"Tea {n}", "quantity": 1, "originalUnitPrice": "10.00", "taxable": False} for n in range(3)]
    given = {"lineItems": lines, "appliedDiscount": {"value": 10.0, "valueType": "FIXED_AMOUNT", "title": "Thanks"}}
    made = ask(taxed, DRAFT, "draftOrderCreate", input=given)["draftOrder"]
    assert made["totalPriceSet"]["shopMoney"]["amount"] == "20.0"
    done = ask(taxed, COMPLETE, "draftOrderComplete", id=made["id"], pending=True)["draftOrder"]["order"]
    assert (done["displayFinancialStatus"], done["totalPriceSet"]["shopMoney"]["amount"]) == ("PENDING", "20.0")


def test_one_mutation_for_each_uploaded_line(shop):
    stage = """mutation($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
      stagedTargets { url parameters { name value } } userErrors { message } } }"""
    row = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "rows.jsonl",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    (target,) = ask(shop, stage, "stagedUploadsCreate", input=[row])["stagedTargets"]
    lines = [{"product": {"title": "First"}}, {"product": {"title": ""}}]
    upload(target, "\n".join(map(json.dumps, lines)).encode())
    run = """mutation($m: String!, $path: String!) { bulkOperationRunMutation(mutation: $m, stagedUploadPath: $path) {
      bulkOperation { id status } userErrors { message code } } }"""
    mutation = """mutation($product: ProductCreateInput!) {
      productCreate(product: $product) { product { title } userErrors { message } } }"""
    path = next(item["value"] for item in target["parameters"] if item["name"] == "key")
    started = ask(shop, run, "bulkOperationRunMutation", m=mutation, path=path)
    assert started["userErrors"] == [] and started["bulkOperation"]["status"] == "CREATED"
    shop.advance(seconds=5)
    read = "query($id: ID!) { bulkOperation(id: $id) { status objectCount url } }"
    for _ in range(3):
        ended = ask(shop, read, "bulkOperation", id=started["bulkOperation"]["id"])
    assert (ended["status"], ended["objectCount"]) == ("COMPLETED", "2")
    with urllib.request.urlopen(ended["url"]) as answer:
        results = [json.loads(line) for line in answer.read().splitlines()]
    assert [row["__lineNumber"] for row in results] == [0, 1]
    assert results[0]["data"]["productCreate"]["product"] == {"title": "First"}
    assert results[1]["data"]["productCreate"]["userErrors"] == [{"message": "Title can't be blank"}]


def test_bulk_mutation_needs_its_file(shop):
    run = """mutation($m: String!, $path: String!) { bulkOperationRunMutation(mutation: $m, stagedUploadPath: $path) {
      userErrors { code message } } }"""
    mutation = "mutation($id: ID!) { orderClose(input: {id: $id}) { userErrors { message } } }"
    refused = ask(shop, run, "bulkOperationRunMutation", m=mutation, path="tmp/none")
    assert [row["code"] for row in refused["userErrors"]] == ["NO_SUCH_FILE"]
    refused = ask(shop, run, "bulkOperationRunMutation", m="mutation { not parseable", path="tmp/none")
    assert refused["userErrors"][0]["message"] == (
        "Failed to parse the mutation - syntax error, unexpected end of file at [1, 16]"
    )


def upload(target, body):
    boundary = "----parts"
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{item["name"]}"\r\n\r\n{item["value"]}\r\n'
        for item in target["parameters"]
    )
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="rows.jsonl"\r\n\r\n'
    raw = fields.encode() + head.encode() + body + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    request = urllib.request.Request(target["url"], raw, {"Content-Type": kind}, method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201
