"""Webhook bodies of everything but orders: stock, catalogue, the shop and its app, bulk operations."""
from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .money import currency_text

Node = dict[str, Any]


def number_of(gid: str | None) -> int | None:
    """The 64-bit number in a gid."""
    return int(gid.split("?")[0].rsplit("/", 1)[1]) if gid else None


class OtherBodies:
    """Serializers that share the shop (for its zone and other nodes)."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.zone = ZoneInfo(shop.meta["settings"]["timezone"])

    def time(self, instant: datetime | None) -> str | None:
        return instant.astimezone(self.zone).isoformat(timespec="seconds") if instant else None


    def level(self, level: Node, details: Node) -> Node:
        item = self.shop.nodes[level["owner"]]
        return {"inventory_item_id": item["n"], "location_id": number_of(level["location"]), "available": level["available"],
                "updated_at": self.time(level["updatedAt"]), "admin_graphql_api_id": level["id"]}

    def product(self, product: Node, details: Node) -> Node:
        return {"id": product["n"], "admin_graphql_api_id": product["id"], "title": product["title"],
                "body_html": product["descriptionHtml"], "vendor": product["vendor"], "product_type": product["productType"],
                "handle": product["handle"], "status": product["status"].lower(), "tags": ", ".join(product["tags"]),
                "created_at": self.time(product["createdAt"]), "updated_at": self.time(product["updatedAt"]),
                "published_at": self.time(product["publishedAt"]), "template_suffix": None, "published_scope": "global",
                "options": [{"id": int(f"{product['n']}{i}"), "product_id": product["n"], "name": name, "position": i + 1, "values": list(
                    dict.fromkeys(v["options"][i] for v in product["variants"] if i < len(v["options"])))}
                            for i, name in enumerate(product["option_names"])],
                "images": [], "image": None, "media": [], "category": None, "has_variants_that_requires_components": False,
                "variants": [self.variant(product, v) for v in product["variants"]],
                "variant_gids": [{"admin_graphql_api_id": v["id"], "updated_at": self.time(v["updatedAt"])}
                                 for v in product["variants"]]}

    def variant(self, product: Node, variant: Node) -> Node:
        item = self.shop.nodes[variant["inventory_item"]]
        available = sum(x["available"] for x in item["levels"].values())
        currency = self.shop.meta["settings"]["currency"]
        return {"id": variant["n"], "admin_graphql_api_id": variant["id"], "product_id": product["n"], "title": variant["title"],
                "sku": variant["sku"], "barcode": variant["barcode"], "price": currency_text(variant["price"], currency),
                "compare_at_price": variant["compareAtPrice"] is not None and currency_text(variant["compareAtPrice"], currency)
                or None, "position": variant["position"], "inventory_item_id": item["n"], "inventory_quantity": available,
                "old_inventory_quantity": available, "image_id": None,
                **{f"option{i + 1}": variant["options"][i] if i < len(variant["options"]) else None for i in range(3)},
                "inventory_policy": variant["inventoryPolicy"].lower(), "taxable": variant["taxable"],
                "created_at": self.time(variant["createdAt"]), "updated_at": self.time(variant["updatedAt"])}

    def location(self, location: Node, details: Node) -> Node:
        address = location["address"]
        return {"id": location["n"], "name": location["name"], "address1": address.get("address1"),
                "address2": address.get("address2"), "city": address.get("city"), "zip": address.get("zip"),
                "province": address.get("province"), "country": address.get("countryCode"), "phone": address.get("phone"),
                "created_at": self.time(location["createdAt"]), "updated_at": self.time(location["updatedAt"]),
                "country_code": address.get("countryCode"), "country_name": address.get("country"),
                "province_code": address.get("provinceCode"), "legacy": location.get("service") is not None,
                "active": location["isActive"], "admin_graphql_api_id": location["id"]}

    def shop_body(self, node: Node, details: Node) -> Node:
        settings = self.shop.meta["settings"]
        since, place = self.time(self.shop.meta["since"]), self.shop.all("Location")[0]
        address = place["address"]
        return {
            "id": self.shop.meta["shop_number"], "name": settings["name"], "email": settings["email"],
            "customer_email": settings["email"], "domain": self.shop.domain, "myshopify_domain": self.shop.domain,
            "currency": settings["currency"], "enabled_presentment_currencies": [settings["currency"]],
            "iana_timezone": settings["timezone"], "timezone": settings["timezone"], "primary_locale": settings["locale"],
            **{key: address.get(key) for key in ("address1", "address2", "city", "zip", "phone", "province", "latitude", "longitude")},
            "province_code": address.get("provinceCode"), "country": settings["country"], "country_code": settings["country"],
            "country_name": settings["country"], "primary_location_id": place["n"], "created_at": since, "updated_at": since,
            "plan_display_name": settings["plan"], "plan_name": settings["plan"].lower(), "shop_owner": "Hatoba Owner", "source": None,
            "taxes_included": settings["taxes_included"], "auto_configure_tax_inclusivity": None, "tax_shipping": None,
            "county_taxes": None, "weight_unit": "kg", "money_format": "{{amount}}", "money_in_emails_format": "{{amount}}",
            "money_with_currency_format": "{{amount}} " + settings["currency"], "google_apps_domain": None,
            "money_with_currency_in_emails_format": "{{amount}} " + settings["currency"], "google_apps_login_enabled": None,
            "eligible_for_payments": True, "finances": True, "has_discounts": False, "has_gift_cards": False, "has_storefront": True,
            "checkout_api_supported": True, "multi_location_enabled": True, "setup_required": False, "pre_launch_enabled": False,
            "requires_extra_payments_agreement": False, "password_enabled": False, "transactional_sms_disabled": False,
            "marketing_sms_consent_enabled_at_checkout": False}

    def scopes(self, node: Node, details: Node) -> Node:
        number = self.shop.meta["shop_number"]
        return {"id": number, "shop_id": f"gid://shopify/Shop/{number}", "previous": details["previous"],
                "current": details["current"], "updated_at": self.time(self.shop.now())}

    def bulk(self, operation: Node, details: Node) -> Node:
        return {"admin_graphql_api_id": operation["id"], "completed_at": self.time(operation["completedAt"]),
                "created_at": self.time(operation["createdAt"]), "status": operation["status"].lower(),
                "error_code": operation["errorCode"] and operation["errorCode"].lower(), "type": operation["type"].lower()}
