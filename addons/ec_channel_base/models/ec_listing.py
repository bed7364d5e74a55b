import re
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..upsert import insert_missing

# What tells two spellings of one SKU apart without meaning anything
_SKU_NOISE = r"[\s_./-]+"
_TEXTS = (
    "product_external_id", "inventory_external_id", "title", "variant_title", "sku", "barcode",
)


class EcListing(models.Model):
    """An item of a shop's catalogue and the product it stands for.

    Identity is the channel's own id of the sellable item (a variant); an item that an order names only by its SKU is kept
    under "sku:<SKU>". A listing is matched to a product, never the other way round: no product is made, changed or
    deleted here, and several listings, of several shops, may share one product.
    """

    _name = "ec.listing"
    _description = "Item of a channel"
    _order = "state desc, id desc"  # those to match come first; the index below serves it at any size
    _rec_name = "title"
    _check_company_auto = True

    # -- Fields -------------------------------------------------------------------------------------------------------

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    external_id = fields.Char("Item ID", required=True, readonly=True)
    product_external_id = fields.Char("Product ID in the shop", readonly=True)
    inventory_external_id = fields.Char("Stock ID in the shop", readonly=True)
    title = fields.Char(readonly=True)
    variant_title = fields.Char("Variant", readonly=True)
    sku = fields.Char("SKU", index="btree_not_null", readonly=True)
    barcode = fields.Char(readonly=True)
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", ondelete="set null", check_company=True,
        help="What is sold and shipped when the shop sells this item.",
    )
    ignored = fields.Boolean(
        help="Never ask for a product: the item is not shipped from Odoo's stock.",
    )
    state = fields.Selection(
        [("unmatched", "To match"), ("matched", "Matched"), ("ignored", "Ignored")],
        compute="_compute_state", store=True,
    )
    match_method = fields.Selection(
        [("barcode", "Barcode"), ("sku", "SKU"), ("manual", "By hand")], readonly=True,
    )
    proposal_ids = fields.Many2many(
        "product.product", string="Proposals", compute="_compute_proposal_ids",
        help="Products that look like this item: equal or nearly equal SKU, barcode or name.",
    )
    proposal_count = fields.Integer(compute="_compute_proposal_ids")
    last_seen = fields.Datetime(
        "Last seen", readonly=True, help="When the item was last read from the shop's catalogue, or first met in an order.",
    )

    _identity = models.UniqueIndex("(channel_id, external_id)", "This item of the channel is already listed.")
    _list_order = models.Index("(state, id)")
    _by_product_external = models.Index("(channel_id, product_external_id)")

    # -- Compute ------------------------------------------------------------------------------------------------------

    @api.depends("product_id", "ignored")
    def _compute_state(self):
        for listing in self:
            listing.state = (
                "ignored" if listing.ignored else "matched" if listing.product_id else "unmatched"
            )

    @api.depends("title", "variant_title", "sku")
    def _compute_display_name(self):
        for listing in self:
            names = (listing.title, listing.variant_title, listing.sku and f"[{listing.sku}]")
            listing.display_name = " ".join(filter(None, names)) or listing.external_id

    @api.depends("state", "sku", "barcode", "title", "variant_title", "company_id")
    def _compute_proposal_ids(self):
        self.proposal_ids = False
        self.proposal_count = 0
        waiting = self.filtered(lambda listing: listing.state == "unmatched")
        for company, listings in waiting.grouped("company_id").items():
            proposals = listings._find_proposals(company)
            for listing in listings:
                listing.proposal_ids = self.env["product.product"].browse(proposals[listing.id])
                listing.proposal_count = len(proposals[listing.id])

    # -- CRUD ---------------------------------------------------------------------------------------------------------

    def write(self, vals):
        """A product set by a person counts as matched by hand, and lets the orders that waited for it go on."""
        if not self.env.su and vals.keys() - {"product_id", "ignored"}:
            raise AccessError(self.env._("Only the product of an item can be chosen. The rest is what the shop says."))
        if "product_id" not in vals:
            return super().write(vals)
        if "match_method" not in vals:
            vals = {**vals, "match_method": "manual" if vals["product_id"] else False}
        if vals["product_id"]:
            vals = {"ignored": False, **vals}
        changed = self.filtered(lambda listing: listing.product_id.id != vals["product_id"])
        result = super().write(vals)
        if vals.get("ignored"):
            changed = self
        if changed and (vals["product_id"] or vals.get("ignored")):
            self.env["sale.order"]._ec_listing_matched(changed)
        return result

    # -- Resolving ----------------------------------------------------------------------------------------------------

    @api.model
    def _listing_key(self, item):
        """The external id that `item` has or gets here: its own, else "sku:<SKU>", else "" (nothing to go by).

        `item` is an `OrderLine`, a `ListingDocument` or a dict with `external_id`, `sku`, ….
        """
        return _as_dict(item)["key"]

    @api.model
    def _resolve(self, channel, items):
        """What each item of `items` (`OrderLine`s or dicts) stands for: `{key: product id, False or None}`.

        The key is `_listing_key(item)`; items without one are left out. False: waits to be matched. None: a person chose
        to ignore it. Unknown items are listed, and matched at once where barcode or SKU name exactly one product that is
        shared or of the channel's company. The number of queries does not depend on the number of items, and rows that
        are known and matched are not written, so that import lanes never wait for each other here.
        """
        wanted = {}
        for item in map(_as_dict, items):
            if key := item["key"]:
                known = wanted.setdefault(key, item)
                for name, value in item.items():
                    known[name] = known.get(name) or value
        if not wanted:
            return {}
        listings = self.search_fetch(
            [("channel_id", "=", channel.id), ("external_id", "in", list(wanted))],
            ["external_id", "product_id", "state", "sku", "barcode"], order="id",
        )
        result = {
            listing.external_id: None if listing.state == "ignored" else listing.product_id.id
            for listing in listings
        }
        unmatched = listings.filtered(lambda listing: listing.state == "unmatched")
        unknown = {key: item for key, item in wanted.items() if key not in result}
        if not unmatched and not unknown:
            return result
        matches = self._match(channel, {
            **unknown,
            **{row.external_id: {"sku": row.sku or "", "barcode": row.barcode or ""} for row in unmatched},
        })
        now = fields.Datetime.now()
        insert_missing(
            self, [self._prepare_vals(channel, key, item, matches, now) for key, item in unknown.items()],
            ("channel_id", "external_id"),
        )
        result.update(dict.fromkeys(unknown, False))
        result.update({key: product_id for key, (product_id, method) in matches.items()})
        unmatched._apply_matches(matches)
        return result

    @api.model
    def _pull(self, channel, listing_documents):
        """Take over one page of the channel's catalogue; returns counts of created, updated, matched and unmatched.

        A match made by hand stays. One made by barcode or SKU follows the shop when it gives the item the barcode or SKU
        of exactly one other product; a code that names none changes nothing.
        """
        wanted = {}
        for item in map(_as_dict, listing_documents):
            if key := item["key"]:
                wanted[key] = item
        listings = self.search_fetch(
            [("channel_id", "=", channel.id), ("external_id", "in", list(wanted))],
            ["external_id", "product_id", "state", "match_method", "last_seen", *_TEXTS], order="id",
        )
        known = {listing.external_id: listing for listing in listings}
        now = fields.Datetime.now()
        changed, rematch = {}, {}
        for key, listing in known.items():
            item = wanted[key]
            if any((listing[name] or "") != item.get(name, "") for name in _TEXTS):
                changed[listing.id] = item
            codes_changed = any((listing[name] or "") != item.get(name, "") for name in ("sku", "barcode"))
            if listing.state == "unmatched" or (
                listing.state == "matched" and listing.match_method != "manual" and codes_changed
            ):
                rematch[key] = item
        unknown = {key: item for key, item in wanted.items() if key not in known}
        matches = self._match(channel, {**unknown, **rematch})
        self._update_texts(changed, now)
        self._touch(listings, now)
        created = insert_missing(
            self, [self._prepare_vals(channel, key, item, matches, now) for key, item in unknown.items()],
            ("channel_id", "external_id"),
        )
        listings.filtered(lambda listing: listing.external_id in rematch)._apply_matches(matches)
        states = defaultdict(int, self._read_group(
            [("id", "in", (listings | created).ids)], ["state"], ["__count"],
        ))
        return {
            "created": len(created), "updated": len(changed),
            "matched": states["matched"], "unmatched": states["unmatched"],
        }

    def _rematch(self):
        """Look again for the products of these listings, as far as they wait for one."""
        for channel, listings in self.filtered(lambda row: row.state == "unmatched").grouped("channel_id").items():
            listings._apply_matches(self._match(channel, {
                row.external_id: {"sku": row.sku or "", "barcode": row.barcode or ""} for row in listings
            }))

    # -- Actions ------------------------------------------------------------------------------------------------------

    def action_match_to(self):
        """Ask for one product for all selected items."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Match to a product"),
            "res_model": "ec.listing.match",
            "view_mode": "form",
            "target": "new",
            "context": {"default_listing_ids": self.ids},
        }

    def action_accept_proposal(self):
        """Match every selected item that has exactly one proposal; the others keep waiting."""
        by_product = defaultdict(self.browse)
        for listing in self:
            if listing.state == "unmatched" and len(listing.proposal_ids) == 1:
                by_product[listing.proposal_ids] |= listing
        if not by_product:
            raise UserError(self.env._("None of the selected items has exactly one proposal. Use “Match to…” instead."))
        for product, listings in by_product.items():
            listings.write({"product_id": product.id})
        return True

    def action_rematch(self):
        self._rematch()
        return True

    def action_ignore(self):
        """Ask no more for a product for these items."""
        self.write({"ignored": True, "product_id": False})
        return True

    def action_unignore(self):
        self.write({"ignored": False})
        self._rematch()
        return True

    # -- Helpers ------------------------------------------------------------------------------------------------------

    @api.model
    def _prepare_vals(self, channel, key, item, matches, now):
        product_id, method = matches.get(key, (False, False))
        return {
            "channel_id": channel.id,
            "company_id": channel.company_id.id,
            "external_id": key,
            **{name: item.get(name) or False for name in _TEXTS},
            "product_id": product_id,
            "ignored": False,
            "match_method": method,
            "state": "matched" if product_id else "unmatched",
            "last_seen": now,
        }

    @api.model
    def _product_domain(self, company):
        """Products that an item of this company's channels may stand for: shared ones and its own."""
        return Domain("company_id", "in", [False, *company.parent_ids.ids])

    @api.model
    def _match(self, channel, items):
        """`{key: (product id, method)}` for those of `items` (`{key: {"sku", "barcode"}}`) that name exactly one product.

        Barcode first, then SKU, then what a person chose for the same SKU in this channel (an item that was made anew).
        Two products with the same SKU are no match.
        """
        barcodes = {item["barcode"] for item in items.values() if item.get("barcode")}
        skus = {item["sku"] for item in items.values() if item.get("sku")}
        by_barcode, by_sku = defaultdict(list), defaultdict(list)
        # all products count, also those hidden from whoever clicks: a SKU that two products share is no match
        Product = self.env["product.product"].sudo()
        domain = self._product_domain(channel.company_id)
        if barcodes:
            for product in Product.search_fetch(
                domain & Domain("barcode", "in", list(barcodes)), ["barcode"], order="id"
            ):
                by_barcode[product.barcode].append(product.id)
        if skus:
            for product in Product.search_fetch(
                domain & Domain("default_code", "in", list(skus)), ["default_code"], order="id"
            ):
                by_sku[product.default_code].append(product.id)
        matches, left = {}, {}
        for key, item in items.items():
            candidates = by_barcode.get(item.get("barcode")), by_sku.get(item.get("sku"))
            for method, found in zip(("barcode", "sku"), candidates, strict=True):
                if found and len(found) == 1:
                    matches[key] = (found[0], method)
                    break
            else:
                if item.get("sku") and not by_sku.get(item["sku"]):
                    left[key] = item["sku"]
        if left:
            chosen = defaultdict(set)
            for sku, product in self._read_group(
                [
                    ("channel_id", "=", channel.id), ("sku", "in", list(set(left.values()))),
                    ("state", "=", "matched"), ("match_method", "=", "manual"), ("product_id.active", "=", True),
                ],
                ["sku", "product_id"],
            ):
                chosen[sku].add(product.id)
            for key, sku in left.items():
                if len(chosen[sku]) == 1:
                    matches[key] = (next(iter(chosen[sku])), "manual")
        return matches

    def _apply_matches(self, matches):
        """Write the products found for these listings, one statement a product, and let waiting orders go on."""
        groups = defaultdict(self.browse)
        for listing in self:
            product_id, method = matches.get(listing.external_id, (False, False))
            if product_id and product_id != listing.product_id.id:
                groups[product_id, method] |= listing
        changed = self.browse()
        for (product_id, method), listings in groups.items():
            super(EcListing, listings).write({"product_id": product_id, "match_method": method})
            changed |= listings
        if changed:
            self.env["sale.order"]._ec_listing_matched(changed)

    def _update_texts(self, items, now):
        """Take over what the channel calls these listings: `{listing id: item}`, in one statement."""
        if not items:
            return
        self.flush_model()
        ids = list(items)
        columns = [[items[id_].get(name) or None for id_ in ids] for name in _TEXTS]
        self.env.cr.execute(SQL(
            "UPDATE ec_listing SET %(assignments)s, write_date = %(now)s, write_uid = %(uid)s "
            "FROM unnest(%(ids)s::int4[], %(columns)s) AS new(id, %(names)s) WHERE ec_listing.id = new.id",
            assignments=SQL(", ").join(
                SQL("%s = new.%s", SQL.identifier(name), SQL.identifier(name)) for name in _TEXTS
            ),
            now=now, uid=self.env.uid, ids=ids,
            columns=SQL(", ").join(SQL("%s::varchar[]", column) for column in columns),
            names=SQL(", ").join(SQL.identifier(name) for name in _TEXTS),
        ))
        listings = self.browse(ids)
        listings.invalidate_recordset([*_TEXTS, "write_date", "write_uid"])
        listings.modified(_TEXTS)

    @api.model
    def _touch(self, listings, now):
        if listings:
            listings.flush_recordset(["last_seen"])
            self.env.cr.execute(SQL(
                "UPDATE ec_listing SET last_seen = %s WHERE id = ANY(%s)", now, listings.ids
            ))
            listings.invalidate_recordset(["last_seen"])

    def _find_proposals(self, company):
        """`{listing id: [product id, …]}`, best first: equal barcode, equal SKU, same SKU in other spelling, equal name.

        Two statements for any number of listings; the second, by name, only for those the first found nothing for.
        """
        found = defaultdict(list)
        self.env["product.product"].flush_model(["barcode", "default_code", "active"])
        self.env["product.template"].flush_model(["name", "company_id"])
        companies = company.parent_ids.ids
        skus = {_plain_sku(listing.sku) for listing in self} - {""}
        barcodes = {spelling for listing in self for spelling in _barcode_spellings(listing.barcode)}
        if skus or barcodes:
            rows = self.env.execute_query(SQL(
                """
                SELECT p.id, p.barcode, p.default_code
                  FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id
                 WHERE p.active AND (t.company_id IS NULL OR t.company_id = ANY(%s))
                   AND (p.barcode = ANY(%s) OR regexp_replace(lower(p.default_code), %s, '', 'g') = ANY(%s))
                 ORDER BY p.id
                """,
                companies, list(barcodes), _SKU_NOISE, list(skus),
            ))
            by_barcode, by_sku = defaultdict(list), defaultdict(list)
            for id_, barcode, code in rows:
                by_barcode[barcode].append(id_)
                by_sku[_plain_sku(code)].append((code, id_))
            for listing in self:
                same = [id_ for spelling in _barcode_spellings(listing.barcode) for id_ in by_barcode[spelling]]
                plain = _plain_sku(listing.sku)
                alike = sorted(by_sku[plain], key=lambda row, sku=listing.sku: row[0] != sku) if plain else []
                found[listing.id] = list(dict.fromkeys([*same, *(id_ for _code, id_ in alike)]))
        nameless = self.filtered(lambda listing: not found[listing.id] and listing.title)
        titles = {spelling for listing in nameless for spelling in _title_spellings(listing)}
        if titles:
            by_name = defaultdict(list)
            for id_, name in self.env.execute_query(SQL(
                """
                SELECT p.id, n.value
                  FROM product_template t CROSS JOIN LATERAL jsonb_each_text(t.name) n
                  JOIN product_product p ON p.product_tmpl_id = t.id
                 WHERE p.active AND (t.company_id IS NULL OR t.company_id = ANY(%s)) AND lower(n.value) = ANY(%s)
                 ORDER BY p.id
                """,
                companies, list(titles),
            )):
                by_name[name.lower()].append(id_)
            for listing in nameless:
                found[listing.id] = list(dict.fromkeys(
                    id_ for spelling in _title_spellings(listing) for id_ in by_name[spelling]
                ))[:10]
        return found


def _as_dict(item):
    """The facts of an `OrderLine`, a `ListingDocument` or a dict, under the names of our fields."""
    if isinstance(item, dict):
        facts = dict(item)
    else:
        facts = {name: getattr(item, name, "") for name in _TEXTS}
        # The id of an order line is the line's own, not the item's
        facts["external_id"] = getattr(item, "listing_external_id", None)
        if facts["external_id"] is None:
            facts["external_id"] = item.external_id
    # The key keeps the SKU as the channel sent it: an order line and its listing must always agree on it
    facts["key"] = facts.get("external_id") or (f"sku:{facts['sku']}" if facts.get("sku") else "")
    for name in ("sku", "barcode"):
        facts[name] = (facts.get(name) or "").strip()
    return facts


def _plain_sku(sku):
    return re.sub(_SKU_NOISE, "", (sku or "").lower())


def _barcode_spellings(barcode):
    """A barcode as UPC-A (12 digits), EAN-13 and GTIN-14: the same number with leading zeros."""
    if not barcode:
        return ()
    if not barcode.isdecimal():
        return (barcode,)
    bare = barcode.lstrip("0")
    return tuple(dict.fromkeys([barcode, *(bare.zfill(size) for size in (8, 12, 13, 14) if len(bare) <= size)]))


def _title_spellings(listing):
    title, variant = (listing.title or "").strip().lower(), (listing.variant_title or "").strip().lower()
    return tuple(filter(None, (f"{title} {variant}".strip(), f"{title} - {variant}" if variant else "", title)))
