from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .sale_order import IN_WORK

PAGE = 80
MAX_PAGE = 200
MAX_IDS = 1000  # of one queue, selected at once
SORTS = ("oldest", "due", "value")
ALL = "all"
# What was promised to the customer and has not left yet is late, held or not
LATE_PROMISE = SQL("sale_order.state = 'sale' AND sale_order.commitment_date")


@dataclass
class Look:
    """What the user narrowed the board to. `holds` counts in the queues of holds, `orders` in all others."""

    found: Domain
    holds: Domain
    orders: Domain


class EcOrderBoard(models.AbstractModel):
    """The board: queues of orders that wait, their counts, and one page of one queue.

    Set-based: two grouped statements count, one finds the page. What a user sees is what the record rules of
    orders and holds leave; every statement is built on the ORM's own search.
    """

    _name = "ec.order.board"
    _description = "Order Board"

    # ---- for the screen

    @api.model
    def board(self, queue="", words="", filters=(), responsible="", sort="oldest", offset=0, limit=PAGE):
        """The queues, and one page of one of them: ``{queue, queues, rows, total, currency_id, uid, actions}``.

        :param queue: key of a queue; instead of one that has gone, or has none of the orders looked for, the first with orders
        :param words: looked for in number, customer and reference
        :param filters: ``"mine"``, ``"overdue"``
        :param responsible: id of a user, ``"none"`` for nobody, empty for anybody
        :param sort: ``oldest``, ``due`` or ``value``
        """
        self._board_check()
        look = self._board_look(words, filters, responsible)
        queues = self._board_counted(look)
        by_key = {item["key"]: item for item in queues}
        chosen = by_key.get(queue)
        if not chosen or (words and not chosen["count"]):
            chosen = next((item for item in queues if item["count"]), chosen or by_key[ALL])
        ids = self._board_ids(chosen, look, sort, int(offset), min(int(limit), MAX_PAGE))
        hidden = {"domain", "type_id", "status"}
        return {
            "queue": chosen["key"],
            "queues": [{name: value for name, value in item.items() if name not in hidden} for item in queues],
            "rows": self._board_rows(ids, chosen),
            "total": chosen["count"],
            "currency_id": self.env.company.currency_id.id,
            "uid": self.env.uid,
            "actions": self._board_allowed(),
        }

    @api.model
    def order_ids(self, queue, words="", filters=(), responsible="", sort="oldest"):
        """Ids of the first orders of a queue, at most ``MAX_IDS``: to select them all at once."""
        self._board_check()
        look = self._board_look(words, filters, responsible)
        chosen = next((item for item in self._board_queues() if item["key"] == queue), None)
        return self._board_ids(chosen, look, sort, 0, MAX_IDS) if chosen else []

    @api.model
    def people(self):
        """Who is responsible for anything on the board: ``[[id, name]]``, by name."""
        self._board_check()
        holds = self.env["ec.order.hold"]._search([("open", "=", True), ("owner_id", "!=", False)])
        orders = self.env["sale.order"]._search([("ec_status", "in", IN_WORK), ("user_id", "!=", False)])
        found = self.env.execute_query(
            SQL("(%s) UNION (%s)", holds.select("DISTINCT owner_id"), orders.select("DISTINCT sale_order.user_id"))
        )
        # who answers for an order that one may see is no secret, wherever they work
        users = self.env["res.users"].sudo().browse(row[0] for row in found)
        return [[user.id, user.name] for user in users.sorted("name")]

    # ---- what other addons extend

    @api.model
    def _board_queues(self):
        """The queues in their order, each a dict of

        ``key`` (unique), ``name``, ``section`` (``"holds"``, ``"progress"`` or a title of your own), ``domain``
        (over ``sale.order``: who stands in it) and, if wanted, ``hint`` (what to do here) and ``color``.
        Extend it with ``super()._board_queues() + [{...}]``. Empty queues of the section ``"holds"`` are left out.
        """
        hold_types = self.env["ec.order.hold.type"].with_context(active_test=False).search([])
        statuses = dict(self.env["sale.order"]._fields["ec_status"]._description_selection(self.env))
        queues = [
            {
                "key": f"hold-{hold_type.code}",
                "name": hold_type.name,
                "section": "holds",
                "hint": hold_type.advice or "",
                "color": hold_type.color,
                "type_id": hold_type.id,
            }
            for hold_type in hold_types
        ]
        queues += [
            {
                "key": f"status-{status}",
                "name": statuses[status],
                "section": "progress",
                "status": status,
                "domain": [("ec_status", "=", status)],
            }
            for status in IN_WORK
        ]
        everything = self.env._("All in Work")
        return [
            *queues,
            {"key": ALL, "name": everything, "section": "progress", "domain": [("ec_status", "in", IN_WORK)]},
        ]

    @api.model
    def _board_search_domains(self, words):
        """Domains over ``sale.order``, any of which finds an order by these words. Extend to find more."""
        return [
            [("name", "ilike", words)],
            [("client_order_ref", "ilike", words)],
            [("partner_id.complete_name", "ilike", words)],
        ]

    # ---- counting

    @api.model
    def _board_check(self):
        self.env["ec.order.hold"].check_access("read")
        self.env.flush_all()
        # compiling such statements takes longer than running them
        self.env.cr.execute("SET LOCAL jit = off")

    @api.model
    def _board_look(self, words, filters, responsible):
        """What the user narrowed the board to, as domains."""
        uid, now = self.env.uid, fields.Datetime.now()
        holds, orders, waits = Domain.TRUE, Domain.TRUE, Domain("open", "=", True)
        if "mine" in filters:
            mine = Domain("owner_id", "=", uid) | (
                Domain("owner_id", "=", False) & Domain("type_id.owner_group_id.all_user_ids", "in", uid)
            )
            holds &= mine
            orders &= Domain("user_id", "=", uid) | Domain("ec_hold_ids", "any", waits & mine)
        if responsible:
            user_id = False if responsible == "none" else int(responsible)
            owned = Domain("owner_id", "=", user_id)
            holds &= owned
            orders &= Domain("user_id", "=", user_id) | Domain("ec_hold_ids", "any", waits & owned)
        if "overdue" in filters:
            late = Domain("due", "<", now)
            holds &= late
            promised = Domain("state", "=", "sale") & Domain("commitment_date", "<", now)
            orders &= promised | Domain("ec_hold_ids", "any", waits & late)
        return Look(self._board_found((words or "").strip()), holds, orders)

    @api.model
    def _board_found(self, words):
        """The orders on the board that these words mean, as a domain."""
        if not words:
            return Domain.TRUE
        Order = self.env["sale.order"]
        shown = Domain("ec_status", "in", IN_WORK) | Domain("ec_hold_count", ">", 0)
        parts = [Order._search(shown & Domain(domain)).subselect() for domain in self._board_search_domains(words)]
        found = self.env.execute_query(SQL(" UNION ").join(parts))
        return Domain("id", "in", [row[0] for row in found])

    @api.model
    def _board_counted(self, look):
        """The queues with ``count``, ``value`` (company currency), ``age`` (seconds, of the oldest) and ``overdue``."""
        types, statuses = self._board_count_holds(look), self._board_count_statuses(look)
        nothing = {"count": 0, "value": 0.0, "age": None, "overdue": 0}
        queues = []
        for queue in self._board_queues():
            if "type_id" in queue:
                counts = types.get(queue["type_id"])
            elif "status" in queue:
                counts = statuses.get(queue["status"])
            elif queue["key"] == ALL:
                counts = self._board_sum(statuses.values())
            else:
                counts = self._board_sum(self._board_count_statuses(look, queue["domain"]).values())
            if counts or queue["section"] != "holds":
                queues.append({**queue, **(counts or nothing)})
        return queues

    @api.model
    def _board_sum(self, rows):
        rows = list(rows)
        return rows and {
            **{name: sum(row[name] for row in rows) for name in ("count", "value", "overdue")},
            "age": max((row["age"] for row in rows if row["age"] is not None), default=None),
        }

    @api.model
    def _board_count_holds(self, look):
        """``{type id: counts}``: an order counts once in each type."""
        orders = self.env["sale.order"]._search(look.found)
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT waiting.type_id, count(*) AS count, sum(%(value)s) AS value,
                       %(age)s AS age, count(*) FILTER (WHERE waiting.due < %(now)s) AS overdue
                  FROM %(orders)s JOIN (%(waiting)s) waiting ON waiting.order_id = sale_order.id
                 WHERE %(where)s
                 GROUP BY waiting.type_id
                """,
                value=self._board_value(),
                age=self._board_age(SQL("min(waiting.since)")),
                now=fields.Datetime.now(),
                waiting=self._board_waiting(look.holds),
                orders=orders.from_clause,
                where=orders.where_clause or SQL("TRUE"),
            )
        )
        return {row.pop("type_id"): row for row in rows}

    @api.model
    def _board_count_statuses(self, look, domain=(("ec_status", "in", IN_WORK),)):
        """``{status: counts}`` of the orders of this domain."""
        orders = self.env["sale.order"]._search(Domain(domain) & look.found & look.orders)
        now = fields.Datetime.now()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT sale_order.ec_status, count(*) AS count, sum(%(value)s) AS value, %(age)s AS age,
                       count(*) FILTER (WHERE %(promise)s < %(now)s OR late.order_id IS NOT NULL) AS overdue
                  FROM %(orders)s
                  LEFT JOIN (SELECT DISTINCT order_id FROM ec_order_hold WHERE open IS TRUE AND due < %(now)s) late
                       ON late.order_id = sale_order.id
                 WHERE %(where)s
                 GROUP BY sale_order.ec_status
                """,
                value=self._board_value(),
                age=self._board_age(
                    SQL("min(CASE sale_order.ec_status WHEN 'held' THEN ec_hold_since ELSE date_order END)")
                ),
                promise=LATE_PROMISE,
                now=now,
                orders=orders.from_clause,
                where=orders.where_clause or SQL("TRUE"),
            )
        )
        return {row.pop("ec_status"): row for row in rows}

    @api.model
    def _board_waiting(self, domain):
        """SQL: order_id, type_id, since and due of open holds, a row an order and type."""
        holds = self.env["ec.order.hold"]._search(Domain("open", "=", True) & domain)
        return SQL(
            """
            SELECT ec_order_hold.order_id, ec_order_hold.type_id,
                   min(ec_order_hold.opened_at) AS since, min(ec_order_hold.due) AS due
              FROM %s WHERE %s GROUP BY ec_order_hold.order_id, ec_order_hold.type_id
            """,
            holds.from_clause,
            holds.where_clause,
        )

    @api.model
    def _board_value(self):
        """SQL: the order's total in the currency of the user's company, at today's rate where companies differ."""
        value = SQL("(sale_order.amount_total::float8 / COALESCE(NULLIF(sale_order.currency_rate, 0), 1)::float8)")
        goal = self.env.company.currency_id
        others = self.env.companies.filtered(lambda company: company.currency_id != goal)
        if not others:
            return value
        rates = [
            SQL(
                "WHEN %s THEN %s::float8",
                company.id,
                self.env["res.currency"]._get_conversion_rate(
                    company.currency_id, goal, company, fields.Date.context_today(self)
                ),
            )
            for company in others
        ]
        return SQL("(%s * CASE sale_order.company_id %s ELSE 1 END)", value, SQL(" ").join(rates))

    @api.model
    def _board_age(self, since):
        return SQL("extract(epoch FROM %s::timestamp - %s)::int", fields.Datetime.now(), since)

    # ---- one page

    @api.model
    def _board_ids(self, queue, look, sort, offset, limit):
        """Ids of the orders on this page of the queue."""
        if sort not in SORTS:
            raise UserError(self.env._("The board cannot be sorted by %s.", sort))
        if "type_id" in queue:
            orders = self.env["sale.order"]._search(look.found)
            holds = look.holds & Domain("type_id", "=", queue["type_id"])
            more = SQL("JOIN (%s) waiting ON waiting.order_id = sale_order.id", self._board_waiting(holds))
            since, due = SQL("waiting.since"), SQL("waiting.due")
        else:
            orders = self.env["sale.order"]._search(Domain(queue["domain"]) & look.found & look.orders)
            more = SQL()
            since = SQL("sale_order.ec_hold_since" if queue.get("status") == "held" else "sale_order.date_order")
            if sort == "due":
                more = SQL(
                    """LEFT JOIN (SELECT order_id, min(due) AS due FROM ec_order_hold WHERE open IS TRUE AND due IS NOT NULL
                        GROUP BY order_id) waiting ON waiting.order_id = sale_order.id"""
                )
                due = SQL("LEAST(waiting.due, CASE WHEN sale_order.state = 'sale' THEN sale_order.commitment_date END)")
        by = {
            "oldest": lambda: since,
            "due": lambda: SQL("%s NULLS LAST, %s", due, since),
            "value": lambda: SQL("%s DESC", self._board_value()),
        }[sort]()
        query = SQL(
            "SELECT sale_order.id FROM %s %s WHERE %s ORDER BY %s, sale_order.id LIMIT %s OFFSET %s",
            orders.from_clause,
            more,
            orders.where_clause or SQL("TRUE"),
            by,
            limit,
            offset,
        )
        return [row[0] for row in self.env.execute_query(query)]

    @api.model
    def _board_rows(self, ids, queue=None):
        """What the screen shows of these orders."""
        orders = self.env["sale.order"].browse(ids)
        names = (
            "name", "partner_id", "client_order_ref", "date_order", "commitment_date", "amount_total", "currency_id",
            "user_id", "state", "ec_status", "company_id",
        )  # fmt: skip
        orders.fetch(names)
        holds = self._board_open_holds(orders, queue)
        # names of customer and salesperson, as in any list of orders
        partners, users = orders.partner_id.sudo(), orders.user_id.sudo()
        partner_names = dict(zip(partners.ids, partners.mapped("display_name"), strict=True))
        user_names = dict(zip(users.ids, users.mapped("name"), strict=True))
        now = fields.Datetime.now()
        several = len(self.env.companies) > 1
        return [
            {
                "id": order.id,
                "name": order.name,
                "customer": partner_names.get(order.partner_id.id, ""),
                "reference": order.client_order_ref or "",
                "date": fields.Datetime.to_string(order.date_order),
                "promised": fields.Datetime.to_string(order.commitment_date) if order.state == "sale" else False,
                "late": bool(order.state == "sale" and order.commitment_date and order.commitment_date < now),
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "salesperson": user_names.get(order.user_id.id, ""),
                "status": order.ec_status,
                # as the switch of companies shows it
                "company": order.company_id.sudo().name if several else "",
                "holds": holds.get(order.id, []),
            }
            for order in orders
        ]

    @api.model
    def _board_open_holds(self, orders, queue=None):
        """``{order id: [hold]}``: that of the queue first, then by due and opening time."""
        type_id = (queue or {}).get("type_id")
        holds = self.env["ec.order.hold"].search([("order_id", "in", orders.ids), ("open", "=", True)])
        result = {}
        for hold in holds.sorted(
            lambda h: (h.type_id.id != type_id, not h.due, h.due or h.opened_at, h.opened_at, h.id)
        ):
            result.setdefault(hold.order_id.id, []).append(self._board_hold(hold))
        return result

    @api.model
    def _board_hold(self, hold):
        now = fields.Datetime.now()
        return {
            "id": hold.id,
            "queue": f"hold-{hold.type_id.code}",
            "name": hold.type_id.name,
            "color": hold.type_id.color,
            "reason": hold.reason or "",
            "advice": hold.advice or "",
            "ends": hold.released_when or "",
            # an owner may work in a company that one does not see
            "owner": hold.owner_id.sudo().name or "",
            "age": int((now - hold.opened_at).total_seconds()),
            "opened": fields.Datetime.to_string(hold.opened_at),
            "due": fields.Datetime.to_string(hold.due) if hold.due else False,
            "left": int((hold.due - now).total_seconds()) if hold.due else None,
        }
