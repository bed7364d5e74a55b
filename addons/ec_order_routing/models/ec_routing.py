from collections import defaultdict

from odoo import api, fields, models, tools

from ..engine import decide as engine

DECIDED = ("draft", "sent", "sale")


class EcRouting(models.AbstractModel):
    """Rules at work: orders that were asked for are read, decided and changed, many at once, in one transaction.

    `engine.decide.decide` is pure: the lane, a dry run and a replay call the same function, and only `ec.routing.apply` writes.
    """

    _name = "ec.routing"
    _description = "Order Routing"

    @api.model
    def _work(self, limit):
        """Decide one lot, on what trials have shown so far. Returns the number of orders that were asked for."""
        self.env["ec.rule.set"]._judge_trials()
        todo = self.env["ec.routing.todo"]
        reasons = todo._claim(limit)
        if reasons:
            self._route(reasons)
        return len(reasons)

    @api.model
    def _look(self, order_ids):
        """Decide those of these orders that were asked for, here and now, in the caller's transaction."""
        self.env.flush_all()
        if reasons := self.env["ec.routing.todo"]._take(order_ids):
            self._route(reasons)
            self.env.flush_all()
            self.env.invalidate_all()

    @api.model
    def _route(self, reasons):
        """Decide and apply. reasons: {order id: why it is looked at}. One order that fails is held and told, others go on."""
        # rules see what is there, for every company, whoever's change woke them
        orders = self.env["sale.order"].sudo().browse(reasons).filtered(lambda order: order.state in DECIDED)
        by_set = self.env["ec.rule.set"]._for_orders(orders)
        self.env["ec.routing.apply"]._let_go(orders - orders.browse().union(*by_set.values()))
        for rule_set, own in by_set.items():
            self.env["ec.lane"]._halving(
                own, lambda rows, rule_set=rule_set: self._decide_and_apply(rule_set, rows, reasons), lambda row, error, trace: self._park(row, error)
            )
        self.env["ec.lane"]._wake_after_routing()

    @api.model
    def _decide_and_apply(self, rule_set, orders, reasons):
        decided = self._decide(rule_set, orders)
        self.env["ec.routing.apply"]._apply(rule_set, decided, reasons)

    @api.model
    def _decide(self, rule_set, orders):
        """[(order, snapshot, plan)]: what the rules say of these orders now; nothing is written."""
        spec = self._spec(rule_set)
        snapshots = self._snapshots(rule_set, spec, orders)
        return [(order, snapshot, engine.decide(snapshot, spec)) for order, snapshot in zip(orders, snapshots, strict=True)]

    @api.model
    def _snapshots(self, rule_set, spec, orders):
        """The facts these rules need, in the order of `orders`."""
        rules = engine.compiled(spec)
        snapshots = self.env["ec.routing.facts"]._read_snapshots(orders.ids, rules.paths["order"], rules.paths["lines"])
        self._answer(spec, snapshots)
        if rules.sources:
            self._add_candidates(snapshots)
        return snapshots

    @api.model
    def _spec(self, rule_set):
        """What runs; of a version in use, which never changes, read and compiled once a worker."""
        if rule_set.state == "draft":
            return rule_set._spec()
        return self._spec_of(rule_set.id)

    @api.model
    @tools.ormcache("rule_set_id")
    def _spec_of(self, rule_set_id):
        return self.env["ec.rule.set"].sudo().browse(rule_set_id)._spec()  # the rules run on behalf of whoever changed an order

    @api.model
    def _answer(self, spec, snapshots):
        """Ask the database what the engine cannot prove: one search a domain, not one an order."""
        asked = engine.compiled(spec).asked
        Order, Line = (self.env[name].sudo().with_context(active_test=False) for name in ("sale.order", "sale.order.line"))  # rules see what is there
        ids = [snapshot["order"]["id"] for snapshot in snapshots]
        for digest, domain in asked["order"].items():
            true = set(Order.search([("id", "in", ids), *domain]).ids)
            for snapshot in snapshots:
                snapshot["asked"][digest] = snapshot["order"]["id"] in true
        ids = [line["id"] for snapshot in snapshots for line in snapshot["lines"]]
        for digest, domain in asked["lines"].items():
            true = set(Line.search([("id", "in", ids), *domain]).ids)
            for snapshot in snapshots:
                snapshot["asked"][digest] = [line["id"] for line in snapshot["lines"] if line["id"] in true]

    @api.model
    def _add_candidates(self, snapshots):
        """Warehouses and carriers that each order may ship from and with; those of its company."""
        candidates = self.env["ec.routing.candidates"]
        orders = self.env["sale.order"].sudo().browse(snapshot["order"]["id"] for snapshot in snapshots)  # rules see what is there
        rejected, placed = self.env["ec.routing.reject"]._of(orders.ids), self.env["ec.routing.capacity"]._places_of(orders)
        known = {}
        for snapshot in snapshots:
            order = snapshot["order"]["id"]
            company = snapshot["order"]["company_id"]
            if company not in known:
                record = self.env["res.company"].browse(company)
                known[company] = candidates._sites(record), candidates._services(record)
            sites, snapshot["services"] = known[company]
            snapshot["order"]["fact.capacity_at"] = placed.get(order, [])
            no = rejected.get(order, ())
            snapshot["sites"] = [{**site, "rejected": site["id"] in no} for site in sites] if no else sites

    @api.model
    def _park(self, order, error):
        """The rules failed on this order: a person looks at it, nobody ships it by accident."""
        reason = self.env._("The rules could not be applied: %s", str(error)[:500])
        self.env["ec.order.hold"]._open([{"order_id": order.id, "code": "rule_failed", "key": "rules", "reason": reason}])

    # ---- a person asks

    @api.model
    def _now(self, orders, reason="manual"):
        """Have these orders looked at by the lane at once."""
        self.env["ec.routing.todo"]._add(orders.ids, reason)
        self.env["ec.lane"]._wake_routing()


class EcRoutingReject(models.Model):
    """A warehouse said no to an order: it is not asked again."""

    _name = "ec.routing.reject"
    _description = "Rejected by a Warehouse"
    _order = "id desc"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, index=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    reason = fields.Selection(
        [("not_found", "Not found on the shelf"), ("damaged", "Damaged"), ("mismatch", "Less there than counted"), ("busy", "No capacity"), ("other", "Other")],
        required=True,
        readonly=True,
    )
    note = fields.Text(readonly=True)

    _order_warehouse_uniq = models.UniqueIndex("(order_id, warehouse_id)")

    @api.model
    def _of(self, order_ids):
        """{order id: {warehouse id}} that said no."""
        found = defaultdict(set)
        for row in self.sudo().search_fetch([("order_id", "in", list(order_ids))], ["order_id", "warehouse_id"]):  # as the rules
            found[row.order_id.id].add(row.warehouse_id.id)
        return found
