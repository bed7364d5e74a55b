"""The examples of docs/extend-routing.md work as they stand there."""

import ast
import re
from pathlib import Path

import pytest
from given import line, rule, rule_set, snapshot

from odoo.addons.ec_order_routing.engine import registry
from odoo.addons.ec_order_routing.engine.case import Case, Lines
from odoo.addons.ec_order_routing.engine.decide import decide

PAGE = Path(__file__).resolve().parents[2] / "docs" / "extend-routing.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
RULES = [block for block in BLOCKS if block.startswith("# rules.py")]


@pytest.fixture(scope="module")
def example():
    """The rules of the page, as a module of an addon that is not there."""
    before = {sort: set(known) for sort, known in registry._functions.items()}
    module = {"__name__": "odoo.addons.ec_my_rules.rules"}
    for block in RULES:
        exec(compile(block, str(PAGE), "exec"), module)
    yield module
    for sort, known in registry._functions.items():
        for name in set(known) - before[sort]:
            del known[name]


def _goods(*weights):
    return Lines(line(number, fact__weight=weight) for number, weight in enumerate(weights, 1))


def test_every_block_is_python_and_every_function_short():
    assert len(BLOCKS) > len(RULES) == 4
    for block in BLOCKS:
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                assert node.end_lineno - first + 1 < 30, node.name


def test_the_condition_decides_and_says_why(example):
    rules = rule_set(rule(1, ("hold", {"code": "manual"}), functions=[("pickup_box", {"above": 10000})]))
    order = {"fact__ship_street": "PUDO 千代田1-1", "amount_total": 12000.0}
    [step] = decide(snapshot(**order), rules).steps
    assert step.matched
    assert [str(said) for said in step.said] == ["It goes to a pick-up box (PUDO) and is worth 12,000"]
    [hold] = decide(snapshot(**order), rules).holds.values()
    assert str(hold.reason) == "It goes to a pick-up box (PUDO) and is worth 12,000"
    assert hold.reason.text.module == "ec_my_rules", "its translations are looked for in its own addon"
    assert not decide(snapshot(**order | {"amount_total": 9000.0}), rules).holds
    assert not decide(snapshot(), rules).holds


def test_the_action_holds_at_weekends_only(example):
    rules = rule_set(rule(1, "hold_over_weekend"))
    assert not decide(snapshot(today="2026-11-23"), rules).holds
    [hold] = decide(snapshot(today="2026-11-28"), rules).holds.values()
    assert (hold.code, hold.key, str(hold.reason)) == ("manual", "weekend", "Nobody packs at the weekend")


def test_the_fence_and_the_criterion_choose(example):
    case, site = Case(snapshot()), {"id": 1, "name": "Tokyo"}
    assert example["few_lines"](case, site, _goods(1, 1), most=2) is None
    assert str(example["few_lines"](case, site, _goods(1, 1, 1), most=2)) == "Tokyo packs at most 2 lines, these are 3"
    assert example["few_boxes"](case, site, {}, _goods(4.0, 7.5), kilograms=10.0) == 2
    assert example["few_boxes"].measure.bound, "so the search is fast"


def test_a_version_outlives_the_addon():
    rules = rule_set(rule(1, ("hold", {"code": "manual"}), functions=["gone"]), rule(2, ("hold", {"code": "risk"})), known=False)
    plan = decide(snapshot(), rules)
    assert [code for code, _key in plan.holds] == ["risk"]
    assert [error["error"]["p"] for error in plan.errors] == [{"sort": "condition", "name": "gone"}]
