from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..sdk.connector import Capability

PAGE = 80
COUNT_CAP = 10_000
PREVIEW_ROWS = 40
DIFFERS = "(level.believed IS NULL OR level.desired <> GREATEST(level.believed, 0))"
FILTERS = {
    "differs": DIFFERS,
    "error": "level.state = 'error'",
    "flight": "level.flight_batch IS NOT NULL",
    "sold_out": "level.believed <= 0",
    "strict": "level.strict",
    "unread": "level.believed IS NULL",
}
# of the rows that differ, the most urgent first
URGENT = {
    "difference": "max(abs(level.desired - GREATEST(COALESCE(level.believed, 0), 0))) DESC",
    "waiting": "min(level.desired_at) NULLS LAST",
}


class EcStockLevel(models.Model):
    """The grid: a page of products, and what each shop shows of them. Set-based; what it costs does not grow with the shops' size."""

    _inherit = "ec.stock.level"

    _differs_idx = models.Index("(channel_id, product_id) WHERE believed IS NULL OR desired <> GREATEST(believed, 0)")
    _error_idx = models.Index("(product_id) WHERE state = 'error'")
    _sold_out_idx = models.Index("(channel_id, product_id) WHERE believed <= 0")

    # ---- reading

    @api.model
    def grid(self, words="", filters=(), channel_id=False, sort="sku", offset=0, limit=PAGE):
        """One page: {rows, total, capped, columns, channels, companies, manager}. Of the user's companies.

        `words` are looked for in name, SKU and barcode; `filters` are keys of `FILTERS`, all of which one figure must meet;
        `sort`: sku, name, difference or waiting (these two: only what differs). Ages in seconds.
        """
        self.browse().check_access("read")
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL jit = off")
        channels = self._grid_channels()
        shown = channels.filtered(lambda c: c.id == channel_id) if channel_id else channels
        where = self._grid_where(shown, filters, sort)
        words = (words or "").strip()
        if words:
            where = SQL("%s AND level.product_id IN (SELECT unnest(%s))", where, self._grid_found(words) or [0])
        ids = self._grid_page(where, sort, int(offset), min(int(limit), 500), bool(filters or words))
        total = self._grid_total(where)
        columns = self._grid_columns(shown)
        return {
            "rows": self._grid_rows(ids, shown, columns),
            "total": min(total, COUNT_CAP),
            "capped": total > COUNT_CAP,
            "columns": columns,
            "channels": self._grid_head(channels),
            "companies": [
                # whether the switch was pulled is for all who see the grid
                {"id": company.id, "name": company.name, "stopped": company.sudo().ec_stock_stopped}
                for company in channels.company_id
            ],
            "manager": self.env.user.has_group("ec_channel_base.group_ec_manager"),
        }

    @api.model
    def _grid_channels(self):
        """Channels of the user's companies that show stock of ours, or could."""
        channels = self.env["ec.channel"].search([("stock_state", "!=", "off"), ("state", "!=", "draft")])
        # rows may be there though the shop cannot be told any more
        with_rows = {
            row[0]
            for row in self.env.execute_query(
                SQL("SELECT c FROM unnest(%s::int[]) c WHERE EXISTS (SELECT FROM ec_stock_level WHERE channel_id = c)", channels.ids)
            )
        }
        return channels.filtered(lambda c: c.id in with_rows or c._has(Capability.STOCK))

    @api.model
    def _grid_where(self, channels, filters, sort):
        """SQL: which rows count."""
        parts = [SQL("level.channel_id = ANY(%s)", channels.ids)]
        parts += [SQL(FILTERS[name]) for name in filters]
        if sort in URGENT:
            parts.append(SQL(DIFFERS))
        return SQL(" AND ").join(parts)

    @api.model
    def _grid_found(self, words):
        """Ids of the products that these words mean."""
        Product = self.env["product.product"].with_context(active_test=False)
        parts = [
            Product._search([("default_code", "ilike", words)]).subselect(),
            Product._search([("barcode", "=", words)]).subselect(),
            Product._search([("product_tmpl_id.name", "ilike", words)]).subselect(),
            SQL("SELECT product_id FROM ec_listing WHERE sku = %s AND product_id IS NOT NULL", words),
        ]
        return [row[0] for row in self.env.execute_query(SQL(" UNION ").join(SQL("(%s)", part) for part in parts))]

    @api.model
    def _grid_page(self, where, sort, offset, limit, narrowed):
        """Ids of one page of products. `narrowed`: few products are expected to meet `where`."""
        if sort in URGENT:
            query = SQL(
                "SELECT level.product_id FROM ec_stock_level level WHERE %s GROUP BY 1 ORDER BY %s, 1 LIMIT %s OFFSET %s",
                where, SQL(URGENT[sort]), limit, offset,
            )  # fmt: skip
        else:
            if narrowed:
                kept = SQL("product.id IN (SELECT level.product_id FROM ec_stock_level level WHERE %s)", where)
            else:  # nearly all products: looked up one by one, in order, until the page is full
                kept = SQL("EXISTS (SELECT FROM ec_stock_level level WHERE %s AND level.product_id = product.id)", where)
            if sort == "name":
                lang = self.env.lang or "en_US"
                query = SQL(
                    """SELECT product.id FROM product_product product JOIN product_template template ON template.id = product.product_tmpl_id
                        WHERE %s ORDER BY COALESCE(template.name->>%s, template.name->>'en_US'), product.default_code, product.id
                        LIMIT %s OFFSET %s""",
                    kept, lang, limit, offset,
                )  # fmt: skip
            else:
                query = SQL(
                    "SELECT product.id FROM product_product product WHERE %s ORDER BY product.default_code, product.id LIMIT %s OFFSET %s",
                    kept, limit, offset,
                )  # fmt: skip
        return [row[0] for row in self.env.execute_query(query)]

    @api.model
    def _grid_total(self, where):
        """Number of products, counted no further than one above the cap."""
        return self.env.execute_query(
            SQL(
                "SELECT count(*) FROM (SELECT DISTINCT level.product_id FROM ec_stock_level level WHERE %s LIMIT %s) part",
                where, COUNT_CAP + 1,
            )  # fmt: skip
        )[0][0]

    @api.model
    def _grid_columns(self, channels):
        """A column a channel, or a channel and location where it publishes several."""
        places = self.env["ec.mapping"].search(
            [("channel_id", "in", channels.ids), ("kind", "=", "location"), ("stock_mode", "=", "publish"), ("ignored", "=", False)],
            order="external_name, id",
        )
        own = places.grouped("channel_id")
        return [
            {
                "key": f"{channel.id} {place.external_code}",
                "channel_id": channel.id,
                "name": channel.name,
                "place": place.display_name if len(own[channel]) > 1 else "",
            }
            for channel in channels
            for place in own.get(channel, ())
        ]

    @api.model
    def _grid_rows(self, ids, channels, columns):
        """The page's products with their units and cells."""
        cells = {}
        for cell in self._grid_cells(ids, channels):
            key = f"{cell['channel_id']} {cell.pop('location')}"
            cells.setdefault(cell.pop("product_id"), {}).setdefault(key, []).append(cell)
        units = {row["product_id"]: row for row in self._grid_units(ids, channels)}
        # the name of a product that a shop of the user's company sells is no secret to its operator
        products = self.env["product.product"].sudo().with_context(display_default_code=False).browse(ids)
        return [
            {
                "id": product.id,
                "name": product.display_name,
                "sku": product.default_code or "",
                **{name: units.get(product.id, {}).get(name, 0) for name in ("on_hand", "free", "least", "most")},
                "cells": cells.get(product.id, {}),
            }
            for product in products
        ]

    @api.model
    def _grid_cells(self, ids, channels):
        """Rows of these products: what is shown, what shall be, how old the word of the shop is, and how it looks."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT level.id, level.product_id, level.channel_id, level.location_external_id AS location, level.listing_id,
                       CASE WHEN level.believed IS NOT NULL THEN GREATEST(level.believed, 0) END AS shown, level.desired, level.strict, listing.stock_rule AS rule,
                       listing.stock_units AS units, level.flight_quantity AS flight, %(differs)s AS differs,
                       extract(epoch FROM now() AT TIME ZONE 'UTC' - GREATEST(level.acknowledged_at, level.checked_at))::int AS age,
                       CASE WHEN level.state = 'error' THEN 'error'
                            WHEN channel.stock_state <> 'on' OR company.ec_stock_stopped OR channel.state NOT IN ('sandbox', 'live')
                                 OR listing.stock_rule = 'paused' THEN 'off'
                            WHEN level.flight_batch IS NOT NULL THEN 'flight'
                            WHEN level.believed IS NULL THEN 'unread'
                            WHEN level.state IN ('stale', 'unread') THEN 'reading'
                            WHEN %(differs)s THEN 'differs'
                            ELSE 'ok' END AS look
                  FROM ec_stock_level level
                  JOIN ec_listing listing ON listing.id = level.listing_id
                  JOIN ec_channel channel ON channel.id = level.channel_id
                  JOIN res_company company ON company.id = level.company_id
                 WHERE level.product_id = ANY(%(ids)s) AND level.channel_id = ANY(%(channels)s)
                 ORDER BY level.id
                """,
                differs=SQL(DIFFERS),
                ids=ids,
                channels=channels.ids,
            )
        )

    @api.model
    def _grid_units(self, ids, channels):
        """On hand and free in the channels' companies; the least and the most that the policies of these shops may sell."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT product.id AS product_id, COALESCE(quant.on_hand, 0)::float AS on_hand, COALESCE(quant.free, 0)::float AS free,
                       COALESCE(figure.least, 0) AS least, COALESCE(figure.most, 0) AS most
                  FROM unnest(%(ids)s::int[]) product (id)
                  LEFT JOIN LATERAL (
                       SELECT sum(q.quantity) AS on_hand, sum(q.quantity - q.reserved_quantity) AS free
                         FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
                        WHERE q.product_id = product.id AND l.usage = 'internal' AND l.company_id = ANY(%(companies)s)) quant ON TRUE
                  LEFT JOIN LATERAL (
                       SELECT min(f.quantity) AS least, max(f.quantity) AS most
                         FROM (SELECT DISTINCT policy_id FROM ec_stock_level
                                WHERE product_id = product.id AND channel_id = ANY(%(channels)s)) used
                         JOIN ec_stock_figure f ON f.policy_id = used.policy_id AND f.product_id = product.id) figure ON TRUE
                """,
                ids=ids,
                channels=channels.ids,
                companies=channels.company_id.ids,
            )
        )

    @api.model
    def _grid_head(self, channels):
        """Each channel's state and counts, the counts no further than the cap."""
        counts = {}
        if channels:
            part = "(SELECT count(*) FROM (SELECT FROM ec_stock_level level WHERE level.channel_id = c AND %s LIMIT %s) part) AS %s"
            counted = {name: FILTERS[name] for name in ("differs", "error", "flight")} | {"levels": "TRUE"}
            counts = {
                row["c"]: row
                for row in self.env.execute_query_dict(
                    SQL(
                        "SELECT c, %s FROM unnest(%s::int[]) c",
                        SQL(", ").join(SQL(part, SQL(test), COUNT_CAP + 1, SQL.identifier(name)) for name, test in counted.items()),
                        channels.ids,
                    )
                )
            }
        return [
            {
                "id": channel.id,
                "name": channel.name,
                "company_id": channel.company_id.id,
                "state": channel.stock_state,
                "running": channel.state in ("sandbox", "live"),
                "lag": channel.stock_lag,
                **{name: counts[channel.id][name] for name in ("levels", "differs", "error", "flight")},
            }
            for channel in channels
        ]

    # ---- many at once, looked at before it is done

    @api.model
    def grid_preview(self, product_ids, channel_ids, rule, units=0):
        """What an item rule ("follow", "limit", …, or "read") would change: {items, figures, changes, rows, more}.

        Worked out by the planner itself from what it knows now. Rows that shops not chosen would change by are included.
        """
        chosen = self._grid_chosen(product_ids, channel_ids)
        result = {"items": len(chosen.listing_id), "figures": len(chosen), "changes": 0, "rows": [], "more": 0}
        if rule == "read" or not chosen:
            return result
        facts = self.env["ec.stock.planner"]._facts(chosen.product_id.ids)
        now = self._planned(facts)
        for row in facts:
            if row.id in chosen._ids:
                row.stock_rule, row.stock_units = rule, units
        then = self._planned(facts)
        changed = [row for row in facts if row.id in chosen._ids or then[row.id] != now[row.id]]
        changed.sort(key=lambda row: (abs(then[row.id] - max(0, row.believed or 0)) == 0, row.product_id, row.id))
        listed = changed[:PREVIEW_ROWS]
        result["more"] = max(0, len(changed) - PREVIEW_ROWS)
        result["changes"] = sum(then[row.id] != max(0, row.believed or 0) or row.believed is None for row in changed)
        for row, level in zip(listed, self.browse(row.id for row in listed), strict=True):
            result["rows"].append(
                {
                    "id": row.id,
                    # as in the grid
                    "product": level.product_id.sudo().with_context(display_default_code=False).display_name,
                    "channel": level.channel_id.name,
                    "shown": None if row.believed is None else max(0, row.believed),
                    "now": now[row.id],
                    "then": then[row.id],
                    "chosen": row.id in chosen._ids,
                }
            )
        return result

    @api.model
    def _planned(self, facts):
        """{row id: units the shop shall show in the end}, without storing anything. Who is left alone keeps what it shows."""
        goals = {}
        for product_id in dict.fromkeys(row.product_id for row in facts):
            rows = [row for row in facts if row.product_id == product_id]
            for row, (desired, _strict, _push) in self.env["ec.stock.planner"]._plan_product(rows, set()):
                goals[row.id] = max(0, row.believed or 0) if row.stock_rule == "paused" else desired
        return goals

    @api.model
    def grid_apply(self, product_ids, channel_ids, rule, units=0):
        """Set the rule on the items behind these cells, or read them again. Returns the number of items."""
        chosen = self._grid_chosen(product_ids, channel_ids)
        if rule == "read":
            chosen.action_retry()
        else:
            chosen.listing_id.write({"stock_rule": rule, **({"stock_units": units} if rule in ("limit", "fixed") else {})})
        return len(chosen.listing_id)

    @api.model
    def _grid_chosen(self, product_ids, channel_ids):
        """All figures of the items these products are sold as in these channels (none named: in all)."""
        domain = Domain("product_id", "in", product_ids)
        if channel_ids:
            domain &= Domain("channel_id", "in", channel_ids)
        listings = self.search(domain).listing_id
        return self.search(Domain("listing_id", "in", listings.ids))
