"""What every commit did to the units there, to plain orders and to what Odoo knows of the shops; and the merge with their books.

As in ledger.py, deferred triggers run inside COMMIT under one lock. Here each row also has the moment: whatever follows from
a commit happens after it, so commits and the shops' books, sorted by moment, are a possible order of events.
"""

from collections import Counter, defaultdict

SETUP = """
CREATE TABLE oversell_real (
    seq bigint PRIMARY KEY, at float8 NOT NULL, txid bigint NOT NULL, product_id integer, channel_id integer, what text NOT NULL, units numeric NOT NULL);

CREATE FUNCTION oversell_note(product integer, channel integer, what text, units numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF units <> 0 THEN
        PERFORM pg_advisory_xact_lock(190019);
        INSERT INTO oversell_real VALUES (nextval('oversell_seq'), extract(epoch FROM clock_timestamp()), txid_current(), product, channel, what, units);
    END IF;
END $$;

CREATE FUNCTION oversell_is_internal(place integer) RETURNS boolean LANGUAGE sql STABLE AS
    'SELECT usage IN (''internal'', ''transit'') FROM stock_location WHERE id = place';

CREATE FUNCTION oversell_real_quant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND oversell_is_internal(OLD.location_id) THEN
        PERFORM oversell_note(OLD.product_id, NULL, 'there', -COALESCE(OLD.quantity, 0));
    END IF;
    IF TG_OP <> 'DELETE' AND oversell_is_internal(NEW.location_id) THEN
        PERFORM oversell_note(NEW.product_id, NULL, 'there', COALESCE(NEW.quantity, 0));
    END IF;
    RETURN NULL;
END $$;

-- the channel of a move's order is remembered: the move may be gone when its line is
CREATE TABLE oversell_move (id integer PRIMARY KEY, channel_id integer);
CREATE FUNCTION oversell_channel(move integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE shop integer;
BEGIN
    PERFORM pg_advisory_xact_lock(190019);
    SELECT channel_id INTO shop FROM oversell_move WHERE id = move;
    IF NOT FOUND THEN
        SELECT o.ec_channel_id INTO shop FROM stock_move m JOIN sale_order_line l ON l.id = m.sale_line_id JOIN sale_order o ON o.id = l.order_id
         WHERE m.id = move;
        INSERT INTO oversell_move VALUES (move, shop) ON CONFLICT DO NOTHING;
    END IF;
    RETURN shop;
END $$;

CREATE FUNCTION oversell_real_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE channel integer;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state NOT IN ('done', 'cancel') AND oversell_is_internal(OLD.location_id) THEN
        channel := oversell_channel(OLD.move_id);
        PERFORM oversell_note(OLD.product_id, channel, CASE WHEN channel IS NULL THEN 'plain' ELSE 'reserved' END, -COALESCE(OLD.quantity_product_uom, 0));
    END IF;
    IF TG_OP <> 'DELETE' AND oversell_is_internal(NEW.location_id) THEN
        channel := oversell_channel(NEW.move_id);
        IF NEW.state NOT IN ('done', 'cancel') THEN
            PERFORM oversell_note(NEW.product_id, channel, CASE WHEN channel IS NULL THEN 'plain' ELSE 'reserved' END, COALESCE(NEW.quantity_product_uom, 0));
        ELSIF NEW.state = 'done' AND channel IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.state <> 'done') THEN
            PERFORM oversell_note(NEW.product_id, channel, 'gone', NEW.quantity_product_uom);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION oversell_real_level() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM oversell_note(OLD.product_id, OLD.channel_id, 'exposure', -(GREATEST(OLD.believed, OLD.flight_left, OLD.stale_quantity, 0) + OLD.extra));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM oversell_note(NEW.product_id, NEW.channel_id, 'exposure', GREATEST(NEW.believed, NEW.flight_left, NEW.stale_quantity, 0) + NEW.extra);
    END IF;
    RETURN NULL;
END $$;

-- a cancellation that is here but not taken in by the planner: the shop may show those units
CREATE FUNCTION oversell_real_sale() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE sale record;
BEGIN
    IF TG_OP = 'INSERT' THEN sale := NEW; ELSE sale := OLD; END IF;
    IF sale.units < 0 THEN
        PERFORM oversell_note(listing.product_id, sale.channel_id, 'exposure', CASE WHEN TG_OP = 'INSERT' THEN -sale.units ELSE sale.units END)
           FROM ec_listing listing WHERE listing.channel_id = sale.channel_id AND listing.external_id = sale.listing_key;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION oversell_count(channel integer, counted jsonb, sign integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF channel IS NOT NULL AND jsonb_typeof(counted) = 'object' THEN
        PERFORM oversell_note(listing.product_id, channel, 'imported', sign * entry.value::numeric)
           FROM jsonb_each_text(counted -> 'units') entry
           JOIN ec_listing listing ON listing.channel_id = channel AND listing.external_id = split_part(entry.key, ' ', 2);
    END IF;
END $$;
CREATE FUNCTION oversell_real_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.ec_counted IS NOT DISTINCT FROM OLD.ec_counted THEN RETURN NULL; END IF;
    IF TG_OP <> 'INSERT' THEN PERFORM oversell_count(OLD.ec_channel_id, OLD.ec_counted, -1); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM oversell_count(NEW.ec_channel_id, NEW.ec_counted, 1); END IF;
    RETURN NULL;
END $$;
""" + "".join(
    f"CREATE CONSTRAINT TRIGGER oversell_real_{name} AFTER {events} ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION oversell_real_{name}();\n"
    for name, table, events in (
        ("quant", "stock_quant", "INSERT OR UPDATE OR DELETE"),
        ("line", "stock_move_line", "INSERT OR UPDATE OR DELETE"),
        ("level", "ec_stock_level", "INSERT OR UPDATE OR DELETE"),
        ("sale", "ec_stock_sale", "INSERT OR DELETE"),
        ("order", "sale_order", "INSERT OR UPDATE OR DELETE"),
    )
)


def commits(cr):
    """[(moment, {(product id, channel id or None, what): units})]: one entry a commit, in their order."""
    cr.execute("SELECT max(at) OVER (PARTITION BY txid), txid, product_id, channel_id, what, units FROM oversell_real ORDER BY seq")
    found = {}
    for at, txid, product, channel, what, units in cr.fetchall():
        found.setdefault(txid, (at, Counter()))[1][product, channel, what] += int(units)
    return sorted(found.values(), key=lambda commit: commit[0])


class Truth:
    """All events in one order, judged after each. `missing`: units sold or promised beyond those there."""

    def __init__(self, products, channels):
        self.products, self.channels = products, channels
        self.sums = defaultdict(int)  # (product, channel or None, what) → units
        self.rises, self.uncovered = [], []
        self.oversold = self.bound = self.events = self.ever = self.unseen = 0

    def missing(self, product):
        sold = sum(self.sums[product, c, "sold"] - self.sums[product, c, "gone"] for c in self.channels)
        return sold + self.sums[product, None, "plain"] - self.sums[product, None, "there"]

    def cover(self, product):
        """Most units that could be missing as far as Odoo knows."""
        known = sum(self.sums[product, c, "imported"] + self.sums[product, c, "exposure"] - self.sums[product, c, "gone"] for c in self.channels)
        return known + self.sums[product, None, "plain"] - self.sums[product, None, "there"]

    def play(self, commits, books):
        """`books` by channel id: [(moment, product id, sold, shown)]."""
        events = [(at, 0, changes) for at, changes in commits]
        events += [
            (at, 1, {(product, channel, "sold"): sold, (product, channel, "shown"): shown})
            for channel, book in books.items() for at, product, sold, shown in book
        ]
        worst = Counter()
        for at, absolute, changes in sorted(events, key=lambda event: event[:2]):
            self.events += 1
            for key, units in changes.items():
                if key[2] == "there":
                    self.ever += max(0, units)
                self.sums[key] = units if absolute else self.sums[key] + units
            for product in {key[0] for key in changes} & set(self.products):
                missing, bound = self.missing(product), max(0, self.cover(product))
                self.bound = max(self.bound, bound)
                if missing > max(0, worst[product]):
                    self.rises.append((at, product, missing, bound, sorted((str(key[1:]), units) for key, units in changes.items() if key[0] == product)))
                worst[product] = missing
                self.unseen = max(self.unseen, sum(self.sums[product, c, "sold"] - self.sums[product, c, "imported"] for c in self.channels))
                self.oversold = max(self.oversold, missing)
                for channel in self.channels:
                    s = lambda what, c=channel: self.sums[product, c, what]  # noqa: B023, E731
                    if s("sold") + s("shown") > s("imported") + s("exposure"):
                        self.uncovered.append((at, product, channel, s("sold"), s("shown"), s("imported"), s("exposure"), sorted((str(key[1:]), u) for key, u in changes.items())))
        return self
