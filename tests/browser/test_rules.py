"""Rules as people write them: a preset on the first day, arguments that draw themselves, versions and what they change."""

import re

import pytest
from conftest import NARROW
from playwright.sync_api import expect

HOLDS = "[name=hold_rule_ids]"
ROW = f"{HOLDS} .o_data_row"
CARD = f"{HOLDS} .o_kanban_record:not(.o_kanban_ghost, .o-kanban-button-new)"


def _fits(page):
    assert page.evaluate("document.scrollingElement.scrollWidth") <= page.viewport_size["width"]


def _dialog(page):
    return page.locator(".modal").last


def _address(page):
    """Where the set that is open stands, once the browser's address says so too."""
    expect(page).to_have_url(re.compile(r"/rule-sets/.*\d+$"))
    return page.url.split("/odoo/")[1]


def _activate(page, comment):
    page.locator("button[name=action_activate]:visible").first.click()
    _dialog(page).locator("[name=comment] textarea").fill(comment)
    _dialog(page).locator("button[name=action_activate]").click()
    expect(page.locator(".modal")).to_have_count(0)
    expect(page.locator("button[name=action_new_version]")).to_be_visible()


@pytest.fixture(scope="module")
def draft(world, sit):
    """What the first button of the empty list makes, by its address."""
    screen = sit("manager")
    page = screen.page
    screen.open("rule-sets", "Let rules decide")
    screen.picture("rules_empty_en_wide")
    page.get_by_text("Several shops in Japan").click()
    expect(page.locator(ROW)).to_have_count(18)
    expect(page.locator("[name=route_rule_ids] .o_data_row")).to_have_count(1)
    screen.sound()
    screen.picture("rules_en_wide")
    return _address(page)


def test_from_the_preset_to_a_rolled_back_version(sit, draft):
    screen = sit("manager")
    page = screen.page
    screen.open(draft)
    page.locator(ROW, has_text="Cash on delivery: upper limit").locator("td[name=name]").click()
    _dialog(page).locator("[name=function_ids] td[name=text]").click()
    limit = _dialog(page).locator(".o_ec_arguments [name=limit] input")
    limit.fill("200000")
    limit.press("Tab")
    expect(_dialog(page).locator("[name=text]")).to_contain_text("200,000")
    screen.picture("rules_condition_en_wide")
    _dialog(page).locator(".o_form_button_save").click()
    expect(_dialog(page).locator("[name=sentence]")).to_contain_text("(Limit 200,000) → hold the order “Cash on delivery over the limit”")
    screen.picture("rules_rule_en_wide")
    _dialog(page).locator(".o_form_button_save").click()
    page.locator(".o_form_button_save").click()
    _activate(page, "The first rules")
    expect(page.locator(f"{HOLDS} .o_field_x2many_list_row_add")).to_have_count(0)
    page.locator("button[name=action_new_version]").click()
    expect(page.locator(".o_form_view [name=version]")).to_have_text("2")
    page.locator(ROW, has_text="Prepare the gift").locator(".o_list_record_remove").click()
    page.locator(ROW, has_text="Wait for stock").locator("[name=active] input").click()
    page.locator(".o_form_button_save").click()
    screen.tab("changes")
    changes = page.locator(".o_ec_diff")
    expect(changes).to_contain_text("Removed: Prepare the gift")
    expect(changes).to_contain_text("Wait for stock")
    screen.picture("rules_changes_en_wide")
    _activate(page, "No gifts any more")
    page.locator("button[name=action_roll_back]").click()
    _dialog(page).locator(".btn-primary").click()
    expect(page.locator(".o_form_view [name=version]")).to_have_text("1")
    expect(page.locator(".alert [name=comment]")).to_contain_text("Rolled back from version 2")
    screen.sound()


def test_every_kind_of_argument_draws_itself(world, sit, draft):
    screen = sit("manager")
    page = screen.page
    screen.open("rule-sets/new")
    screen.field("name").fill("Try")
    page.locator(f"{HOLDS} .o_field_x2many_list_row_add a").click()
    _dialog(page).locator("[name=name] input").fill("Everything")
    condition = _call(page, "function_ids", "It contains a SKU")
    skus = condition.locator(".o_ec_arguments [name=skus] input")
    skus.fill("MUG-1, MUG-2")
    skus.press("Enter")
    expect(condition.locator(".badge")).to_have_text(["MUG-1", "MUG-2"])
    condition.locator(".badge .btn-close").first.click()
    expect(condition.locator(".badge")).to_have_text(["MUG-2"])
    _save(page)
    condition = _call(page, "function_ids", "At certain hours")
    expect(condition.locator(".o_ec_arguments [name=weekdays] input:checked")).to_have_count(7)
    condition.locator(".o_ec_arguments [name=weekdays] input").last.uncheck()
    condition.locator(".o_ec_arguments [name=start] input").fill("09:30")
    _save(page)
    action = _call(page, "action_ids", "Ship from warehouse")
    action.locator(".o_ec_arguments [name=warehouse] input").click()
    page.locator(".o-autocomplete--dropdown-item").first.click()
    expect(action.locator("[name=text]")).to_contain_text("“")
    _save(page)
    _call(page, "action_ids", "Set the shipping date")
    _dialog(page).locator(".o_ec_arguments [name=start] select").select_option("requested")
    _dialog(page).locator(".o_ec_arguments [name=days] input").fill("-2")
    _save(page)
    sentence = _dialog(page).locator("[name=sentence]")
    expect(sentence).to_contain_text("MUG-2")
    expect(sentence).to_contain_text("09:30")
    expect(sentence).to_contain_text("“The requested date”")
    _dialog(page).locator(".o_form_button_save").first.click()
    page.locator(".o_form_button_save").click()
    expect(page.locator("button[name=action_activate]")).to_be_visible()
    [rule] = world.odoo("ec.rule", "search", [["name", "=", "Everything"]])
    found = world.odoo("ec.rule.action", "search_read", [["rule_id", "=", rule]], ["name", "args"])
    assert [action["name"] for action in found] == ["warehouse", "ship_date"]
    assert found[1]["args"] == {"start": "requested", "days": -2, "off": []}
    screen.sound()


def _call(page, field, name):
    """Add a function to the rule that is open, and choose which."""
    rule = page.locator(".modal").last
    rule.locator(f"[name={field}] .o_field_x2many_list_row_add a").click()
    expect(page.locator(".modal")).to_have_count(2)
    _dialog(page).locator(".o_field_widget[name=name] input").first.click()
    page.locator(".o_select_menu_item", has_text=name).first.click()
    expect(_dialog(page).locator(".o_ec_arguments")).to_be_visible()
    return _dialog(page)


def _save(page):
    _dialog(page).locator(".o_form_button_save").first.click()
    expect(page.locator(".modal")).to_have_count(1)


def test_a_finding_opens_its_rule(world, sit, draft):
    rules = [{"name": "Never", "scope": "hold", "order_domain": "[('amount_total', '>', 9), ('amount_total', '<', 3)]"}]
    version = world.odoo("ec.rule.set", "create", {"name": "Wrong", "rule_ids": [[0, 0, rule] for rule in rules]})
    screen = sit("manager")
    page = screen.page
    screen.open(f"rule-sets/{version}")
    finding = page.locator(".o_ec_findings .list-group-item-danger")
    expect(finding).to_contain_text("contradict")
    screen.picture("rules_finding_en_wide")
    finding.locator("button").click()
    expect(_dialog(page).locator("[name=sentence]")).to_contain_text("Total")
    _dialog(page).locator("[name=order_domain] .fa-trash").last.click()
    _dialog(page).locator(".o_form_button_save").click()
    expect(finding).to_have_count(0)
    screen.sound()


@pytest.mark.parametrize(("login", "language"), [("manager", "en"), ("店長", "ja")])
def test_pictures(world, sit, draft, login, language):
    if language == "ja":
        screen = sit(login)
        page = screen.page
        screen.open("rule-sets")
        page.get_by_role("button", name="ひな形から作成").first.click()
        _dialog(page).locator("button[name=action_create_draft]").click()
        expect(page.locator(ROW)).to_have_count(18)
        screen.picture("rules_ja_wide")
        address = _address(page)
    else:
        address = draft
    screen = sit(login, NARROW)
    page = screen.page
    screen.open(address)
    expect(page.locator(CARD)).to_have_count(18)
    _fits(page)
    page.locator(CARD).nth(1).scroll_into_view_if_needed()
    screen.picture(f"rules_{language}_390")
    page.locator(CARD).nth(9).click()
    expect(_dialog(page).locator("[name=sentence]")).to_contain_text("→")
    _fits(page)
    screen.picture(f"rules_rule_{language}_390")
    screen.sound()


def test_who_releases_holds_reads_rules(sit, draft):
    screen = sit("clerk")
    screen.open(draft)
    expect(screen.page.locator(ROW)).to_have_count(18)
    for name in ("action_activate", "action_new_version", "action_roll_back"):
        expect(screen.page.locator(f"button[name={name}]")).to_have_count(0)
    screen.sound()
