"""A channel in memory: documents are registered by hand, so that a test says exactly what the shop says."""

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.addons.base.tests.common import BaseCommon

from ..sdk.connector import Capability, Connector
from ..sdk.documents import (
    AccountInfo,
    Address,
    Buyer,
    LineKind,
    OrderDocument,
    OrderLine,
    Page,
    PaymentState,
    PushResult,
    RawEvent,
    ShippingLine,
    TaxLine,
    WebhookHint,
)
from ..sdk.errors import NeedsAttention, WebhookRefused

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class MemoryConnector(Connector):
    """The channel side of these tests: `orders` is the shop, `pushed` what it was told, `fail` an error to raise."""

    capabilities = frozenset(
        {Capability.WEBHOOKS, Capability.PARTIAL_SHIPMENT, Capability.SHIPMENT_UPDATE, Capability.SHIPMENT_CANCEL, Capability.CANCEL,
         Capability.REFUND}
    )

    def __init__(self):
        self.orders = {}
        self.versions = {}
        self.pushed = []
        self.fail = None
        self.results = {}

    def put(self, document):
        self.orders[document.external_id] = document
        return document

    def raw(self, document):
        body = f"{document.external_id} {hash(document)}".encode()
        self.versions[body] = document
        return RawEvent(kind="order", external_id=document.external_id, body=body, occurred_at=document.updated_at)

    def _maybe_fail(self):
        if self.fail:
            raise self.fail

    def check(self):
        self._maybe_fail()
        return AccountInfo(external_id="memory", name="Memory", currency="USD")

    def fetch_orders(self, since, cursor=None):
        self._maybe_fail()
        found = sorted((d for d in self.orders.values() if d.updated_at >= since), key=lambda d: d.updated_at)
        return Page(events=tuple(self.raw(d) for d in found), high_water=found[-1].updated_at if found else None)

    def fetch_orders_by_id(self, external_ids):
        self._maybe_fail()
        return [self.raw(self.orders[i]) for i in external_ids if i in self.orders]

    def parse_order(self, event):
        if event.body not in self.versions:
            raise NeedsAttention("no such body", code="unreadable")
        return self.versions[event.body]

    def read_webhook(self, headers, body):
        if headers.get("x-signature") != "good":
            raise WebhookRefused("signature")
        return WebhookHint(topic="orders", delivery_id=headers["x-delivery"], kind="order", external_id=body.decode())

    def _push(self, documents):
        self._maybe_fail()
        self.pushed += documents
        return [self.results.get(d.key) or PushResult(key=d.key, external_ids=(f"S-{d.key}",)) for d in documents]

    push_shipments = push_cancellations = push_refunds = _push


class ChannelCommon(BaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = MemoryConnector()
        cls.startClassPatcher(patch.object(type(cls.env["ec.channel"]), "_connector", lambda _self: cls.shop))
        cls.usd = cls.env.ref("base.USD")
        cls.usd.active = True
        cls.company = cls.env["res.company"].create({"name": "Pier", "currency_id": cls.usd.id, "country_id": cls.env.ref("base.us").id})
        cls.env["account.chart.template"].try_loading("generic_coa", company=cls.company, install_demo=False)
        cls.env.user.write({"company_ids": [(4, cls.company.id)], "lang": "en_US"})
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids, lang="en_US"))
        cls.env.user.company_id = cls.company
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.env["account.tax"].search([("company_id", "=", cls.company.id)]).active = False
        group = cls.env["account.tax.group"].create({"name": "VAT", "company_id": cls.company.id})
        cls.tax_in = cls._tax(group, "VAT 10 % in", True)
        cls.tax_ex = cls._tax(group, "VAT 10 % ex", False)
        # the kinds of shops come from connectors' addons, which may not be installed here
        cls.startClassPatcher(patch.dict(cls.env["ec.channel"]._fields["connector"]._selection, {"memory": "Memory"}))
        cls.channel = cls._channel("Memory")
        cls.products = cls.env["product.product"].create(
            [
                {"name": f"Tea {n}", "default_code": f"TEA-{n}", "type": "consu", "is_storable": True, "list_price": 10 * n,
                 "taxes_id": False}
                for n in range(1, 6)
            ]
        )
        for product in cls.products:
            cls.env["stock.quant"]._update_available_quantity(product, cls.warehouse.lot_stock_id, 100)

    def setUp(self):
        super().setUp()
        self.shop.__init__()

    @classmethod
    def _tax(cls, group, name, included):
        return cls.env["account.tax"].create(
            {
                "name": name, "amount": 10, "type_tax_use": "sale", "company_id": cls.company.id, "tax_group_id": group.id,
                "price_include_override": "tax_included" if included else "tax_excluded", "country_id": cls.env.ref("base.us").id,
            }
        )

    @classmethod
    def _channel(cls, name, **vals):
        return cls.env["ec.channel"].create(
            {"name": name, "connector": "memory", "company_id": cls.company.id, "state": "live", "import_since": "2026-01-01",
             "warehouse_id": cls.warehouse.id, **vals}
        )

    @classmethod
    def line(cls, number=1, quantity=1, price="10.00", **vals):
        quantity = Decimal(quantity)
        tax = vals.pop("tax", None)
        base = {
            "external_id": f"L{number}", "kind": LineKind.PRODUCT, "title": f"Tea {number}", "quantity": quantity,
            "original_quantity": quantity, "unit_price": Decimal(price), "sku": f"TEA-{number}", "listing_external_id": f"V{number}",
        }
        line = OrderLine(**{**base, **vals})
        if tax:
            line = dataclasses.replace(line, taxes=(TaxLine(title="VAT", rate=Decimal("0.1"), amount=Decimal(tax)),))
        return line

    @classmethod
    def document(cls, number="1001", lines=None, total=None, **vals):
        lines = tuple(lines if lines is not None else [cls.line()])
        shipping = vals.get("shipping_lines", ())
        if total is None:
            total = sum((line.unit_price * line.original_quantity - line.discount for line in lines), Decimal(0))
            total += sum((s.price - s.discount for s in shipping), Decimal(0))
            if not vals.get("prices_include_tax", True):
                total += sum((t.amount for line in (*lines, *shipping) for t in line.taxes), Decimal(0))
        base = {
            "external_id": f"O{number}", "name": f"#{number}", "placed_at": NOW, "updated_at": NOW, "currency": "USD",
            "prices_include_tax": True, "total": Decimal(total), "current_total": Decimal(total), "payment": PaymentState.PAID,
            "buyer": Buyer(external_id="C1", name="Hana Mori", email="hana@example.com"),
            "shipping_address": Address(name="Hana Mori", street="1 Pier", city="Kobe", zip="6500001", country_code="JP"),
            "lines": lines,
        }
        return OrderDocument(**{**base, **vals})

    @classmethod
    def shipping(cls, price="5.00", **vals):
        return ShippingLine(external_id="SH1", title="Standard", code="standard", price=Decimal(price), **vals)

    @classmethod
    def later(cls, document, minutes=1, **changes):
        return dataclasses.replace(document, updated_at=document.updated_at + timedelta(minutes=minutes), **changes)

    def take_in(self, *documents, confirm=True, channel=None):
        """Store the documents as events, run the import (and confirm) steps; returns their orders in the same order."""
        channel = channel or self.channel
        Event = self.env["ec.inbound.event"]
        Event._store(channel, [self.shop.raw(self.shop.put(d)) for d in documents], "poll")
        while Event._work_import():
            pass
        if confirm:
            for warehouse_id in self.env["sale.order"]._ec_warehouses_to_confirm():
                while self.env["sale.order"]._ec_work_confirm(warehouse_id):
                    pass
        found = self.env["sale.order"].search([("ec_channel_id", "=", channel.id)])
        by_id = {order.ec_external_id: order for order in found}
        return [by_id.get(d.external_id, self.env["sale.order"]) for d in documents]

    def events(self, document):
        return self.env["ec.inbound.event"].search([("external_id", "=", document.external_id), ("channel_id", "=", self.channel.id)])

    def holds(self, order):
        return sorted(order.sudo().ec_hold_ids.filtered("open").mapped("type_id.code"))
