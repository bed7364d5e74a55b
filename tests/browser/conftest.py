"""A fresh Odoo with workers and cron workers, a test shop, and a headless Chromium that sees them as people do.

`CHROMIUM` is the browser (default /usr/bin/chromium). With `PICTURES=1` the screens are kept under docs/pictures.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import demo
import front_door
import pytest
from playwright.sync_api import Error, expect, sync_playwright
from shopify_simulator.client import Simulator

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures" if os.environ.get("PICTURES") else None
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
).split()
WIDE, NARROW = {"width": 1400, "height": 880}, {"width": 390, "height": 844}
# what Odoo itself or a browser without network says; everything else on the console is taken to be ours
NOT_OURS = re.compile(r"favicon|ERR_INTERNET_DISCONNECTED|ERR_NAME_NOT_RESOLVED|selfie_segmentation|Autofocus processing|push service|serviceWorker|Permissions", re.I)
PEOPLE = {
    "clerk": (["ec_channel_base.group_ec_operator"], "en_US"),
    "manager": (["ec_channel_base.group_ec_admin", "sales_team.group_sale_manager", "stock.group_stock_manager"], "en_US"),
    "店長": (["ec_channel_base.group_ec_admin", "sales_team.group_sale_manager", "stock.group_stock_manager"], "ja_JP"),
    "salesperson": (["sales_team.group_sale_salesman"], "en_US"),
    # contact creation is on for every new user of Odoo; without it, Odoo's own delivery form may not read its zip prefixes
    "warehouse": (["stock.group_stock_user", "base.group_partner_manager"], "en_US"),
}
expect.set_options(timeout=20_000)


def _free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _shell(command, **more):
    return subprocess.run(["bash", "-c", f". dev/env.sh; use_cluster test; {command}"], cwd=ROOT, check=True, text=True, **more)


class World:
    """Where everything is: `odoo` and `shop` as a program sees them, `url` as a browser does."""

    def __init__(self, url, database, shop):
        self.url, self.database, self.shop = url, database, shop
        self.odoo = demo.Odoo(url, database, "admin", "admin")

    def group_ids(self, names):
        rows = [name.split(".") for name in names]
        return [
            self.odoo("ir.model.data", "search_read", [["module", "=", module], ["name", "=", name]], ["res_id"])[0]["res_id"]
            for module, name in rows
        ]

    def sql(self, text, file=None, **variables):
        """What would take hours by the front door."""
        values = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        command = ["-f", str(file)] if file else ["-c", text]
        subprocess.run(
            ["bash", "-c", '. dev/env.sh; use_cluster test; exec psql -X -q -v ON_ERROR_STOP=1 "$@"', "psql", "-d", self.database, *values, *command],
            cwd=ROOT, check=True, timeout=600,
        )

    def people(self):
        for login, (groups, lang) in PEOPLE.items():
            ids = self.group_ids(["base.group_user", *groups])
            self.odoo(
                "res.users", "create",
                {
                    "name": login, "login": login, "password": login, "lang": lang, "tz": "Asia/Tokyo", "group_ids": [[6, 0, ids]],
                    "odoobot_state": "disabled",  # else its greeting opens a chat over the narrow screen, some time
                },
            )


def pytest_collection_modifyitems(items):
    """All files share one Odoo: the masses of orders come last, after what begins with an empty one."""
    last = ("test_routing.py", "test_board.py")
    items.sort(key=lambda item: last.index(item.path.name) if item.path.name in last else -1)


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    database = f"hatoba_browser_{os.getpid()}"
    front, web, live, shop_port, control_port = _free_ports(5)
    _shell(f"bash dev/db.sh new test {database}")
    processes = []
    try:
        with open(folder / "shop.log", "w") as log:
            processes.append(_start(
                f"exec python -m shopify_simulator --port {shop_port} --control-port {control_port} --seed 1 --products 0"
                f" --map https://erp.example=http://127.0.0.1:{front}", log,
            ))
        with open(folder / "odoo.log", "w") as log:
            processes.append(_start(
                f'exec "$VENV/bin/python" -W ignore "$(odoo_bin)" -c "$ODOO_RC" -d {database} --http-port {web} --gevent-port {live}'
                " --workers=3 --max-cron-threads=2 --no-database-list --log-level=warn", log,
            ))
        front_door.serve(front, web, live)
        _wait_for(f"http://127.0.0.1:{front}/web/login", folder / "odoo.log")
        _wait_for(f"http://127.0.0.1:{control_port}/", folder / "shop.log")
        world = World(f"http://127.0.0.1:{front}", database, Simulator(f"http://127.0.0.1:{shop_port}", f"http://127.0.0.1:{control_port}"))
        demo.prepare_goods(world.odoo, world.shop)
        world.people()
        yield world
    finally:
        _stop(processes)
        _shell(f"bash dev/db.sh drop test {database}")


def _start(command, log):
    return subprocess.Popen(
        ["bash", "-c", f". dev/env.sh; use_cluster test; {command}"], cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )


def _stop(processes):
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=20) as answer:
            if answer.status == 200:
                return
        time.sleep(0.3)
    pytest.fail(f"{url} does not answer:\n{log.read_text()[-3000:]}")


class Screen:
    """One person at one window. `arrived`: what is seen after the login."""

    locale, arrived = "en-US", ".o_main_navbar"

    def __init__(self, browser, world, login, viewport):
        self.world, self.complaints = world, []
        self.page = browser.new_context(viewport=viewport, locale=self.locale, timezone_id="Asia/Tokyo").new_page()
        self.page.on("console", lambda m: m.type == "error" and not NOT_OURS.search(f"{m.text} {m.location}") and self.complaints.append(m.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{world.url}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", "admin" if login == "admin" else login)
        self.page.click(".oe_login_form button[type=submit]")
        self.page.wait_for_selector(self.arrived, timeout=60_000)

    def open(self, path, *texts):
        """Go there; the screen shows these texts and no error."""
        self.page.goto(f"{self.world.url}/odoo/{path}")
        self.page.wait_for_selector(".o_view_controller .o_content, .o_error_dialog", timeout=60_000)
        for text in texts:
            expect(self.page.locator(".o_web_client").get_by_text(text).first).to_be_visible()
        self.sound()

    def sound(self):
        assert not self.page.locator(".o_error_dialog").count(), self.page.locator(".o_error_dialog").inner_text()
        assert not self.complaints, self.complaints

    def field(self, name):
        return self.page.locator(f".o_field_widget[name={name}]").locator("input, textarea, select").first

    def choose(self, name, text):
        """Open a selection field and take the first entry with this text."""
        self.field(name).click()
        self.page.locator(".o_select_menu_item", has_text=text).first.click()

    def press(self, name, where=".o_form_view"):
        """Press the button of this technical name."""
        self.page.locator(f"{where} button[name={name}]:visible").first.click()

    def tab(self, name):
        self.page.locator(f".o_notebook a.nav-link[name={name}]").click()

    def reload_until(self, path, locator, seconds=90):
        """Look again and again, as a person who waits does."""
        deadline = time.monotonic() + seconds
        while True:
            self.open(path)
            found = self.page.locator(locator)
            with contextlib.suppress(AssertionError):
                expect(found.first).to_be_visible(timeout=2000)
                return found
            if time.monotonic() > deadline:
                pytest.fail(f"{locator} did not appear at {path} within {seconds} s")

    def picture(self, name):
        """Keep what is seen, when pictures are wanted."""
        if PICTURES:
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.mouse.move(0, 0)
            expect(self.page.locator(".o_notification")).to_have_count(0)
            self.page.wait_for_timeout(900)
            self.page.screenshot(path=PICTURES / f"{name}.png")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """What every window showed when a test failed, in .run."""
    report = yield
    if report.failed and "sit" in getattr(item, "funcargs", {}):
        for number, screen in enumerate(item.funcargs["sit"].screens.values()):
            with contextlib.suppress(Error):
                screen.page.screenshot(path=ROOT / ".run" / f"failed-{item.name}-{number}.png".replace("/", "-"))
    return report


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sit(browser, world):
    """`sit(login, viewport)`: that person's window, signed in once a session."""
    screens = {}

    def screen(login, viewport=WIDE):
        key = login, viewport["width"]
        if key not in screens:
            screens[key] = Screen(browser, world, login, viewport)
        return screens[key]

    screen.screens = screens
    return screen
