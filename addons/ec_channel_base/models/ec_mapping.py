import re
from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..sdk.text import normalize_name
from ..upsert import insert_missing

# Ways of paying that are due on or after delivery: nothing to wait for before shipping
_PAID_LATER = re.compile(r"cash[\s_-]*on[\s_-]*delivery|\bc\.?o\.?d\b|代金引換|代引|daibiki", re.IGNORECASE)
# Tells "equal rate" from rounding of floats: 8.25 % is 0.0825
_RATE_DIGITS = 6


class EcMapping(models.Model):
    """What a word of the channel (a tax, a payment method, a delivery method, a place, a tag) means in Odoo.

    Rows appear by themselves when an order first uses a word; what can be told without doubt is matched at once, the rest
    waits in the list.
    """

    _name = "ec.mapping"
    _description = "Mapping of a channel"
    _order = "channel_id, kind, external_name, id"
    _rec_name = "external_name"
    _check_company_auto = True

    # -- Fields -------------------------------------------------------------------------------------------------------

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("tax", "Tax"),
            ("payment", "Payment method"),
            ("delivery", "Delivery method"),
            ("location", "Location"),
            ("tag", "Order tag"),
        ],
        required=True,
    )
    external_code = fields.Char("Code in the shop", required=True)
    external_name = fields.Char("Name in the shop")
    rate = fields.Float(digits=(16, _RATE_DIGITS), readonly=True, help="0.1 is 10 %.")
    price_include = fields.Boolean("Prices contain it", readonly=True)
    tax_id = fields.Many2one(
        "account.tax", ondelete="restrict", check_company=True,
        domain="[('type_tax_use', '=', 'sale'), ('company_id', 'parent_of', company_id)]",
    )
    carrier_id = fields.Many2one("delivery.carrier", "Delivery method", ondelete="restrict", check_company=True)
    warehouse_id = fields.Many2one(
        "stock.warehouse", ondelete="restrict", check_company=True, domain="[('company_id', '=', company_id)]",
    )
    tag_id = fields.Many2one("crm.tag", "Tag", ondelete="set null")
    payment_policy = fields.Selection(
        [
            ("paid", "When paid"),
            ("authorized", "When authorised or paid"),
            ("always", "At once (cash on delivery, invoice)"),
        ],
        "Ship",
        help="Orders paid this way wait until then.",
    )
    payment_term_id = fields.Many2one("account.payment.term", "Payment terms", ondelete="set null", check_company=True)
    ignored = fields.Boolean(help="This word means nothing in Odoo.")
    state = fields.Selection(
        [("unmapped", "To map"), ("mapped", "Mapped"), ("ignored", "Ignored")], compute="_compute_state", store=True,
    )
    target = fields.Char(compute="_compute_target", string="In Odoo")
    last_seen = fields.Datetime(readonly=True, help="When an order first used it, or a test last found it.")

    _identity = models.UniqueIndex("(channel_id, kind, external_code)", "This code of the channel already has a row.")
    _to_map = models.Index("(channel_id, kind) WHERE state = 'unmapped'")

    # -- Compute ------------------------------------------------------------------------------------------------------

    @api.depends("kind", "ignored", *(name for name in (
        "tax_id", "payment_policy", "carrier_id", "warehouse_id", "tag_id",
    )))
    def _compute_state(self):
        for mapping in self:
            mapping.state = (
                "ignored" if mapping.ignored
                else "mapped" if mapping.kind and mapping[_TARGET[mapping.kind]]
                else "unmapped"
            )

    @api.depends("state", "kind", "tax_id", "payment_policy", "payment_term_id", "carrier_id", "warehouse_id", "tag_id")
    def _compute_target(self):
        policies = dict(self._fields["payment_policy"]._description_selection(self.env))
        for mapping in self:
            if mapping.kind == "payment":
                parts = [policies.get(mapping.payment_policy), mapping.payment_term_id.display_name]
                mapping.target = ", ".join(filter(None, parts)) or False
            else:
                # a parent company's delivery method may be meant, which Odoo hides from the users of its branch
                mapping.target = mapping.kind and mapping[_TARGET[mapping.kind]].sudo().display_name

    @api.depends("external_name", "external_code")
    def _compute_display_name(self):
        for mapping in self:
            mapping.display_name = mapping.external_name or mapping.external_code

    # -- CRUD ---------------------------------------------------------------------------------------------------------

    def write(self, vals):
        """Orders that waited for a word to mean something, or mean something else, are looked at again."""
        result = super().write(vals)
        if vals.keys() & {*_TARGET.values(), "payment_term_id", "ignored"}:
            # nothing waits for a delivery method, a place or a tag
            holding = self.filtered(lambda row: row.kind in ("tax", "payment"))
            if holding:
                self.env["sale.order"]._ec_mapping_changed(holding)
        return result

    # -- Looking up ---------------------------------------------------------------------------------------------------

    @api.model
    def _tax_code(self, title, rate, price_include):
        """The code of a tax: same words, rate and kind of prices, same row. `rate` as Decimal or float, 0.1 is 10 %."""
        rate = rate if isinstance(rate, Decimal) else Decimal(str(rate))
        return f"{title}|{_plain_decimal(rate)}|{'incl' if price_include else 'excl'}"

    @api.model
    def _words(self, document):
        """Yields `(kind, code, entry)` for every word that an `OrderDocument` uses, as `_lookup` takes them."""
        for line in (*document.lines, *document.shipping_lines):
            for tax in line.taxes:
                if tax.amount or tax.rate:
                    yield "tax", self._tax_code(tax.title, tax.rate, document.prices_include_tax), {
                        "external_name": tax.title,
                        "rate": float(tax.rate),
                        "price_include": document.prices_include_tax,
                    }
        for line in document.shipping_lines:
            yield "delivery", line.code or line.title, {"external_name": line.title}
        for transaction in document.transactions:
            if transaction.gateway:
                yield "payment", transaction.gateway, {"external_name": transaction.gateway}
        for line in document.lines:
            if line.location_external_id:
                yield "location", line.location_external_id, {"external_name": line.location_external_id}
        for tag in document.tags:
            yield "tag", tag, {"external_name": tag}

    @api.model
    def _lookup(self, channel, kind, entries):
        """The row of each code: `{code: ec.mapping record}`.

        `entries` is `{code: {"external_name": …, "rate": …, "price_include": …}}` (the last two for taxes). Missing rows
        are made in one statement, matched where there is exactly one answer; an empty code has no row. A constant number
        of queries; rows that exist are only read.
        """
        entries = {code: entry for code, entry in entries.items() if code}
        if not entries:
            return {}
        names = [name for name, field in self._fields.items() if field.store and field.column_type]
        domain = [
            ("channel_id", "=", channel.id), ("kind", "=", kind), ("external_code", "in", list(entries)),
        ]
        rows = self.search_fetch(domain, names, order="id")
        missing = {code: entries[code] for code in entries.keys() - set(rows.mapped("external_code"))}
        if missing:
            targets = getattr(self, f"_match_{kind}")(channel, missing)
            now = fields.Datetime.now()
            insert_missing(
                self, [self._prepare_vals(channel, kind, code, entry, targets.get(code), now) for code, entry in missing.items()],
                ("channel_id", "kind", "external_code"),
            )
            rows = self.search_fetch(domain, names, order="id")
        return {row.external_code: row for row in rows}

    def action_match(self):
        """Look again for what the selected words mean, as far as they wait."""
        waiting = self.filtered(lambda row: row.state == "unmapped")
        for (channel, kind), rows in waiting.grouped(lambda row: (row.channel_id, row.kind)).items():
            targets = getattr(self, f"_match_{kind}")(channel, {
                row.external_code: {
                    "external_name": row.external_name, "rate": row.rate, "price_include": row.price_include,
                }
                for row in rows
            })
            for target, found in rows.grouped(lambda row, targets=targets: targets.get(row.external_code)).items():
                if target:
                    found.write({_TARGET[kind]: target})
        return True

    def action_ignore(self):
        self.write({"ignored": True})
        return True

    def action_unignore(self):
        self.write({"ignored": False})
        return True

    # -- Matching: {code: value of the target field} for codes with exactly one answer ----------------------------------

    @api.model
    def _match_tax(self, channel, entries):
        """The one active sale tax with the same percentage and the same kind of prices.

        Of several, the one with the same name, else the company's default sale tax.
        """
        company = channel.company_id
        taxes = self.env["account.tax"].with_company(company).search([
            ("company_id", "in", company.parent_ids.ids),
            ("type_tax_use", "=", "sale"),
            ("amount_type", "=", "percent"),
        ])
        by_rate = defaultdict(list)
        for tax in taxes:
            by_rate[_percent_key(tax.amount), tax.price_include].append(tax)
        default = company.account_sale_tax_id
        found = {}
        for code, entry in entries.items():
            candidates = by_rate[
                _percent_key(float(entry.get("rate") or 0) * 100), bool(entry.get("price_include"))
            ]
            if len(candidates) > 1:
                title = normalize_name(entry.get("external_name") or "")
                named = [tax for tax in candidates if normalize_name(tax.name) == title]
                candidates = named if len(named) == 1 else [tax for tax in candidates if tax == default]
            if len(candidates) == 1:
                found[code] = candidates[0].id
        return found

    @api.model
    def _match_payment(self, channel, entries):
        return {
            code: "always" if _PAID_LATER.search(f"{code} {entry.get('external_name') or ''}") else "authorized"
            for code, entry in entries.items()
        }

    @api.model
    def _match_delivery(self, channel, entries):
        return self._match_names(
            self.env["delivery.carrier"], Domain("company_id", "in", [False, *channel.company_id.parent_ids.ids]), entries,
        )

    @api.model
    def _match_location(self, channel, entries):
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", channel.company_id.id)])
        if len(warehouses) == 1:
            return dict.fromkeys(entries, warehouses.id)
        return _unique_by_name(
            entries, [(warehouse.id, (warehouse.name, warehouse.code)) for warehouse in warehouses]
        )

    @api.model
    def _match_tag(self, channel, entries):
        return self._match_names(self.env["crm.tag"], Domain.TRUE, entries)

    @api.model
    def _match_names(self, model, domain, entries):
        """By name in any language."""
        model.flush_model(["name"])
        # a parent company's delivery methods count, which Odoo hides from the users of its branch
        query = model.sudo()._search(domain)
        name = SQL.identifier(model._table, "name")
        rows = self.env.execute_query(query.select(SQL.identifier(model._table, "id"), name))
        rows = [(id_, names.values()) for id_, names in rows]
        return _unique_by_name(entries, rows)

    @api.model
    def _prepare_vals(self, channel, kind, code, entry, target, now):
        targets = dict.fromkeys(_TARGET.values(), False)
        targets[_TARGET[kind]] = target or False
        return {
            "channel_id": channel.id,
            "company_id": channel.company_id.id,
            "kind": kind,
            "external_code": code,
            "external_name": entry.get("external_name") or code,
            "rate": float(entry.get("rate") or 0),
            "price_include": bool(entry.get("price_include")),
            "ignored": False,
            "state": "mapped" if target else "unmapped",
            "last_seen": now,
            **targets,
        }


_TARGET = {
    "tax": "tax_id",
    "payment": "payment_policy",
    "delivery": "carrier_id",
    "location": "warehouse_id",
    "tag": "tag_id",
}


def _plain_decimal(number):
    """0.10, 0.1 and 1E-1 are all "0.1"."""
    text = format(number.normalize(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent_key(percent):
    return round(percent * 10 ** (_RATE_DIGITS - 2))


def _unique_by_name(entries, rows):
    """`{code: id}` where the code or the name of an entry equals a name of exactly one of `rows` (`(id, names)`)."""
    ids = defaultdict(set)
    for id_, names in rows:
        for name in filter(None, names):
            ids[normalize_name(name)].add(id_)
    found = {}
    for code, entry in entries.items():
        hits = {id_ for text in (code, entry.get("external_name")) if text for id_ in ids[normalize_name(text)]}
        if len(hits) == 1:
            found[code] = hits.pop()
    return found
