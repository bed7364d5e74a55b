"""A fresh in-process shop for one scenario, asked as a client asks and stocked as a merchant does."""

import json
from functools import lru_cache

from ..accounts import make_customer, make_location
from ..catalogue import make_product
from ..clock import parse_instant
from ..regions import country_name, province_name
from ..schema import LATEST, load_schema, scopes_in
from ..server import Simulation
from .seed import Unmade

_SETTINGS = {
    "currency": "CAD",
    "country": "CA",
    "locale": "en",
    "taxes_included": False,
    "tax_rate": "0",
    "weight_unit": "KILOGRAMS",
}
_BEFORE = -5.0
"""Seconds from a seeded thing to the scenario's first request."""


_SHOWN = {
    "name": "name",
    "email": "email",
    "currencyCode": "currency",
    "ianaTimezone": "timezone",
    "taxesIncluded": "taxes_included",
    "weightUnit": "weight_unit",
}


class Sandbox:
    def __init__(self, started=None, without_scopes=frozenset(), shown=None):
        """:param shown: what the recording shows of the shop itself."""
        shown = shown or {}
        simulation = Simulation(shown.get("myshopifyDomain") or "replay.myshopify.com")
        simulation.base_url = "https://replay.invalid"
        self.clock = simulation.clock
        if started:
            self.clock.set(parse_instant(started))
            self.clock.advance(_BEFORE)
        self.tenant = simulation.tenant()
        self.shop, self.app = self.tenant.shop, self.tenant.app
        self.app.scopes = set(_all_scopes() - without_scopes)
        with self.shop.transaction():
            self.shop.meta["settings"].update(_SETTINGS)
            self.shop.meta["settings"].update(_settings(shown))
            (self.location,) = self.shop.all("Location")
            self.shop.touch(self.location)
            self.shop.meta.update(bulk_delay=1.5, bulk_seconds=60)
            self.location.update(name="Shop location", address={"countryCode": "CA"})

    def ask(self, version, query, variables, operation_name=None, seconds=1) -> dict:
        """The answer to a request, some time after the last one."""
        self.clock.advance(seconds)
        body = {"query": query, "variables": variables, "operationName": operation_name}
        self.app.bucket.give_back(self.app.bucket.capacity)
        try:
            self.tenant.worker.run_due()
            answer = self.tenant.pipeline.run(load_schema(version), self.app, body)
            return json.loads(json.dumps(answer))
        except Exception as crash:  # a bug of the simulator is a mismatch, not the replay's end
            return {"errors": [{"message": f"crashed: {crash!r}"}]}

    def hurry(self) -> None:
        """Let bulk operations end soon after they started."""
        with self.shop.transaction():
            self.shop.meta["bulk_seconds"] = 1

    def upload(self, key) -> None:
        """Put a file of one line where a staged upload waits for it."""
        with self.shop.transaction():
            for row in self.shop.all("StagedUpload"):
                if row["key"] == key:
                    self.shop.touch(row)
                    row["body"] = b'{"product": {"title": "Uploaded"}}'

    def must(self, query, variables) -> dict:
        """The data of a request that has to succeed.

        :raises Unmade: where it did not.
        """
        answer = self.ask(LATEST, query, variables)
        payloads = [item for item in (answer.get("data") or {}).values() if isinstance(item, dict)]
        refused = [item for payload in payloads for key, item in payload.items() if "rrors" in key]
        if answer.get("errors") or any(refused) or not payloads:
            raise Unmade(str(answer.get("errors") or refused))
        return answer["data"]

    def make_location(self, first, name, address, **values) -> str:
        """The shop's own location under another name, or one more."""
        country = address.get("countryCode") or self.location["address"]["countryCode"]
        named = {"country": country_name(country), "countryCode": country}
        named["province"] = province_name(country, address.get("provinceCode"))
        with self.shop.transaction():
            if not first:
                return make_location(self.shop, name, address={**address, **named}, **values)["id"]
            self.shop.touch(self.location)
            self.location.update(name=name, address={**address, **named})
            return self.location["id"]

    def make_customer(self, **values) -> str:
        with self.shop.transaction():
            return make_customer(self.shop, values)["id"]

    def make_product(self, **values) -> dict:
        with self.shop.transaction():
            return make_product(self.shop, values)


def _settings(shown: dict) -> dict:
    return {ours: shown[name] for name, ours in _SHOWN.items() if shown.get(name) is not None}


@lru_cache(maxsize=1)
def _all_scopes() -> frozenset[str]:
    """Every access scope that the schema speaks of: recorded apps had nearly all."""
    loaded = load_schema(LATEST)
    texts = [raw.get("requiredAccess") for raw in loaded.fields.values()]
    texts += [kind.get("requiredAccess") for kind in loaded.types.values()]
    named = [scope for text in texts for scope in scopes_in(text)]
    return frozenset(scope for scope in named if scope.islower())
