from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from odoo import api, models
from odoo.tools import SQL, split_every

from odoo.addons.ec_stock_atp.sharing import Sink, limits, next_pushes, targets, threshold

from .ec_stock_level import EXPOSURE

PLAN_PRODUCTS = 1000
SALES_ROWS = 20_000
RATE_MINUTES = 360  # the sales rate forgets with this time constant
SKEW_MINUTES = 10  # the shop's clock and ours
SETTLE_ATTEMPTS = 5
QUEUED_BATCHES = 2  # a channel with so many pushes on their way gets no more: what is due is told together when they are settled
PRIOR_UNITS = 1  # each shop counts as if it had sold one more of late: a shop that never sold gets units too
LEAVE_STRICT = 2  # divided units are shared again at this multiple of the threshold: no flapping around it


class EcStockPlanner(models.AbstractModel):
    """From what may be sold to what each shop shall show, and the pushes that may be sent now.

    One planner a database at a time (`ec.lane`), in lots of products: it alone takes sales in, settles readings and stores
    pushes. What it decides is `ec_stock_atp/sharing.py`; here are its facts and its outcome.
    """

    _name = "ec.stock.planner"
    _description = "Stock Planner"

    @api.model
    def _work_plan(self):
        """One lot. Returns the number of rows handled."""
        self.env.flush_all()
        handled = self.env["ec.stock.level"]._resync()
        handled += self._fold_sales()
        handled += self._fold_hints()
        handled += self._settle_readings()
        # after a complete fold every figure is what this snapshot says
        handled += self.env["ec.stock.dirty"]._fold()
        products = self.env["ec.stock.todo"]._take(PLAN_PRODUCTS)
        if products:
            self._plan(products)
        return handled + len(products)

    # ---- what the shops sold

    @api.model
    def _fold_sales(self):
        """Orders that came in lower what their shop is believed to show, and what is on its way to it.

        Orders placed before the figure was read are contained in it; what came back meanwhile is added to a figure that was read and
        does not count yet, so that it stays an upper bound. Where it cannot be told which of several locations
        the shop took the units from, its figures are read again.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH sale AS (
                    DELETE FROM ec_stock_sale WHERE id IN (SELECT id FROM ec_stock_sale ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
                    RETURNING *
                ),
                met AS (
                    SELECT level.id, sale.units, sale.happened_at,
                           sale.location = level.location_external_id OR count(*) OVER (PARTITION BY sale.id) = 1 AS sure
                      FROM sale
                      JOIN ec_listing listing ON listing.channel_id = sale.channel_id AND listing.external_id = sale.listing_key
                      JOIN ec_stock_level level ON level.listing_id = listing.id AND sale.location IN ('', level.location_external_id)
                ),
                total AS (
                    SELECT level.id, count(*) AS times, bool_and(met.sure OR met.units = 0) AS sure,
                           COALESCE(sum(met.units) FILTER (WHERE met.sure
                               AND met.happened_at >= level.baseline_at - make_interval(mins => %(skew)s)), 0) AS units,
                           COALESCE(sum(met.units) FILTER (WHERE met.units > 0
                               AND met.happened_at > now() AT TIME ZONE 'UTC' - interval '1 day'), 0) AS sold,
                           COALESCE(sum(-met.units) FILTER (WHERE met.units < 0), 0) AS back
                      FROM met JOIN ec_stock_level level USING (id) GROUP BY level.id
                ),
                changed AS (
                    UPDATE ec_stock_level level
                       SET believed = believed - total.units, flight_left = flight_left - total.units,
                           stale_quantity = stale_quantity + total.back,
                           sold_seq = sold_seq + total.times,
                           rate = rate * exp(GREATEST(-50, -extract(epoch FROM now() AT TIME ZONE 'UTC'
                                                - COALESCE(rate_at, now() AT TIME ZONE 'UTC')) / 60 / %(minutes)s))
                                  + total.sold / %(minutes)s::float8,
                           rate_at = now() AT TIME ZONE 'UTC',
                           state = CASE WHEN NOT total.sure AND state IN ('ok', 'due') THEN 'stale' ELSE state END,
                           stale_at = CASE WHEN NOT total.sure AND state IN ('ok', 'due') THEN NULL ELSE stale_at END,
                           due_at = CASE WHEN NOT total.sure THEN now() AT TIME ZONE 'UTC' ELSE due_at END
                      FROM total WHERE level.id = total.id
                 RETURNING level.product_id
                ),
                todo AS (INSERT INTO ec_stock_todo (product_id) SELECT DISTINCT product_id FROM changed)
                SELECT count(*) FROM sale
                """,
                limit=SALES_ROWS,
                skew=SKEW_MINUTES,
                minutes=RATE_MINUTES,
            )
        )
        return rows[0][0]

    @api.model
    def _fold_hints(self):
        """Figures that a shop says it shows and that are not what we believe: read again. Our own echo is none of these."""
        rows = self.env.execute_query(
            SQL(
                """
                WITH hint AS (
                    DELETE FROM ec_stock_hint WHERE id IN (SELECT id FROM ec_stock_hint ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
                    RETURNING *
                ),
                doubtful AS (
                    UPDATE ec_stock_level level SET state = 'stale', stale_at = NULL, due_at = now() AT TIME ZONE 'UTC'
                     WHERE level.state IN ('ok', 'due') AND EXISTS (
                           SELECT FROM hint WHERE hint.channel_id = level.channel_id AND hint.item = level.inventory_external_id
                              AND COALESCE(hint.location, level.location_external_id) = level.location_external_id
                              AND hint.quantity IS DISTINCT FROM GREATEST(level.believed, 0)
                              AND hint.quantity IS DISTINCT FROM level.acknowledged)
                    RETURNING 1
                )
                SELECT (SELECT count(*) FROM hint) FROM (SELECT count(*) FROM doubtful) d
                """,
                SALES_ROWS,
            )
        )
        return rows[0][0]

    @api.model
    def _settle_readings(self):
        """A figure that was read counts once all orders placed before it are in, and none came in between.

        The orders are asked for after the figure's answer (`stale_at`): a poll under way during that call may lack what it contains.
        If some did, it is read again. An item that sells faster than that gets the figure, and what it exposed until now stays exposed
        (`extra`): what was given back meanwhile may not be in the figure. It is read again once it is quieter.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH ready AS (
                    SELECT level.id, level.sold_seq = level.stale_seq OR level.attempts >= %(attempts)s AS settled,
                           CASE WHEN level.sold_seq = level.stale_seq OR level.believed IS NULL THEN 0
                                ELSE GREATEST(0, %(exposure)s - level.stale_quantity) END AS extra
                      FROM ec_stock_level level
                      JOIN ec_channel channel ON channel.id = level.channel_id
                     WHERE level.state IN ('unread', 'stale') AND level.stale_at < channel.orders_read_at
                       AND NOT EXISTS (SELECT FROM ec_inbound_event event WHERE event.channel_id = level.channel_id
                                          AND event.kind = 'order' AND event.state = 'pending' AND event.received_at <= channel.orders_read_at)
                       AND NOT EXISTS (SELECT FROM ec_stock_sale sale WHERE sale.channel_id = level.channel_id)
                ),
                changed AS (
                    UPDATE ec_stock_level level
                       SET state = CASE WHEN settled THEN CASE WHEN level.pulled THEN 'due' ELSE 'ok' END ELSE level.state END,
                           drift = CASE WHEN settled AND level.flight_batch IS NULL AND level.believed IS NOT NULL
                                             AND GREATEST(level.believed, 0) <> stale_quantity
                                        THEN stale_quantity - level.believed ELSE drift END,
                           drift_at = CASE WHEN settled AND level.flight_batch IS NULL AND level.believed IS NOT NULL
                                                AND GREATEST(level.believed, 0) <> stale_quantity
                                           THEN now() AT TIME ZONE 'UTC' ELSE drift_at END,
                           drift_reason = CASE WHEN settled AND level.flight_batch IS NULL AND level.believed IS NOT NULL
                                                    AND GREATEST(level.believed, 0) <> stale_quantity
                                               THEN CASE WHEN level.extra > 0 THEN 'unsure' ELSE 'changed' END ELSE drift_reason END,
                           believed = CASE WHEN settled THEN stale_quantity ELSE level.believed END,
                           extra = CASE WHEN settled THEN ready.extra ELSE level.extra END,
                           baseline_at = CASE WHEN settled THEN stale_at ELSE baseline_at END,
                           checked_at = CASE WHEN settled THEN stale_at ELSE checked_at END,
                           controlled = level.controlled OR (settled AND channel.stock_state = 'on'),
                           flight_batch = CASE WHEN settled THEN NULL ELSE flight_batch END,
                           flight_quantity = CASE WHEN settled THEN NULL ELSE flight_quantity END,
                           flight_left = CASE WHEN settled THEN NULL ELSE flight_left END,
                           stale_quantity = NULL, stale_at = NULL,
                           attempts = CASE WHEN settled THEN 0 ELSE attempts + 1 END,
                           due_at = now() AT TIME ZONE 'UTC'
                      FROM ready, ec_channel channel WHERE ready.id = level.id AND channel.id = level.channel_id
                 RETURNING level.product_id
                ),
                todo AS (INSERT INTO ec_stock_todo (product_id) SELECT DISTINCT product_id FROM changed)
                SELECT count(*) FROM changed
                """,
                attempts=SETTLE_ATTEMPTS,
                exposure=SQL(EXPOSURE.format("level")),
            )
        )
        return rows[0][0]

    @api.model
    def _work_assign(self):
        """Reserve what had to wait while shops showed the units, as far as they have been set free. Answers 0: once is enough."""
        rows = self.env.execute_query(SQL("SELECT DISTINCT product_id FROM stock_move WHERE ec_set_aside"))
        self.env["stock.move"]._ec_assign_set_aside([product for (product,) in rows])
        return 0

    # ---- the plan

    @api.model
    def _plan(self, product_ids):
        """Bring desired figures up to date and store the pushes that may be sent now."""
        changes, raised = [], set()
        facts = self._facts(product_ids)
        self._note_pools(facts, product_ids)
        busy = self._busy_channels()
        for row in facts:
            row.busy = row.channel_id in busy
        for _product, rows in groupby(facts, key=attrgetter("product_id")):
            for row, change in self._plan_product(list(rows), raised):
                changes.append((row, change))
        self._store(changes)
        if raised:  # a reservation of somebody else that did not see it yet must start again
            self.env["ec.stock.guard"]._mark_pairs(raised)

    @api.model
    def _facts(self, product_ids):
        """Rows of these products with all that their plan depends on, by product."""
        cr = self.env.cr
        cr.execute(
            f"""
            SELECT level.id, level.product_id, level.channel_id, level.policy_id, level.state, level.controlled, level.strict, level.desired,
                   level.believed, level.extra, level.flight_batch IS NOT NULL AS flying, {EXPOSURE.format("level")} AS exposure,
                   level.rate * exp(GREATEST(-50, -extract(epoch FROM now() AT TIME ZONE 'UTC'
                                        - COALESCE(level.rate_at, now() AT TIME ZONE 'UTC')) / 60 / %(minutes)s)) AS rate,
                   COALESCE(figure.quantity, 0) AS quantity, COALESCE(figure.offer, 0) AS offer, COALESCE(figure.mode, policy.mode) AS mode,
                   policy.strict_below, policy.safety, channel.stock_lag, channel.stock_compare,
                   listing.stock_rule, listing.stock_units,
                   channel.stock_state = 'on' AND channel.state IN ('sandbox', 'live') AND NOT COALESCE(company.ec_stock_stopped, FALSE) AS sending, level.pulled
              FROM ec_stock_level level
              JOIN ec_listing listing ON listing.id = level.listing_id
              JOIN ec_channel channel ON channel.id = level.channel_id
              JOIN res_company company ON company.id = level.company_id
              JOIN ec_stock_policy policy ON policy.id = level.policy_id
              LEFT JOIN ec_stock_figure figure ON figure.policy_id = level.policy_id AND figure.product_id = level.product_id
             WHERE level.product_id = ANY(%(products)s)
             ORDER BY level.product_id, level.id
            """,  # pylint: disable=sql-injection
            {"products": list(product_ids), "minutes": float(RATE_MINUTES)},
        )
        return [_Row(*values) for values in cr.fetchall()]

    @api.model
    def _busy_channels(self):
        """Ids of channels with enough on their way: the fuller the batches, the more a slow shop is told in the same time."""
        rows = self.env.execute_query(
            SQL(
                """SELECT channel_id FROM ec_stock_level WHERE flight_batch IS NOT NULL AND state = 'flight'
                 GROUP BY 1 HAVING count(DISTINCT flight_batch) >= %s""",
                QUEUED_BATCHES,
            )
        )
        return {channel for (channel,) in rows}

    @api.model
    def _note_pools(self, rows, product_ids):
        """Units held for the buyers of a shop belong to the first of its rows that sells from their warehouse."""
        pools, places = self.env["ec.stock.pool"]._shop_units(product_ids), self._places()
        if not pools:
            return
        for row in rows:
            left = pools.get((row.product_id, row.channel_id), [])
            own = [entry for entry in left if entry[0] in places.get(row.policy_id, ())]
            row.pool = sum(units for _warehouse, units in own)
            for entry in own:
                left.remove(entry)
            if row.stock_rule in ("sold_out", "limit"):
                row.pool = min(row.pool, row.stock_units if row.stock_rule == "limit" else 0)

    @api.model
    def _plan_product(self, rows, raised):
        """Yield (row, (desired, strict, push or None)) of one product's rows. Adds (product, warehouse) of what is raised while
        it is divided to `raised`.
        """
        for row in rows:
            if row.stock_rule == "fixed":  # made to order: no units of ours stand behind it
                value = row.stock_units
                yield row, (value, False, value if row.may_push and value != max(0, row.believed) else None)
        for group in self._groups([row for row in rows if row.stock_rule != "fixed"]):
            yield from self._plan_group(group, raised)

    @api.model
    def _groups(self, rows):
        """The rows of one product, parted where they share no warehouse."""
        groups = []
        places = self._places()
        for row in rows:
            own = places.get(row.policy_id, frozenset())
            merged = [group for group in groups if group[0] & own]
            groups = [group for group in groups if not group[0] & own]
            found = own.union(*(group[0] for group in merged))
            groups.append((found, [r for group in merged for r in group[1]] + [row]))
        return [sorted(group[1], key=attrgetter("id")) for group in groups]

    @api.model
    def _places(self):
        """{policy id: its warehouses}, read once a transaction."""
        data = self.env.cr.precommit.data
        if "ec.stock.planner.places" not in data:
            self.env.cr.execute("SELECT policy_id, array_agg(warehouse_id) FROM ec_stock_policy_line WHERE share > 0 GROUP BY 1")
            data["ec.stock.planner.places"] = {policy: frozenset(ids) for policy, ids in self.env.cr.fetchall()}
        return data["ec.stock.planner.places"]

    @api.model
    def _plan_group(self, rows, raised):
        """As `_plan_product`, for rows that share warehouses."""
        places = self._places()
        offers = {}
        for row in rows:
            own = places.get(row.policy_id, frozenset())
            offers[own] = max(offers.get(own, row.offer), row.offer)
        offer = max(offers.values())
        steered = [row for row in rows if row.steered]
        strict = self._is_strict(rows, steered, offer)
        mode = "strict" if strict else "shared"
        held = [row for row in rows if row.controlled and not row.steered]  # nobody tells these; what they show stays out
        sinks = _sinks(steered)
        bounds = [
            type(limit)(limit.units - sum(r.shared_exposure for r in held if r.id in limit.sinks), limit.sinks)
            for limit in (limits(offers, {r.id: places.get(r.policy_id, frozenset()) for r in rows}) if len(offers) > 1 else ())
        ]
        free = offer - sum(row.shared_exposure for row in held) if strict else offer
        goals = targets(mode, free, sinks)
        if strict and bounds:
            goals = _within(goals, bounds)
            sinks = [replace(sink, cap=goals[sink.id]) for sink in sinks]
        shown = targets(mode, offer, _sinks([row for row in rows if not row.pulled])) if len(steered) < len(rows) else goals
        unread = any(row.sending and row.believed is None and row.state == "unread" for row in rows)
        pushes = next_pushes(mode, free, sinks, limits=bounds) if any(row.may_push for row in rows) else {}
        for row in rows:
            goal = row.believed or 0 if row.pulled else row.pool + goals.get(row.id, shown.get(row.id, 0))
            push = None
            if row.may_push:
                push = row.pool + pushes.get(row.id, max(0, row.believed - row.pool))
                push = None if push == max(0, row.believed) else push
            if push is not None and strict and push > row.exposure:
                if unread:
                    push = None  # what another shop shows is not known yet
                else:
                    raised.update((row.product_id, warehouse) for warehouse in places.get(row.policy_id, ()))
            yield row, (goal, strict and row.controlled, push)

    @api.model
    def _is_strict(self, rows, steered, offer):
        """Whether the units are divided now. The strictest policy of those that share the units decides."""
        modes = {row.mode for row in rows}
        if "strict" in modes:
            return True
        if "hybrid" not in modes or not steered:
            return False
        hybrid = [row for row in rows if row.mode == "hybrid"]
        limit = threshold(
            sum(row.rate for row in steered),
            max(row.stock_lag or 0 for row in steered),
            max(row.safety or 0 for row in hybrid),
            max(row.strict_below or 0 for row in hybrid),
        )
        return offer < limit * (LEAVE_STRICT if any(row.strict for row in rows) else 1)

    @api.model
    def _store(self, changes):
        """Write desired figures, and pushes before anything is sent: batch by batch, as large as each channel takes them."""
        pushes = defaultdict(list)
        for row, (_desired, _strict, push) in changes:
            if push is not None:
                pushes[row.channel_id].append(row.id)
        sizes = {c.id: c.stock_batch or 100 for c in self.env["ec.channel"].browse(pushes)}
        chunks = [chunk for channel, ids in sorted(pushes.items()) for chunk in split_every(sizes[channel], sorted(ids))]
        batches = {}
        if chunks:
            self.env.cr.execute("SELECT nextval('ec_stock_batch') FROM generate_series(1, %s)", [len(chunks)])
            for (number,), chunk in zip(self.env.cr.fetchall(), chunks, strict=True):
                batches.update(dict.fromkeys(chunk, number))
        values = []
        for row, (desired, strict, push) in changes:
            if push is not None:
                state = "flight"
            elif row.flying or row.pulled or row.state in ("unread", "stale", "error"):
                state = row.state
            else:
                state = "ok" if row.believed is not None and desired == max(0, row.believed) else "due"
            if push is not None or (desired, strict, state) != (row.desired, row.strict, row.state):
                extra = 0
                if push is not None and not row.stock_compare:
                    extra = min(max(0, row.believed), max(0, push))
                values.append((row.id, desired, strict, state, push, batches.get(row.id), extra))
        if not values:
            return
        self.env.cr.execute(
            """
            UPDATE ec_stock_level level
               SET version = version + (level.desired <> v.desired)::int,
                   desired_at = CASE WHEN level.desired <> v.desired OR level.desired_at IS NULL THEN now() AT TIME ZONE 'UTC' ELSE level.desired_at END,
                   desired = v.desired, strict = v.strict, state = v.state,
                   flight_batch = COALESCE(v.batch, level.flight_batch),
                   flight_quantity = COALESCE(v.push, level.flight_quantity),
                   flight_left = COALESCE(v.push, level.flight_left),
                   flight_expected = CASE WHEN v.push IS NULL THEN level.flight_expected ELSE level.believed END,
                   flight_at = CASE WHEN v.push IS NULL THEN level.flight_at ELSE now() AT TIME ZONE 'UTC' END,
                   due_at = CASE WHEN v.push IS NULL THEN level.due_at ELSE now() AT TIME ZONE 'UTC' END,
                   attempts = CASE WHEN v.push IS NULL THEN level.attempts ELSE 0 END,
                   extra = level.extra + v.extra
              FROM unnest(%s::int[], %s::int[], %s::bool[], %s::text[], %s::int[], %s::bigint[], %s::int[])
                   AS v (id, desired, strict, state, push, batch, extra)
             WHERE level.id = v.id
            """,
            [list(column) for column in zip(*values, strict=True)],
            log_exceptions=False,  # a conflict with a lane is retried
        )
        self.env["ec.stock.level"].invalidate_model(flush=False)


class _Row:
    """One row of `_facts` in plain values."""

    __slots__ = (
        "id", "product_id", "channel_id", "policy_id", "state", "controlled", "strict", "desired", "believed", "extra", "flying", "exposure",
        "rate", "quantity", "offer", "mode", "strict_below", "safety", "stock_lag", "stock_compare", "stock_rule", "stock_units", "sending",
        "pulled", "pool", "busy",
    )  # fmt: skip

    def __init__(self, *values):
        for name, value in zip(self.__slots__, (*values, 0, False), strict=True):
            setattr(self, name, value)

    @property
    def shared_exposure(self):
        """Units it exposes of those that the shops share: without what is held for its own buyers."""
        return max(0, self.exposure - self.pool)

    @property
    def steered(self):
        """Its figure is ours to set now, be it after an answer or a reading."""
        return self.controlled and self.sending and self.state != "error" and self.stock_rule != "paused" and not self.pulled

    @property
    def may_push(self):
        return self.steered and not self.busy and self.state in ("ok", "due") and not self.flying and self.believed is not None

    @property
    def cap(self):
        if self.stock_rule == "sold_out":
            return 0
        return min(self.quantity, self.stock_units - self.pool) if self.stock_rule == "limit" else self.quantity


def _within(goals, bounds):
    """Targets that all bounds allow together: otherwise a shop would wait for units that never come."""
    left = [max(0, bound.units) for bound in bounds]
    fitting = {}
    for id_, goal in sorted(goals.items()):
        mine = [number for number, bound in enumerate(bounds) if id_ in bound.sinks]
        fitting[id_] = min([goal, *(left[number] for number in mine)])
        for number in mine:
            left[number] -= fitting[id_]
    return fitting


def _sinks(rows):
    return [
        Sink(
            id=row.id,
            believed=max(0, (row.believed or 0) - row.pool) if row.pool else row.believed or 0,
            weight=row.rate * RATE_MINUTES + PRIOR_UNITS,
            in_flight=() if row.may_push else (max(0, row.shared_exposure - row.extra),),
            cap=max(0, row.cap),
            extra=row.extra,
        )
        for row in rows
    ]
