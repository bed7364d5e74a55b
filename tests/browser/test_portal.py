"""docs/b2b.md by the customers' people, in English and Japanese: the catalogue, an order by keyboard alone, colleagues; and what the seller sees of it."""

import contextlib
import os
import re

import demo
import front_door
import pytest
from conftest import NARROW, WIDE, Screen, World, _free_ports, _shell, _start, _stop, _wait_for
from playwright.sync_api import expect

LINES = 20
SKUS = [f"TEA-{n:03}" for n in range(1, 25)]
PRICES = [500 + 20 * (7 * n % 24) for n in range(1, 25)]
DOZEN = SKUS[-1]  # sold in twelves
TEAS = ["煎茶", "玉露", "抹茶", "ほうじ茶", "玄米茶", "番茶", "茎茶", "釜炒り茶", "碾茶", "和紅茶"]  # demo.TEAS in Japanese
ABOVE_THE_BAR = "document.activeElement.getBoundingClientRect().bottom <= document.querySelector('.o_ec_bar').getBoundingClientRect().top"
PRICE = ".text-md-end > strong"  # of a row of the catalogue
WORDS = {
    "en": {
        "company": "Harbour Cafe", "purchaser_name": "Paul Reed", "administrator_name": "Anna Stone", "percent": 20, "catalogue": "Catalogue", "pad": "Quick order", "confirmed": "Thank you. Your order is confirmed.",
        "put": "20 lines were put on your order.", "unknown": "This code is not in your catalogue.", "twelves": "sold in multiples of 12",
        "invited": "The invitation is on its way.", "changed": "The buyer was changed.", "viewer": "Viewer", "purchaser": "Purchaser", "colleague": "Mary Hill",
        "no_mail": "Please enter an e-mail address",
    },
    "ja": {
        "company": "港カフェ", "purchaser_name": "佐藤 健", "administrator_name": "鈴木 一葉", "percent": 35, "catalogue": "商品カタログ", "pad": "クイック発注", "confirmed": "ありがとうございます。ご注文が確定しました。",
        "put": "20件を注文に入れました。", "unknown": "お取り扱い商品にないコードです。", "twelves": "12単位での販売です",
        "invited": "招待メールを送りました。", "changed": "担当者を変更しました。", "viewer": "閲覧", "purchaser": "発注担当", "colleague": "山田 花子",
        "no_mail": "メールアドレスを入力してください。",
    },
}  # fmt: skip
PAGES = ("/my/trade", "/my/trade/catalogue", "/my/trade/order", "/my/trade/order/review", "/my/trade/lists", "/my/trade/buyers", "/my/trade/buyers/invite", "/my/trade/roles", "/my/orders")


class Guest(Screen):
    """A customer's browser."""

    arrived = ".o_portal_my_home"

    def go(self, path):
        self.page.goto(f"{self.world.url}{path}")
        expect(self.page.locator("#wrap")).to_be_visible()

    def tab_to(self, place, most=150):
        """Tab until this has the focus."""
        for _press in range(most):
            if self.page.evaluate("place => document.activeElement.matches(place)", place):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{place} is not reached by Tab")


class JapaneseGuest(Guest):
    locale = "ja-JP"


GUESTS = {"en": Guest, "ja": JapaneseGuest}


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """An Odoo with the trade portal, two customers with a buyer and an administrator each."""
    folder = tmp_path_factory.mktemp("portal")
    database = f"hatoba_portal_{os.getpid()}"
    front, web, live = _free_ports(3)
    _shell(f"bash dev/db.sh new test {database}")
    process = None
    try:
        _shell(f'odoo -c "$ODOO_RC" -d {database} -i ec_b2b_portal --stop-after-init --no-http --log-level=error')
        with open(folder / "odoo.log", "w") as log:
            process = _start(
                f'exec "$VENV/bin/python" -W ignore "$(odoo_bin)" -c "$ODOO_RC" -d {database} --http-port {web} --gevent-port {live}'
                " --workers=3 --max-cron-threads=0 --no-database-list --log-level=warn", log,
            )  # fmt: skip
        front_door.serve(front, web, live)
        _wait_for(f"http://127.0.0.1:{front}/web/login", folder / "odoo.log")
        world = World(f"http://127.0.0.1:{front}", database, None)
        _seller(world.odoo)
        for language, lang in (("en", "en_US"), ("ja", "ja_JP")):
            _customer(world, language, lang)
        yield world
    finally:
        if process:
            _stop([process])
        with contextlib.suppress(Exception):
            _shell(f"bash dev/db.sh drop test {database}")


def _seller(odoo):
    """A shop in yen, in two languages, with goods of which one is sold in twelves."""
    [company] = odoo("res.company", "search", [], limit=1)
    [japan] = odoo("res.country", "search", [["code", "=", "JP"]])
    odoo("res.company", "write", [company], {"name": "Hatoba Tea", "country_id": japan})
    odoo("account.chart.template", "try_loading", [], "jp", company, install_demo=False)
    odoo("res.config.settings", "execute", odoo("res.config.settings", "create", [{"group_product_pricelist": True}]))
    languages = odoo("res.lang", "search", [["code", "in", ["en_US", "ja_JP"]]])
    odoo("website", "write", odoo("website", "search", []), {"language_ids": [[6, 0, languages]]})
    goods = odoo(
        "product.product", "create",
        [
            {
                "name": _name(demo.TEAS, n), "default_code": sku, "barcode": f"49012345{n:05}", "list_price": price, "is_storable": True, "is_published": True,
                "ec_order_multiple": 12 if sku == DOZEN else 0,
            }
            for n, (sku, price) in enumerate(zip(SKUS, PRICES, strict=True), 1)
        ],
    )  # fmt: skip
    for n, product in enumerate(goods, 1):
        odoo("product.product", "write", [product], {"name": _name(TEAS, n)}, context={"lang": "ja_JP"})


def _name(teas, number):
    return f"{teas[number % 10]} {50 * (1 + number // 10)} g"


def _customer(world, language, lang):
    """A company with its own prices; its people's logins are <role>.<language>@example.com."""
    odoo, words = world.odoo, WORDS[language]
    [japan] = odoo("res.country", "search", [["code", "=", "JP"]])
    company = odoo(
        "res.partner", "create",
        {"name": words["company"], "is_company": True, "lang": lang, "country_id": japan, "zip": "220-0012", "city": "横浜市", "street": "みなとみらい1-2-3", "phone": "045-123-4567"},
    )  # fmt: skip
    prices = odoo("product.pricelist", "create", {"name": words["company"], "item_ids": [[0, 0, {"compute_price": "percentage", "percent_price": words["percent"]}]]})
    account = odoo("ec.trade.account", "create", {"partner_id": company, "pricelist_id": prices})
    odoo("ec.trade.account", "action_activate", [account])
    own = odoo("product.product", "search", [["default_code", "in", SKUS[4:8]]])
    odoo("ec.trade.item", "create", [{"account_id": account, "product_id": product, "code": f"{language.upper()}-{product}"} for product in own])
    [portal_group] = world.group_ids(["base.group_portal"])
    for role in ("purchaser", "administrator"):
        login = f"{role}.{language}@example.com"
        contact = odoo("res.partner", "create", {"name": words[f"{role}_name"], "parent_id": company, "email": login, "lang": lang})
        [role_id] = world.group_ids([f"ec_b2b_portal.role_{role}"])
        odoo("ec.trade.buyer", "create", {"account_id": account, "partner_id": contact, "role_id": role_id})
        odoo(
            "res.users", "create",
            {"login": login, "password": login, "partner_id": contact, "lang": lang, "tz": "Asia/Tokyo", "group_ids": [[6, 0, [portal_group]]]},
            context={"no_reset_password": True},
        )  # fmt: skip


@pytest.fixture(scope="module")
def sit(browser, portal):
    """`sit(role, language, viewport)`: that person's window; the seller's administrator is ("admin", None)."""
    screens = {}

    def screen(role, language, viewport=WIDE):
        key = role, language, viewport["width"]
        if key not in screens:
            kind, login = (GUESTS[language], f"{role}.{language}@example.com") if language else (Screen, role)
            screens[key] = kind(browser, portal, login, viewport)
        return screens[key]

    screen.screens = screens
    yield screen
    for one in screens.values():
        one.page.context.close()


def own_price(language, number):
    return PRICES[number - 1] * (100 - WORDS[language]["percent"]) // 100


def amount(text):
    """The whole yen of a text."""
    return int(re.sub(r"[^\d]", "", text))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_catalogue_shows_own_prices(sit, language):
    words, screen = WORDS[language], sit("purchaser", language)
    page, rows = screen.page, screen.page.locator(".o_ec_catalogue .list-group-item")
    screen.go("/my/trade")
    page.get_by_role("link", name=words["catalogue"], exact=True).first.click()
    expect(rows).to_have_count(len(SKUS))
    screen.picture(f"portal_catalogue_{language}_wide")
    page.locator("form:has(#catalogue_sort) input[name=search]").fill(SKUS[2])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"search={SKUS[2]}"))
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(SKUS[2])
    assert amount(rows.locator(PRICE).inner_text()) == own_price(language, 3)

    screen.go("/my/trade/catalogue")
    page.locator("#catalogue_sort").select_option("price")
    page.locator("form:has(#catalogue_sort) button[type=submit]").click()
    expect(page).to_have_url(re.compile("sort=price"))
    expect(rows).to_have_count(len(SKUS))
    shown = [amount(text) for text in rows.locator(PRICE).all_inner_texts()]
    assert shown == sorted(own_price(language, number) for number in range(1, len(SKUS) + 1))
    screen.sound()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_order_of_twenty_lines_by_keyboard_alone(sit, portal, language):
    words, screen = WORDS[language], sit("purchaser", language)
    page, keys, rows = screen.page, screen.page.keyboard, screen.page.locator(".o_ec_row")
    screen.go("/my/trade/order")
    asked = {sku: number % 5 + 1 for number, sku in enumerate(SKUS[:LINES])}
    for number, (sku, quantity) in enumerate(asked.items()):
        expect(rows.nth(number).locator(".o_ec_code")).to_be_focused()
        keys.type(sku)
        keys.press("Tab")
        expect(rows.nth(number).locator(".o_ec_quantity")).to_be_focused()
        keys.type(str(quantity))
        keys.press("Enter")
    assert page.evaluate(ABOVE_THE_BAR), "the row that is typed into is hidden"
    expect(page.locator(".o_ec_row.o_ec_good")).to_have_count(LINES)
    expect(page.locator(".o_ec_total_good")).to_have_text(str(LINES))
    untaxed = sum(own_price(language, number + 1) * quantity for number, quantity in enumerate(asked.values()))
    assert amount(page.locator(".o_ec_total_amount").inner_text()) == untaxed
    screen.picture(f"portal_order_lines_{language}_wide")
    screen.tab_to(".o_ec_add")
    keys.press("Enter")
    expect(page.locator(".o_ec_notice")).to_contain_text(words["put"])
    expect(page.locator(".o_ec_review")).to_be_focused()
    keys.press("Enter")

    expect(page.locator("#ship_to")).to_be_visible()
    screen.tab_to("#number")
    keys.type(f"PO-{language}")
    screen.tab_to("form:has(#number) button[type=submit]")
    keys.press("Enter")
    expect(page).to_have_url(re.compile(r"/my/trade/order/\d+/done"))
    expect(page.locator("[role=status]").first).to_contain_text(words["confirmed"])
    screen.picture(f"portal_order_done_{language}_wide")
    name = re.search(r"S\d+", page.locator("h1").inner_text())[0]
    foot = [amount(text) for text in page.locator("tfoot td.text-nowrap, tfoot th.text-nowrap").all_inner_texts()]
    assert foot[0] == untaxed and foot[2] == foot[0] + foot[1]

    # among his orders, with a document
    screen.go("/my/orders")
    row = page.locator(".o_portal_my_doc_table tr", has_text=name)
    expect(row).to_have_count(1)
    assert amount(row.locator("[name=order_amount_total]").inner_text()) == foot[2]
    row.get_by_role("link", name=name).click()
    expect(page.locator("#print_invoice_report")).to_be_visible()
    link = page.locator("#print_invoice_report").get_attribute("href")
    document = page.request.get(f"{portal.url}{link}", timeout=90_000)
    assert document.status == 200 and document.headers["content-type"] == "application/pdf" and document.body().startswith(b"%PDF")
    screen.sound()

    # and at the seller's
    [order] = portal.odoo("sale.order", "search_read", [["name", "=", name]], ["state", "client_order_ref", "amount_untaxed", "amount_tax", "amount_total", "order_line"])
    assert (order["state"], order["client_order_ref"], len(order["order_line"])) == ("sale", f"PO-{language}", LINES)
    assert [order["amount_untaxed"], order["amount_tax"], order["amount_total"]] == foot
    seller = sit("admin", None)
    seller.open(f"action-sale.action_orders/{order['id']}", name)
    expect(seller.page.locator("[name=tax_totals]")).to_contain_text(f"{foot[2]:,}")
    seller.sound()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_wrong_row_is_corrected_where_it_is(sit, language):
    words, screen = WORDS[language], sit("purchaser", language)
    page, keys, rows = screen.page, screen.page.keyboard, screen.page.locator(".o_ec_row")
    screen.go("/my/trade/order")
    expect(rows.first.locator(".o_ec_code")).to_be_focused()
    for sku, quantity in (("TEA-999", "2"), (DOZEN, "5")):
        keys.type(sku)
        keys.press("Tab")
        keys.type(quantity)
        keys.press("Enter")
    expect(rows.nth(0).locator(".o_ec_message")).to_contain_text(words["unknown"])
    expect(rows.nth(1).locator(".o_ec_message")).to_contain_text(words["twelves"])
    expect(page.locator(".o_ec_total_bad")).to_have_text("2")
    screen.picture(f"portal_order_pad_{language}_wide")
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    expect(rows.nth(0).locator(".o_ec_code")).to_be_focused()
    keys.press("Control+a")
    keys.type(SKUS[0])
    keys.press("Enter")
    expect(rows.nth(0)).to_have_class(re.compile("o_ec_good"))
    expect(rows.nth(0).locator(".o_ec_message")).to_be_empty()
    rows.nth(1).locator(".o_ec_fix", has_text="12").click()
    expect(page.locator(".o_ec_row.o_ec_good")).to_have_count(2)
    expect(page.locator(".o_ec_has_bad")).to_be_hidden()
    screen.sound()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_administrator_invites_a_colleague_and_changes_the_role(sit, language):
    words, screen = WORDS[language], sit("administrator", language)
    page, mail = screen.page, f"colleague.{language}@example.com"
    screen.go("/my/trade/buyers")
    page.locator("a[href$='/my/trade/buyers/invite']").click()
    page.locator("#name").fill(words["colleague"])
    page.locator("#email").fill("nobody")
    page.locator("#role_id").select_option(label=words["viewer"])
    page.locator("form:has(#role_id) button[type=submit]").click()
    expect(page.locator("#email_error")).to_contain_text(words["no_mail"])
    page.locator("#email").fill(mail)
    page.locator("form:has(#role_id) button[type=submit]").click()
    expect(page.locator("[role=status]").first).to_contain_text(words["invited"])
    row = page.locator(".o_ec_trade .list-group-item", has_text=mail)
    expect(row).to_contain_text(words["viewer"])
    screen.picture(f"portal_buyers_{language}_wide")
    row.get_by_role("link", name=words["colleague"]).click()
    expect(page.locator("h1")).to_contain_text(words["colleague"])
    page.locator("#role_id").select_option(label=words["purchaser"])
    page.locator("form:has(#role_id) button[type=submit]").click()
    expect(page.locator("[role=status]").first).to_contain_text(words["changed"])
    expect(row).to_contain_text(words["purchaser"])
    screen.sound()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_wider_than_a_telephone(sit, language):
    screen = sit("administrator", language, NARROW)
    page = screen.page
    screen.go("/my/trade/order")
    for number, code in enumerate((SKUS[0], "TEA-999-WITH-A-LONG-NAME", SKUS[1])):
        page.locator(".o_ec_row").nth(number).locator(".o_ec_code").fill(code)
        page.keyboard.press("Enter")
    expect(page.locator(".o_ec_row.o_ec_good")).to_have_count(2)
    expect(page.locator(".o_ec_row.o_ec_bad")).to_have_count(1)
    narrow(page, "/my/trade/order with rows")
    screen.picture(f"portal_order_pad_{language}_390")
    page.locator(".o_ec_add").click()
    expect(page.locator(".o_ec_review")).to_be_visible()
    for path in PAGES:
        screen.go(path)
        narrow(page, path)
        if path == "/my/trade/catalogue":
            screen.picture(f"portal_catalogue_{language}_390")
    screen.sound()


def narrow(page, what):
    assert page.evaluate("document.scrollingElement.scrollWidth") <= page.viewport_size["width"], f"{what} is wider than the window"
