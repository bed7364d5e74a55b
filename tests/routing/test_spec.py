"""Rule sets as JSON, and what their authors are told when something is wrong."""

import json

import pytest
from given import rule, rule_set

from odoo.addons.ec_order_routing.engine.registry import Arg, SpecError, condition, function, functions, label_of
from odoo.addons.ec_order_routing.engine.spec import FunctionSpec, RuleSetSpec, StrategySpec
from odoo.addons.ec_order_routing.engine.words import Said, Text, _, addon_of, shown

WHOLE = {
    "id": 3,
    "version": 12,
    "rules": [
        rule(
            1,
            ("hold", {"code": "manual"}),
            order=["|", ["amount_total", ">", 5], ["tag_ids", "in", [1, 2]]],
            functions=["gift"],
        ),
        rule(
            2,
            "split",
            scope="intake",
            lines=("none", [["fact.sku", "=like", "A%"]]),
            stop=True,
            priority=30,
            valid_to="2026-12-31",
        ),
    ],
    "strategies": {"4": {"id": 4, "name": "Near", "mode": "weighted", "max_parcels": 2, "fences": [], "criteria": []}},
    "types": {"order": {"partner_id.name": "char"}, "lines": {}},
}


def test_there_and_back():
    spec = RuleSetSpec.from_json(WHOLE)
    text = json.dumps(spec.to_json())
    assert RuleSetSpec.from_json(json.loads(text)) == spec
    assert json.dumps(RuleSetSpec.from_json(json.loads(text)).to_json()) == text
    assert [each.id for each in spec.rules] == [2, 1]  # by scope
    assert spec.strategies[4].max_parcels == 2
    assert hash(spec) == hash(RuleSetSpec.from_json(WHOLE))


def test_strategies_keep_fences_and_criteria():
    data = {
        "id": 4,
        "name": "Near",
        "criteria": [[{"name": "far", "args": {"km": 3}}, 2]],
        "fences": [{"name": "lost", "args": {}}],
    }
    spec = StrategySpec.from_json(data, known=False)
    assert spec.criteria == ((FunctionSpec("far", {"km": 3}), 2.0),)
    assert StrategySpec.from_json(spec.to_json(), known=False) == spec
    with pytest.raises(SpecError, match="There is no fence “lost”"):
        StrategySpec.from_json(data)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (rule(1, "gone"), "Rule “Rule 1”: There is no action “gone”"),
        (rule(1, functions=["gone"]), "Rule “Rule 1”: There is no condition “gone”"),
        (rule(1, "tag"), "Rule “Rule 1”: Add a tag needs “Tag”"),
        (rule(1, ("tag", {"tag": "red"})), "Rule “Rule 1”: Add a tag: “Tag” cannot be 'red', it is of the kind tag"),
        (rule(1, ("tag", {"tag": 1, "x": 2})), "Rule “Rule 1”: Add a tag knows no argument x"),
        (rule(1, scope="moon"), "Rule “Rule 1”: 'moon' is none of intake, hold, route, carrier, mail"),
        (rule(1, lines=("some", [])), "Rule “Rule 1”: 'some' is none of any, all, none"),
        ({"id": 1, "name": "x"}, "“scope” is missing or wrong in {'id': 1, 'name': 'x'}"),
        ({"id": True, "name": "x", "scope": "hold"}, "“id” is missing or wrong"),
        ("text", "'text' should be an object"),
    ],
)
def test_what_is_wrong_is_told(broken, told):
    with pytest.raises(SpecError) as error:
        rule_set(broken)
    assert str(error.value).startswith(told)


def test_an_old_version_is_read_though_its_addon_is_gone():
    assert rule_set(rule(1, "gone", functions=["gone"]), known=False).rules[0].actions[0].name == "gone"


ACCEPTED = [
    ("text", "", 5),
    ("integer", 5, 5.0),
    ("integer", -1, True),
    ("amount", 5.5, "5"),
    ("float", 5, float("nan")),
    ("boolean", True, 1),
    ("date", "2026-02-28", "2026-02-30"),
    ("date", "2026-02-28", "20260228"),
    ("time", "23:59", "24:00"),
    ("codes", ["a"], [1]),
    ("codes", [], "a"),
    ("carrier", 5, 0),
    ("hold_type", "manual", 3),
]


@pytest.mark.parametrize(("kind", "good", "bad"), ACCEPTED)
def test_kinds_of_arguments(kind, good, bad):
    assert Arg("x", kind, "X").accepts(good)
    assert not Arg("x", kind, "X").accepts(bad)


def test_choices():
    choice = Arg("x", "choice", "X", choices=(("a", "A"), ("b", "B")))
    assert choice.accepts("a")
    assert not choice.accepts("c")
    several = Arg("x", "codes", "X", choices=(("a", "A"), ("b", "B")))
    assert several.accepts(["a", "b"])
    assert not several.accepts(["a", "c"])


def test_arguments_that_cannot_be():
    with pytest.raises(ValueError, match="unknown kind"):
        Arg("x", "colour", "X")
    with pytest.raises(ValueError, match="default"):
        Arg("x", "integer", "X", default="a")


def test_defaults_are_filled_in_and_empty_is_allowed_where_it_says_so():
    known = function("action", "hold")
    assert known.complete({"code": "a"}) == {"code": "a", "reason": None, "due_hours": None, "key": ""}
    with pytest.raises(SpecError):
        known.complete({"code": None})


def test_a_name_belongs_to_one_function():
    def other(snapshot):
        return None

    with pytest.raises(ValueError, match="registered by"):
        condition("gift", "Gift")(other)
    assert function("condition", "gift").addon == "ec_order_routing"


def test_every_function_of_ours_is_labelled_for_translation():
    for sort in ("condition", "action"):
        found = [each for each in functions(sort) if each.addon == "ec_order_routing"]
        assert found == sorted(found, key=lambda each: each.name)
        for each in found:
            texts = [
                each.label,
                *(arg.label for arg in each.args),
                *(label for arg in each.args for _code, label in arg.choices),
            ]
            assert all(isinstance(text, Text) and text.module == "ec_order_routing" for text in texts), each.name
    assert label_of("condition", "gift") == "It is a gift"
    assert label_of("condition", "gone") == "gone"


# -- Words --------------------------------------------------------------------------------


def test_sentences_keep_their_figures_apart():
    said = Said(_("{paid} of {total}"), paid=1000, total=2500.5)
    assert str(said) == "1,000 of 2,500.5"
    assert said.to_json() == {"m": "", "t": "{paid} of {total}", "p": {"paid": 1000, "total": 2500.5}}
    assert said.render("{total}のうち{paid}", str) == "2500.5のうち1000"
    assert Said.from_json(json.loads(json.dumps(said.to_json()))) == said


def test_sentences_within_sentences():
    said = Said(
        "{first}; {all}", first=Said("{n} left", n=2), all=[Said("one"), Said("two")], until="2026-01-01 00:00:00"
    )
    again = Said.from_json(json.loads(json.dumps(said.to_json())))
    assert str(again) == "2 left; one, two"
    assert again.until == said.until
    assert isinstance(again.params["first"], Said)


def test_what_a_person_typed_is_shown_as_it_is():
    assert str(Said("{text}", text="50% {off}")) == "50% {off}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (0.5, "0.5"),
        (2.0, "2"),
        (100, "100"),
        (1.23456, "1.235"),
        (True, "True"),
        (["a", 2.0], "a, 2"),
        (None, ""),
    ],
)
def test_figures(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("module", "addon"), [("odoo.addons.ec_x.engine.y", "ec_x"), ("odoo.addons.ec_x", "ec_x"), ("tests.x", "")]
)
def test_the_addon_of_a_module(module, addon):
    assert addon_of(module) == addon
