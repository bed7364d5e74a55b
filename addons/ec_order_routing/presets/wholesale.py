from ..engine.words import _

PRESET = {
    "label": _("Wholesale"),
    "name": _("Wholesale orders"),
    "applies_to": '[("ec_claims_stock", "=", True)]',
    "strategies": [],
    "rules": [],
}
