from ..engine.words import _

PRESET = {
    "label": _("Several shops in Japan"),
    "name": _("Orders of the shops"),
    "applies_to": '[("ec_claims_stock", "=", True)]',
    "strategies": [
        {
            "name": _("Few parcels, then near, then cheap"),
            "parcels": 2,
            "default": True,
            "criteria": [["parcels", {}, 1], ["distance", {}, 1], ["cost", {}, 1]],
        }
    ],
    "rules": [
        {"scope": "hold", "name": _("Read the buyer's comment"), "when": [["comment", {}]], "then": [["hold", {"code": "comment"}]]},
        {"scope": "hold", "name": _("Ordered twice?"), "when": [["duplicate", {}]], "then": [["hold", {"code": "duplicate"}]]},
        {"scope": "hold", "name": _("Ship together with another order"), "when": [["same_buyer", {}]], "then": [["hold", {"code": "combine"}]]},
        {
            "scope": "hold",
            "name": _("Address incomplete"),
            "when": [["address_incomplete", {}]],
            "then": [["hold", {"code": "address", "key": "incomplete"}]],
        },
        {
            "scope": "hold",
            "name": _("Postal code without 7 digits"),
            "when": [["zip_not_seven", {}]],
            "then": [["hold", {"code": "address", "key": "zip"}]],
        },
        {
            "scope": "hold",
            "name": _("Postal code of another prefecture"),
            "when": [["zip_state_clash", {}]],
            "then": [["hold", {"code": "address", "key": "state"}]],
        },
        {
            "scope": "hold",
            "name": _("Address too long for the label"),
            "when": [["text_too_wide", {}]],
            "then": [["hold", {"code": "address", "key": "wide"}]],
        },
        {
            "scope": "hold",
            "name": _("Letters that labels cannot print"),
            "when": [["not_printable", {}]],
            "then": [["hold", {"code": "address", "key": "letters"}]],
        },
        {"scope": "hold", "name": _("Extra fee for remote islands"), "when": [["remote", {}]], "then": [["hold", {"code": "island_fee"}]]},
        {
            "scope": "hold",
            "name": _("Cash on delivery: upper limit"),
            "when": [["cod_over_limit", {"limit": 300000}]],
            "then": [["hold", {"code": "cod_limit"}]],
        },
        {"scope": "hold", "name": _("Wait for the payment"), "when": [["unpaid", {}]], "then": [["hold", {"code": "payment_pending"}]]},
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
            "when": [["date_too_early", {"days": 2}]],
            "then": [["hold", {"code": "requested_date", "key": "early"}]],
        },
        {
            "scope": "hold",
            "name": _("Requested date far off"),
            "when": [["date_too_late", {"days": 7}]],
            "then": [["hold", {"code": "requested_date", "key": "late"}]],
        },
        {
            "scope": "hold",
            "name": _("Normal, chilled and frozen in one order"),
            "when": [["mixed_temperature", {}]],
            "then": [["hold", {"code": "mixed_temperature"}]],
        },
        {
            "scope": "hold",
            "name": _("Cancel what was not paid"),
            "when": [["payment_overdue", {"hours": 168}]],
            "then": [["cancel", {}]],
            "unpaid": ["cancel"],
        },
        {"scope": "hold", "name": _("Prepare the gift"), "when": [["gift", {}]], "then": [["hold", {"code": "gift"}]]},
        {"scope": "route", "name": _("Choose warehouse and carrier"), "then": [["source", {"strategy": 0}]]},
        {
            "scope": "mail",
            "name": _("Remind of the payment"),
            "when": [["payment_overdue", {"hours": 72}]],
            "then": [["mail", {"template": "payment_reminder"}]],
            "unpaid": ["remind", "cancel"],
        },
    ],
}
