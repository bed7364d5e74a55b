import random

from odoo.tests import TransactionCase, tagged

from odoo.addons.ec_order_routing.engine.compile import compile_domain

TYPES = {
    "client_order_ref": "char",
    "amount_total": "monetary",
    "prepayment_percent": "float",
    "commitment_date": "datetime",
    "validity_date": "date",
    "locked": "boolean",
    "state": "selection",
    "team_id": "many2one",
    "team_id.sequence": "integer",
    "team_id.user_id": "many2one",
    "tag_ids": "many2many",
    "partner_id": "many2one",
    "partner_id.ref": "char",
    "partner_id.partner_latitude": "float:7",
    "partner_id.parent_id": "many2one",
    "partner_id.parent_id.ref": "char",
    "partner_id.parent_id.color": "integer",
    "partner_id.parent_id.is_company": "boolean",
    "partner_id.parent_id.category_id": "many2many",
    "order_line": "one2many",
}
TEXTS = ["a", "A", "ab", "É", "é", "東京", "a%b", "a_b", "a\\b", "10 %"]
PATTERNS = ["a", "A", "%", "a%", "_b", "\\%", "東", "É", "é", "b\\", "a\\_b", "", "1%"]
INEQUALITIES = ["<", "<=", ">", ">="]
LIKE = ["like", "ilike", "not like", "not ilike", "=like", "=ilike", "not =like", "not =ilike"]
SEED = 20_261_123
ORDERS, DOMAINS = 60, 800


@tagged("post_install", "-at_install")
class TestEngineSearch(TransactionCase):
    """The engine's predicates find what Odoo's own search finds, on columns of which many are NULL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = cls.rng = random.Random(SEED)
        refs = [None, "", "é", "a%b", "a\\b", "A"]
        cls.partners = cls.env["res.partner"].create([{"name": f"Buyer {number}"} for number in range(len(refs))])
        cls.tags = cls.env["crm.tag"].create([{"name": f"Search {number}"} for number in range(3)])
        cls.teams = cls.env["crm.team"].create([{"name": "North", "sequence": 5, "user_id": False}, {"name": "South"}])
        cls.orders = cls.env["sale.order"].create(
            [{"partner_id": rng.choice(cls.partners).id} for _number in range(ORDERS)]
        )
        cls.env.flush_all()
        for partner, ref in zip(cls.partners, refs, strict=True):
            parent = rng.choice([None, *(cls.partners - partner).ids])
            cls._set(
                partner,
                ref=ref,
                parent_id=parent,
                color=rng.choice([None, 0, 1]),
                partner_latitude=rng.choice([None, 0.1234568]),
            )
        for order in cls.orders:
            cls._set(
                order,
                client_order_ref=rng.choice([None, "", *TEXTS]),
                amount_total=rng.choice([None, 0, -100, 99.99]),
                prepayment_percent=rng.choice([None, 0, 0.5, 1]),
                commitment_date=rng.choice(
                    [None, "2026-01-31 23:59:59", "2026-02-01 00:00:00", "2026-02-01 00:00:00.5"]
                ),
                validity_date=rng.choice([None, "2026-01-31", "2026-02-01"]),
                locked=rng.choice([None, True, False]),
                team_id=rng.choice([None, *cls.teams.ids]),
                state=rng.choice(["draft", "sent", "sale"]),
            )
            order.tag_ids = cls.tags.browse(rng.sample(cls.tags.ids, rng.randint(0, 2)))
        cls.env.flush_all()
        cls.env.invalidate_all()
        cls.values = {
            "char": ["", *TEXTS, False],
            "monetary": [0, 0.0, -100, 99.99, False],
            "float": [0, 0.5, 1, 0.12345675, 1e-8, False],
            "integer": [0, 1, 5, False],
            "datetime": ["2026-01-31 23:59:59", "2026-02-01 00:00:00"],
            "date": ["2026-01-31", "2026-02-01", "2026-02-01 10:00:00"],
            "boolean": [True, False],
            "selection": ["draft", "sale", "", False],
            "many2one": [*cls.teams.ids, *cls.partners.ids, False, 10**9],
            "many2many": [*cls.tags.ids, False, 10**9],
            "one2many": [False],
        }

    @classmethod
    def _set(cls, record, **cells):
        """Write columns as they are: the ORM would not leave some of them NULL."""
        columns = ", ".join(f"{name} = %s" for name in cells)
        cls.env.cr.execute(f"UPDATE {record._table} SET {columns} WHERE id = %s", [*cells.values(), record.id])

    def _leaf(self):
        rng = self.rng
        path = rng.choice(list(TYPES))
        kind = TYPES[path].partition(":")[0]
        operators = ["=", "!=", "in", "not in"]
        if kind in ("monetary", "float", "integer", "datetime", "date", "many2one"):
            operators += INEQUALITIES
        if kind in ("char", "selection"):
            operators += LIKE if kind == "char" else LIKE[:4]
        operator = rng.choice(operators)
        if operator in LIKE:
            return [path, operator, rng.choice(PATTERNS if kind == "char" else ["DR", "%e", "_a", "s"])]
        values = self.values[kind]
        if operator in ("in", "not in"):
            return [path, operator, [rng.choice(values) for _number in range(rng.randint(0, 3))]]
        if operator in INEQUALITIES and kind == "many2one":
            values = self.partners.ids
        return [path, operator, rng.choice(values)]

    def _domain(self, depth):
        shape = self.rng.choice(["leaf", "&", "|", "!"])
        if depth == 0 or shape == "leaf":
            return [self._leaf()]
        parts = [self._domain(depth - 1) for _number in range(1 if shape == "!" else 2)]
        return [shape, *(term for part in parts for term in part)]

    def _fact(self, order, path):
        *parents, name = path.split(".")
        record = order.with_context(active_test=False)
        for parent in parents:
            record = record[parent]
        field, value = record._fields[name], record[name]
        if field.relational:
            return value.id if field.type == "many2one" else sorted(value.ids)
        if field.type == "datetime":
            return value and field.to_string(value.replace(microsecond=0))
        return value and field.to_string(value) if field.type == "date" else value

    def _search(self, domain):
        return set(self.env["sale.order"].search([("id", "in", self.orders.ids), *domain]).ids)

    def test_predicates_find_what_search_finds(self):
        facts = {order.id: {path: self._fact(order, path) for path in TYPES} for order in self.orders}
        found_any = asked = 0
        for _number in range(DOMAINS):
            domain = self._domain(self.rng.randint(0, 3))
            predicate = compile_domain(domain, TYPES)
            answers = {digest: self._search(part) for digest, part in predicate.asked.items()}
            ours = {
                number
                for number, known in facts.items()
                if predicate(known, {digest: number in found for digest, found in answers.items()})
            }
            self.assertEqual(ours, self._search(domain), domain)
            found_any += 0 < len(ours) < ORDERS
            asked += bool(predicate.asked)
        self.assertGreater(found_any, DOMAINS / 3, "most domains are to tell orders apart")
        self.assertLess(asked, DOMAINS / 2, "most domains are to be answered from facts")
