"""The facts that every snapshot has, and what they are. Pure.

Types are Odoo's field types, as Odoo's search compares them; "json" is for functions only. A path with "fact." in front is no field: the
facts reader computes it, and no search knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

ORDER: dict[str, str] = {
    "id": "integer",
    "name": "char",
    "company_id": "many2one",
    "currency_id": "many2one",
    "state": "selection",
    "date_order": "datetime",
    "amount_total": "monetary",
    "partner_id": "many2one",
    "partner_shipping_id": "many2one",
    "warehouse_id": "many2one",
    "carrier_id": "many2one",
    "team_id": "many2one",
    "user_id": "many2one",
    "commitment_date": "datetime",
    "tag_ids": "many2many",
    "fact.ship_name": "char",
    "fact.ship_street": "char",
    "fact.ship_street2": "char",
    "fact.ship_city": "char",
    "fact.ship_zip": "char",
    "fact.ship_state": "char",
    "fact.ship_country": "char",
    "fact.ship_phone": "char",
    "fact.cod": "boolean",
    "fact.weight": "float",
    "fact.comment": "char",
    "fact.gift": "boolean",
    "fact.gift_wishes": "char",
    "fact.same_buyer_orders": "json",
    "fact.duplicates": "json",
    "fact.credit_over": "float",
    "fact.paid": "float",
    "fact.placed_at": "datetime",
    "fact.requested_date": "date",
}
LINES: dict[str, str] = {
    "id": "integer",
    "product_id": "many2one",
    "product_uom_qty": "float",
    "price_subtotal": "monetary",
    "fact.sku": "char",
    "fact.name": "char",
    "fact.goods": "boolean",
    "fact.categories": "many2many",
    "fact.units": "float",
    "fact.weight": "float",
    "fact.volume": "float",
    "fact.temperature": "selection",
    "fact.dangerous": "boolean",
    "fact.release_date": "date",
    "fact.tags": "many2many",
    "fact.free": "json",
    "fact.incoming": "json",
}
BASE = {"order": ORDER, "lines": LINES}
# Read only when a rule names them. buyer_orders: the buyer's earlier orders, cancelled ones apart. awaits_payment: something is to be
# paid, and nobody has said that it may go without
EXTRA: dict[str, dict[str, str]] = {
    "order": {"fact.buyer_orders": "integer", "fact.awaits_payment": "boolean"},
    "lines": {},
}
# What stays as it is until somebody edits the order: nothing else makes a condition on it untrue
_CHANGING = {
    "state",
    "warehouse_id",
    "carrier_id",
    "team_id",
    "user_id",
    "tag_ids",
    "fact.cod",
    "fact.paid",
    "fact.credit_over",
}
EDITED = {
    "order": {path for path, kind in ORDER.items() if kind != "json"} - _CHANGING,
    "lines": {path for path, kind in LINES.items() if kind != "json"},
}

Snapshot = Mapping[str, Any]


class MissingFact(LookupError):
    """A rule needs a fact that the snapshot does not have: `path`."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Facts(dict[str, Any]):
    """A dict of facts whose missing keys are MissingFact: what functions are handed."""

    def __missing__(self, key: str) -> Any:
        raise MissingFact(key)


def goods(snapshot: Snapshot) -> list[Mapping[str, Any]]:
    """The lines of stored goods, in their order."""
    return [line for line in snapshot["lines"] if line["fact.goods"]]


def utc_of(snapshot: Snapshot, day: str, time: str = "00:00", days: int = 0) -> str:
    """The UTC moment of a day and time of the company, some days later: snapshot["utc_offset"] is in minutes, 540 in Japan."""
    return text_of(datetime.fromisoformat(f"{day} {time}:00") + timedelta(days=days, minutes=-offset(snapshot)))


def local(snapshot: Snapshot, moment: str) -> datetime:
    """A UTC moment as the company's clock shows it."""
    return datetime.fromisoformat(moment) + timedelta(minutes=offset(snapshot))


def offset(snapshot: Snapshot) -> int:
    if "utc_offset" not in snapshot:
        raise MissingFact("utc_offset")
    return int(snapshot["utc_offset"])


def text_of(moment: datetime) -> str:
    """ "YYYY-MM-DD HH:MM:SS" """
    return moment.isoformat(" ", "seconds")
