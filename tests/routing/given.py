"""Snapshots, rules and a choice that stands in for sourcing."""

from odoo.addons.ec_order_routing import engine  # noqa: F401: registers the built-in functions
from odoo.addons.ec_order_routing.engine import facts
from odoo.addons.ec_order_routing.engine.spec import RuleSetSpec
from odoo.addons.ec_order_routing.engine.words import Said

EMPTY = {"many2many": [], "json": [], "monetary": 0.0, "float": 0.0, "integer": 0}


def order(**known):
    """Base facts of an order in Tokyo; "__" in a name stands for the dot: fact__cod."""
    base = {path: EMPTY.get(kind, False) for path, kind in facts.ORDER.items()}
    base |= {
        "id": 7,
        "name": "S00007",
        "company_id": 1,
        "currency_id": 1,
        "state": "draft",
        "date_order": "2026-11-23 02:00:00",
        "amount_total": 12000.0,
        "partner_id": 70,
        "partner_shipping_id": 71,
        "warehouse_id": 1,
        "fact.ship_name": "山田 太郎",
        "fact.ship_street": "千代田1-1",
        "fact.ship_city": "千代田区",
        "fact.ship_zip": "100-0001",
        "fact.ship_state": "JP-13",
        "fact.ship_country": "JP",
        "fact.ship_phone": "03-1234-5678",
        "fact.paid": 12000.0,
        "fact.placed_at": "2026-11-23 02:00:00",
    }
    return base | {name.replace("__", "."): value for name, value in known.items()}


def line(number=1, **known):
    base = {path: EMPTY.get(kind, False) for path, kind in facts.LINES.items()}
    base |= {
        "id": number,
        "product_id": 100 + number,
        "product_uom_qty": 1.0,
        "price_subtotal": 1000.0,
        "fact.sku": f"SKU-{number}",
        "fact.name": f"Goods {number}",
        "fact.goods": True,
        "fact.temperature": "normal",
        "fact.free": {"1": 10, "2": 10},
    }
    return base | {name.replace("__", "."): value for name, value in known.items()}


def snapshot(*lines, now="2026-11-23 07:15:00", today="2026-11-23", asked=None, **known):
    """16:15 in Japan on a Monday."""
    return {
        "now": now,
        "today": today,
        "utc_offset": 540,
        "order": order(**known),
        "lines": list(lines) or [line()],
        "asked": asked or {},
        "sites": [],
        "services": [],
    }


def rule(number, *actions, scope="hold", order=(), lines=None, functions=(), **more):
    """actions: name or (name, args); functions: name, (name, args) or (name, args, negate)."""

    def named(each):
        name, *rest = (each,) if isinstance(each, str) else each
        return {"name": name, "args": rest[0] if rest else {}, "negate": len(rest) > 1 and rest[1]}

    return {
        "id": number,
        "name": f"Rule {number}",
        "scope": scope,
        "condition": {
            "order": list(order),
            "lines": lines and {"scope": lines[0], "domain": lines[1]},
            "functions": [named(each) for each in functions],
        },
        "actions": [named(each) for each in actions],
        **more,
    }


def rule_set(*rules, known=True, **more):
    return RuleSetSpec.from_json({"id": 1, "version": 1, "rules": list(rules), **more}, known=known)


class Choice:
    """What sourcing answers, as far as decide looks at it."""

    def __init__(self, *parcels, unroutable=None, next_at=None):
        self.parcels = parcels
        self.unroutable = unroutable and Said(unroutable)
        self.next_at = next_at

    def to_json(self):
        return {
            "parcels": [
                [site, service, {str(key): units for key, units in lines.items()}]
                for site, service, lines in self.parcels
            ]
        }
