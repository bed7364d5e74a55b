"""The scenario book as it is written: one file a theme, one case a table. Reads it and says what is misspelt; knows nothing of Odoo."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent

ORDER = {
    "lines", "buyer", "kind", "name", "street", "street2", "city", "zip", "state", "country", "phone", "comment", "requested", "carrier",
    "tags", "credit_limit", "confirmed", "unit", "gift", "writes", "invoiced",
}  # fmt: skip
GOODS = {"price", "weight", "temperature", "dangerous", "release", "tags", "category", "stock", "incoming", "service"}
WAREHOUSE = {
    "state", "priority", "cut_off", "handling_days", "capacity", "workdays", "closed", "states", "zips", "temperatures", "dangerous", "tags",
}  # fmt: skip
CARRIER = {"cod", "cod_limit", "temperatures", "dangerous", "max_weight", "rates"}
RATE = {"from", "to", "up_to", "price", "days"}
RULE = {"name", "stage", "orders", "lines", "when", "unless", "hold", "do", "choose", "stop", "from", "until"}
STRATEGY = {"criteria", "fences", "parcels", "mode"}
EXPECTED = {
    "holds", "reason", "warehouse", "carrier", "parcels", "ships", "arrives", "why_not", "matched", "said", "state", "tags", "planned", "looks_again",
    "looked_at", "todo", "together", "salesperson", "reminders",
    "deliveries", "failed",
}  # fmt: skip
SITUATION = {"now", "order", "earlier", "later", "goods", "warehouses", "carriers", "rules", "strategy"}
CHANGES = {"now", "order", "goods", "warehouses", "carriers", "cancel_earlier", "retire", "ship_earlier", "receive", "release", "reject", "pay", "pay_earlier", "sort", "combine"}


class Misspelt(Exception):
    """The book says something that nobody understands."""


@dataclass
class Case:
    """One case. steps: [(what changes, what is expected then)], the first one changes nothing."""

    path: Path
    number: int
    en: str
    ja: str
    situation: dict = field(default_factory=dict)
    steps: list = field(default_factory=list)
    misspelt: str = ""

    @property
    def slug(self):
        words = re.sub(r"[^a-z0-9]+", "_", self.en.lower()).strip("_")
        return f"test_{self.path.stem}_{self.number:02}_{words[:70]}"

    def __str__(self):
        return f"{self.path.name}, case {self.number}: {self.en} / {self.ja}"


def cases():
    """Every case of every file, in order; a file or a case that cannot be read is a case that says so."""
    return [case for path in sorted(FOLDER.glob("*.toml")) for case in read(path)]


def read(path):
    """The cases of a file; what [defaults] says goes for each that does not say otherwise."""
    try:
        book = tomllib.loads(path.read_text(encoding="utf-8"))
        _known(book, {"defaults", "case"}, path.name)
        _known(book.get("defaults", {}), SITUATION, f"{path.name}, defaults")
    except (Misspelt, tomllib.TOMLDecodeError) as error:
        return [Case(path, 0, "cannot be read", "", misspelt=f"{path.name}: {error}")]
    return [_case(path, number, table, book.get("defaults", {})) for number, table in enumerate(book.get("case", ()), 1)]


def _case(path, number, table, defaults):
    try:
        return _read_case(path, number, table, defaults)
    except Misspelt as error:
        return Case(path, number, str(table.get("en", "")), str(table.get("ja", "")), misspelt=str(error))


def _read_case(path, number, table, defaults):
    where = f"{path.name}, case {number}"
    _known(table, SITUATION | EXPECTED | {"en", "ja", "then"}, where)
    if not table.get("en") or not table.get("ja"):
        raise Misspelt(f"{where}: a case has a name in English (en) and in Japanese (ja)")
    situation = _merged(defaults, {key: value for key, value in table.items() if key in SITUATION})
    steps = [({}, _expected(table))]
    for change in table.get("then", ()):
        _known(change, CHANGES | EXPECTED, f"{where}, then")
        steps.append(({key: value for key, value in change.items() if key in CHANGES}, _expected(change)))
    case = Case(path, number, table["en"], table["ja"], situation, steps)
    for part in (situation, *(change for change, _expected_ in steps)):
        _check(part, where)
    return case


def _expected(table):
    return {"holds": [], "failed": [], **{key: value for key, value in table.items() if key in EXPECTED}}


def _check(part, where):
    """Misspelt words of the tables inside a case."""
    for key in ("earlier", "later"):
        for order in part.get(key, ()):
            _known(order, ORDER, f"{where}, {key}")
    _known(part.get("order", {}), ORDER, f"{where}, order")
    for key, known in (("goods", GOODS), ("warehouses", WAREHOUSE), ("carriers", CARRIER)):
        for name, table in part.get(key, {}).items():
            _known(table, known, f"{where}, {key}.{name}")
    for carrier in part.get("carriers", {}).values():
        for rate in carrier.get("rates", ()):
            _known(rate, RATE, f"{where}, rates")
    if isinstance(part.get("rules"), list):
        for rule in part["rules"]:
            _known(rule, RULE, f"{where}, rules")
    _known(part.get("strategy", {}), STRATEGY, f"{where}, strategy")


def _known(table, known, where):
    if not isinstance(table, dict):
        raise Misspelt(f"{where}: a table is wanted, not {table!r}")
    if unknown := sorted(set(table) - known):
        raise Misspelt(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _merged(base, more, depth=3):
    """Tables are merged down to what one warehouse or one SKU is said to be; the rest is replaced."""
    result = dict(base)
    for key, value in more.items():
        merge = depth > 1 and isinstance(value, dict) and isinstance(base.get(key), dict)
        result[key] = _merged(base[key], value, depth - 1) if merge else value
    return result
