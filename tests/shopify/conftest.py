import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "conformance"))

from shopify_harness import connect, simulator


@pytest.fixture
def sim():
    """An empty shop with a catalogue and two places to ship from."""
    shop = simulator()
    shop.reset(settings={"taxes_included": True, "currency": "JPY", "tax_rate": "0"})
    shop.set_clock(at="2026-11-01T09:00:00Z")
    shop.configure(routing_delay=0, job_delay=0, bulk_seconds=0, search_lag=0)
    shop.configure(scopes=[*shop.info()["scopes"], "orders"])
    shop.webhook_mode(manual=True)
    places = shop.seed(locations=["Osaka"])["locations"]
    stock = dict.fromkeys(places.values(), 1000)
    rows = [{"sku": sku, "price": "1000", "stock": stock} for sku in ("CUP", "POT", "TEA")]
    shop.seed(products=[{"title": row["sku"], "variants": [row]} for row in rows])
    return shop


@pytest.fixture
def shopify(sim):
    return connect(sim)
