"""One simulator process for the whole run, emptied before each test that asks for it."""

import pytest
from shopify_simulator.client import Simulator


@pytest.fixture(scope="session")
def simulator():
    with Simulator.start() as running:
        yield running


@pytest.fixture
def shop(simulator):
    """An empty shop in JPY, prices with 10 % tax inside, five products of SKU-0001 … with 100 in stock."""
    simulator.reset(seed=7)
    simulator.webhook_mode(manual=True)
    simulator.host_map(map={})
    simulator.seed(products=5, settings={"taxes_included": True, "tax_rate": "0.1"})
    simulator.configure(capacity=100000, restore=100000)
    return simulator


@pytest.fixture
def taxed(shop):
    """The same shop in USD with 10 % tax on top and two decimals."""
    shop.configure(settings={"currency": "USD", "taxes_included": False, "tax_rate": "0.1", "tax_title": "State tax"})
    return shop
