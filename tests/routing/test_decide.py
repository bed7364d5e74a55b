"""The plan that rules make of a snapshot."""

import copy
import json

import pytest
from given import Choice, line, rule, rule_set, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ec_order_routing.engine import registry
from odoo.addons.ec_order_routing.engine.decide import compiled, decide
from odoo.addons.ec_order_routing.engine.domain import digest
from odoo.addons.ec_order_routing.engine.fingerprint import canonical, fingerprint
from odoo.addons.ec_order_routing.engine.registry import condition
from odoo.addons.ec_order_routing.engine.words import Said


def matched(plan):
    return [step.rule.id for step in plan.steps if step.matched]


def said(step):
    return [str(each) for each in step.said]


@pytest.fixture
def own_condition():
    """Register conditions for one test."""
    names = []

    def register(name, call):
        condition(name, name)(call)
        names.append(name)

    yield register
    for name in names:
        del registry._functions["condition"][name]


# -- Which rules match --------------------------------------------------------------------


def test_scopes_priorities_and_ids_give_the_order():
    rules = rule_set(
        rule(5, scope="mail"),
        rule(4, scope="intake", priority=20),
        rule(9),
        rule(3),
        rule(1, scope="route"),
        rule(8, scope="intake"),
    )
    assert [step.rule.id for step in decide(snapshot(), rules).steps] == [8, 4, 3, 9, 1, 5]
    assert [step.rule.id for step in decide(snapshot(), rules, scopes=("hold", "mail")).steps] == [3, 9, 5]


def test_a_rule_that_matches_and_stops_ends_its_scope_only():
    rules = rule_set(
        rule(1, stop=True, order=[["amount_total", ">", 99999]]),
        rule(2, stop=True),
        rule(3),
        rule(4, scope="route"),
    )
    plan = decide(snapshot(), rules)
    assert [step.rule.id for step in plan.steps] == [1, 2, 4]
    assert matched(plan) == [2, 4]


def test_order_lines_and_functions_all_have_to_hold():
    parts = {"order": [["amount_total", ">", 1]], "lines": ("any", [["fact.sku", "=", "SKU-1"]]), "functions": ["gift"]}
    rules = rule_set(rule(1, **parts))
    assert matched(decide(snapshot(fact__gift=True), rules)) == [1]
    assert said(decide(snapshot(fact__gift=True), rules).steps[0]) == [
        "amount_total is 12,000: > 1",
        "The line SKU-1 matches",
        "fact.sku is SKU-1: = SKU-1",
        "It is a gift",
    ]
    assert said(decide(snapshot(), rules).steps[0]) == ["Not so: It is a gift"]
    assert said(decide(snapshot(amount_total=1.0, fact__gift=True), rules).steps[0]) == ["amount_total is 1, not: > 1"]
    assert said(decide(snapshot(line(2), fact__gift=True), rules).steps[0]) == ["None of 1 lines matches"]


@pytest.mark.parametrize(
    ("scope", "skus", "holds"),
    [
        ("any", ["a", "b"], True),
        ("any", ["b"], False),
        ("any", [], False),
        ("all", ["a", "a"], True),
        ("all", ["a", "b"], False),
        ("all", [], True),
        ("none", ["b"], True),
        ("none", ["a", "b"], False),
        ("none", [], True),
    ],
)
def test_lines_any_all_none_of_goods(scope, skus, holds):
    lines = [line(number, fact__sku=sku) for number, sku in enumerate(skus, 1)]
    lines.append(line(50, fact__goods=False, fact__sku="a" if scope != "all" else "b"))
    plan = decide(snapshot(*lines), rule_set(rule(1, lines=(scope, [["fact.sku", "=", "a"]]))))
    assert (matched(plan) == [1]) == holds
    assert said(plan.steps[0])


def test_a_negated_function_says_so():
    plan = decide(
        snapshot(), rule_set(rule(1, functions=[("gift", {}, True)]), rule(2, functions=[("gift", {}, False)]))
    )
    assert matched(plan) == [1]
    plan = decide(snapshot(fact__gift=True), rule_set(rule(1, functions=[("gift", {}, True)])))
    assert matched(plan) == []
    assert said(plan.steps[0]) == ["It is a gift"]


@pytest.mark.parametrize(
    ("start", "end", "holds", "next_at"),
    [
        (None, None, True, None),
        ("2026-11-23", "2026-11-23", True, "2026-11-23 15:00:00"),
        ("2026-11-24", None, False, "2026-11-23 15:00:00"),
        (None, "2026-11-22", False, None),
        ("2026-11-01", "2026-11-30", True, "2026-11-30 15:00:00"),
    ],
)
def test_validity_counts_days_of_the_company(start, end, holds, next_at):
    plan = decide(snapshot(), rule_set(rule(1, valid_from=start, valid_to=end)))
    assert (matched(plan) == [1]) == holds
    assert plan.next_at == next_at


def test_what_the_database_was_asked_decides():
    domain = [["partner_id", "ilike", "box"]]
    rules = rule_set(rule(1, order=domain))
    assert compiled(rules).asked["order"] == {digest(domain): domain}
    assert matched(decide(snapshot(asked={digest(domain): True}), rules)) == [1]
    assert matched(decide(snapshot(asked={digest(domain): False}), rules)) == []


# -- What goes wrong ----------------------------------------------------------------------


def test_a_missing_fact_or_a_failing_function_stops_nobody_else(own_condition):
    own_condition("fails", lambda snapshot: 1 / 0)
    own_condition("reads", lambda snapshot: snapshot["order"]["fact.unread"])
    rules = rule_set(
        rule(1, ("hold", {"code": "a"}), functions=["fails"]),
        rule(2, ("hold", {"code": "b"}), functions=["reads"]),
        rule(3, ("hold", {"code": "c"}), order=[["partner_id.name", "ilike", "x"]]),
        rule(4, ("hold", {"code": "d"})),
        types={"order": {"partner_id.name": "char"}, "lines": {}},
    )
    plan = decide(snapshot(), rules)
    assert list(plan.holds) == [("d", "")]
    assert [error["rule"] for error in plan.errors] == [1, 2, 3]
    assert said(plan.steps[0]) == ["It failed: ZeroDivisionError: division by zero"]
    assert said(plan.steps[1]) == ["“fact.unread” is not known of this order"]
    assert said(plan.steps[2]) == ["“partner_id.name” is not known of this order"]
    json.dumps(plan.to_json())


def test_unknown_functions_of_an_old_version_are_errors_of_their_rule():
    rules = rule_set(rule(1, "gone"), rule(2, functions=["gone"]), rule(3, ("hold", {"code": "a"})), known=False)
    plan = decide(snapshot(), rules)
    assert [error["rule"] for error in plan.errors] == [1, 2]
    assert said(plan.steps[0]) == ["There is no action “gone”"]
    assert matched(plan) == [3]


def test_an_action_that_fails_leaves_the_others(own_condition):
    rules = rule_set(rule(1, ("source", {"strategy": 99}), ("tag", {"tag": 3})))
    plan = decide(snapshot(), rules)
    assert plan.add_tags == (3,)
    assert len(plan.errors) == 1
    assert matched(plan) == [1]


# -- Actions ------------------------------------------------------------------------------


def test_a_hold_says_what_its_conditions_said():
    rules = rule_set(
        rule(1, ("hold", {"code": "cod", "due_hours": 24}), functions=["cod_over_limit", "gift"]),
        rule(2, ("hold", {"code": "cod"})),
        rule(3, ("hold", {"code": "cod", "key": "line", "reason": "Look {here}"})),
        rule(4, ("hold", {"code": "manual"})),
    )
    plan = decide(snapshot(amount_total=300001.0, fact__cod=True, fact__gift=True), rules)
    hold = plan.holds["cod", ""]
    assert (str(hold.reason), hold.due_hours, hold.rule, hold.until) == (
        "Cash on delivery of 300,001 is over the limit of 300,000",
        24,
        1,
        None,
    )
    assert [str(each) for each in hold.why] == [str(hold.reason), "It is a gift"]
    assert str(plan.holds["cod", "line"].reason) == "Look {here}"
    assert str(plan.holds["manual", ""].reason) == "Rule 4"
    assert plan.to_json()["steps"][1]["actions"][0]["said"]["t"] == "It waits for {code} already"


def test_a_hold_ends_with_the_first_of_its_conditions():
    rules = rule_set(
        rule(1, ("hold", {"code": "later"}), functions=["not_released", ("date_too_late", {"days": 7})]),
        rule(2, ("hold", {"code": "young"}), functions=[("older_than", {"hours": 6}, True)]),
    )
    given = snapshot(line(fact__release_date="2026-12-24"), fact__requested_date="2026-12-30")
    plan = decide(given, rules)
    assert plan.holds["later", ""].until == "2026-12-22 15:00:00"
    assert plan.holds["young", ""].until == "2026-11-23 08:00:00"
    assert plan.next_at == "2026-11-23 08:00:00"


def test_later_rules_see_what_earlier_ones_did():
    rules = rule_set(
        rule(1, ("warehouse", {"warehouse": 2}), ("tag", {"tag": 5}), scope="route"),
        rule(2, ("carrier", {"carrier": 8}), scope="carrier", order=[["warehouse_id", "=", 2], ["tag_ids", "in", [5]]]),
        rule(3, ("mail", {"template": 4}), scope="mail", order=[["carrier_id", "=", 8], ["fact.cod", "=", True]]),
    )
    given = snapshot()
    given["services"] = [{"id": 8, "cod": True}]
    before = copy.deepcopy(given)
    plan = decide(given, rules)
    assert matched(plan) == [1, 2, 3]
    assert (plan.warehouse_id, plan.carrier_id, plan.add_tags, plan.mails) == (2, 8, (5,), (4,))
    assert given == before


def test_a_later_rule_replaces_and_says_so():
    rules = rule_set(
        rule(1, ("warehouse", {"warehouse": 2}), scope="route"), rule(2, ("warehouse", {"warehouse": 3}), scope="route")
    )
    plan = decide(snapshot(), rules)
    assert plan.warehouse_id == 3
    assert plan.steps[1].done[0]["said"]["t"] == "This replaces what “{rule}” had set"
    same = rule_set(*(rule(number, ("warehouse", {"warehouse": 2}), scope="route") for number in (1, 2)))
    assert decide(snapshot(), same).steps[1].done[0]["said"] is None


def test_what_was_read_through_a_changed_field_is_not_used():
    stale = [["warehouse_id", "ilike", "Osaka"]]
    rules = rule_set(
        rule(1, ("warehouse", {"warehouse": 2}), scope="route"),
        rule(2, scope="carrier", order=[["warehouse_id.code", "=", "WH"]]),
        rule(3, scope="carrier", order=stale),
        types={"order": {"warehouse_id.code": "char"}, "lines": {}},
    )
    given = snapshot(warehouse_id__code="WH", asked={digest(stale): True})
    plan = decide(given, rules)
    assert [error["rule"] for error in plan.errors] == [2, 3]
    given["order"]["warehouse_id"] = 2  # set already: nothing changes
    assert matched(decide(given, rules)) == [1, 2, 3]


def test_tags_are_added_and_removed_once():
    rules = rule_set(
        rule(
            1,
            ("tag", {"tag": 1}),
            ("tag", {"tag": 2}),
            ("untag", {"tag": 3}),
            ("untag", {"tag": 4}),
            ("tag", {"tag": 2}),
        ),
        rule(2, ("untag", {"tag": 2}), ("tag", {"tag": 3}), ("tag", {"tag": 9})),
    )
    plan = decide(snapshot(tag_ids=[1, 3]), rules)
    assert (plan.add_tags, plan.remove_tags) == ((9,), ())


def test_the_rest_of_the_actions():
    rules = rule_set(
        rule(
            1,
            ("user", {"user": 6}),
            "split",
            "combine",
            "split",
            ("mail", {"template": 3}),
            ("activity", {"summary": "Call", "days": 2}),
            ("approval", {"user": 6}),
            ("cancel", {"reason": "Test"}),
            functions=["gift"],
        )
    )
    plan = decide(snapshot(fact__gift=True), rules)
    assert (plan.user_id, plan.requests, plan.mails, str(plan.cancel)) == (6, ("split", "combine"), (3,), "Test")
    assert plan.activities == ({"type": None, "user": None, "summary": "Call", "days": 2, "rule": 1},)
    assert plan.approvals == ({"user": 6, "reason": Said.from_json(plan.approvals[0]["reason"]).to_json(), "rule": 1},)
    assert str(Said.from_json(plan.approvals[0]["reason"])) == "It is a gift"


@pytest.mark.parametrize(
    ("args", "day"),
    [
        ({}, "2026-11-23"),
        ({"days": 5, "off": ["sat", "sun"]}, "2026-11-30"),
        ({"start": "requested", "days": -2, "off": ["sat", "sun"]}, "2026-11-27"),
        ({"start": "requested", "days": -20}, "2026-11-23"),
        ({"start": "release"}, "2026-12-24"),
    ],
)
def test_shipping_dates(args, day):
    given = snapshot(line(1, fact__release_date="2026-12-24"), line(2), fact__requested_date="2026-11-30")
    assert decide(given, rule_set(rule(1, ("ship_date", args)))).ship_date == day


def test_no_date_to_count_from_is_said():
    plan = decide(snapshot(), rule_set(rule(1, ("ship_date", {"start": "requested"}))))
    assert plan.ship_date is None
    assert plan.steps[0].done[0]["said"]["t"] == "There is no date to count from"


# -- Sourcing -----------------------------------------------------------------------------

STRATEGY = {"4": {"id": 4, "name": "Near", "fences": [], "criteria": []}}


def test_source_sets_warehouse_carrier_and_parcels():
    seen = []

    def choose(given, strategy):
        seen.append((strategy.name, given["order"]["tag_ids"]))
        return Choice((2, 8, {1: 1.0}), (3, 8, {2: 4.0}), next_at="2026-11-23 09:00:00")

    rules = rule_set(
        rule(1, ("tag", {"tag": 5}), ("source", {"strategy": 4}), scope="route"),
        rule(2, scope="carrier", order=[["warehouse_id", "=", 2]]),
        strategies=STRATEGY,
    )
    plan = decide(snapshot(), rules, choose=choose)
    assert seen == [("Near", [5])]
    assert (plan.warehouse_id, plan.carrier_id, plan.parcels) == (2, 8, ((2, 8, {1: 1.0}), (3, 8, {2: 4.0})))
    assert plan.to_json()["parcels"] == [[2, 8, {"1": 1.0}], [3, 8, {"2": 4.0}]]
    assert plan.next_at == "2026-11-23 09:00:00"
    assert matched(plan) == [1, 2]
    assert compiled(rules).sources


@pytest.mark.parametrize(
    ("args", "holds"), [({}, ["unroutable"]), ({"hold_type": None}, []), ({"hold_type": "manual"}, ["manual"])]
)
def test_an_order_nobody_can_ship_waits(args, holds):
    rules = rule_set(rule(1, ("source", {"strategy": 4, **args}), scope="route"), strategies=STRATEGY)
    plan = decide(snapshot(), rules, choose=lambda given, strategy: Choice(unroutable="Closed"))
    assert [code for code, _key in plan.holds] == holds
    assert all(str(hold.reason) == "Closed" for hold in plan.holds.values())
    assert plan.warehouse_id is None


# -- When to look again -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("functions", "next_at"),
    [
        ([("older_than", {"hours": 6})], "2026-11-23 08:00:00"),
        (["gift", ("older_than", {"hours": 6})], None),  # no gift: time alone changes nothing
        ([("older_than", {"hours": 6}), "gift"], "2026-11-23 08:00:00"),
        ([("older_than", {"hours": 5}), "gift"], None),
        ([("older_than", {"hours": 6}, True)], "2026-11-23 08:00:00"),
        ([("date_too_late", {"days": 7}, True)], "2026-11-29 15:00:00"),
    ],
)
def test_time_alone(functions, next_at):
    plan = decide(snapshot(fact__requested_date="2026-12-07"), rule_set(rule(1, functions=functions)))
    assert plan.next_at == next_at


def test_domains_that_speak_of_now_are_looked_at_hourly():
    domain = [["date_order", "<", "-3d"]]
    plan = decide(snapshot(asked={digest(domain): False}), rule_set(rule(1, order=domain)))
    assert plan.next_at == "2026-11-23 08:15:00"


def test_moments_that_have_passed_do_not_come_at_once(own_condition):
    own_condition("late", lambda snapshot: Said("x", until="2026-11-20 00:00:00"))
    assert decide(snapshot(), rule_set(rule(1, functions=["late"]))).next_at == "2026-11-23 08:15:00"


# -- The same again -----------------------------------------------------------------------

FUNCTIONS = ["gift", "comment", "stock_short", ("older_than", {"hours": 6}), ("amount_above", {"limit": 100}), "remote"]
ACTIONS = [
    ("hold", {"code": "a"}),
    ("hold", {"code": "b", "key": "k"}),
    ("warehouse", {"warehouse": 2}),
    ("carrier", {"carrier": 3}),
    ("tag", {"tag": 1}),
    ("untag", {"tag": 1}),
    "split",
    ("ship_date", {"days": 1}),
]


@st.composite
def some_rule_set(draw):
    rules = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        functions = [
            (*((each, {}) if isinstance(each, str) else each), draw(st.booleans()))
            for each in draw(st.lists(st.sampled_from(FUNCTIONS), max_size=2))
        ]
        rules.append(
            rule(
                number,
                *draw(st.lists(st.sampled_from(ACTIONS), max_size=3)),
                scope=draw(st.sampled_from(["intake", "hold", "route"])),
                stop=draw(st.booleans()),
                order=draw(
                    st.sampled_from(
                        [[], [["amount_total", ">", 9]], [["warehouse_id", "=", 2]], [["tag_ids", "in", [1]]]]
                    )
                ),
                functions=functions,
            )
        )
    return rules


@settings(max_examples=150, deadline=None)
@given(some_rule_set(), st.sampled_from([5.0, 50.0, 500.0]), st.booleans(), st.randoms(use_true_random=False))
def test_equal_facts_give_equal_plans(rules, amount, gift, rng):
    first = snapshot(amount_total=amount, fact__gift=gift)
    plan = decide(first, rule_set(*rules))
    shuffled = json.loads(json.dumps({key: first[key] for key in rng.sample(sorted(first), len(first))}))
    shuffled["order"] = {
        path: shuffled["order"][path] for path in rng.sample(sorted(shuffled["order"]), len(shuffled["order"]))
    }
    again = decide(shuffled, rule_set(*rng.sample(rules, len(rules))))
    assert canonical(plan.to_json()) == canonical(again.to_json())
    assert fingerprint(first, rule_set(*rules), plan) == fingerprint(shuffled, rule_set(*rules), again)
    assert json.loads(json.dumps(plan.to_json())) == plan.to_json()
    assert not plan.errors


def test_a_rule_set_is_compiled_once():
    rules = rule_set(rule(1))
    assert compiled(rules) is compiled(rules)
    assert compiled(rules) is compiled(rule_set(rule(1)))
    assert compiled(rules) is not compiled(rule_set(rule(2)))


def test_what_the_facts_reader_has_to_bring():
    rules = rule_set(
        rule(1, order=[["partner_id.vip", "=", True]], functions=["first_order"]),
        rule(2, lines=("any", [["product_id.hs", "!=", False]]), functions=["dangerous"]),
        types={"order": {"partner_id.vip": "boolean"}, "lines": {"product_id.hs": "char"}},
    )
    assert compiled(rules).paths["order"] == {"partner_id.vip", "fact.buyer_orders"}
    assert compiled(rules).paths["lines"] == {
        "product_id.hs",
        "fact.goods",
        "fact.dangerous",
        "fact.sku",
        "fact.name",
    }
    assert not compiled(rules).sources


# -- Fingerprint --------------------------------------------------------------------------


def test_the_fingerprint_changes_with_what_rules_see_only():
    rules = rule_set(rule(1, ("hold", {"code": "a"}), order=[["amount_total", ">", 1]]))

    def mark(given, own=rules):
        return fingerprint(given, own, decide(given, own))

    base = mark(snapshot())
    assert base == mark(snapshot())
    assert base == mark(snapshot(now="2026-11-23 09:00:00", today="2026-11-24"))
    assert base == mark(snapshot(amount_total=12000))
    assert base == mark(snapshot(partner_id__color=3))  # no rule sees it
    assert base != mark(snapshot(amount_total=12001.0))
    assert base != mark(
        snapshot(), rule_set(rule(1, ("hold", {"code": "a"}), order=[["amount_total", ">", 1]]), version=2)
    )
    assert base != mark(snapshot(asked={"asked:1": True}))
    assert base != mark(snapshot(line(product_uom_qty=2.0)))


def test_the_fingerprint_changes_when_time_changes_the_plan():
    rules = rule_set(rule(1, ("hold", {"code": "a"}), functions=["not_released"]))
    held = snapshot(line(fact__release_date="2026-11-24"))
    free = {**held, "now": "2026-11-23 15:00:00", "today": "2026-11-24"}
    assert fingerprint(held, rules, decide(held, rules)) != fingerprint(free, rules, decide(free, rules))


def test_candidates_count_where_a_rule_chooses():
    rules = rule_set(rule(1, ("source", {"strategy": 4})), strategies=STRATEGY)
    plan = decide(snapshot(), rules, choose=lambda given, strategy: Choice((2, 8, {1: 1.0})))
    assert fingerprint(snapshot(), rules, plan) != fingerprint(snapshot() | {"sites": [{"id": 1}]}, rules, plan)
    plain = rule_set(rule(1))
    plan = decide(snapshot(), plain)
    assert fingerprint(snapshot(), plain, plan) == fingerprint(snapshot() | {"sites": [{"id": 1}]}, plain, plan)
