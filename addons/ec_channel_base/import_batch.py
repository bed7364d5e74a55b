"""What one lot of documents needs to know of Odoo, looked up once for all of them."""

from decimal import Decimal
from functools import cached_property

from .sdk.documents import LineKind, PaymentState

PAID = {PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED}
SKU_KEY = "sku:"


class ImportBatch:
    """Read-only snapshot: contacts, items, taxes, delivery methods, payment methods, warehouses, tags, currencies."""

    def __init__(self, env, channel, documents):
        self.env = env
        self.channel = channel
        self.documents = documents
        self._products = {}

    def product(self, name):
        """One of the shipped service products (`product_tip`, …)."""
        if name not in self._products:
            self._products[name] = self.env.ref(f"ec_channel_base.{name}")
        return self._products[name]

    @cached_property
    def _listing_products(self):
        items = [
            line
            for document in self.documents
            for line in document.lines
            if line.kind is LineKind.PRODUCT and (line.listing_external_id or line.sku)
        ]
        return self.env["ec.listing"]._resolve(self.channel, items) if items else {}

    def product_of(self, line):
        """The product a line sells; the placeholder when nobody has matched it yet."""
        kind = {
            LineKind.TIP: "product_tip",
            LineKind.GIFT_CARD: "product_gift_card",
            LineKind.FEE: "product_fee",
            LineKind.DUTY: "product_duty",
            LineKind.CUSTOM: "product_custom" if line.requires_shipping else "product_custom_service",
        }.get(line.kind)
        if kind:
            return self.product(kind)
        product_id = self._listing_products.get(self.listing_key(line), False)
        if product_id is None:  # a person said that this item is not shipped from here
            return self.product("product_custom_service")
        return self._read_together[product_id] if product_id else self.product("product_placeholder")

    @cached_property
    def _read_together(self):
        """{id: product}: whatever is asked of one of them is read for all."""
        found = self.env["product.product"].browse({product_id for product_id in self._listing_products.values() if product_id})
        return {product.id: product for product in found}

    @staticmethod
    def listing_key(line):
        return line.listing_external_id or (f"{SKU_KEY}{line.sku}" if line.sku else "")

    @cached_property
    def _currencies(self):
        names = list({document.currency for document in self.documents})
        return {c.name: c for c in self.env["res.currency"].search([("name", "in", names)])}

    def currency(self, document):
        return self._currencies.get(document.currency)

    def currency_problem(self, document):
        """Error code when the order's currency cannot be booked: unknown, or without any rate (Odoo would take 1:1)."""
        currency = self.currency(document)
        if not currency:
            return "currency"
        company = self.channel.company_id
        # as Odoo looks them up: the company's own and those of all companies
        rates = currency.rate_ids.filtered(lambda rate: not rate.company_id or rate.company_id == company.root_id)
        if currency != company.currency_id and not rates:
            return "no_rate"
        return ""

    def pricelist(self, currency):
        """A price list without rules in this currency: it carries the currency, the prices are the shop's."""
        cache = self.__dict__.setdefault("_pricelists", {})
        if currency not in cache:
            Pricelist = self.env["product.pricelist"]
            company = self.channel.company_id
            found = Pricelist.search(
                [("currency_id", "=", currency.id), ("company_id", "in", (False, company.id)), ("item_ids", "=", False)], limit=1
            )
            cache[currency] = found or Pricelist.create(
                {"name": f"Shops ({currency.name})", "currency_id": currency.id, "company_id": company.id, "sequence": 900}
            )
        return cache[currency]

    # ---- taxes

    def _charged(self, tax):
        return bool(tax.amount) or bool(tax.rate)

    def _tax_code(self, document, tax):
        return self.env["ec.mapping"]._tax_code(tax.title, tax.rate, document.prices_include_tax)

    @cached_property
    def _taxes(self):
        entries = {}
        for document in self.documents:
            for line in (*document.lines, *document.shipping_lines):
                for tax in line.taxes:
                    if self._charged(tax):
                        entries[self._tax_code(document, tax)] = {
                            "external_name": tax.title,
                            "rate": float(tax.rate),
                            "price_include": document.prices_include_tax,
                        }
        return self.env["ec.mapping"]._lookup(self.channel, "tax", entries) if entries else {}

    def taxes_of(self, document, line):
        """account.tax records for a line; taxes nobody mapped are left out (and hold the order)."""
        taxes = self.env["account.tax"]
        for tax in line.taxes:
            if self._charged(tax):
                taxes |= self._taxes[self._tax_code(document, tax)].tax_id
        return taxes

    def unresolved_taxes(self, document):
        """Codes of taxes with an amount that nobody has mapped."""
        return sorted(
            {
                self._tax_code(document, tax)
                for line in (*document.lines, *document.shipping_lines)
                for tax in line.taxes
                if tax.amount and not self._taxes[self._tax_code(document, tax)].tax_id
                and self._taxes[self._tax_code(document, tax)].state != "ignored"
            }
        )

    def price(self, document, amount, taxes):
        """`amount` as Odoo's unit price: taken as it is, unless the mapped taxes count tax the other way round."""
        included = {tax.price_include for tax in taxes}
        if not taxes or included == {document.prices_include_tax}:
            return float(amount)
        rate = Decimal(str(sum(tax.amount for tax in taxes if tax.amount_type == "percent"))) / 100
        return float(amount / (1 + rate)) if document.prices_include_tax else float(amount * (1 + rate))

    # ---- the other mappings

    @cached_property
    def _deliveries(self):
        entries = {
            (line.code or line.title): {"external_name": line.title} for document in self.documents for line in document.shipping_lines
        }
        return self.env["ec.mapping"]._lookup(self.channel, "delivery", entries) if entries else {}

    def carrier(self, shipping_line):
        mapping = self._deliveries.get(shipping_line.code or shipping_line.title)
        return mapping.carrier_id if mapping else self.env["delivery.carrier"]

    @cached_property
    def _payments(self):
        gateways = {t.gateway: {"external_name": t.gateway} for document in self.documents for t in document.transactions if t.gateway}
        return self.env["ec.mapping"]._lookup(self.channel, "payment", gateways) if gateways else {}

    def _gateways(self, document):
        return [self._payments[t.gateway] for t in document.transactions if t.gateway and t.kind != "refund"]

    def payment_term(self, document):
        return next((m.payment_term_id for m in self._gateways(document) if m.payment_term_id), self.env["account.payment.term"])

    def is_payable(self, document):
        """Whether the order may be confirmed as far as its payment goes, by the policy of its payment method."""
        if document.payment in PAID:
            return True
        if document.payment is PaymentState.REFUNDED or not document.current_total:
            # all the money went back: fine as long as nothing is still to be shipped for it
            return not document.total or not any(line.quantity for line in document.lines)
        policies = {mapping.payment_policy for mapping in self._gateways(document)}
        if "always" in policies:
            return True
        if document.payment is PaymentState.AUTHORIZED:
            return "paid" not in policies
        return False

    @cached_property
    def _locations(self):
        entries = {
            line.location_external_id: {"external_name": line.location_external_id}
            for document in self.documents
            for line in document.lines
            if line.location_external_id
        }
        return self.env["ec.mapping"]._lookup(self.channel, "location", entries) if entries else {}

    def warehouse(self, document):
        """The warehouse of the shop's location with the most lines, else the channel's."""
        votes = {}
        for line in document.lines:
            mapping = self._locations.get(line.location_external_id)
            if mapping and mapping.warehouse_id:
                votes[mapping.warehouse_id] = votes.get(mapping.warehouse_id, 0) + 1
        return max(votes, key=votes.get) if votes else self.channel.warehouse_id

    @cached_property
    def _tags(self):
        entries = {tag: {"external_name": tag} for document in self.documents for tag in document.tags}
        return self.env["ec.mapping"]._lookup(self.channel, "tag", entries) if entries else {}

    def tags(self, document):
        tags = self.env["crm.tag"]
        for tag in filter(None, document.tags):
            tags |= self._tags[tag].tag_id
        return tags

    # ---- contacts

    @cached_property
    def partners(self):
        """{order external id: PartnerSet}, of the documents that need one."""
        return {}

    @cached_property
    def guests(self):
        """{order external id: contact id} of those that came as a guest's, and whose buyer the shop now names."""
        keys = {f"guest:{d.external_id}": d.external_id for d in self.documents if d.buyer and d.buyer.external_id}
        bindings = self.env["ec.partner.binding"].search_fetch(
            [("channel_id", "=", self.channel.id), ("key", "in", list(keys))], ["key", "partner_id"]
        )
        return {keys[binding.key]: binding.partner_id.id for binding in bindings}

    def resolve_partners(self, documents):
        """Contacts for these documents, made where they are new."""
        wanted = [d for d in documents if d.external_id not in self.partners]
        if wanted:
            self.partners.update(self.env["ec.partner.binding"]._resolve(self.channel, wanted))
        return self.partners


