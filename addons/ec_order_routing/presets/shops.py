from ..engine.words import _

PRESET = {
    "label": _("Several shops in Japan"),
    "name": _("Orders of the shops"),
    "applies_to": '[("ec_claims_stock", "=", True)]',
    "strategies": [],
    "rules": [],
}
