"""Rule sets with a fault planted in them, each found; and sound ones, of which nothing is said."""

import pytest
from given import rule, rule_set

from odoo.addons.ec_order_routing.engine.lint import lint

TYPES = {
    "order": {
        "partner_id.name": "char",
        "partner_id.ref": "char",
        "order_line": "one2many",
        "x_note": "text",
        "effective_date": "date",
    },
    "lines": {"product_id.name": "other"},
}
HOLD_TYPES = {"manual": True, "address": True, "auto": False}


def codes(*rules, **known):
    """(rule, code) of every finding; rules stop unless they say otherwise."""
    spec = rule_set(*rules, known=False, types=TYPES, strategies={"4": {"id": 4, "name": "Near"}})
    findings = lint(spec, **{"types": TYPES, "hold_types": HOLD_TYPES, "today": "2026-11-23", **known})
    assert all(str(finding.said) for finding in findings)
    assert {finding.severity for finding in findings} <= {"error", "warning", "info"}
    return [(finding.rule, finding.code) for finding in findings]


def stop(number, *order, **more):
    return rule(number, ("hold", {"code": "manual"}), stop=True, **{"order": order, **more})


AMOUNT = "amount_total"

# 2 ** 20 combinations: compared as they are written
MANY = [term for n in range(20) for term in ("|", ["partner_id", "=", n + 1], ["fact.weight", "=", n])]

SHADOWED = [
    ([[AMOUNT, ">", 5]], [[AMOUNT, ">", 10]]),
    ([[AMOUNT, ">=", 10]], [[AMOUNT, ">", 10]]),
    ([[AMOUNT, "!=", 0]], [[AMOUNT, ">", 0]]),
    ([[AMOUNT, ">", 5], [AMOUNT, "<", 100]], [[AMOUNT, ">", 10], [AMOUNT, "<", 50]]),
    ([["partner_id", "in", [1, 2, 3]]], [["partner_id", "=", 2]]),
    ([["partner_id", "!=", 4]], [["partner_id", "=", 2]]),
    ([["partner_id", "not in", [4]]], [["partner_id", "not in", [4, 5]]]),
    ([["tag_ids", "in", [1, 2]]], [["tag_ids", "in", [1]]]),
    ([["tag_ids", "not in", [1]]], [["tag_ids", "not in", [1, 2]]]),
    ([["state", "=", "draft"]], [["state", "=", "draft"], [AMOUNT, ">", 5]]),
    ([["partner_id.name", "ilike", "a"]], [["partner_id.name", "ilike", "a"], ["state", "=", "sale"]]),
    (["|", ["state", "=", "draft"], [AMOUNT, ">", 5]], [["state", "=", "draft"]]),
    ([["state", "in", ["draft", "sale"]]], ["|", ["state", "=", "draft"], ["state", "=", "sale"]]),
    (["!", ["state", "=", "sale"]], [["state", "=", "draft"]]),
    ([["commitment_date", "!=", False]], [["commitment_date", ">", "2026-01-01 00:00:00"]]),
    ([["fact.requested_date", ">", "2026-01-01"]], [["fact.requested_date", "=", "2026-02-01"]]),
    ([["partner_id", "child_of", 3]], [["partner_id", "child_of", 3], [AMOUNT, ">", 1]]),
    ([["order_line", "!=", False]], [["order_line", "!=", False]]),
    ([["state", "=", "draft"]], ["|", "&", [AMOUNT, ">", 9], [AMOUNT, "<", 5], ["state", "=", "draft"]]),
    (MANY, MANY),
]


@pytest.mark.parametrize(("before", "after"), SHADOWED)
def test_shadowed(before, after):
    assert codes(stop(1, *before), stop(2, *after)) == [(2, "shadowed")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([[AMOUNT, ">", 10]], [[AMOUNT, ">", 5]]),
        ([[AMOUNT, ">", 10]], [[AMOUNT, ">=", 10]]),
        ([["partner_id", "in", [1, 2]]], [["partner_id", "in", [2, 3]]]),
        ([["tag_ids", "in", [1]]], [["tag_ids", "in", [1, 2]]]),
        ([["tag_ids", "in", [1]], ["tag_ids", "in", [2]]], [["tag_ids", "in", [1]]]),
        ([["state", "=", "draft"], [AMOUNT, ">", 5]], [["state", "=", "draft"]]),
        ([["state", "=", "draft"]], ["|", ["state", "=", "draft"], ["state", "=", "sale"]]),
        ([["partner_id", ">", 1]], ["!", ["partner_id", "<=", 1]]),  # the unset too
        ([["commitment_date", ">", "2026-01-01 00:00:00"]], ["!", ["commitment_date", "<=", "2026-01-01 00:00:00"]]),
        ([["partner_id.name", "ilike", "ab"]], [["partner_id.name", "ilike", "a"]]),
        ([["partner_id", "child_of", 3]], [["partner_id", "child_of", 4]]),
        (["!", ["state", "=", "draft"]], [["state", "=", "draft"]]),
    ],
)
def test_not_shadowed(before, after):
    assert codes(stop(1, *before), stop(2, *after)) == []


def test_shadowed_by_functions_and_lines():
    def two(before, after):
        return codes(stop(1, **before), stop(2, **after))

    assert two({"functions": ["gift"]}, {"functions": ["gift", "comment"]}) == [(2, "shadowed")]
    assert two({"functions": [("amount_above", {"limit": 5})]}, {"functions": [("amount_above", {"limit": 9})]}) == [
        (2, "shadowed")
    ]
    assert two({"functions": [("amount_above", {"limit": 5})]}, {"order": [[AMOUNT, ">", 9]]}) == [(2, "shadowed")]
    assert two({"functions": ["remote"]}, {"functions": [("remote", {"prefixes": ["90"]})]}) == []
    assert two({"functions": ["gift"]}, {"functions": [("gift", {}, True)]}) == []
    small, large = [["product_uom_qty", ">", 9]], [["product_uom_qty", ">", 5]]
    assert two({"lines": ("any", large)}, {"lines": ("any", small)}) == [(2, "shadowed")]
    assert two({"lines": ("any", small)}, {"lines": ("any", large)}) == []
    assert two({"lines": ("none", small)}, {"lines": ("none", large)}) == [(2, "shadowed")]
    assert two({"lines": ("all", large)}, {"lines": ("all", small)}) == [(2, "shadowed")]
    assert two({"lines": ("any", large)}, {"lines": ("all", small)}) == []


def test_unreachable_after_a_rule_that_always_stops():
    assert codes(stop(1), stop(2, [AMOUNT, ">", 5]), stop(3, scope="mail")) == [(2, "unreachable")]
    assert codes(stop(1, [1, "=", 1]), stop(2)) == [(2, "unreachable")]
    assert codes(stop(1, ["state", "not in", []]), stop(2)) == [(2, "unreachable")]


def test_validity_counts():
    assert codes(stop(1, valid_to="2027-01-01"), stop(2)) == []
    assert codes(stop(1, valid_to="2027-01-01"), stop(2, valid_to="2026-12-31")) == [(2, "unreachable")]
    assert codes(stop(1, valid_from="2026-12-01"), stop(2, valid_from="2026-12-02")) == [(2, "unreachable")]
    assert codes(stop(1, valid_from="2026-12-01"), stop(2)) == []
    assert codes(stop(1, valid_to="2026-11-22")) == [(1, "expired")]
    assert codes(stop(1, valid_to="2026-11-23")) == []
    assert codes(stop(1, valid_from="2026-12-02", valid_to="2026-12-01")) == [(1, "never")]


def test_what_a_rule_in_between_changes_may_open_the_way():
    here = ["warehouse_id", "=", 1]
    routes = {"scope": "route"}
    move = rule(2, ("warehouse", {"warehouse": 1}), order=[[AMOUNT, ">", 5]], **routes)
    assert codes(stop(1, here, **routes), move, stop(3, here, **routes)) == []
    tag = rule(2, ("tag", {"tag": 1}), order=[[AMOUNT, ">", 5]], **routes)
    assert codes(stop(1, here, **routes), tag, stop(3, here, **routes)) == [(3, "shadowed")]


@pytest.mark.parametrize(
    "domain",
    [
        [[AMOUNT, ">", 10], [AMOUNT, "<", 5]],
        [[AMOUNT, ">", 5], [AMOUNT, ">", 10], [AMOUNT, "<", 8]],
        [[AMOUNT, ">", 10], [AMOUNT, "<=", 10]],
        [[AMOUNT, "=", 10], [AMOUNT, "!=", 10]],
        [[AMOUNT, "=", 10], [AMOUNT, "<", 10]],
        [["state", "=", "draft"], ["state", "=", "sale"]],
        [["state", "in", []]],
        [["partner_id", "=", False], ["partner_id", ">", 1]],
        [["tag_ids", "in", [1]], ["tag_ids", "not in", [1, 2]]],
        ["!", [1, "=", 1]],
        ["|", [0, "=", 1], "&", ["state", "=", "draft"], ["state", "=", "sale"]],
        [["partner_id.name", "ilike", "a"], ["partner_id.name", "not ilike", "a"]],
        ["&", ["state", "=", "draft"], "!", ["state", "in", ["draft", "sale"]]],
        [["fact.requested_date", ">", "2026-02-01"], ["fact.requested_date", "<", "2026-01-01"]],
        [["partner_id.name", "=", "a"], ["partner_id.name", "=", "b"]],
    ],
)
def test_contradictions(domain):
    assert codes(stop(1, *domain), stop(2)) == [(1, "never")]


def test_contradictions_of_functions_and_lines():
    assert codes(stop(1, functions=["gift", ("gift", {}, True)])) == [(1, "never")]
    assert codes(stop(1, functions=[("amount_above", {"limit": 9}), ("amount_below", {"limit": 5})])) == [(1, "never")]
    assert codes(stop(1, [AMOUNT, "<", 5], functions=[("amount_above", {"limit": 9})])) == [(1, "never")]
    assert codes(stop(1, lines=("any", [["product_id", "in", []]]))) == [(1, "never")]
    assert codes(stop(1, lines=("none", [["product_id", "in", []]]))) == []


@pytest.mark.parametrize(
    "domain",
    [
        [[AMOUNT, ">", 5], [AMOUNT, "<", 10]],
        [[AMOUNT, ">=", 10], [AMOUNT, "<=", 10]],
        [["tag_ids", "in", [1]], ["tag_ids", "in", [2]]],
        [["tag_ids", "in", [1, 2]], ["tag_ids", "not in", [1]]],
        [["order_line", "in", [1]], ["order_line", "in", [2]]],
        ["|", ["state", "=", "draft"], ["state", "=", "sale"]],
        [["partner_id.name", "ilike", "a"], ["partner_id.name", "ilike", "b"]],
        [["partner_id.name", "ilike", "a"], ["partner_id.ref", "not ilike", "a"]],
        [["fact.requested_date", ">", "2026-02-01"], ["commitment_date", "<", "2026-01-01 00:00:00"]],
        [["effective_date", "<", "-3d"], ["effective_date", ">", "2026-01-01"]],
        [["effective_date", "<", "-3d"], ["effective_date", ">", "-9d"]],
    ],
)
def test_no_contradiction(domain):
    assert codes(stop(1, *domain)) == []


def test_two_warehouses_for_the_same_orders():
    def route(number, target, *order, **more):
        return rule(number, ("warehouse", {"warehouse": target}), order=order, **{"scope": "route", **more})

    west = ["fact.ship_state", "in", ["JP-27", "JP-26"]]
    same = ["fact.ship_state", "in", ["JP-26", "JP-27"]]
    assert codes(route(1, 1, west), route(2, 2, same)) == [(2, "conflict_warehouse")]
    assert codes(route(1, 1, west), route(2, 2, same, scope="carrier")) == [(2, "conflict_warehouse")]
    assert codes(route(1, 1, west), route(2, 1, same)) == []
    assert codes(route(1, 1, west), route(2, 2, same, [AMOUNT, ">", 5])) == []  # an exception to the rule before
    assert codes(route(1, 1, west, stop=True), route(2, 2, same)) == [(2, "shadowed")]
    assert codes(route(1, 1, west, valid_to="2026-12-01"), route(2, 2, same, valid_from="2026-12-02")) == []
    carriers = [rule(n, ("carrier", {"carrier": n}), scope="carrier", order=[west]) for n in (1, 2)]
    assert codes(*carriers) == [(2, "conflict_carrier")]


def test_names_that_nobody_knows():
    assert codes(rule(1, "gone")) == [(1, "unknown_function")]
    assert codes(rule(1, ("tag", {"tag": 1}), functions=["gone"])) == [(1, "unknown_function")]
    assert codes(rule(1, ("tag", {"tag": "red"}))) == [(1, "unknown_function")]
    assert codes(stop(1, ["partner_id.nickname", "=", "a"])) == [(1, "unknown_field")]
    assert codes(stop(1, ["fact.moon", "=", "full"])) == [(1, "unknown_field")]
    assert codes(stop(1, lines=("any", [["product_id.moon", "=", 1]]))) == [(1, "unknown_field")]
    assert codes(stop(1, ["partner_id", "~", "a"])) == [(1, "bad_domain")]
    assert codes(rule(1, ("hold", {"code": "moon"}))) == [(1, "unknown_hold_type")]
    assert codes(rule(1, ("source", {"strategy": 4, "hold_type": "moon"}))) == [(1, "unknown_hold_type")]
    assert codes(rule(1, ("source", {"strategy": 5, "hold_type": "manual"}))) == [(1, "unknown_strategy")]
    assert codes(stop(1, ["partner_id.nickname", "=", "a"]), types=None) == []
    assert codes(rule(1, ("hold", {"code": "moon"})), hold_types=None) == []


def test_holds_that_nothing_ends():
    auto = ("hold", {"code": "auto"})
    assert codes(rule(1, auto)) == [(1, "no_release")]
    assert codes(rule(1, auto, order=[[AMOUNT, ">", 5]], functions=["comment"])) == [(1, "no_release")]
    assert codes(rule(1, auto, lines=("any", [["fact.dangerous", "=", True]]))) == [(1, "no_release")]
    assert codes(rule(1, ("hold", {"code": "manual"}))) == []
    assert codes(rule(1, auto, functions=["not_released"])) == []
    assert codes(rule(1, auto, functions=["comment", "unpaid"])) == []
    assert codes(rule(1, auto, order=[["state", "=", "draft"]])) == []
    assert codes(rule(1, auto, order=[["partner_id.name", "=", "a"]])) == []
    assert codes(rule(1, auto, functions=[("older_than", {}, True)])) == []
    assert codes(rule(1, auto, valid_to="2027-01-01")) == []


def test_rules_that_do_nothing_or_never_did():
    assert codes(rule(1)) == [(1, "no_action")]
    assert codes(stop(1), hits={1: 0}) == [(1, "never_hit")]
    assert codes(stop(1), hits={}) == []
    assert codes(stop(1), hits={1: 3}) == []


def test_a_fault_of_one_rule_does_not_hide_the_others():
    assert codes(
        rule(1, "gone", stop=True), stop(2, ["a", "~", 1]), stop(3, [AMOUNT, ">", 5]), stop(4, [AMOUNT, ">", 9])
    ) == [
        (1, "unknown_function"),
        (2, "bad_domain"),
        (4, "shadowed"),
    ]


def test_a_sound_rule_set_of_a_shop():
    rules = [
        rule(1, ("hold", {"code": "manual"}), functions=["comment"], priority=1),
        rule(2, ("hold", {"code": "address"}), functions=["zip_state_clash"], priority=2),
        rule(3, ("hold", {"code": "address", "key": "label"}), functions=["text_too_wide"], priority=2),
        rule(4, ("hold", {"code": "manual", "key": "cod"}), functions=["cod_over_limit"], priority=3),
        rule(5, ("tag", {"tag": 1}), scope="intake", functions=["gift"]),
        rule(
            6,
            ("warehouse", {"warehouse": 2}),
            scope="route",
            stop=True,
            order=[["fact.ship_state", "in", ["JP-27", "JP-28"]]],
        ),
        rule(7, ("warehouse", {"warehouse": 3}), scope="route", stop=True, order=[["fact.ship_state", "=", "JP-01"]]),
        rule(8, ("warehouse", {"warehouse": 1}), scope="route"),
        rule(
            9,
            ("carrier", {"carrier": 1}),
            scope="carrier",
            lines=("any", [["fact.temperature", "=", "frozen"]]),
            stop=True,
        ),
        rule(10, ("carrier", {"carrier": 2}), scope="carrier", functions=["remote"], stop=True),
        rule(11, ("carrier", {"carrier": 3}), scope="carrier", functions=[("amount_above", {"limit": 9})], stop=True),
        rule(12, ("carrier", {"carrier": 4}), scope="carrier", functions=[("amount_above", {"limit": 5})], stop=True),
        rule(13, ("mail", {"template": 1}), scope="mail", order=[["warehouse_id", "=", 2]]),
    ]
    assert codes(*rules, hits={number: 1 for number in range(1, 14)}) == []
