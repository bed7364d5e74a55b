"""The main job by hand: connect the shop, an order placed there, its delivery here, "fulfilled" with its tracking number there."""

import demo
import pytest
from conftest import NARROW, PICTURES, WIDE
from playwright.sync_api import expect

TRACKING = "4012-3456-7890"


@pytest.fixture(scope="module")
def shop_page(browser, world):
    page = browser.new_context(viewport=WIDE).new_page()
    page.goto(world.shop.control_url)
    expect(page.locator("#form select[aria-label=SKU]")).to_be_visible()
    return page


@pytest.fixture(scope="module")
def connected(world, sit):
    """The channel, made in the UI step by step; the tests below stand on it."""
    screen = sit("admin")
    page = screen.page
    screen.open("channels", "Connect your first shop")
    page.get_by_role("button", name="New").click()
    screen.field("name").fill("Tea shop")
    screen.choose("connector", "Shopify")
    screen.tab("shopify")
    screen.field("shopify_shop_domain").fill(demo.DOMAIN)
    screen.choose("shopify_auth", "Access token")
    screen.field("shopify_token").fill(demo.TOKEN)
    screen.field("shopify_client_secret").fill(demo.SECRET)
    screen.tab("technical")
    screen.field("endpoint_url").fill(world.shop.url)
    screen.field("allow_private_host").check()
    page.locator(".o_form_button_save").click()
    expect(page.get_by_text("Set up this shop")).to_be_visible()
    screen.press("action_check", ".o_form_statusbar")
    expect(page.get_by_text("Connected to")).to_be_visible()
    screen.press("action_pull_catalogue", "[name=setup]")
    expect(page.get_by_text("40 items of the shop have been read")).to_be_visible()
    expect(page.locator("[name=setup] button[name=action_open_unmatched]")).to_contain_text("1")
    screen.picture("en-channel-set-up")
    screen.press("action_live", ".o_form_statusbar")
    expect(page.locator(".o_field_widget[name=health]").get_by_text("Healthy")).to_be_visible()
    expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_have_text("Live")
    screen.sound()
    return world.odoo("ec.channel", "search", [["name", "=", "Tea shop"]])[0]


def test_an_order_is_placed_shipped_and_fulfilled(world, sit, connected, shop_page):
    screen = sit("admin")
    page = screen.page
    shop_page.locator("#form select[aria-label=SKU]").select_option("TEA-002")
    shop_page.locator("#form input[aria-label=quantity]").fill("2")
    shop_page.locator("#form button.main").click()
    expect(shop_page.locator("article.order").first).to_contain_text("#1001")

    row = screen.reload_until("channel-orders", ".o_data_row:has-text('#1001'):has-text('Ready to Ship')")
    row.first.locator("td[name=ec_name]").click()
    screen.tab("ec_channel")
    timeline = page.locator(".o_field_widget[name=ec_timeline]")
    for step in ("Placed in Tea shop", "Received", "Imported", "Confirmed"):
        expect(timeline).to_contain_text(step)
    screen.press("action_view_delivery", ".o_web_client")
    page.wait_for_selector(".o_field_widget[name=move_ids]")
    page.locator(".o_notebook a.nav-link", has_text="Additional Info").click()
    screen.field("carrier_tracking_ref").fill(TRACKING)
    screen.press("button_validate")
    expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_have_text("Done")
    screen.sound()

    order = shop_page.locator("article.order", has_text="#1001")
    expect(order.locator(".tag.good", has_text="FULFILLED")).to_be_visible(timeout=60_000)
    expect(order).to_contain_text(TRACKING)

    screen.open("channel-orders", "#1001")
    page.locator(".o_data_row td[name=ec_name]", has_text="#1001").click()
    screen.tab("ec_channel")
    expect(timeline).to_contain_text(TRACKING)
    expect(timeline).to_contain_text("The shop acknowledged")
    screen.sound()
    screen.picture("en-order-timeline")
    if PICTURES:
        shop_page.screenshot(path=PICTURES / "shop-fulfilled.png")


@pytest.fixture(scope="module")
def busy(world, connected):
    """A day's orders: some shipped, some waiting for payment or for an item, one that cannot be read."""
    placed = demo.place_orders(world.shop, 24)
    domain = [["ec_channel_id", "=", connected]]
    demo.wait("orders arrive", lambda: world.odoo("sale.order", "search_count", domain) == len(placed) + 1)
    waiting = [*domain, ["state", "=", "draft"], ["ec_hold_count", "=", 0]]
    demo.wait("orders are confirmed", lambda: not world.odoo("sale.order", "search_count", waiting))
    demo.ship(world.odoo, connected, 0.5)
    world.shop.place_order(lines=[{"sku": "TEA-005", "quantity": 1, "price": "4.500"}], currency="BHD")  # not active in Odoo
    parked = [["channel_id", "=", connected], ["state", "=", "parked"]]
    demo.wait("one cannot be read", lambda: world.odoo("ec.inbound.event", "search_count", parked))
    return placed


def test_one_box_finds_by_number_name_phone_postal_code_and_tracking(sit, busy):
    screen = sit("clerk")
    for words in ("#1001", TRACKING, TRACKING.replace("-", "")):
        _search(screen, words)
        expect(screen.page.locator(".o_data_row")).to_have_count(1)
        expect(screen.page.locator(".o_data_row")).to_contain_text("#1001")
    for words in ("花子", "03-1234-5678", "+81 3 1234 5678", "１０４-００６１", "1040061"):
        _search(screen, words)
        expect(screen.page.locator(".o_data_row").nth(2)).to_be_visible()
    _search(screen, "nobody of this name")
    expect(screen.page.locator(".o_data_row")).to_have_count(0)
    screen.sound()


def _search(screen, words):
    screen.open("channel-orders")
    screen.page.fill(".o_searchview_input", words)
    screen.page.wait_for_selector(".o_searchview_autocomplete .o-dropdown-item, .o_searchview_autocomplete li")
    screen.page.keyboard.press("Enter")
    expect(screen.page.locator(".o_searchview_facet")).to_be_visible()


def test_every_number_opens_what_is_behind_it(sit, busy):
    screen = sit("clerk")
    page = screen.page
    for name in ("action_open_orders", "action_open_held_orders", "action_open_parked_events", "action_open_parked_messages"):
        screen.open("channels", "Tea shop")
        link = page.locator(f".o_kanban_record [name={name}]").first
        number = int(link.inner_text().split()[0].replace(",", ""))
        link.click()
        page.wait_for_selector(".o_list_view")
        if number:
            expect(page.locator(".o_pager_limit")).to_have_text(str(number))
        else:
            expect(page.locator(".o_view_nocontent")).to_be_visible()
        screen.sound()


SCREENS = {
    "channels": ("Tea shop", "Tea shop"),
    "channel-orders": ("#1001", "#1001"),
    "action-ec_channel_base.ec_inbound_event_action": ("Inbox", "受信箱"),
    "action-ec_channel_base.ec_outbound_message_action": ("Outbox", "送信箱"),
    "action-ec_channel_base.ec_order_refund_action": ("Refunds", "返金"),
    "action-ec_channel_base.ec_channel_audit_action": ("Daily Count", "件数照合"),
    "action-ec_channel_base.ec_channel_log_action": ("Log", "通信ログ"),
    "channel-items": ("Items", "商品"),
    "channel-mappings": ("Mappings", "対応表"),
    "channel-customers": ("Same Customer?", "同一顧客"),
}


PICTURED = {
    "en-channels", "en-channel-orders", "en-inbox", "en-channel", "ja-channels", "ja-channel-orders", "ja-inbox", "ja-channel", "ja-order",
    "en-narrow-channel-orders", "ja-narrow-channels", "ja-narrow-channel", "ja-narrow-order",
}


@pytest.mark.parametrize(
    ("login", "viewport", "prefix"),
    [("manager", WIDE, "en"), ("店長", WIDE, "ja"), ("manager", NARROW, "en-narrow"), ("店長", NARROW, "ja-narrow")],
    ids=["english", "japanese", "english-390", "japanese-390"],
)
def test_screens(world, sit, busy, connected, login, viewport, prefix):
    screen = sit(login, viewport)
    page = screen.page
    japanese = login == "店長"

    def keep(name):
        if f"{prefix}-{name}" in PICTURED:
            screen.picture(f"{prefix}-{name}")

    for path, texts in SCREENS.items():
        screen.open(path, texts[japanese])
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} is wider than the window"
        keep({"action-ec_channel_base.ec_inbound_event_action": "inbox"}.get(path, path))
    screen.open(f"channels/{connected}", "突合" if japanese else "to match")
    keep("channel")
    held = world.odoo("sale.order", "search", [["ec_channel_id", "=", connected], ["ec_hold_count", ">", 0]], limit=1)[0]
    screen.open(f"channel-orders/{held}")
    screen.tab("ec_channel")
    expect(page.locator(".o_field_widget[name=ec_timeline]")).to_contain_text("保留" if japanese else "Held")
    screen.sound()
    keep("order")


def test_others_see_their_screens_as_they_were(world, sit, busy):
    shipped = world.odoo("sale.order", "search", [["ec_status", "=", "shipped"]], limit=1)[0]
    world.odoo("sale.order", "write", [shipped], {"user_id": False})
    screen = sit("salesperson")
    screen.open("sales")
    _has_no_channels(screen)
    screen.open(f"sales/{shipped}", "Order Lines")
    assert not screen.page.locator(".o_notebook a.nav-link[name=ec_channel]").count()
    picking = world.odoo("stock.picking", "search", [["state", "=", "assigned"]], limit=1)[0]
    screen = sit("warehouse")
    screen.open("inventory")
    _has_no_channels(screen)
    screen.open(f"deliveries/{picking}")
    screen.press("button_validate")
    expect(screen.page.locator(".o_statusbar_status .o_arrow_button_current")).to_have_text("Done")
    screen.sound()


def _has_no_channels(screen):
    screen.page.locator(".o_navbar_apps_menu button, .o_navbar_apps_menu a").first.click()
    expect(screen.page.locator(".o_app", has_text="Discuss").first).to_be_visible()
    assert not screen.page.locator(".o_app", has_text="Channels").count()
    screen.page.keyboard.press("Escape")
