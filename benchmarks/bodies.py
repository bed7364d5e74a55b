"""Orders as Shopify writes them: placed in the simulator, read with the connector's own queries."""

import dataclasses
import random
import re

from shopify_simulator.client import Simulator

SKUS = 1000
PRICES = ("1000", "1980", "2500", "12800", "500")
# What differs from order to order; products, places and the shop stay
_OWN_IDS = re.compile(
    r"gid://shopify/(Order|LineItem|Customer|MailingAddress|ShippingLine|FulfillmentOrder|FulfillmentOrderLineItem|OrderTransaction|CalculatedLineItem)/(\d+)"
)
_STEP = 10**10
WAREHOUSES = ("East", "West")
_FAMILY = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤")
_GIVEN = ("結衣", "蓮", "陽葵", "湊", "葵", "樹", "凛", "悠真", "美咲", "大翔")


def start_shop():
    """The simulator in its own process, with the catalogue, in yen, tax in the price."""
    shop = Simulator.start(seed=1)
    shop.configure(capacity=1_000_000, restore=1_000_000)  # how fast Shopify lets one read is not what is measured here
    shop.seed(
        settings={"currency": "JPY", "taxes_included": True, "tax_rate": "0.1", "tax_title": "消費税"},
        products=SKUS, prices=list(PRICES), stock=1_000_000, locations=list(WAREHOUSES),
    )
    return shop


def order(number, rng, lines=3, location=None):
    """A buyer's order of `lines` items and paid shipping; every buyer is new, with a home of their own."""
    family, given = rng.choice(_FAMILY), rng.choice(_GIVEN)
    values = {
        "lines": [{"sku": f"SKU-{sku:04}", "quantity": rng.randint(1, 3)} for sku in rng.sample(range(1, SKUS + 1), lines)],
        "shipping": "500",
        "email": f"buyer{number}@example.com",
        "shipping_address": {
            "firstName": given, "lastName": family, "address1": f"銀座{number % 8 + 1}-{number % 31 + 1}-{number}", "city": "中央区",
            "province": "Tōkyō", "provinceCode": "JP-13", "countryCode": "JP", "zip": f"104-{number % 10000:04}",
            "phone": f"+8190{number % 100_000_000:08}",
        },
    }
    return values | ({"location": location} if location else {})


def place(shop, count, seed=1, locations=(None,)):
    rng = random.Random(seed)
    return shop.place_orders(orders=[order(number, rng, location=locations[number % len(locations)]) for number in range(count)])


def read(env, channel, count):
    """RawEvents of the newest `count` orders, through the channel's connector."""
    from datetime import UTC, datetime

    events, cursor, connector = [], None, channel._connector()
    while len(events) < count:
        page = connector.fetch_orders(datetime(2020, 1, 1, tzinfo=UTC), cursor)
        events += page.events
        cursor = page.next_cursor
        if not cursor:
            break
    return events[:count]


def renew(events, generation):
    """The same orders again as other orders of other buyers: `generation` 1, 2, … makes all ids, names and e-mails new."""

    def own(match):
        return f"gid://shopify/{match[1]}/{int(match[2]) + generation * _STEP}"

    renewed = []
    for event in events:
        text = _OWN_IDS.sub(own, event.body.decode())
        text = re.sub(r'"name":"#(\d+)"', rf'"name":"#{generation}-\1"', text)
        text = re.sub(r"buyer(\d+)@", rf"buyer{generation}.\1@", text)
        text = re.sub(r"\+8190(\d{2})", lambda m, g=generation: f"+8190{(int(m[1]) + g) % 100:02}", text)
        renewed.append(dataclasses.replace(event, external_id=_OWN_IDS.sub(own, event.external_id), body=text.encode()))
    return renewed
