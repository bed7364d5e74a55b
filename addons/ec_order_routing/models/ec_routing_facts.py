from collections import defaultdict
from datetime import UTC

import pytz

from odoo import api, fields, models
from odoo.tools import SQL, Query, html2plaintext

MOMENT = "YYYY-MM-DD HH24:MI:SS"
DAY = "YYYY-MM-DD"
# fields of sale.order that every snapshot has
ORDER = (
    "id", "name", "company_id", "currency_id", "state", "date_order", "amount_total", "partner_id", "partner_shipping_id", "warehouse_id",
    "carrier_id", "team_id", "user_id", "commitment_date", "tag_ids",
)  # fmt: skip
LINE = ("id", "product_id", "product_uom_qty", "price_subtotal")


class EcRoutingFacts(models.AbstractModel):
    """Reads orders as the plain facts that rules are evaluated on: a snapshot an order, whatever the number of orders in a few queries.

    A fact is a field of `sale.order` or its lines, by path, or a `fact.<name>` from here; another addon adds its own by
    `_order_facts`, `_line_facts` (SQL, read with the rest) and `_more_facts` (worked out for all orders together, on demand).
    """

    _name = "ec.routing.facts"
    _description = "Facts for Rules"

    # ---- reading

    @api.model
    def _read_snapshots(self, order_ids, order_paths=(), line_paths=(), now=None):
        """[snapshot] in the order of `order_ids`, without candidates to ship from; orders that are gone are left out.

        `order_paths`, `line_paths`: what rules name beyond the base facts. Values: see `docs/extend-routing.md`.
        """
        order_ids = list(order_ids)
        now = now or fields.Datetime.now()
        orders = self._read_table("sale.order", SQL("%s = ANY(%s)", SQL.identifier("sale_order", "id"), order_ids), ORDER, order_paths, self._order_facts())
        lines = self._read_table(
            "sale.order.line",
            SQL("%s = ANY(%s) AND %s IS NULL", SQL.identifier("sale_order_line", "order_id"), order_ids, SQL.identifier("sale_order_line", "display_type")),
            ("order_id", *LINE), line_paths, self._line_facts(), order=SQL("%s", SQL.identifier("sale_order_line", "id")),
        )  # fmt: skip
        by_order = defaultdict(list)
        for line in lines:
            by_order[line.pop("order_id")].append(line)
        moment, zones = fields.Datetime.to_string(now), {}
        snapshots = {}
        for order in orders:
            today, offset = self._today(order["company_id"], now, zones)
            order["fact.requested_date"] = self._day(order["commitment_date"], order["company_id"])
            snapshots[order["id"]] = {
                "now": moment, "today": today, "utc_offset": offset, "order": order, "lines": by_order[order["id"]], "asked": {},
            }  # fmt: skip
        found = [snapshots[order_id] for order_id in order_ids if order_id in snapshots]
        wanted = {path for path in (*order_paths, *line_paths) if path.startswith("fact.")}
        self._more_facts(found, wanted)
        return found

    @api.model
    def _today(self, company_id, now, known):
        """(the day it is where the company is, its minutes before UTC)"""
        if company_id not in known:
            local = self._local(now, company_id)
            known[company_id] = fields.Date.to_string(local.date()), int(local.utcoffset().total_seconds() // 60)
        return known[company_id]

    @api.model
    def _local(self, moment, company_id):
        """A naive moment in UTC by the company's clock."""
        zone = self.env["res.company"].sudo().browse(company_id).partner_id.tz or self.env.user.tz or "UTC"  # rules see what is there
        return moment.replace(tzinfo=UTC).astimezone(pytz.timezone(zone))

    @api.model
    def _day(self, moment, company_id):
        """The day of a moment ("YYYY-MM-DD HH:MM:SS" in UTC or False) by the company's clock."""
        return moment and fields.Date.to_string(self._local(fields.Datetime.to_datetime(moment), company_id).date())

    @api.model
    def _read_table(self, name, where, base, paths, facts, order=None):
        """Rows of a model as dicts of plain values, one statement; fields that are not stored are read by the ORM, for all rows at once."""
        model = self.env[name].sudo().with_context(active_test=False, lang=None)  # rules see what is there, whoever caused them to run
        model.flush_model()
        query = Query(model.env, model._table, model._table_sql)
        query.add_where(where)
        if order:
            query.order = order
        columns, slow = {}, []
        for path in dict.fromkeys((*base, *paths)):
            if path in facts:
                columns[path] = facts[path](model, query)
            elif path.startswith("fact."):
                continue  # one of `_more_facts`
            elif (column := self._column(query, model, model._table, path)) is not None:
                columns[path] = column
            else:
                slow.append(path)
        for path, fact in facts.items():
            if path not in columns:
                columns[path] = fact(model, query)
        self.env.cr.execute("SET LOCAL jit = off")
        rows = self.env.execute_query(query.select(*columns.values()))
        names = list(columns)
        found = [{key: False if value is None else value for key, value in zip(names, row, strict=True)} for row in rows]
        if slow:
            records = {record.id: record for record in model.browse(row["id"] for row in found)}
            for row in found:
                for path in slow:
                    row[path] = self._plain(records[row["id"]], path)
        return found

    @api.model
    def _column(self, query, model, alias, path):
        """SQL of a path in plain JSON terms; None: it is not stored."""
        head, _dot, rest = path.partition(".")
        field = model._fields.get(head)
        if field is None:
            raise ValueError(self.env._("There is no field %(field)s on %(model)s.", field=path, model=model._description))
        if field.related and not field.store:
            try:
                model, field, alias = model._traverse_related_sql(alias, field, query)
            except ValueError:
                return None
        if rest:
            if field.type != "many2one" or not field.store or field.company_dependent:
                return None
            model, alias = field.join(model, alias, query)
            return self._column(query, model, alias, rest)
        if field.type == "many2many" and field.store:
            return SQL(
                "ARRAY(SELECT %s FROM %s WHERE %s = %s ORDER BY 1)",
                SQL.identifier(field.column2), SQL.identifier(field.relation), SQL.identifier(field.column1), SQL.identifier(alias, "id"),
            )  # fmt: skip
        if not field.store or not field.column_type or field.company_dependent:
            return None
        return self._plain_sql(field.type, field.to_sql(model, alias))

    @api.model
    def _plain_sql(self, kind, column):
        if kind == "datetime":
            return SQL("to_char(%s, %s)", column, MOMENT)
        if kind == "date":
            return SQL("to_char(%s, %s)", column, DAY)
        if kind in ("float", "monetary"):
            return SQL("COALESCE(%s, 0)::float8", column)
        if kind == "integer":
            return SQL("COALESCE(%s, 0)", column)
        return column

    @api.model
    def _plain(self, record, path):
        """The value of a path that is not stored, in plain JSON terms."""
        *heads, last = path.split(".")
        for head in heads:
            record = record[head]
        value = record[last] if len(record) <= 1 else record.mapped(last)
        if isinstance(value, models.BaseModel):
            return sorted(value.ids) if record._fields[last].type.endswith("2many") else value.id
        if hasattr(value, "isoformat"):
            return value.isoformat(" ")[:19]
        return value

    # ---- facts: SQL that is read with the rest

    @api.model
    def _order_facts(self):
        """{"fact.<name>": function(model, query) → SQL} of orders."""

        def ship(path):
            return lambda model, query: self._column(query, model, model._table, f"partner_shipping_id.{path}")

        return {
            "fact.ship_name": ship("name"),
            "fact.ship_street": ship("street"),
            "fact.ship_street2": ship("street2"),
            "fact.ship_city": ship("city"),
            "fact.ship_zip": ship("zip"),
            "fact.ship_state": ship("state_id.code"),
            "fact.ship_state_name": ship("state_id.name"),
            "fact.ship_country": ship("country_id.code"),
            "fact.ship_phone": ship("phone"),
            "fact.cod": lambda model, query: self._column(query, model, model._table, "carrier_id.ec_cod"),
            "fact.comment": lambda model, query: SQL("NULL"),
            "fact.gift": lambda model, query: SQL("COALESCE(btrim(%s), '') <> ''", SQL.identifier(model._table, "ec_gift")),
            "fact.gift_wishes": lambda model, query: SQL.identifier(model._table, "ec_gift"),
            "fact.placed_at": lambda model, query: self._column(query, model, model._table, "date_order"),
        }

    @api.model
    def _line_facts(self):
        """As `_order_facts`, of lines."""

        def product(path):
            return lambda model, query: self._column(query, model, model._table, f"product_id.product_tmpl_id.{path}")

        def of(expression, path="id"):
            def fact(model, query):
                column = self._column(query, model, model._table, f"product_id.product_tmpl_id.{path}")
                return SQL(expression, column)  # pylint: disable=sql-injection

            return fact

        def units(model, query):
            """In the product's unit, whatever unit was ordered."""
            unit = self._column(query, model, model._table, "product_uom_id.factor")
            base = self._column(query, model, model._table, "product_id.product_tmpl_id.uom_id.factor")
            quantity = SQL.identifier(model._table, "product_uom_qty")
            return SQL("COALESCE(round(%s::numeric * NULLIF(%s, 0)::numeric / NULLIF(%s, 0)::numeric, 6), %s)::float8", quantity, unit, base, quantity)

        def amount(path):
            def fact(model, query):
                per_unit = self._column(query, model, model._table, f"product_id.{path}")
                return SQL("COALESCE(%s, 0)::float8 * %s", per_unit, units(model, query))

            return fact

        return {
            "fact.sku": lambda model, query: self._column(query, model, model._table, "product_id.default_code"),
            "fact.name": product("name"),
            "fact.goods": of("COALESCE(%s = 'consu', FALSE)", "type"),
            "fact.categories": of("string_to_array(rtrim(%s, '/'), '/')::int[]", "categ_id.parent_path"),
            "fact.units": units,
            "fact.weight": amount("weight"),
            "fact.volume": amount("volume"),
            "fact.temperature": of("COALESCE(%s, 'normal')", "ec_temperature"),
            "fact.dangerous": of("COALESCE(%s, FALSE)", "ec_dangerous"),
            "fact.release_date": product("ec_release_date"),
        }

    # ---- facts that take orders together, each asked for by a rule before it is worked out

    @api.model
    def _more_facts(self, snapshots, wanted):
        """Put these facts into the snapshots: {"fact.<name>"} of those that cost a query of their own."""
        if not snapshots:
            return
        for snapshot in snapshots:
            snapshot["order"]["fact.weight"] = sum(line["fact.weight"] for line in snapshot["lines"])
            snapshot["order"]["fact.pre_order"] = any((line["fact.release_date"] or "") > snapshot["today"] for line in snapshot["lines"])
        if "fact.tags" in wanted:
            self._add_tags(snapshots)
        if "fact.comment" in wanted:
            self._add_comments(snapshots)
        if wanted & {"fact.same_buyer_orders", "fact.duplicates", "fact.buyer_orders"}:
            self._add_neighbours(snapshots)
        if wanted & {"fact.paid", "fact.awaits_payment"}:
            self._add_paid(snapshots)
        if "fact.awaits_payment" in wanted:
            self._add_awaits_payment(snapshots)
        if "fact.credit_over" in wanted:
            self._add_credit(snapshots)
        if wanted & {"fact.free", "fact.incoming"}:
            self.env["ec.routing.stock"]._add_stock(snapshots)

    @api.model
    def _add_tags(self, snapshots):
        products = {line["product_id"] for snapshot in snapshots for line in snapshot["lines"] if line["product_id"]}
        records = self.env["product.product"].sudo().browse(products)  # as all facts
        tags = {product.id: sorted((product.product_tag_ids | product.additional_product_tag_ids).ids) for product in records}
        for snapshot in snapshots:
            for line in snapshot["lines"]:
                line["fact.tags"] = tags.get(line["product_id"], [])

    @api.model
    def _add_comments(self, snapshots):
        """Of orders without a comment of a shop: what the buyer wrote on the order in Odoo, at the website's checkout or in the portal."""
        silent = {snapshot["order"]["id"]: snapshot["order"] for snapshot in snapshots if not snapshot["order"]["fact.comment"]}
        rows = self.env.execute_query(
            SQL(
                """SELECT m.res_id, array_agg(m.body ORDER BY m.id) FROM mail_message m
                    WHERE m.model = 'sale.order' AND m.res_id = ANY(%s) AND m.message_type = 'comment' AND NOT EXISTS (
                          SELECT FROM res_users u WHERE u.partner_id = m.author_id AND NOT u.share)
                 GROUP BY 1""",
                list(silent),
            )
        )
        for order_id, bodies in rows:
            texts = [html2plaintext(body or "").strip() for body in bodies]
            silent[order_id]["fact.comment"] = "\n".join(filter(None, texts)) or False

    @api.model
    def _add_neighbours(self, snapshots):
        """Other orders of the same buyer: open ones to the same address, ones that look the same, and how many there were."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH mine AS (SELECT * FROM sale_order WHERE id = ANY(%s))
                SELECT mine.id,
                       count(*) FILTER (WHERE other.state <> 'cancel' AND (other.date_order, other.id) < (mine.date_order, mine.id)),
                       array_agg(other.name ORDER BY other.id) FILTER (
                           WHERE other.state IN ('draft', 'sent', 'sale') AND other.partner_shipping_id = mine.partner_shipping_id
                             AND COALESCE(other.ec_status, 'quotation') IN ('quotation', 'held', 'waiting_stock', 'ready')
                             AND mine.ec_claims_stock = other.ec_claims_stock),
                       array_agg(other.name ORDER BY other.id) FILTER (
                           WHERE other.state <> 'cancel' AND (other.date_order, other.id) < (mine.date_order, mine.id)
                             AND other.amount_total = mine.amount_total AND other.date_order >= mine.date_order - interval '2 days'
                             AND other.partner_shipping_id = mine.partner_shipping_id)
                  FROM mine
                  JOIN sale_order other ON other.partner_id = mine.partner_id AND other.company_id = mine.company_id AND other.id <> mine.id
              GROUP BY 1
                """,
                [snapshot["order"]["id"] for snapshot in snapshots],
            )
        )
        found = {row[0]: row for row in rows}
        for snapshot in snapshots:
            order = snapshot["order"]
            _id, before, same, alike = found.get(order["id"], (0, 0, None, None))
            order["fact.buyer_orders"] = before
            order["fact.same_buyer_orders"] = same or []
            order["fact.duplicates"] = alike or []

    @api.model
    def _add_paid(self, snapshots):
        orders = self.env["sale.order"].sudo().browse(snapshot["order"]["id"] for snapshot in snapshots)  # as all facts
        paid = {order.id: order.amount_paid for order in orders}
        for snapshot in snapshots:
            snapshot["order"]["fact.paid"] = paid[snapshot["order"]["id"]]

    @api.model
    def _add_awaits_payment(self, snapshots):
        """Whether something is to be paid, and no person has let the order go unpaid."""
        held = self._payment_holds(snapshots)
        for snapshot in snapshots:
            order = snapshot["order"]
            left = round(order["amount_total"] - order["fact.paid"], 6)
            order["fact.awaits_payment"] = left > 0 and held.get(order["id"], True)

    @api.model
    def _payment_holds(self, snapshots):
        """{order id: whether it is held for its payment}; False: it was, and no longer is. Orders that never were are left out."""
        rows = self.env.execute_query(
            SQL(
                """SELECT h.order_id, bool_or(h.open) FROM ec_order_hold h JOIN ec_order_hold_type t ON t.id = h.type_id
                    WHERE h.order_id = ANY(%s) AND t.code = 'payment_pending' GROUP BY 1""",
                [snapshot["order"]["id"] for snapshot in snapshots],
            )
        )
        return dict(rows)

    @api.model
    def _add_credit(self, snapshots):
        """Company currency by which the buyer's account would be over its credit limit with this order; 0: it is not, or has none."""
        for company_id in {snapshot["order"]["company_id"] for snapshot in snapshots}:
            own = [snapshot for snapshot in snapshots if snapshot["order"]["company_id"] == company_id]
            company = self.env["res.company"].browse(company_id)
            orders = self.env["sale.order"].sudo().with_company(company).browse(snapshot["order"]["id"] for snapshot in own)  # as all facts
            accounts = orders.partner_id.commercial_partner_id
            limited = company.account_use_credit_limit
            known = {account.id: (account.credit + account.credit_to_invoice, account.credit_limit) for account in accounts} if limited else {}
            for snapshot, order in zip(own, orders, strict=True):
                used, limit = known.get(order.partner_id.commercial_partner_id.id, (0, 0))
                own_part = order.amount_total / order.currency_rate if order.state in ("draft", "sent") and order.currency_rate else 0
                snapshot["order"]["fact.credit_over"] = max(0.0, used + own_part - limit) if limit else 0.0
