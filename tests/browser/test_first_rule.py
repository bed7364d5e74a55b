"""docs/routing.md by somebody who has just installed it: in a fresh database, by mouse and keyboard alone, until an order waits because of an own rule."""

import contextlib
import os
import time

import demo
import front_door
import pytest
from conftest import WIDE, Screen, World, _free_ports, _shell, _start, _stop, _wait_for
from playwright.sync_api import expect

HOLDS = ".o_menu_sections button[data-menu-xmlid='ec_order_hold.menu_holds']"
# what docs/routing.md names, as each screen says it
WORDS = {
    "en": {
        "app": "Sales", "preset": "Several shops in Japan", "all": "All orders", "none": "There is no such order yet.",
        "rule": "A person looks at expensive orders", "add_rule": "Add a rule", "add_condition": "Add a condition", "add_action": "Add an action",
        "above": "The amount is above", "hold": "Hold the order", "by_hand": "Held by hand", "all_of_these": "All of these orders",
        "first": "First version", "new": "New", "add_product": "Add a product", "on_hold": "On hold",
    },
    "ja": {
        "app": "販売", "preset": "日本の複数ショップ", "all": "すべての受注", "none": "該当する受注がまだありません。",
        "rule": "高額な受注は担当者が確認", "add_rule": "ルールを追加", "add_condition": "条件を追加", "add_action": "処理を追加",
        "above": "金額が上回る", "hold": "受注を保留", "by_hand": "手動保留", "all_of_these": "対象の受注すべて",
        "first": "最初の版", "new": "新規", "add_product": "プロダクト追加", "on_hold": "保留",
    },
}  # fmt: skip


class Person:
    """Counts what it takes: clicks, and fields typed into."""

    def __init__(self, page):
        self.page, self.clicks, self.typed, self.started = page, 0, 0, time.monotonic()

    def click(self, place):
        (self.page.locator(place) if isinstance(place, str) else place).first.click()
        self.clicks += 1

    def type(self, field, text):
        field.fill(text)
        self.typed += 1

    @property
    def effort(self):
        return f"{self.clicks} clicks, {self.typed} fields, {time.monotonic() - self.started:.0f} s by script"


@pytest.fixture(params=["en", "ja"])
def newcomer(request, browser, tmp_path_factory):
    """(language, screen) of the first administrator, in a database that has one customer and one product in stock."""
    language, folder = request.param, tmp_path_factory.mktemp("first")
    database = f"hatoba_first_{language}_{os.getpid()}"
    front, web, live = _free_ports(3)
    _shell(f"bash dev/db.sh new test {database}")
    process = None
    try:
        with open(folder / "odoo.log", "w") as log:
            process = _start(
                f'exec "$VENV/bin/python" -W ignore "$(odoo_bin)" -c "$ODOO_RC" -d {database} --http-port {web} --gevent-port {live}'
                " --workers=2 --max-cron-threads=2 --no-database-list --log-level=warn", log,
            )  # fmt: skip
        front_door.serve(front, web, live)
        _wait_for(f"http://127.0.0.1:{front}/web/login", folder / "odoo.log")
        world = World(f"http://127.0.0.1:{front}", database, None)
        _goods(world.odoo, language)
        yield language, Screen(browser, world, "admin", WIDE)
    finally:
        if process:
            _stop([process])
        with contextlib.suppress(Exception):
            _shell(f"bash dev/db.sh drop test {database}")


def _goods(odoo: demo.Odoo, language):
    """What somebody who sells has in Odoo before Hatoba comes."""
    odoo("res.users", "write", odoo("res.users", "search", [["login", "=", "admin"]]), {"lang": {"en": "en_US", "ja": "ja_JP"}[language], "tz": "Asia/Tokyo"})
    [japan] = odoo("res.country", "search", [["code", "=", "JP"]])
    [tokyo] = odoo("res.country.state", "search", [["country_id", "=", japan], ["code", "=", "JP-13"]])
    odoo("res.partner", "create", {"name": "佐藤商店", "country_id": japan, "state_id": tokyo, "zip": "150-0001", "city": "渋谷区", "street": "神宮前1-2-3", "phone": "03-1234-5678"})
    product = odoo("product.product", "create", {"name": "抹茶セット", "is_storable": True, "list_price": 60_000, "weight": 1})
    [place] = odoo("stock.warehouse", "search_read", [], ["lot_stock_id"], limit=1, order="id")
    odoo("stock.quant", "action_apply_inventory", [odoo("stock.quant", "create", {"product_id": product, "location_id": place["lot_stock_id"][0], "inventory_quantity": 10})])


def test_from_the_apps_to_an_order_that_an_own_rule_holds(newcomer):
    language, screen = newcomer
    words, page = WORDS[language], screen.page
    person = Person(page)

    # 1. begin with a preset
    person.click(".o_navbar_apps_menu button")
    person.click(page.locator(".o-dropdown--menu .o_app", has_text=words["app"]))
    person.click(HOLDS)
    person.click("[data-menu-xmlid='ec_order_routing.menu_rule_sets']")
    person.click(page.locator(".o_nocontent_help a", has_text=words["preset"]))
    expect(page.locator("[name=hold_rule_ids] .o_data_row").nth(9)).to_be_visible()  # a preset worth beginning with
    expect(page.get_by_text(words["none"])).to_be_visible()
    screen.picture(f"first_preset_{language}_wide")
    person.click(page.locator("[name=applies_choice]").get_by_text(words["all"]))
    expect(page.get_by_text(words["none"])).to_be_hidden()

    # 2. the first own rule
    person.click(page.locator("[name=hold_rule_ids]").get_by_text(words["add_rule"]))
    rule = page.locator(".modal").last
    person.type(rule.locator("[name=name] input"), words["rule"])
    _add(person, rule, words["add_condition"], words["above"], amount="50000")
    _add(person, rule, words["add_action"], words["hold"], hold=words["by_hand"])
    expect(rule.locator("[name=sentence]")).to_contain_text("50,000")
    screen.picture(f"first_rule_{language}_wide")
    person.click(rule.locator(".o_form_button_save"))
    expect(page.locator(".modal")).to_have_count(0)

    # 3. activate
    person.click("button[name=action_activate]")
    dialog = page.locator(".modal").last
    expect(dialog.locator("[name=comment] textarea")).to_have_value(words["first"])
    expect(dialog.get_by_text(words["all_of_these"])).to_be_visible()
    screen.picture(f"first_activate_{language}_wide")
    person.click(dialog.locator("button[name=action_activate]"))
    expect(page.locator("button[name=action_new_version]")).to_be_visible()

    # 4. an order meets it
    person.click(HOLDS)
    person.click("[data-menu-xmlid='ec_order_hold.menu_order_board']")
    person.click(page.locator(".o_ec_board button[name=create]"))
    person.type(page.locator("[name=partner_id] input").first, "佐藤")
    person.click(page.locator(".o-autocomplete--dropdown-item", has_text="佐藤商店"))
    person.click(page.locator("[name=order_line]").get_by_text(words["add_product"], exact=True))
    person.type(page.locator("[name=order_line] .o_selected_row [name=product_template_id] input, [name=order_line] .o_selected_row [name=product_id] input").first, "抹茶")
    person.click(page.locator(".o-autocomplete--dropdown-item", has_text="抹茶セット"))
    expect(page.locator("[name=order_line]")).to_contain_text("60,000")
    person.click(".o_form_button_save")
    expect(page.locator(".o_form_view .oe_title")).to_contain_text("S0")
    why = page.locator("[name=ec_why] .o_ec_why")
    for _try in range(10):  # the rules take a moment
        person.click(HOLDS)
        person.click("[data-menu-xmlid='ec_order_hold.menu_order_board']")
        person.click(page.locator(".o_ec_row .o_ec_order a"))
        person.click(".o_notebook a.nav-link[name=ec_why]")
        with contextlib.suppress(AssertionError):
            expect(why).to_be_visible(timeout=5000)
            break
    expect(why).to_contain_text(words["on_hold"])
    expect(why).to_contain_text(words["rule"])
    screen.picture(f"first_why_{language}_wide")
    print(f"\n  {language}: from the apps to the reason why an order waits: {person.effort}")
    screen.sound()


def _add(person, rule, link, what, amount=None, hold=None):
    """A condition or an action of the rule, with its argument."""
    page = person.page
    person.click(rule.get_by_text(link))
    expect(page.locator(".modal")).to_have_count(2)
    dialog = page.locator(".modal").last
    person.click(dialog.locator(".o_field_widget[name=name] input"))
    person.click(page.locator(".o_select_menu_item", has_text=what))
    if amount:
        person.type(dialog.locator(".o_ec_arguments [name=limit] input"), amount)
    if hold:
        dialog.locator(".o_ec_arguments [name=code] select").select_option(label=hold)
        person.clicks += 2
    person.click(dialog.locator(".o_form_button_save"))
    expect(page.locator(".modal")).to_have_count(1)
