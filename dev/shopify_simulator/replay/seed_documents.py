"""The mutations with which `seed` makes what a scenario takes for granted."""

FULFILLMENT_SERVICE = """
mutation SeedFulfillmentService($name: String!) {
  fulfillmentServiceCreate(name: $name, trackingSupport: true, inventoryManagement: true) {
    fulfillmentService { id }
    userErrors { message }
  }
}"""

DRAFT_ORDER = """
mutation SeedDraftOrder($input: DraftOrderInput!) {
  draftOrderCreate(input: $input) { draftOrder { id } userErrors { message } }
}"""

DRAFT_ORDER_COMPLETE = """
mutation SeedDraftOrderComplete($id: ID!) {
  draftOrderComplete(id: $id) { draftOrder { id } userErrors { message } }
}"""

ORDER = """
mutation SeedOrder($order: OrderCreateOrderInput!) {
  orderCreate(order: $order) {
    order { id fulfillmentOrders(first: 20) { nodes { id } } }
    userErrors { message }
  }
}"""

ORDER_CLOSE = """
mutation SeedOrderClose($input: OrderCloseInput!) {
  orderClose(input: $input) { order { id } userErrors { message } }
}"""

ORDER_CANCEL = """
mutation SeedOrderCancel($id: ID!, $reason: OrderCancelReason!) {
  orderCancel(orderId: $id, reason: $reason, restock: true) {
    job { id }
    orderCancelUserErrors { message }
  }
}"""

FULFILLMENT = """
mutation SeedFulfillment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { message } }
}"""
