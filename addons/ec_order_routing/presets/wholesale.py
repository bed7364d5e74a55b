from ..engine.words import _

PRESET = {
    "label": _("Wholesale"),
    "name": _("Wholesale orders"),
    "applies_to": '[("ec_claims_stock", "=", False)]',
    "strategies": [
        {
            "name": _("Few parcels, then near, then cheap"),
            "parcels": 3,
            "default": True,
            "criteria": [["parcels", {}, 1], ["distance", {}, 1], ["cost", {}, 1]],
        }
    ],
    "rules": [
        {
            "scope": "hold",
            "name": _("Over the credit limit"),
            "when": [["credit_over", {}]],
            "then": [["hold", {"code": "credit_limit"}]],
        },
        {
            "scope": "hold",
            "name": _("Large orders need approval"),
            "when": [["amount_above", {"limit": 1000000}]],
            "then": [["hold", {"code": "approval"}], ["approval", {}]],
        },
        {"scope": "hold", "name": _("Ordered twice?"), "when": [["duplicate", {}]], "then": [["hold", {"code": "duplicate"}]]},
        {"scope": "hold", "name": _("Ship together with another order"), "when": [["same_buyer", {}]], "then": [["hold", {"code": "combine"}]]},
        {"scope": "hold", "name": _("Read the buyer's comment"), "when": [["comment", {}]], "then": [["hold", {"code": "comment"}]]},
        {
            "scope": "hold",
            "name": _("Address incomplete"),
            "when": [["address_incomplete", {"phone": False}]],
            "then": [["hold", {"code": "address", "key": "incomplete"}]],
        },
        {
            "scope": "hold",
            "name": _("Wait for stock"),
            "when": [["stock_short", {"where": "total"}]],
            "then": [["hold", {"code": "stock_short"}]],
        },
        {"scope": "hold", "name": _("Wait for the release date"), "when": [["not_released", {}]], "then": [["hold", {"code": "release_date"}]]},
        {
            "scope": "hold",
            "name": _("Requested date too early"),
            "when": [["date_too_early", {"days": 3}]],
            "then": [["hold", {"code": "requested_date", "key": "early"}]],
        },
        {
            "scope": "hold",
            "name": _("Requested date far off"),
            "when": [["date_too_late", {"days": 14}]],
            "then": [["hold", {"code": "requested_date", "key": "late"}]],
        },
        {"scope": "route", "name": _("Choose warehouse and carrier"), "then": [["source", {"strategy": 0}]]},
    ],
}
