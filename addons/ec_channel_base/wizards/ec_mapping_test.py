from odoo import api, fields, models

_KINDS = ("tax", "payment", "delivery", "location", "tag")


class EcChannel(models.Model):
    _inherit = "ec.channel"

    def action_test_mappings(self):
        """Show what the words of this channel's last orders mean in Odoo, and which ones mean nothing yet."""
        self.ensure_one()
        test = self.env["ec.mapping.test"].create({"channel_id": self.id})
        test._run()
        return test._reopen()


class EcMappingTest(models.TransientModel):
    """The last orders of a channel, read as for an import, without importing anything."""

    _name = "ec.mapping.test"
    _description = "Test of mappings"
    _rec_name = "channel_id"

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade")
    limit = fields.Integer("Last orders", default=100, required=True)
    document_count = fields.Integer("Orders read", readonly=True)
    missing_count = fields.Integer("Missing", compute="_compute_missing_count")
    line_ids = fields.One2many("ec.mapping.test.line", "test_id", readonly=True)

    @api.depends("line_ids.state")
    def _compute_missing_count(self):
        for test in self:
            test.missing_count = len(test.line_ids.filtered(lambda line: line.state == "unmapped"))

    def action_run(self):
        self._run()
        return self._reopen()

    def _run(self):
        """Read the orders anew; words and items met for the first time get their rows, as on import."""
        self.ensure_one()
        documents = self.channel_id._recent_documents(max(1, self.limit))
        used = {kind: {} for kind in _KINDS}
        counts, items = {}, {}
        for document in documents:
            seen = set()
            for kind, code, entry in self.env["ec.mapping"]._words(document):
                used[kind].setdefault(code, entry)
                seen.add((kind, code))
            for line in document.lines:
                if line.kind.value == "product" and (key := self.env["ec.listing"]._listing_key(line)):
                    items.setdefault(key, line)
                    seen.add(("item", key))
            for word in seen:
                counts[word] = counts.get(word, 0) + 1
        vals = []
        for kind in _KINDS:
            rows = self.env["ec.mapping"]._lookup(self.channel_id, kind, used[kind])
            vals += [
                {"kind": kind, "code": code, "mapping_id": row.id, "count": counts[kind, code]}
                for code, row in rows.items()
            ]
        products = self.env["ec.listing"]._resolve(self.channel_id, list(items.values()))
        unmatched = [key for key, product_id in products.items() if product_id is False]
        listings = self.env["ec.listing"].search([
            ("channel_id", "=", self.channel_id.id), ("external_id", "in", unmatched),
        ])
        vals += [
            {
                "kind": "item", "code": listing.external_id, "listing_id": listing.id,
                "count": counts["item", listing.external_id],
            }
            for listing in listings
        ]
        self.write({
            "document_count": len(documents),
            "line_ids": [fields.Command.clear(), *(fields.Command.create(line) for line in vals)],
        })

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test of mappings"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }


class EcMappingTestLine(models.TransientModel):
    """One word of the channel: how many of the orders use it, and what it stands for."""

    _name = "ec.mapping.test.line"
    _description = "Line of a test of mappings"
    _order = "state desc, kind, count desc, id"

    test_id = fields.Many2one("ec.mapping.test", required=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("tax", "Tax"),
            ("payment", "Payment method"),
            ("delivery", "Delivery method"),
            ("location", "Location"),
            ("tag", "Order tag"),
            ("item", "Item"),
        ],
        required=True,
    )
    code = fields.Char("Code in the shop", required=True)
    name = fields.Char(compute="_compute_meaning")
    count = fields.Integer("Orders")
    mapping_id = fields.Many2one("ec.mapping", ondelete="cascade")
    listing_id = fields.Many2one("ec.listing", ondelete="cascade")
    target = fields.Char("In Odoo", compute="_compute_meaning")
    state = fields.Selection(
        [("unmapped", "Missing"), ("mapped", "Mapped"), ("ignored", "Ignored")], compute="_compute_state", store=True,
    )

    @api.depends("mapping_id", "listing_id")
    def _compute_meaning(self):
        for line in self:
            line.name = (line.mapping_id or line.listing_id).display_name
            line.target = line.mapping_id.target or line.listing_id.product_id.display_name

    @api.depends("mapping_id.state", "listing_id.state")
    def _compute_state(self):
        for line in self:
            state = line.mapping_id.state or line.listing_id.state
            line.state = {"unmatched": "unmapped", "matched": "mapped"}.get(state, state)

    def action_fix(self):
        self.ensure_one()
        record = self.mapping_id or self.listing_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "target": "new",
        }
