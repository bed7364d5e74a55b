"""The replay compares modulo ids, times and cursors, and nothing else."""

import gzip
import json

import pytest
from shopify_simulator.replay import findings as results
from shopify_simulator.replay.__main__ import main, replay
from shopify_simulator.replay.align import Alignment
from shopify_simulator.replay.findings import Finding, KnownGap, Mismatch, explain_gaps, load_gaps
from shopify_simulator.replay.prior import Prior
from shopify_simulator.replay.recording import Unreadable, load
from shopify_simulator.replay.scenario import (
    LISTS_PRIOR,
    PRIOR_STATE,
    VARIABLES_LOST,
    behaviour_findings,
)
from shopify_simulator.replay.seed import Unmade

CLOSE = """mutation Close($id: ID!) {
  orderClose(input: {id: $id}) { order { id closed } userErrors { field message } } }"""
CREATE = """mutation Create($order: OrderCreateOrderInput!) {
  orderCreate(order: $order) { order { id name createdAt note } userErrors { message } } }"""
READ = "query Read($id: ID!) { order(id: $id) { id name note } }"
LIST = "{ orders(first: 2) { nodes { id name } } }"


def line(query, variables, data, *, source="shop/scenario", errors=None, cost=None, **more):
    response = {"data": data, "extensions": {"cost": {"requestedQueryCost": cost}} if cost else {}}
    if errors:
        response["errors"] = errors
    return {
        "source": source,
        "apiVersion": "2026-04",
        "domain": "orders",
        "query": query,
        "variables": variables,
        "response": response,
        **more,
    }


@pytest.fixture
def recorded(tmp_path):
    """Write lines to a file and load them."""

    def write(*lines, name="recorded.jsonl"):
        path = tmp_path / name
        opened = gzip.open if name.endswith(".gz") else open
        with opened(path, "wt") as file:
            file.writelines(json.dumps(item) + "\n" for item in lines)
        return path

    return write


class Scripted:
    """A shop that answers from a list and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, started, without_scopes, shown):
        self.started, self.without_scopes = started, without_scopes
        return self

    def ask(self, version, query, variables, operation_name=None, seconds=1):
        self.asked.append((query, variables))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def hurry(self):
        self.hurried = True

    def must(self, *request, **values):
        raise Unmade("this shop makes nothing")

    make_location = make_customer = make_product = must


def behaviour(path, *answers):
    shop = Scripted(*answers)
    (steps,) = load(path)
    return behaviour_findings(steps, shop), shop


def created(gid, name, **more):
    order = {"id": gid, "name": name, "createdAt": "2026-05-01T10:00:00Z", "note": None, **more}
    return {"orderCreate": {"order": order, "userErrors": []}}


THEIRS, OURS = "gid://shopify/Order/8888861458738", "gid://shopify/Order/7000000000001"


# -- alignment


def test_ids_stand_for_each_other_once_seen_at_one_place():
    alignment = Alignment([])
    assert alignment.compare({"id": THEIRS}, {"id": OURS}) == []
    assert alignment.request({"a": [THEIRS], "q": "id:8888861458738"}) == {
        "a": [OURS],
        "q": "id:7000000000001",
    }
    (found,) = alignment.compare({"id": THEIRS}, {"id": "gid://shopify/Order/2"}, "data.x")
    assert (found.path, found.expected, found.got) == ("data.x.id", THEIRS, "gid://shopify/Order/2")


def test_two_recorded_ids_do_not_share_one_of_ours():
    alignment = Alignment([])
    alignment.compare({"id": THEIRS}, {"id": OURS})
    assert alignment.compare({"id": "gid://shopify/Order/5"}, {"id": OURS}) != []


def test_ids_of_different_types_do_not_match():
    assert Alignment([]).compare("gid://shopify/Order/1", "gid://shopify/Product/1") != []


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"createdAt": "2026-04-01T10:00:00Z"}, {"createdAt": "2026-11-01T00:00:00Z"}),
        ({"endCursor": "abc"}, {"endCursor": "xyz"}),
        ({"name": "#1054"}, {"name": "#1001"}),
        ({"name": "#1054.1"}, {"name": "#1001.1"}),
        ({"url": "https://a.example/1"}, {"url": "https://b.example/2"}),
    ],
)
def test_excused_differences(expected, got):
    assert Alignment([]).compare(expected, got) == []


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"amount": "14.0"}, {"amount": "14.00"}),
        ({"closedAt": None}, {"closedAt": "2026-11-01T00:00:00Z"}),
        ({"endCursor": "abc"}, {"endCursor": None}),
        ({"quantity": 1}, {"quantity": True}),
        ({"rows": [1]}, {"rows": [1, 2]}),
        ({"name": "#1054.1"}, {"name": "#1001.2"}),
        ({"a": 1}, {}),
        ({}, {"a": 1}),
    ],
)
def test_other_differences_are_mismatches(expected, got):
    assert len(Alignment([]).compare(expected, got)) == 1


def test_what_the_request_gave_must_come_back_as_given():
    given = {"processedAt": "2026-04-01T10:00:00Z"}
    assert Alignment([given]).compare(given, {"processedAt": "2026-04-02T10:00:00Z"}) != []
    assert Alignment([given]).compare(given, dict(given)) == []


def test_order_names_are_replaced_in_search_texts():
    alignment = Alignment([])
    alignment.compare({"name": "#1054"}, {"name": "#1001"})
    assert alignment.text("name:#1054 OR name:#1055") == "name:#1001 OR name:#1055"


# -- files


def test_scenarios_keep_the_files_order(recorded):
    path = recorded(
        line(LIST, {}, {}, source="b"),
        line(LIST, {}, {}, source="a"),
        line(LIST, {}, {}, source="b"),
        name="recorded.jsonl.gz",
    )
    assert [[(step.source, step.index) for step in steps] for steps in load(path)] == [
        [("b", 0), ("b", 1)],
        [("a", 0)],
    ]


@pytest.mark.parametrize(
    "broken",
    [
        "not json",
        "[]",
        json.dumps({"source": "a"}),
        json.dumps(line(LIST, {}, {}) | {"apiVersion": "2030-01"}),
        json.dumps(line(LIST, {}, {}) | {"response": None}),
    ],
)
def test_other_lines_are_refused(tmp_path, broken):
    path = tmp_path / "broken.jsonl"
    path.write_text(broken + "\n")
    with pytest.raises(Unreadable):
        load(path)
    assert main([str(path)]) == 2


def test_operation_is_the_one_that_was_answered(recorded):
    query = "query A { shop { id } } query B { orders(first: 1) { nodes { id } } }"
    ((step,),) = load(recorded(line(query, {}, {"orders": {"nodes": []}})))
    assert step.operation_name == "B"


# -- layers without a shop


def test_static_layer_compares_codes_and_messages(recorded):
    refused = {
        "message": "Field 'colour' doesn't exist on type 'Shop'",
        "path": ["query", "shop", "colour"],
        "extensions": {"code": "undefinedField", "typeName": "Shop", "fieldName": "colour"},
    }
    query = "{ shop { colour } }"
    path = recorded(
        line(query, {}, None, errors=[refused]),
        line(query, {}, {"shop": {"colour": "red"}}),
        line("{ shop { id } }", {}, None, errors=[refused]),
    )
    found = replay(load(path), ["static"])
    assert [item.result for item in found] == ["matched", "unexplained", "unexplained"]


def test_run_time_errors_are_no_refusal(recorded):
    denied = {"message": "no", "path": ["shop"], "extensions": {"code": "ACCESS_DENIED"}}
    path = recorded(line("{ shop { id } }", {}, {"shop": None}, errors=[denied]))
    assert [item.result for item in replay(load(path), ["static"])] == ["matched"]


def test_cost_layer(recorded):
    path = recorded(line(LIST, {}, {}, cost=3), line(LIST, {}, {}, cost=4), line(LIST, {}, {}))
    found = replay(load(path), ["cost"])
    assert [item.result for item in found] == ["matched", "unexplained"]
    (place,) = found[1].mismatches
    assert (place.expected, place.got) == (4, 3)


# -- behaviour


def test_later_requests_use_this_shops_ids(recorded):
    path = recorded(
        line(CREATE, {"order": {}}, created(THEIRS, "#1054")),
        line(READ, {"id": THEIRS}, {"order": {"id": THEIRS, "name": "#1054", "note": "a"}}),
    )
    found, shop = behaviour(
        path,
        {"data": created(OURS, "#1001")},
        {"data": {"order": {"id": OURS, "name": "#1001", "note": "b"}}},
    )
    assert shop.started == "2026-05-01T10:00:00Z"
    assert shop.asked[1][1] == {"id": OURS}
    assert found[0].mismatches == []
    assert found[1].mismatches == [Mismatch("data.order.note", "a", "b")]


def test_lists_of_a_filled_shop_are_a_gap(recorded):
    nodes = [{"id": "gid://shopify/Order/1", "name": "#1"}]
    path = recorded(line(LIST, {}, {"orders": {"nodes": nodes}}))
    found, _ = behaviour(path, {"data": {"orders": {"nodes": []}}})
    assert [place.gap for place in found[0].mismatches] == [LISTS_PRIOR]


def test_things_from_before_the_recording_are_a_gap(recorded):
    order = {"id": THEIRS, "name": "#1054", "note": None}
    path = recorded(line(READ, {"id": THEIRS}, {"order": order}))
    found, _ = behaviour(path, {"data": {"order": None}})
    assert [place.gap for place in found[0].mismatches] == [f"{PRIOR_STATE}: Order"]


def test_unknown_id_that_shopify_did_not_know_either_is_compared(recorded):
    path = recorded(line(READ, {"id": THEIRS}, {"order": None}))
    found, _ = behaviour(path, {"data": {"order": {"id": THEIRS, "name": "#1", "note": None}}})
    assert [place.gap for place in found[0].mismatches] == [None]


def test_field_that_is_not_modelled_explains_only_what_is_below_it(recorded):
    path = recorded(
        line(CREATE, {"order": {}}, created(THEIRS, "#1054", note="a")),
        line(
            CLOSE,
            {"id": THEIRS},
            {"orderClose": {"order": {"id": THEIRS, "closed": True}, "userErrors": []}},
        ),
    )
    fake = {
        "message": "fake: Mutation.orderCreate not modelled",
        "path": ["orderCreate"],
        "extensions": {"code": "FAKE_NOT_MODELLED"},
    }
    found, _ = behaviour(
        path,
        {"data": {"orderCreate": None}, "errors": [fake]},
        {"data": {"orderClose": {"order": None, "userErrors": [{"field": None, "message": "?"}]}}},
    )
    assert {place.gap for place in found[0].mismatches} == {"not modelled: Mutation.orderCreate"}
    assert {place.gap for place in found[1].mismatches} == {
        "follows a gap: not modelled: Mutation.orderCreate"
    }


def test_lost_variables_are_a_gap(recorded):
    path = recorded(line(READ, {}, {"order": None}))
    found, shop = behaviour(path)
    assert shop.asked == []
    assert [place.gap for place in found[0].mismatches] == [VARIABLES_LOST]


def test_denied_scopes_are_withheld(recorded):
    denied = {
        "message": "Access denied for shop field.",
        "path": ["shop"],
        "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_colours` access scope."},
    }
    path = recorded(line("{ shop { id } }", {}, {"shop": None}, errors=[denied]))
    found, shop = behaviour(path, {"data": {"shop": None}, "errors": [denied]})
    assert shop.without_scopes == {"read_colours"}
    assert found[0].result == results.MATCHED


def test_prior_things_are_those_nobody_made(recorded):
    path = recorded(
        line(CREATE, {"order": {"customerId": "gid://shopify/Customer/5"}}, created(THEIRS, "#1")),
        line(CLOSE, {"id": THEIRS}, {"orderClose": {"order": {"id": THEIRS}, "userErrors": []}}),
        line(
            CLOSE,
            {"id": "gid://shopify/Order/9"},
            {
                "orderClose": {
                    "order": None,
                    "userErrors": [{"field": ["id"], "message": "Order does not exist"}],
                }
            },
        ),
    )
    (steps,) = load(path)
    assert Prior(steps).existing == ["gid://shopify/Customer/5"]


# -- known gaps and the command


def test_a_gap_explains_only_what_all_its_patterns_fit():
    gap = KnownGap("why", domain="orders", root="orderC*", path="data.*.note", expected="^a$")
    finding = Finding("behaviour", "s", 0, "orders", ["orderCreate"])
    assert gap.explains(finding, Mismatch("data.orderCreate.note", "a", "b"))
    assert not gap.explains(finding, Mismatch("data.orderCreate.note", "c", "b"))
    assert not gap.explains(finding, Mismatch("data.orderCreate.name", "a", "b"))
    finding.roots = ["orderUpdate"]
    assert not gap.explains(finding, Mismatch("data.orderUpdate.note", "a", "b"))


def test_a_step_is_a_gap_only_when_every_mismatch_is_explained():
    finding = Finding("cost", "s", 0, "orders", [], [Mismatch("a", 1, 2), Mismatch("b", 1, 2)])
    used = explain_gaps([finding], [KnownGap("why", path="a")])
    assert finding.result == results.UNEXPLAINED and used == {"why": 1}
    explain_gaps([finding], [KnownGap("why", path="b")])
    assert finding.result == results.GAP


def test_every_known_gap_has_a_reason():
    assert all(len(gap.reason) > 20 for gap in load_gaps())


def test_command_fails_on_a_mismatch_until_it_is_a_known_gap(recorded, tmp_path, capsys):
    path, report = recorded(line(LIST, {}, {}, cost=4)), tmp_path / "report.json"
    gaps = tmp_path / "gaps.toml"
    gaps.write_text("gap = []")
    command = [str(path), "--layer", "cost", "--gaps", str(gaps), "--report", str(report)]
    assert main(command) == 1
    assert "expected 4" in capsys.readouterr().out
    gaps.write_text('[[gap]]\nreason = "a cost set by hand"\nlayer = "cost"\nroot = "orders"\n')
    assert main(command) == 0
    assert json.loads(report.read_text())["known_gaps"] == {"a cost set by hand": 1}
