"""Every built-in condition: when it holds, its sentence with its figures, and when time ends it."""

import pytest
from given import line, snapshot

from odoo.addons.ec_order_routing.engine import facts, labels, postal
from odoo.addons.ec_order_routing.engine.facts import Facts, MissingFact
from odoo.addons.ec_order_routing.engine.registry import function, functions
from odoo.addons.ec_order_routing.engine.words import NotYet, Said


def answer(name, given, /, **args):
    """What the condition says of the snapshot, of which it may only read what it declares."""
    known = function("condition", name)
    seen = {
        **given,
        "order": Facts({path: given["order"][path] for path in known.order}),
        "lines": [Facts({path: each[path] for path in {"id", *known.lines}}) for each in given["lines"]],
    }
    return known.call(seen, **known.complete(args))


SHORT = line(product_uom_qty=12.0)
HOLDS = [
    ("comment", {}, snapshot(fact__comment=" 早めに "), "The buyer wrote: 早めに", None),
    ("same_buyer", {}, snapshot(fact__same_buyer_orders=["S1", "S2"]), "The same buyer has open orders: S1, S2", None),
    ("duplicate", {}, snapshot(fact__duplicates=["S1"]), "It looks like the same as S1", None),
    ("first_order", {}, snapshot(fact__buyer_orders=0), "The buyer has not ordered before", None),
    ("gift", {}, snapshot(fact__gift=True), "It is a gift", None),
    ("gift", {}, snapshot(fact__gift=True, fact__gift_wishes="のし: 御祝"), "It is a gift: のし: 御祝", None),
    (
        "payment_overdue",
        {"hours": 5},
        snapshot(fact__awaits_payment=True),
        "It was to be paid by 2026-11-23 16:00, 5 hours after the order",
        None,
    ),
    (
        "address_incomplete",
        {},
        snapshot(fact__ship_street=False, fact__ship_phone=" "),
        "The address lacks: street, telephone",
        None,
    ),
    ("zip_not_seven", {}, snapshot(fact__ship_zip="100-001"), "The postal code 100-001 has 6 digits, not 7", None),
    (
        "zip_state_clash",
        {},
        snapshot(fact__ship_zip="〒９００－０００１", fact__ship_state="13"),
        "The postal code 〒９００－０００１ lies in JP-47, the address says JP-13",
        None,
    ),
    ("zip_state_clash", {}, snapshot(fact__ship_zip="686-0001"), "There is no postal code 686-0001", None),
    (
        "text_too_wide",
        {"street": 4, "name": 6},
        snapshot(fact__ship_street="千代田1-12", fact__ship_name="山田 太郎"),
        "Too long for the label: “千代田1-12” takes 5 of 4 letters",
        None,
    ),
    (
        "not_printable",
        {},
        snapshot(fact__ship_name="𠮷田 花子", fact__ship_street="ハート♥♥〜1"),
        "Labels cannot print: 𠮷, ♥",
        None,
    ),
    ("remote", {}, snapshot(fact__ship_zip="100-0101"), "The postal code 100-0101 is one of the remote 10001", None),
    ("remote", {"prefixes": ["1"]}, snapshot(), "The postal code 100-0001 is one of the remote 1", None),
    ("abroad", {}, snapshot(fact__ship_country="US"), "It goes to US", None),
    (
        "cod_over_limit",
        {},
        snapshot(amount_total=300001.0, fact__cod=True),
        "Cash on delivery of 300,001 is over the limit of 300,000",
        None,
    ),
    ("unpaid", {}, snapshot(fact__paid=11999.5), "0.5 of 12,000 is not paid", None),
    ("unpaid", {"cod": True}, snapshot(fact__paid=0, fact__cod=True), "12,000 of 12,000 is not paid", None),
    ("credit_over", {}, snapshot(fact__credit_over=500.0), "The buyer is 500 over the credit limit", None),
    ("amount_above", {"limit": 11999}, snapshot(), "The amount of 12,000 is above 11,999", None),
    ("amount_below", {"limit": 12001}, snapshot(), "The amount of 12,000 is below 12,001", None),
    (
        "date_too_early",
        {"days": 2},
        snapshot(fact__requested_date="2026-11-24"),
        "It is requested for 2026-11-24; 2 days are needed, the last start was on 2026-11-22",
        None,
    ),
    (
        "date_too_late",
        {"days": 7},
        snapshot(fact__requested_date="2026-12-01"),
        "It is requested for 2026-12-01 and may start on 2026-11-24, 7 days before",
        "2026-11-23 15:00:00",
    ),
    (
        "older_than",
        {"hours": 5},
        snapshot(),
        "It was placed on 2026-11-23 11:00, more than 5 hours ago",
        None,
    ),
    (
        "in_window",
        {"weekdays": ["mon"], "start": "09:00", "end": "17:00"},
        snapshot(),
        "It is between 2026-11-23 09:00 and 2026-11-23 17:00",
        "2026-11-23 08:00:00",
    ),
    (
        "in_window",
        {"weekdays": ["sun"], "start": "18:00", "end": "17:00"},
        snapshot(),
        "It is between 2026-11-22 18:00 and 2026-11-23 17:00",
        "2026-11-23 08:00:00",
    ),
    ("in_window", {}, snapshot(), "It is always within these hours", None),
    (
        "mixed_temperature",
        {},
        snapshot(line(1, fact__temperature="frozen"), line(2)),
        "It has goods of several temperatures: normal, frozen",
        None,
    ),
    ("dangerous", {}, snapshot(line(fact__dangerous=True, fact__sku=False)), "Dangerous goods: Goods 1", None),
    ("weight_above", {"limit": 20.0}, snapshot(fact__weight=20.5), "It weighs 20.5 kg, more than 20 kg", None),
    ("units_above", {"limit": 2}, snapshot(line(1, product_uom_qty=2.0), line(2)), "It has 3 units, more than 2", None),
    ("contains_sku", {"skus": ["SKU-*"]}, snapshot(line(1), line(2)), "It contains SKU-1, SKU-2", None),
    ("contains_category", {"category": 4}, snapshot(line(fact__categories=[3, 4])), "Of the category: SKU-1", None),
    ("contains_tag", {"tag": 4}, snapshot(line(fact__tags=[4])), "With the tag: SKU-1", None),
    (
        "not_released",
        {},
        snapshot(line(1, fact__release_date="2026-11-24"), line(2, fact__release_date="2026-12-24"), line(3)),
        "SKU-1, SKU-2 will be released on 2026-12-24",
        "2026-12-23 15:00:00",
    ),
    (
        "pre_order",
        {},
        snapshot(line(fact__release_date="2026-11-20"), fact__placed_at="2026-11-19 14:59:59"),
        "SKU-1 was ordered on 2026-11-19, before the release on 2026-11-20",
        None,
    ),
    (
        "stock_short",
        {},
        snapshot(SHORT),
        "No warehouse has all of it; the best one lacks 2 of 12 SKU-1",
        None,
    ),
    (
        "stock_short",
        {"where": "order"},
        snapshot(
            line(
                product_uom_qty=12.0,
                fact__free={"1": 3, "2": 50},
                fact__incoming=[["2026-12-02", 4], ["2026-12-01", 5]],
            )
        ),
        "The order's warehouse lacks 9 of 12 SKU-1. Receipts until 2026-12-02 bring it",
        "2026-12-01 15:00:00",
    ),
    (
        "stock_short",
        {"where": "total"},
        snapshot(line(1, product_uom_qty=25.0), line(2, product_uom_qty=20.0)),
        "All warehouses together lack 5 of 25 SKU-1",
        None,
    ),
    (
        "stock_short",
        {},
        snapshot(line(1, product_uom_qty=6.0), line(2, product_id=101, product_uom_qty=6.0)),
        "No warehouse has all of it; the best one lacks 2 of 12 SKU-1",
        None,
    ),
    (
        "stock_short",
        {},
        snapshot(line(1, fact__free={"1": 1, "2": 0}), line(2, fact__free={"1": 0, "2": 1})),
        "No warehouse has all of it; the best one lacks 1 of 1 SKU-2",
        None,
    ),
    (
        "stock_short",
        {},
        snapshot(line(fact__free={})),
        "No warehouse has all of it; the best one lacks 1 of 1 SKU-1",
        None,
    ),
]


@pytest.mark.parametrize(
    ("name", "args", "given", "text", "until"), HOLDS, ids=lambda each: each if isinstance(each, str) else ""
)
def test_holds_and_says_why(name, args, given, text, until):
    said = answer(name, given, **args)
    assert isinstance(said, Said)
    assert str(said) == text
    assert said.until == until
    assert Said.from_json(said.to_json()) == said
    assert str(Said.from_json(said.to_json())) == text
    assert said.text.module == "ec_order_routing"


SERVICE = line(9, fact__goods=False, product_uom_qty=99.0, fact__release_date="2027-01-01", fact__dangerous=True)
DOES_NOT = [
    ("comment", {"ignore": ["なし"]}, snapshot(fact__comment=" なし ")),
    ("comment", {}, snapshot()),
    ("same_buyer", {}, snapshot()),
    ("duplicate", {}, snapshot()),
    ("first_order", {}, snapshot(fact__buyer_orders=1)),
    ("gift", {}, snapshot()),
    ("payment_overdue", {"hours": 5}, snapshot(fact__awaits_payment=False)),
    ("payment_overdue", {"hours": 5}, snapshot(fact__awaits_payment=True, fact__cod=True)),
    ("address_incomplete", {}, snapshot()),
    ("address_incomplete", {"phone": False}, snapshot(fact__ship_phone=False)),
    ("zip_not_seven", {}, snapshot(fact__ship_zip="１００－０００１")),
    ("zip_not_seven", {}, snapshot(fact__ship_zip=False)),
    ("zip_not_seven", {}, snapshot(fact__ship_zip="90210", fact__ship_country="US")),
    ("zip_state_clash", {}, snapshot()),
    ("zip_state_clash", {}, snapshot(fact__ship_zip="618-0001", fact__ship_state="JP-26")),
    ("zip_state_clash", {}, snapshot(fact__ship_zip="900-0001", fact__ship_state=False)),
    ("text_too_wide", {}, snapshot(fact__ship_street="a" * 32)),
    ("not_printable", {}, snapshot(fact__ship_street="髙﨑①〜")),
    ("remote", {}, snapshot()),
    ("remote", {}, snapshot(fact__ship_zip="900-0001", fact__ship_country="TW")),
    ("abroad", {}, snapshot(fact__ship_country=False)),
    ("cod_over_limit", {}, snapshot(amount_total=300000.0, fact__cod=True)),
    ("cod_over_limit", {}, snapshot(amount_total=300001.0)),
    ("unpaid", {}, snapshot()),
    ("unpaid", {"tolerance": 1}, snapshot(fact__paid=11999.0)),
    ("unpaid", {}, snapshot(fact__paid=0, fact__cod=True)),
    ("credit_over", {}, snapshot()),
    ("amount_above", {"limit": 12000}, snapshot()),
    ("amount_below", {"limit": 12000}, snapshot()),
    ("date_too_early", {}, snapshot()),
    ("date_too_late", {"days": 7}, snapshot(fact__requested_date="2026-11-30")),
    ("date_too_late", {}, snapshot()),
    ("older_than", {}, snapshot(fact__placed_at=False)),
    ("in_window", {"weekdays": []}, snapshot()),
    ("mixed_temperature", {}, snapshot(line(1), line(2), line(3, fact__goods=False, fact__temperature="frozen"))),
    ("dangerous", {}, snapshot(line(), SERVICE)),
    ("weight_above", {"limit": 20.5}, snapshot(fact__weight=20.5)),
    ("units_above", {"limit": 1}, snapshot(line(), SERVICE)),
    ("contains_sku", {"skus": ["SKU-2"]}, snapshot(line(1), line(2, fact__sku=False))),
    ("contains_category", {"category": 4}, snapshot()),
    ("contains_tag", {"tag": 4}, snapshot()),
    ("not_released", {}, snapshot(line(fact__release_date="2026-11-23"), SERVICE)),
    ("pre_order", {}, snapshot(line(fact__release_date="2026-11-23"))),
    ("stock_short", {}, snapshot(line(product_uom_qty=10.0), SERVICE)),
    ("stock_short", {"where": "order"}, snapshot(line(fact__free={"1": 1}))),
    ("stock_short", {"where": "total"}, snapshot(line(product_uom_qty=20.0))),
]


@pytest.mark.parametrize(("name", "args", "given"), DOES_NOT, ids=lambda each: each if isinstance(each, str) else "")
def test_does_not_hold(name, args, given):
    assert answer(name, given, **args) is None


NOT_YET = [
    ("date_too_early", {"days": 2}, snapshot(fact__requested_date="2026-11-25"), "2026-11-23 15:00:00"),
    ("older_than", {"hours": 6}, snapshot(), "2026-11-23 08:00:00"),
    ("payment_overdue", {"hours": 6}, snapshot(fact__awaits_payment=True), "2026-11-23 08:00:00"),
    ("in_window", {"weekdays": ["tue"], "start": "09:00", "end": "17:00"}, snapshot(), "2026-11-24 00:00:00"),
    ("in_window", {"weekdays": ["mon"], "start": "17:00", "end": "18:00"}, snapshot(), "2026-11-23 08:00:00"),
    ("in_window", {"weekdays": ["mon"], "start": "09:00", "end": "16:15"}, snapshot(), "2026-11-30 00:00:00"),
]


@pytest.mark.parametrize(("name", "args", "given", "at"), NOT_YET)
def test_says_when_it_may_hold(name, args, given, at):
    later = answer(name, given, **args)
    assert isinstance(later, NotYet)
    assert later.at == at
    day = facts.text_of(facts.local(given, at))[:10]
    assert isinstance(answer(name, {**given, "now": at, "today": day}, **args), Said)


@pytest.mark.parametrize(("name", "args", "given", "text", "until"), [each for each in HOLDS if each[4]])
def test_ends_when_it_says(name, args, given, text, until):
    if name == "stock_short":
        return  # a receipt ends it, and is looked for on that day
    day = facts.text_of(facts.local(given, until))[:10]
    assert not isinstance(answer(name, {**given, "now": until, "today": day}, **args), Said)


def test_every_condition_is_shown_here():
    names = {known.name for known in functions("condition") if known.addon == "ec_order_routing"}
    assert names == {each[0] for each in HOLDS} == {each[0] for each in DOES_NOT} | {"pre_order"}


def test_conditions_declare_facts_that_exist():
    for known in functions("condition"):
        if known.addon == "ec_order_routing":
            assert set(known.order) <= facts.ORDER.keys() | facts.EXTRA["order"].keys(), known.name
            assert set(known.lines) <= facts.LINES.keys(), known.name


def test_receipts_already_due_are_no_promise():
    given = snapshot(line(product_uom_qty=12.0, fact__incoming=[["2026-11-23", 99]]))
    assert answer("stock_short", given).until is None


def test_time_needs_the_offset():
    given = snapshot(fact__requested_date="2027-01-01")
    del given["utc_offset"]
    with pytest.raises(MissingFact, match="utc_offset"):
        answer("date_too_late", given)


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("0600000", {"01"}),
        ("1000001", {"13"}),
        ("8170001", {"42"}),
        ("2991234", {"12"}),
        ("9012345", {"47"}),
        ("6180001", {"26", "27"}),
        ("2091234", set()),
    ],
)
def test_prefectures_of_postal_codes(code, places):
    assert postal.prefectures(code) == places


def test_all_prefectures_have_codes():
    assert frozenset().union(*(postal.prefectures(f"{number:03}0000") for number in range(1000))) == {
        f"{n:02}" for n in range(1, 48)
    }


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 1.5), ("東京", 2), ("ｱｲ", 1), ("α①", 2), ("か\u3099", 1), ("Ａ１", 2)]
)
def test_width_in_full_width_letters(text, width):
    assert labels.width(text) == width
