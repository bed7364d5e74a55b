"""requestedQueryCost: what Shopify charges a document for before executing it.

Shopify does not publish the rules.  These fit 99 % of several thousand recorded costs; the rest
are fields whose cost Shopify set by hand.

* scalars, enums, money, PageInfo, weights, user errors: 0; any other object: 1
* connection: 2 + g(first or last) x (cost of a node), g(n) = max(1, floor(2 ln n)), g(0) = 0;
  without first and last: 2.  A list of objects that is no connection counts once.
* root count fields: 10; a mutation: 10, and the objects directly in its payload are free
* interface or union: the dearest concrete selection
* node, nodes: 1 + the dearest selection, whatever the number of ids
* inputs that the schema prices: 0.2 a variant, 0.4 a metafield, 1.9 a file
"""

import math

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from .explain import INTROSPECTION
from .literals import literal_value
from .schema import LoadedSchema
from .static import operation

MAX_COST = 1000

_FREE_TYPES = {
    "InventoryItemMeasurement",
    "LocationAddress",
    "MoneyBag",
    "MoneyV2",
    "PageInfo",
    "ShopAddress",
    "Weight",
}
_MUTATION_COST = 10
_COUNT_COST = 10
_FIELD_COST = {
    ("Article", "commentsCount"): 10,
    ("Blog", "articlesCount"): 10,
    ("Collection", "ruleSet"): 0,
    ("CollectionRuleSet", "rules"): 0,
    ("Customer", "defaultAddress"): 0,
    ("Customer", "emailMarketingConsent"): 0,
    ("Customer", "smsMarketingConsent"): 0,
    ("DeliveryProfile", "productVariantsCount"): 10,
    ("Location", "hasUnfulfilledOrders"): 1,
    ("Mutation", "customerSegmentMembersQueryCreate"): 2,
    ("Mutation", "deliveryProfileUpdate"): 100,
    ("Mutation", "flowTriggerReceive"): 1,
    ("Mutation", "fulfillmentTrackingInfoUpdate"): 50,
    ("Mutation", "orderCapture"): 20,
    ("Mutation", "productCreateMedia"): 20,
    ("Mutation", "refundCreate"): 20,
    ("ProductSetOperation", "userErrors"): 1,
    ("Publication", "includedProductsCount"): 10,
    ("QueryRoot", "productVariantsCount"): 2,
    ("StoreCreditAccount", "balance"): 5,
}
_VARIANT_COST, _METAFIELD_COST, _FILE_COST, _VARIANT_FILE_COST = 0.2, 0.4, 1.9, 0.6


def requested_cost(
    loaded: LoadedSchema,
    document: DocumentNode,
    variables: dict | None = None,
    operation_name: str | None = None,
) -> int:
    """The cost of one operation of a valid document."""
    return _Costing(loaded.schema, document, variables or {}, operation_name).total()


class _Costing:
    def __init__(self, schema, document, variables, operation_name):
        self.schema = schema
        self.operation = operation(document, operation_name)
        self.fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        defaults = {
            node.variable.name.value: literal_value(node.default_value)
            for node in self.operation.variable_definitions
            if node.default_value is not None
        }
        self.variables = {**defaults, **variables}

    def total(self) -> int:
        root = self.schema.get_root_type(self.operation.operation)
        selections = [self.operation.selection_set]
        if self.operation.operation is not OperationType.MUTATION:
            return self._selected(root, selections)
        fields = self._collected(root, selections)[0]
        return sum(self._mutation(root, nodes) for nodes in fields.values())

    # -- what is selected ----------------------------------------------------------------------

    def _collected(self, kind, selection_sets):
        """Field nodes by response name, and selection sets by the type they are bound to."""
        fields, bound = {}, {}
        for selection_set in selection_sets:
            for node in selection_set.selections:
                if self._skipped(node):
                    continue
                if isinstance(node, FieldNode):
                    fields.setdefault((node.alias or node.name).value, []).append(node)
                    continue
                condition, inner = self._fragment(node, kind)
                if condition == kind.name or isinstance(kind, GraphQLObjectType):
                    more, more_bound = self._collected(kind, [inner])
                    for name, nodes in more.items():
                        fields.setdefault(name, []).extend(nodes)
                    for name, sets in more_bound.items():
                        bound.setdefault(name, []).extend(sets)
                else:
                    bound.setdefault(condition, []).append(inner)
        return fields, bound

    def _fragment(self, node, kind):
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition.name.value if node.type_condition else kind.name
            return condition, node.selection_set
        fragment = self.fragments[node.name.value]
        return fragment.type_condition.name.value, fragment.selection_set

    def _skipped(self, node) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name in ("skip", "include"):
                flag = self._arguments(directive).get("if")
                if flag is not None and bool(flag) == (name == "skip"):
                    return True
        return False

    def _arguments(self, node) -> dict:
        return {
            item.name.value: literal_value(item.value, self.variables)
            for item in node.arguments or ()
        }

    # -- what it costs -------------------------------------------------------------------------

    def _selected(self, kind, selection_sets):
        fields, bound = self._collected(kind, selection_sets)
        total = sum(self._field(kind, nodes) for nodes in fields.values())
        if bound:
            total += max(self._bound(concrete, bound) for concrete in self._concrete(kind))
        return total

    def _concrete(self, kind):
        return self.schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]

    def _bound(self, concrete, bound):
        """The selections that apply to one concrete type."""
        chosen = []
        for name, selection_sets in bound.items():
            condition = self.schema.get_type(name)
            if condition is concrete or (
                is_abstract_type(condition) and self.schema.is_sub_type(condition, concrete)
            ):
                chosen += selection_sets
        return self._selected(concrete, chosen) if chosen else 0

    def _field(self, parent, nodes):
        name = nodes[0].name.value
        if name == "__typename":
            return 0
        definition = INTROSPECTION.get(name) or parent.fields[name]
        kind = get_named_type(definition.type)
        if not is_composite_type(kind):
            return _FIELD_COST.get((parent.name, name), 0)
        inner = _selection_sets(nodes)
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
            return self._connection(parent, nodes, kind, inner)
        return self._own(parent.name, name, kind) + self._selected(kind, inner)

    def _own(self, parent_name, name, kind):
        fixed = _FIELD_COST.get((parent_name, name))
        if fixed is not None:
            return fixed
        if parent_name == self.schema.query_type.name and kind.name == "Count":
            return _COUNT_COST
        return 0 if kind.name in _FREE_TYPES or _is_user_errors(name, kind) else 1

    def _connection(self, parent, nodes, kind, inner):
        name, arguments = nodes[0].name.value, self._arguments(nodes[0])
        size = arguments.get("first")
        if size is None:
            size = arguments.get("last")
        fields = self._collected(kind, inner)[0].values()
        each = sum(
            self._rows(kind, found) for found in fields if found[0].name.value in ("nodes", "edges")
        )
        return _FIELD_COST.get((parent.name, name), 2) + _growth(size) * each

    def _rows(self, connection, nodes):
        kind = get_named_type(connection.fields[nodes[0].name.value].type)
        inner = _selection_sets(nodes)
        if nodes[0].name.value == "nodes":
            return self._row(kind, inner)
        edges = self._collected(kind, inner)[0].values()
        node_kind = get_named_type(kind.fields["node"].type)
        return sum(
            self._row(node_kind, _selection_sets(found))
            for found in edges
            if found[0].name.value == "node"
        )

    def _row(self, kind, selection_sets):
        return (0 if kind.name in _FREE_TYPES else 1) + self._selected(kind, selection_sets)

    def _mutation(self, root, nodes):
        name = nodes[0].name.value
        if name.startswith("__"):
            return 0
        payload = get_named_type(root.fields[name].type)
        own = _FIELD_COST.get((root.name, name), _MUTATION_COST)
        given = round(_input_cost(name, self._arguments(nodes[0])))
        return own + given + self._payload(payload, _selection_sets(nodes))

    def _payload(self, kind, selection_sets):
        total = 0
        for nodes in self._collected(kind, selection_sets)[0].values():
            name = nodes[0].name.value
            if name.startswith("__"):
                continue
            found = get_named_type(kind.fields[name].type)
            total += self._field(kind, nodes)
            if is_composite_type(found) and not (
                _is_user_errors(name, found) or found.name.endswith("Connection")
            ):
                total -= self._own(kind.name, name, found)
        return total


def _growth(size) -> int:
    if size is None or size <= 0:
        return 0
    return max(1, math.floor(2 * math.log(size) + 1e-9))


def _is_user_errors(name, kind) -> bool:
    return kind.name.endswith("UserError") or name.endswith(("userErrors", "UserErrors"))


def _selection_sets(nodes):
    return [node.selection_set for node in nodes if node.selection_set]


def _input_cost(name, arguments) -> float:
    """What the schema's descriptions of the inputs price them at."""
    if name in ("productVariantsBulkCreate", "productVariantsBulkUpdate"):
        return _VARIANT_COST * _length(arguments.get("variants"))
    given = arguments.get("input")
    if name != "productSet" or not isinstance(given, dict):
        return 0
    variants = [item for item in given.get("variants") or () if isinstance(item, dict)]
    return (
        _FILE_COST * _length(given.get("files"))
        + _METAFIELD_COST * _length(given.get("metafields"))
        + _VARIANT_COST * len(variants)
        + sum(_METAFIELD_COST * _length(item.get("metafields")) for item in variants)
        + sum(_VARIANT_FILE_COST for item in variants if item.get("file"))
    )


def _length(value) -> int:
    return len(value) if isinstance(value, list) else 0
