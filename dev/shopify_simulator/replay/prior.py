"""What a scenario takes for granted: the things nobody made in it, and what it shows of them."""

import re

from .align import gid_type, gids
from .recording import Step

_UNKNOWN = re.compile(r"exist|found|find|invalid|unknown|no longer", re.IGNORECASE)


class Prior:
    """The things a scenario takes for granted, and what it shows of them."""

    def __init__(self, steps: list[Step]) -> None:
        self.facts: dict[str, dict] = {}
        self.shop: dict = {}
        self.latest: dict[str, dict] = {}
        self.existing: list[str] = []
        self.assumed: set[str] = set()
        self.quantities = [row for step in steps for row in _quantities(step.variables)]
        made, needed, unanswered = set(), [], set()
        for step in steps:
            asked = [gid for gid in gids([step.query, step.variables]) if gid not in made]
            shown = set(gids(step.data))
            needed += asked
            if not step.is_mutation:
                unanswered |= set(asked) - shown
            if step.is_mutation:
                made |= shown - set(asked)
                if not _refused(step.data):
                    shown |= set(asked)
                elif not _UNKNOWN.search(" ".join(_messages(step.data))):
                    self.assumed |= set(asked)
            shop = (step.data or {}).get("shop")
            if "shop" in step.root_fields and isinstance(shop, dict):
                self.shop = {**shop, **self.shop}
            for gid in asked:
                if gid in shown and gid not in self.existing:
                    self.existing.append(gid)
        self.made = made
        for step in _as_captured(steps):
            _gather(step.data, self.facts)
        for step in reversed(steps):
            _gather(step.data, self.latest)
        places = [gid for gid in _locations(steps) if gid in self.facts]
        answered = set(self.existing)
        self.existing = [
            gid
            for gid in dict.fromkeys([*places, *self.existing, *needed])
            if gid in self.facts or gid in answered and not _doubtful(gid, unanswered)
        ]

    @property
    def sees_bulk_results(self) -> bool:
        """Whether a bulk operation that the scenario started came to its end."""
        return any(
            gid_type(gid) == "BulkOperation" and facts.get("status") == "COMPLETED"
            for gid, facts in self.latest.items()
            if gid in self.made
        )

    def of_type(self, name: str) -> list[str]:
        return [gid for gid in self.existing if gid_type(gid) == name]

    def stock(self, gid: str) -> dict[str, int]:
        """Units of an inventory item by location, as far as requests say what they found."""
        found = {}
        for row in self.quantities:
            place, units = row.get("locationId"), row.get("changeFromQuantity")
            if row.get("inventoryItemId") == gid and place in self.existing:
                found.setdefault(place, units or 0)
        return found

    def fact(self, gid: str, *path, default=None):
        """What the recording shows at a path of a thing, the default where it shows nothing."""
        value = self.facts.get(gid, {})
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return default if value is None else value


def shop_amount(shown):
    return ((shown or {}).get("shopMoney") or {}).get("amount")


def _doubtful(gid: str, unanswered: set[str]) -> bool:
    """Whether a mutation may have taken an id without there being such a thing."""
    return gid_type(gid) == "ProductVariant" or (gid_type(gid) == "Location" and gid in unanswered)


def _quantities(value) -> list[dict]:
    """Every row of a request that names units of an item at a location."""
    if isinstance(value, list):
        return [row for item in value for row in _quantities(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if "inventoryItemId" in value else []
    return own + [row for item in value.values() for row in _quantities(item)]


def _as_captured(steps) -> list[Step]:
    """The steps, those first that show a shop untouched: reads before and after all mutations."""
    writes = [step.index for step in steps if step.is_mutation]
    if not writes:
        return steps
    outside = [step for step in steps if not writes[0] <= step.index <= writes[-1]]
    return outside + [step for step in steps if step not in outside]


def _locations(steps) -> list[str]:
    """Locations that no step added: every shop has had them before."""
    added = set()
    for step in steps:
        if {"locationAdd", "fulfillmentServiceCreate"} & set(step.root_fields):
            added |= set(gids(step.data))
    shown = [gid for step in steps for gid in gids(step.data) if gid_type(gid) == "Location"]
    assigned = [gid for step in steps for gid in _assigned(step.data)]
    return [gid for gid in dict.fromkeys([*assigned, *shown]) if gid not in added]


def _assigned(value) -> list[str]:
    """The locations to which the recorded shop routed orders."""
    if isinstance(value, list):
        return [gid for item in value for gid in _assigned(item)]
    if not isinstance(value, dict):
        return []
    place = value.get("assignedLocation")
    own = gids(place) if isinstance(place, dict) else []
    return own + [gid for item in value.values() for gid in _assigned(item)]


def _messages(value) -> list[str]:
    """The texts of every user error."""
    if isinstance(value, list):
        return [text for item in value for text in _messages(item)]
    if not isinstance(value, dict):
        return []
    own = [value["message"]] if isinstance(value.get("message"), str) else []
    return own + [text for item in value.values() for text in _messages(item)]


def _refused(data) -> bool:
    """Whether a mutation's answer is null or holds user errors."""
    for payload in (data or {}).values():
        if not isinstance(payload, dict):
            return True
        if any(value for name, value in payload.items() if name.lower().endswith("usererrors")):
            return True
    return not data


def _gather(value, facts: dict) -> None:
    """Merge every object that shows its id into the facts; what was shown first stands."""
    if isinstance(value, list):
        for item in value:
            _gather(item, facts)
    elif isinstance(value, dict):
        gid = value.get("id")
        if isinstance(gid, str) and gid.startswith("gid://"):
            known = facts.setdefault(gid, {})
            for name, item in value.items():
                if known.get(name) is None:
                    known[name] = item
        assigned = value.get("assignedLocation")
        if isinstance(assigned, dict) and (assigned.get("location") or {}).get("id"):
            known = facts.setdefault(assigned["location"]["id"], {})
            known.setdefault("name", assigned.get("name"))
        variant = value.get("variant")
        if isinstance(variant, dict) and variant.get("id"):
            shown = {
                "sku": value.get("sku"),
                "price": shop_amount(value.get("originalUnitPriceSet")),
            }
            known = facts.setdefault(variant["id"], {})
            for name, item in shown.items():
                if known.get(name) is None:
                    known[name] = item
            known.setdefault("product", {}).setdefault("title", value.get("title"))
        for item in value.values():
            _gather(item, facts)
