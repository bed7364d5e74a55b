"""Compiled domains against a plain reading of the SQL that Odoo 19 makes of them: three truth values, NULL and all."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ec_order_routing.engine.compile import asked, compile_domain, paths, provable, why
from odoo.addons.ec_order_routing.engine.domain import digest, parse, unparse
from odoo.addons.ec_order_routing.engine.facts import MissingFact
from odoo.addons.ec_order_routing.engine.registry import SpecError

TYPES = {
    "i": "integer",
    "f": "float:2",
    "m": "monetary",
    "b": "boolean",
    "c": "char",
    "s": "selection",
    "d": "date",
    "t": "datetime",
    "r": "many2one",
    "x": "many2many",
    "r.c": "char",
    "r.i": "integer",
    "r.d": "date",
    "r.x": "many2many",
    "r.r": "many2one",
    "r.r.c": "char",
    "r.b": "boolean",
    "o": "one2many",
    "o.i": "integer",
}
FALSY = {"integer": 0, "float": 0, "monetary": 0, "boolean": False, "char": ""}
VALUES = {
    "integer": [-2, -1, 0, 1, 2, 3],
    "float": [-1.5, 0.0, 0.25, 1.0, 2.5],
    "monetary": [-100.0, 0.0, 99.99, 100.0],
    "boolean": [True, False],
    "char": ["a", "A", "ab", "É", "é", "東京", "a%b", "a_b", "a\\b", "10 %"],
    "selection": ["draft", "sale"],
    "date": ["2026-01-31", "2026-02-01", "2026-11-23"],
    "datetime": ["2026-01-31 23:59:59", "2026-02-01 00:00:00"],
    "many2one": [1, 2, 3],
    "many2many": [1, 2, 3],
}
KINDS = {path: kind.partition(":")[0] for path, kind in TYPES.items()}
EQUAL, ORDERED = ["=", "!=", "in", "not in"], ["<", "<=", ">", ">="]
LIKE = ["like", "ilike", "not like", "not ilike", "=like", "=ilike", "not =like", "not =ilike"]


# -- The plain reading --------------------------------------------------------------------


def sql(row, node):
    """True, False or None, as PostgreSQL answers what Odoo makes of the tree. Rows have None for NULL."""
    if isinstance(node, bool):
        return node
    if node[0] == "leaf":
        return condition(row, *node[1:])
    if node[0] == "!":
        return sql(row, negated(node[1]))
    answers = [sql(row, child) for child in node[1]]
    if node[0] == "&":
        return False if False in answers else None if None in answers else True
    return True if True in answers else None if None in answers else False


INVERSE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "!=", "in": "not in"}
INVERSE |= {each: f"not {each}" for each in LIKE if not each.startswith("not")}
INVERSE |= {value: key for key, value in INVERSE.items() if key not in ORDERED}


def negated(node):
    if isinstance(node, bool):
        return not node
    if node[0] == "!":
        return node[1]
    if node[0] in "&|":
        return ("|" if node[0] == "&" else "&", [("!", child) for child in node[1]])
    _leaf, path, operator, value = node
    if "." in path:
        return ("leaf", path, f"NOT {operator}", value)
    inverse = ("leaf", path, INVERSE[operator], value)
    if operator in ORDERED and KINDS[path] not in FALSY:
        return ("|", [inverse, ("leaf", path, "=", False)])
    return inverse


def condition(row, path, operator, value):
    if "." in path:
        name, _dot, rest = path.partition(".")
        exists = row[name] is not None and sql_sub(row, name, rest, operator.removeprefix("NOT "), value) is True
        return not exists if operator.startswith("NOT ") else exists
    return simple(KINDS[path], row[path], operator, value)


def sql_sub(row, name, rest, operator, value):
    """The condition `rest` on the record that `name` leads to."""
    if "." in rest:
        middle, _dot, last = rest.partition(".")
        return (
            row[f"{name}.{middle}"] is not None
            and simple(KINDS[f"{name}.{rest}"], row[f"{name}.{middle}.{last}"], operator, value) is True
        )
    return simple(KINDS[f"{name}.{rest}"], row[f"{name}.{rest}"], operator, value)


def simple(kind, cell, operator, value):
    if operator in ("=", "!="):
        if isinstance(value, list) and not value:
            value = [False]
        value, operator = value if isinstance(value, list) else [value], "in" if operator == "=" else "not in"
    elif operator in ("in", "not in"):
        if not value:
            return operator == "not in"
        value = value if isinstance(value, list) else [value]
    if operator in ("in", "not in"):
        return membership(kind, cell, operator, value)
    if operator in ORDERED:
        if kind == "float":
            value = round(value, 2)
        falsy = FALSY.get(kind)
        if falsy is not None:
            value = value or falsy
            if cell is None:
                return True if compare(falsy, operator, value) else None
        return None if cell is None else compare(cell, operator, value)
    positive = operator.removeprefix("not ")
    if not value:
        if "=" in operator:
            return simple(kind, cell, "=" if positive == operator else "!=", False)
        return positive == operator
    found = None if cell is None else like(cell, positive, value)
    if positive == operator:
        return found
    return True if cell is None else not found


def membership(kind, cell, operator, value):
    if kind == "many2many":
        ids = [each for each in value if each is not False]
        found = (False in value and not cell) or any(each in cell for each in ids)
        return found == (operator == "in")
    falsy = FALSY.get(kind)
    if kind == "boolean":
        return bool(cell) in value if operator == "in" else bool(cell) not in value
    params = [round(each, 2) if kind == "float" else each for each in value if each is not False]
    with_null = len(params) < len(value)
    if falsy is not None:
        if falsy in params:
            with_null = True
        elif with_null:
            params.append(falsy)
    if operator == "in":
        found = (None if cell is None else cell in params) if params else False
        return True if with_null and cell is None else found
    found = (None if cell is None else cell not in params) if params else None
    if not with_null:
        return True if cell is None else found
    return cell is not None if not params else found


def compare(left, operator, right):
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]


def like(cell, operator, pattern):
    """By hand, letter by letter: % any, _ one, backslash escapes."""
    if "=" not in operator:
        pattern = f"%{pattern}%"
    if operator.endswith("ilike"):
        cell, pattern = cell.lower(), pattern.lower()

    def match(at, rest):
        if rest == len(pattern):
            return at == len(cell)
        letter = pattern[rest]
        if letter == "%":
            return any(match(start, rest + 1) for start in range(at, len(cell) + 1))
        if letter == "\\":
            rest += 1
            letter = pattern[rest]
            return at < len(cell) and cell[at] == letter and match(at + 1, rest + 1)
        return at < len(cell) and letter in ("_", cell[at]) and match(at + 1, rest + 1)

    return match(0, 0)


# -- Random domains and rows --------------------------------------------------------------


@st.composite
def leaf(draw):
    path = draw(st.sampled_from([path for path, kind in KINDS.items() if kind in VALUES and path != "o.i"]))
    kind = KINDS[path]
    operators = list(EQUAL)
    if kind in ("integer", "float", "monetary", "date", "datetime", "many2one"):
        operators += ORDERED
    if kind == "char":
        operators += LIKE
    if kind == "selection":
        operators += LIKE[:4]
    operator = draw(st.sampled_from(operators))
    value = st.sampled_from(VALUES[kind])
    if operator in EQUAL:
        one = st.one_of(value, st.just(False))
        if kind == "char":
            one = st.one_of(one, st.just(""))
        if kind == "selection":
            one = st.one_of(one, st.just(""))
        return [path, operator, draw(st.lists(one, max_size=3) if operator in ("in", "not in") else one)]
    if operator in LIKE:
        texts = (
            ["a", "A", "%", "a%", "_b", "\\%", "東", "É", "é", "b\\", "a\\_b", ""]
            if kind == "char"
            else ["dr", "S", "%e", "_a"]
        )
        return [path, operator, draw(st.sampled_from(texts))]
    return [path, operator, draw(value)]


@st.composite
def domains(draw, depth=3):
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return [draw(st.one_of(leaf(), st.sampled_from([[1, "=", 1], [0, "=", 1]])))]
    shape = draw(st.sampled_from(["&", "|", "!", "list"]))
    first, second = draw(domains(depth=depth - 1)), draw(domains(depth=depth - 1))
    if shape == "list":
        return first + second
    first, second = unparse(parse(first)), unparse(parse(second))  # terms side by side joined by "&"
    return ["!", *first] if shape == "!" else [shape, *first, *second]


def some_rows(rng, count):
    """Rows with cells of every kind, many of them NULL; nothing behind a many2one that is NULL."""
    for _number in range(count):
        row = {}
        for path, kind in KINDS.items():
            parent = path.rpartition(".")[0]
            if kind in VALUES and path != "o.i":
                empty = bool(parent) and row[parent] is None
                if kind == "many2many":
                    row[path] = [] if empty else sorted(rng.sample(VALUES[kind], rng.randint(0, 2)))
                else:
                    row[path] = None if empty or rng.random() < 0.3 else rng.choice(VALUES[kind])
        yield row


def facts_of(row):
    """The row as the ORM reads it."""
    empty = {"integer": 0, "float": 0.0, "monetary": 0.0}
    return {path: empty.get(KINDS[path], False) if cell is None else cell for path, cell in row.items()}


@settings(max_examples=800, deadline=None)
@given(st.one_of(leaf().map(lambda each: [each]), domains()), st.integers(0, 2**32))
def test_answers_as_the_search_does(domain, seed):
    tree = parse(domain)
    predicate = compile_domain(domain, TYPES)
    parts = {key: parse(part) for key, part in predicate.asked.items()}
    for row in some_rows(random.Random(seed), 15):
        answers = {key: sql(row, part) is True for key, part in parts.items()}
        facts = {path: value for path, value in facts_of(row).items() if path in predicate.paths}
        assert predicate(facts, answers) == (sql(row, tree) is True), (domain, row)
        assert all(str(said) for said in why(predicate, facts, answers))


@settings(max_examples=300, deadline=None)
@given(domains())
def test_written_back_and_read_again_is_the_same(domain):
    assert parse(unparse(parse(domain))) == parse(domain)


# -- By hand ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "facts", "answer"),
    [
        ([], {}, True),
        ([["c", "!=", "a"]], {"c": False}, True),
        ([["c", "not in", ["a"]]], {"c": False}, True),
        ([["c", "=", False]], {"c": False}, True),
        ([["c", "=", ""]], {"c": False}, True),
        ([["s", "=", ""]], {"s": False}, False),
        ([["i", "=", False]], {"i": 0}, True),
        ([["i", "<", 1]], {"i": False}, True),
        ([["d", "<", "2026-01-01"]], {"d": False}, False),
        (["!", ["d", "<", "2026-01-01"]], {"d": False}, True),
        ([["d", "=", "2026-01-01 13:00:00"]], {"d": "2026-01-01"}, True),
        ([["d", "<=", "2026-01-01 13:00:00"]], {"d": "2026-01-01"}, True),
        ([["r.c", "!=", "a"]], {"r": False, "r.c": False}, False),
        ([["r.c", "=", False]], {"r": False, "r.c": False}, False),
        (["!", ["r.c", "=", "a"]], {"r": False, "r.c": False}, True),
        ([["x", "=", False]], {"x": []}, True),
        ([["x", "!=", 2]], {"x": [1]}, True),
        ([["x", "in", [2, 3]]], {"x": [1, 3]}, True),
        ([["x", "not in", [False, 1]]], {"x": []}, False),
        ([["i", "in", []]], {}, False),
        ([["i", "not in", []]], {}, True),
        ([["f", "=", 1.005]], {"f": 1.01}, True),
        ([["c", "ilike", "É"]], {"c": "é"}, True),
        ([["c", "ilike", "e"]], {"c": "é"}, False),
        ([["c", "=ilike", "TO%o"]], {"c": "tokyo"}, True),
        ([["c", "like", "50%"]], {"c": "50 off"}, True),
        ([["c", "like", "50\\%"]], {"c": "50 off"}, False),
        ([["c", "not ilike", "x"]], {"c": False}, True),
        (["|", ["i", ">", 5], ["c", "=", "a"]], {"i": 1, "c": "a"}, True),
        (["|", "!", ["i", ">", 5], "&", ["c", "=", "a"], ["b", "=", True]], {"i": 9, "c": "a", "b": False}, False),
        ([["b", "!=", True], ["i", "=?", False]], {"b": False}, True),
        ([["i", "=?", 5]], {"i": 4}, False),
        ([["r.c", "=?", False]], {"r": 3, "r.c": False}, True),
        ([["r.c", "=?", False]], {"r": False, "r.c": False}, False),
        ([["r.c", "not in", []]], {"r": False, "r.c": False}, False),
    ],
)
def test_known_cases(domain, facts, answer):
    assert compile_domain(domain, TYPES)(facts) is answer


@pytest.mark.parametrize(
    "leaf",
    [
        ["r", "child_of", 1],
        ["r", "ilike", "Tokyo"],
        ["r", "=", "Tokyo"],
        ["r", "in", [1, "Tokyo"]],
        ["r", "any", [["c", "=", "a"]]],
        ["o.i", "=", 1],
        ["o", "=", False],
        ["x.c", "=", "a"],
        ["d", ">", "today -3d"],
        ["t", ">", "2026-01-01"],
        ["c", "<", "b"],
        ["c", "=", 5],
        ["c", "=like", "%"],
        ["c", "ilike", "%"],
        ["c", "=like", "a\\"],
        ["s", ">", "draft"],
        ["i", "=", 1.5],
        ["i", "=", "1"],
        ["i", "=", True],
        ["b", "=", 1],
        ["unknown", "=", 1],
        ["r.unknown", "=", 1],
        ["d.month_number", "=", 1],
        ["m", "ilike", "5"],
        ["m", "=", 0],
    ],
)
def test_the_rest_is_asked(leaf):
    assert not provable([leaf], TYPES)
    (key,) = asked([leaf], TYPES)
    predicate = compile_domain([leaf], TYPES)
    assert predicate({}, {key: True}) is True
    assert predicate({}, {key: False}) is False
    with pytest.raises(MissingFact):
        predicate({}, {})


def test_parts_to_ask_are_merged_and_come_last():
    domain = ["&", "&", ["r", "ilike", "a"], ["i", ">", 5], "!", ["r", "child_of", 1]]
    predicate = compile_domain(domain, TYPES)
    part = ["&", ["r", "ilike", "a"], "!", ["r", "child_of", 1]]
    assert predicate.asked == {digest(part): part}
    assert predicate.paths == {"i"}
    assert predicate({"i": 1}, {}) is False  # decided before the database is needed
    assert predicate({"i": 9}, {digest(part): True}) is True


def test_alternatives_to_ask_stay_alternatives():
    part = ["|", ["r", "ilike", "a"], ["r", "child_of", 1]]
    assert asked(["|", ["r", "ilike", "a"], "|", ["i", ">", 5], ["r", "child_of", 1]], TYPES) == {digest(part): part}


def test_lines_are_answered_by_their_ids():
    domain = [["product_id", "ilike", "box"]]
    predicate = compile_domain(domain, side="lines")
    (key,) = predicate.asked
    assert predicate({"id": 3}, {key: [3, 4]}) is True
    assert predicate({"id": 5}, {key: [3, 4]}) is False
    assert key != digest(domain)


def test_only_what_is_needed_is_read():
    assert paths([["r.c", "=", "a"]], TYPES) == {"r.c"}
    assert paths([["r.c", "!=", "a"]], TYPES) == {"r", "r.c"}
    assert paths([["r.r.c", "=", False]], TYPES) == {"r", "r.r", "r.r.c"}
    assert paths([["i", "in", []]], TYPES) == set()


def test_base_facts_need_no_types():
    assert provable([["amount_total", ">", 5], ["tag_ids", "in", [1]], ["fact.ship_zip", "=like", "90%"]])


def test_a_missing_fact_is_named():
    with pytest.raises(MissingFact, match="amount_total"):
        compile_domain([["amount_total", ">", 5]])({})


@pytest.mark.parametrize(("value", "relative"), [("-3d", True), ("today", True), ("2026-01-01", False)])
def test_moments_relative_to_now_are_told(value, relative):
    assert compile_domain([["date_order", "<", value]]).relative is relative
    assert compile_domain([["partner_id.date_x", "<", value]]).relative is relative


@pytest.mark.parametrize(
    "domain",
    ["a", [["a", "=", 1, 2]], ["&", ["a", "=", 1]], ["!"], [["a", "~", 1]], [[2, "=", 1]], [["", "=", 1]], ["?"]],
)
def test_what_is_no_domain(domain):
    with pytest.raises(SpecError) as error:
        parse(domain)
    assert re.search(r"\w", str(error.value))


def test_says_which_leaf_decided():
    predicate = compile_domain(["&", ["amount_total", ">", 5], ["state", "=", "sale"]])
    facts = {"amount_total": 9.0, "state": "draft"}
    assert [str(said) for said in why(predicate, facts)] == ["state is draft, not: = sale"]
    assert [str(said) for said in why(predicate, facts | {"state": "sale"})] == [
        "amount_total is 9: > 5",
        "state is sale: = sale",
    ]
    either = compile_domain(["|", ["amount_total", ">", 10], ["state", "=", "sale"]])
    assert len(why(either, facts)) == 2
    assert [str(said) for said in why(either, facts | {"state": "sale"})] == ["state is sale: = sale"]
