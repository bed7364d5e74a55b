"""Why an order ships from where it does, and what a draft of the rules would have changed."""

import re
import time
from datetime import date, timedelta

import pytest
from conftest import NARROW, WIDE
from playwright.sync_api import expect

CRONS = ("cron_route", "cron_route_2", "cron_replay")
WHY = "[name=ec_why] .o_ec_why"
TOTALS = "[name=totals_html] table"
LANGUAGES = {"en": "en_US", "ja": "ja_JP"}
ORDERS = 24
# prefecture, postal code, city, street; the first one is a remote island
ADDRESSES = (
    ("JP-13", "100-2101", "小笠原村", "父島西町1"),
    ("JP-13", "150-0001", "渋谷区", "神宮前1-2-3"),
    ("JP-27", "530-0001", "大阪市北区", "梅田1-1"),
    ("JP-01", "060-0001", "札幌市中央区", "北一条西2"),
    ("JP-40", "810-0001", "福岡市中央区", "天神1-1"),
    ("JP-34", "730-0011", "広島市中区", "基町5-1"),
)


def _wait(test, seconds=90):
    deadline = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < deadline, "the lane of the rules never ends"
        time.sleep(0.5)


def _id(world, name):
    module, name = name.split(".")
    return world.odoo("ir.model.data", "search_read", [["module", "=", module], ["name", "=", name]], ["res_id"])[0]["res_id"]


@pytest.fixture(scope="module")
def places(world):
    """Three warehouses and two carriers with rates; {"goods": products, "states": by code, "company": id}."""
    odoo = world.odoo
    odoo("ir.cron", "write", [_id(world, f"ec_order_routing.{name}") for name in CRONS], {"active": True})
    company = odoo("res.company", "search", [], limit=1, order="id")[0]
    japan = odoo("res.country", "search", [["code", "=", "JP"]])[0]
    states = {state["code"]: state["id"] for state in odoo("res.country.state", "search_read", [["country_id", "=", japan]], ["code"])}
    goods = odoo("product.product", "search", [["default_code", "like", "TEA-"]], limit=6, order="default_code")
    odoo("product.product", "write", goods, {"weight": 0.4})
    [first] = odoo("stock.warehouse", "search", [["company_id", "=", company]], limit=1, order="id")
    houses = []
    for number, (name, state) in enumerate((("東京 Tokyo", "JP-13"), ("大阪 Osaka", "JP-27"), ("福岡 Fukuoka", "JP-40"))):
        address = odoo("res.partner", "create", {"name": name, "country_id": japan, "state_id": states[state]})
        vals = {"name": name, "partner_id": address, "ec_routing_priority": 1 + number}
        if number:
            houses.append(odoo("stock.warehouse", "create", {**vals, "code": f"R{number}", "company_id": company}))
        else:
            odoo("stock.warehouse", "write", [first], vals)
            houses.append(first)
    kyushu = [states[f"JP-{code}"] for code in range(40, 47)]
    odoo("stock.warehouse", "write", houses[2:], {"ec_zone_state_ids": [[6, 0, kyushu]]})
    for place in odoo("stock.warehouse", "read", houses[1:], ["lot_stock_id"]):
        quants = odoo("stock.quant", "create", [{"product_id": each, "location_id": place["lot_stock_id"][0], "inventory_quantity": 200} for each in goods[:4]])
        odoo("stock.quant", "action_apply_inventory", quants)
    odoo("delivery.carrier", "write", odoo("delivery.carrier", "search", []), {"active": False})
    carriage = odoo("product.product", "create", {"name": "Carriage", "type": "service"})
    for name, prices in (("ヤマト Yamato", (980, 760, 860)), ("ゆうパック Yu-Pack", (1040, 820, 790))):
        rates = [[0, 0, {"warehouse_id": house, "price": price, "days": 2}] for house, price in zip(houses, prices, strict=True)]
        odoo("delivery.carrier", "create", {"name": name, "product_id": carriage, "max_weight": 25, "ec_rate_ids": rates, "company_id": company})
    return {"goods": goods, "states": states, "japan": japan}


@pytest.fixture(scope="module")
def routed(world, places):
    """Rules of each language over orders of their own: {language: (rule set, the held order, a finished replay)}."""
    made = {language: _decided(world, places, language) for language in LANGUAGES}
    yield made
    for rules, _order, _replay in made.values():
        world.odoo("ec.rule.set", "action_retire", [rules])


def _decided(world, places, language):
    odoo, lang = world.odoo, {"context": {"lang": LANGUAGES[language]}}
    rules = odoo("ec.rule.preset", "action_create_shops", **lang)["res_id"]
    odoo("ec.rule.set", "write", [rules], {"sequence": 1, "applies_to": f"[('ec_claims_stock', '=', True), ('client_order_ref', '=', '{language}')]"})
    unpaid = odoo("ec.rule.function", "search_read", [["rule_id.rule_set_id", "=", rules], ["name", "=", "unpaid"]], ["rule_id"])
    odoo("ec.rule", "write", [each["rule_id"][0] for each in unpaid], {"active": False})
    _activate(odoo, rules, "First rules")
    orders = [_order(odoo, places, language, number) for number in range(ORDERS)]
    _wait(lambda: odoo("ec.decision", "search_count", [["order_id", "in", orders]]) >= ORDERS)
    draft = odoo("ec.rule.set", "action_new_version", [rules], **lang)["res_id"]
    [strategy] = odoo("ec.routing.strategy", "search", [["rule_set_id", "=", draft]])
    # cheap before near, and no hold for a missing telephone
    costs = odoo("ec.routing.criterion", "search", [["strategy_id", "=", strategy], ["name", "=", "cost"]])
    odoo("ec.routing.criterion", "write", costs, {"sequence": 1})
    address = odoo("ec.rule.function", "search", [["rule_id.rule_set_id", "=", draft], ["name", "=", "address_incomplete"]])
    odoo("ec.rule.function", "write", address, {"args": {"street": True, "zip": True, "phone": False}})
    replay = odoo("ec.replay", "create", {"set_id": draft, "date_to": str(date.today() + timedelta(days=1))})
    odoo("ec.replay", "action_start", [replay])
    _wait(lambda: odoo("ec.replay", "read", [replay], ["state"])[0]["state"] == "done")
    return rules, orders[0], replay


def _activate(odoo, rules, comment, **more):
    wizard = odoo("ec.rule.set.activate", "create", {"rule_set_id": rules, "comment": comment, **more})
    odoo("ec.rule.set.activate", "action_activate", [wizard])


def _order(odoo, places, language, number):
    state, code, city, street = ADDRESSES[number % len(ADDRESSES)]
    buyer = odoo(
        "res.partner", "create",
        {"name": f"佐藤 {number + 1}", "street": street, "city": city, "zip": code, "state_id": places["states"][state], "country_id": places["japan"],
         "phone": False if number % 4 == 0 else "03-1234-5678"},
    )  # fmt: skip
    lines = [[0, 0, {"product_id": places["goods"][(number + more) % 4], "product_uom_qty": 1 + number % 3}] for more in range(2)]
    return odoo("sale.order", "create", {"partner_id": buyer, "client_order_ref": language, "ec_claims_stock": True, "order_line": lines})


def _fits(page):
    assert page.evaluate("document.scrollingElement.scrollWidth") <= page.viewport_size["width"]


def _show(locator):
    """At the top of the window, below what stays there."""
    locator.evaluate("element => { element.style.scrollMarginTop = innerWidth < 600 ? '90px' : '60px'; element.scrollIntoView(); }")


@pytest.mark.parametrize(
    ("login", "viewport", "language", "suffix"),
    [("manager", WIDE, "en", "wide"), ("店長", WIDE, "ja", "wide"), ("manager", NARROW, "en", "390"), ("店長", NARROW, "ja", "390")],
    ids=["english", "japanese", "english-390", "japanese-390"],
)
def test_screens(sit, routed, login, viewport, language, suffix):
    _rules, order, replay = routed[language]
    screen = sit(login, viewport)
    page = screen.page
    screen.open(f"action-sale.action_orders/{order}")
    screen.tab("ec_why")
    why = page.locator(WHY)
    expect(why).to_contain_text({"en": "Extra fee for remote islands", "ja": "離島"}[language])
    expect(why.locator("tr.table-success")).to_have_count(1)
    expect(why).to_contain_text({"en": "does not ship to", "ja": "に出荷できません"}[language])
    _fits(page)
    _show(page.locator(".o_notebook_headers"))
    screen.picture(f"why_{language}_{suffix}")
    screen.sound()

    screen.open(f"order-replays/{replay}")
    expect(page.locator(TOTALS)).to_contain_text({"en": "Orders held", "ja": "保留"}[language])
    changes = page.locator("[name=line_ids]")
    expect(changes).to_contain_text("大阪 Osaka")
    expect(changes).to_contain_text({"en": "Address doubtful", "ja": "住所要確認"}[language])
    _fits(page)
    if viewport is NARROW:
        _show(page.locator(TOTALS))
    screen.picture(f"replay_{language}_{suffix}")
    screen.sound()


def test_a_replay_is_made_from_a_draft_and_signed_off(world, sit, routed):
    rules, _order, replay = routed["en"]
    [draft] = world.odoo("ec.rule.set", "search", [["parent_id", "=", rules]])
    screen = sit("manager")
    page = screen.page
    screen.open(f"rule-sets/{draft}")
    screen.press("action_replay")
    expect(page.locator("[name=set_id] input")).to_have_value("Orders of the shops, version 2")
    expect(page.get_by_text("No order changes.")).to_be_visible()
    screen.press("action_start")
    expect(page.locator("[name=state] .o_arrow_button_current")).to_have_text("Done")  # without a reload
    expect(page.locator(TOTALS)).to_contain_text("Orders held")
    screen.open(f"order-replays/{replay}")
    screen.press("action_sign_off")
    page.locator(".modal .btn-primary").click()
    expect(page.locator("[name=signed_by_id]")).to_contain_text("manager")
    screen.sound()


@pytest.fixture(scope="module")
def tried(world, routed):
    """{language: (a version on trial, its replay on orders as they are)}"""
    return {language: _tried(world.odoo, rules, language) for language, (rules, _order, _replay) in routed.items()}


def _tried(odoo, rules, language):
    trial = odoo("ec.rule.set", "action_new_version", [rules], context={"lang": LANGUAGES[language]})["res_id"]
    band = {"share": "trial", "trial_percent": 50, "trial_min_orders": 3, "trial_max_held": 100, "trial_more_held": 100, "trial_more_cost": 1000}
    _activate(odoo, trial, "Cheaper", **band)
    _wait(lambda: odoo("ec.decision", "search_count", [["set_id", "=", trial]]) >= 3)
    today = odoo("ec.replay", "create", {"set_id": trial, "source": "today", "date_to": str(date.today() + timedelta(days=1))})
    odoo("ec.replay", "action_start", [today])
    _wait(lambda: odoo("ec.replay", "read", [today], ["state"])[0]["state"] == "done")
    return trial, today


@pytest.mark.parametrize(
    ("login", "viewport", "language", "suffix"),
    [("manager", WIDE, "en", "wide"), ("店長", WIDE, "ja", "wide"), ("manager", NARROW, "en", "390"), ("店長", NARROW, "ja", "390")],
    ids=["english", "japanese", "english-390", "japanese-390"],
)
def test_a_trial_and_orders_as_they_are(sit, tried, login, viewport, language, suffix):
    trial, today = tried[language]
    screen = sit(login, viewport)
    page = screen.page
    screen.open(f"rule-sets/{trial}")
    figures = page.locator("[name=trial_html] table")
    expect(figures).to_contain_text({"en": "Orders held", "ja": "保留される受注"}[language])
    expect(page.locator("[name=trial_min_orders]")).to_be_visible()
    _fits(page)
    if viewport is NARROW:
        _show(figures)
    screen.picture(f"trial_{language}_{suffix}")
    screen.sound()

    screen.open(f"order-replays/{today}")
    expect(page.get_by_text({"en": "Facts of today:", "ja": "今日の値で判定します"}[language])).to_be_visible()
    expect(page.locator(TOTALS)).to_contain_text({"en": "So far", "ja": "これまで"}[language])
    _fits(page)
    screen.picture(f"replay_today_{language}_{suffix}")
    screen.sound()


def test_a_trial_that_does_worse_ends_by_itself(world, sit, tried):
    trial, _today = tried["en"]
    world.odoo("ec.rule.set", "write", [trial], {"trial_max_held": 0})
    world.odoo("sale.order", "action_ec_sort", world.odoo("sale.order", "search", [["client_order_ref", "=", "en"]], limit=1))
    _wait(lambda: world.odoo("ec.rule.set", "read", [trial], ["state"])[0]["state"] == "retired")
    screen = sit("manager")
    screen.open(f"rule-sets/{trial}", "The trial ended by itself after")
    expect(screen.page.locator(".o-mail-Activity")).to_contain_text("The trial ended by itself")
    screen.sound()


@pytest.mark.parametrize(("login", "said"), [("manager", ("On hold: ", "ships from 東京 Tokyo")), ("店長", ("保留: ", "東京 Tokyo から出荷"))])
def test_decisions_and_replays_are_listed(sit, routed, login, said):
    screen = sit(login)
    screen.open("order-decisions")
    for words in said:
        expect(screen.page.locator(".o_list_view .o_data_row", has_text=words).first).to_be_visible()
    screen.open("order-replays")
    expect(screen.page.locator(".o_list_view .o_data_row").nth(1)).to_be_visible()
    screen.sound()


def test_from_the_menu_to_a_first_own_rule_as_docs_routing_says(world, sit, places):
    """docs/routing.md, step by step, by a new user: menus, preset, own rule, trial, all orders, a change tried, roll back."""
    started = time.monotonic()
    screen = sit("manager")
    page = screen.page
    screen.open("order-holds")
    page.locator(".o_menu_sections button[data-menu-xmlid='ec_order_hold.menu_holds']").click()
    page.locator("[data-menu-xmlid='ec_order_routing.menu_rule_sets']").click()
    page.get_by_role("button", name="From a Preset").first.click()
    page.locator(".modal button[name=action_create_draft]").click()
    expect(page.locator("[name=hold_rule_ids] .o_data_row")).to_have_count(18)
    page.locator(".o_form_view [name=name] input, .o_form_view [name=name] textarea").first.fill("My shops")

    page.locator("[name=hold_rule_ids]").get_by_text("Add a rule").click()
    rule = page.locator(".modal").last
    rule.locator("[name=name] input").fill("A person looks at expensive orders")
    _call(page, rule, "Add a condition", "The amount is above", ("limit", "50000"))
    _call(page, rule, "Add an action", "Hold the order", ("code", "Held by hand"))
    expect(rule.locator("[name=sentence]")).to_contain_text("50,000")
    screen.picture("routing_rule_en_wide")
    rule.locator(".o_form_button_save").click()
    expect(page.locator(".modal")).to_have_count(0)
    page.locator(".o_form_button_save").click()
    expect(page.locator("[name=hold_rule_ids] .o_data_row")).to_have_count(19)
    expect(page).to_have_url(re.compile(r"/\d+$"))
    version = page.url.rpartition("/")[2]

    screen.press("action_activate")
    dialog = page.locator(".modal").last
    dialog.locator("[name=comment] textarea").fill("We begin")
    dialog.get_by_text("A part of them, on trial").click()
    expect(dialog.locator("[name=trial_percent] input")).to_have_value("10")
    expect(dialog.locator("[name=trial_min_orders] input")).to_have_value("30")
    dialog.locator("button[name=action_activate]").click()
    expect(page.get_by_text("On trial:")).to_be_visible()
    expect(page.get_by_text("No order has met this version yet.")).to_be_visible()
    screen.press("action_for_all")
    page.locator(".modal .btn-primary").click()
    expect(page.get_by_text("In use, so it does not change any more.")).to_be_visible()

    screen.press("action_new_version")
    expect(page.locator(".o_form_view [name=version]")).to_have_text("2")
    page.locator("[name=hold_rule_ids] .o_data_row", has_text="Wait for the payment").locator("[name=active] input").click()
    page.locator(".o_form_button_save").click()
    screen.press("action_activate")
    dialog.locator("[name=comment] textarea").fill("Others look after payments")
    dialog.locator("button[name=action_activate]").click()
    expect(page.locator("button[name=action_roll_back]")).to_be_visible()
    screen.press("action_roll_back")
    page.locator(".modal .btn-primary").click()
    expect(page.locator(".o_form_view [name=version]")).to_have_text("1")
    screen.sound()
    print(f"\n  from the menu to a rolled back version by script: {time.monotonic() - started:.0f} s")
    world.odoo("ec.rule.set", "action_retire", [int(version)])


def _call(page, rule, add, name, argument):
    """Add a function to the rule and give it an argument."""
    rule.get_by_text(add).first.click()
    expect(page.locator(".modal")).to_have_count(2)
    dialog = page.locator(".modal").last
    dialog.locator(".o_field_widget[name=name] input").first.click()
    page.locator(".o_select_menu_item", has_text=name).first.click()
    field = dialog.locator(f".o_ec_arguments [name={argument[0]}]").locator("input, select").first
    expect(field).to_be_visible()
    if argument[0] == "code":
        field.select_option(label=argument[1])
    else:
        field.fill(argument[1])
        field.press("Tab")
    dialog.locator(".o_form_button_save").first.click()
    expect(page.locator(".modal")).to_have_count(1)
