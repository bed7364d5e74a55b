"""What every commit did to the stock, in the order of the commits, and the replay that judges it.

A deferred row trigger runs inside COMMIT. It takes one advisory lock, which PostgreSQL releases only after the transaction
is visible to others, and then draws a number: so numbers are in commit order, and the rows of a transaction stand together.
Each row holds what was added to the units there, reserved (stock_quant) and promised (move lines not done). Adding them up
gives the exact state after each commit, which no query made meanwhile could: it would see another moment.
"""

SETUP = """
CREATE SEQUENCE oversell_seq;
CREATE TABLE oversell_log (
    seq bigint PRIMARY KEY, txid bigint NOT NULL, product_id integer, location_id integer,
    there numeric NOT NULL, reserved numeric NOT NULL, promised numeric NOT NULL);

CREATE FUNCTION oversell_add(product integer, place integer, there numeric, reserved numeric, promised numeric)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF there <> 0 OR reserved <> 0 OR promised <> 0 THEN
        PERFORM pg_advisory_xact_lock(190019);
        INSERT INTO oversell_log VALUES (nextval('oversell_seq'), txid_current(), product, place, there, reserved, promised);
    END IF;
END $$;

CREATE FUNCTION oversell_quant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM oversell_add(OLD.product_id, OLD.location_id, -COALESCE(OLD.quantity, 0), -COALESCE(OLD.reserved_quantity, 0), 0);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM oversell_add(NEW.product_id, NEW.location_id, COALESCE(NEW.quantity, 0), COALESCE(NEW.reserved_quantity, 0), 0);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION oversell_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state NOT IN ('done', 'cancel') THEN
        PERFORM oversell_add(OLD.product_id, OLD.location_id, 0, 0, -COALESCE(OLD.quantity_product_uom, 0));
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state NOT IN ('done', 'cancel') THEN
        PERFORM oversell_add(NEW.product_id, NEW.location_id, 0, 0, COALESCE(NEW.quantity_product_uom, 0));
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER oversell_quant AFTER INSERT OR UPDATE OR DELETE ON stock_quant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION oversell_quant();
CREATE CONSTRAINT TRIGGER oversell_line AFTER INSERT OR UPDATE OR DELETE ON stock_move_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION oversell_line();
"""

# One row per commit, product and warehouse: the state after it
STATES = """
WITH inside AS (
    SELECT log.seq, log.txid, log.product_id, location.warehouse_id, log.there, log.reserved, log.promised
      FROM oversell_log log JOIN stock_location location ON location.id = log.location_id
     WHERE location.usage IN ('internal', 'transit')
), commits AS (
    SELECT max(seq) AS seq, txid, product_id, warehouse_id,
           sum(there) AS there, sum(reserved) AS reserved, sum(promised) AS promised
      FROM inside GROUP BY txid, product_id, warehouse_id
), states AS (
    SELECT seq, txid, product_id, warehouse_id,
           sum(there) OVER run AS there, sum(reserved) OVER run AS reserved, sum(promised) OVER run AS promised
      FROM commits WINDOW run AS (PARTITION BY product_id, warehouse_id ORDER BY seq)
)
"""
# Broken: more promised than there is. Odoo's own counter of reserved units may be too high for a while (it then offers less than
# it could): a release beside a locked quant makes a second quant, and a later release from that one is cut off at 0. Too low
# would be a promise nobody counts.
VERDICT = STATES + """
SELECT count(DISTINCT txid),
       count(DISTINCT txid) FILTER (WHERE promised > there OR there < 0),
       COALESCE(max(GREATEST(promised, 0) - there), 0),
       min(seq) FILTER (WHERE promised > there OR there < 0),
       count(DISTINCT txid) FILTER (WHERE reserved < promised),
       count(DISTINCT txid) FILTER (WHERE reserved > promised)
  FROM states
"""
# Rows of two transactions never mix: else the order of the numbers would not be that of the commits
MIXED = """
SELECT count(*) FROM (
    SELECT txid FROM (SELECT txid, txid IS DISTINCT FROM lag(txid) OVER (ORDER BY seq) AS first FROM oversell_log) rows
     WHERE first GROUP BY txid HAVING count(*) > 1) torn
"""
# What is stored at the end, by product and place; it must also be what the log adds up to
STORED = """
SELECT stored.product_id, stored.location_id, sum(there), sum(reserved), sum(promised), max(parts), min(least_there) FROM (
    SELECT product_id, location_id, COALESCE(quantity, 0)::numeric AS there, COALESCE(reserved_quantity, 0)::numeric AS reserved,
           0::numeric AS promised, count(*) OVER (PARTITION BY product_id, location_id) AS parts, quantity AS least_there
      FROM stock_quant
     UNION ALL
    SELECT product_id, location_id, 0, 0, quantity_product_uom::numeric, 0, 0 FROM stock_move_line WHERE state NOT IN ('done', 'cancel')
) stored JOIN stock_location location ON location.id = stored.location_id AND location.usage IN ('internal', 'transit')
GROUP BY stored.product_id, stored.location_id
"""
LOGGED = """
SELECT log.product_id, log.location_id, sum(there), sum(reserved), sum(promised) FROM oversell_log log
  JOIN stock_location location ON location.id = log.location_id AND location.usage IN ('internal', 'transit')
GROUP BY log.product_id, log.location_id
"""
# One statement sees one moment between two commits: a second opinion while the workers run
LOOK = """
SELECT count(*) FROM (
    SELECT product_id, warehouse_id FROM (
        SELECT product_id, location_id, quantity AS there, 0 AS promised FROM stock_quant UNION ALL
        SELECT product_id, location_id, 0, quantity_product_uom FROM stock_move_line WHERE state NOT IN ('done', 'cancel')) units
      JOIN stock_location location ON location.id = units.location_id AND location.usage IN ('internal', 'transit')
  GROUP BY 1, 2 HAVING sum(promised) > sum(there) OR sum(there) < 0) wrong
"""


def judge(cr):
    """Replay the log. Returns the figures of the run; `violations` counts commits."""
    cr.execute(VERDICT)
    commits, violations, worst, first, too_low, too_high = cr.fetchone()
    cr.execute(MIXED)
    [torn] = cr.fetchone()
    cr.execute(LOGGED)
    logged = {row[:2]: tuple(map(float, row[2:])) for row in cr.fetchall()}
    cr.execute(STORED)
    stored = {row[:2]: (tuple(map(float, row[2:5])), row[5], float(row[6] or 0)) for row in cr.fetchall()}
    known = {key: logged.get(key, (0.0, 0.0, 0.0)) for key in stored}
    cr.execute(
        """SELECT COALESCE(sum(CASE WHEN source.usage = 'internal' THEN line.quantity_product_uom ELSE -line.quantity_product_uom END), 0)
             FROM stock_move_line line JOIN stock_location source ON source.id = line.location_id
             JOIN stock_location target ON target.id = line.location_dest_id
            WHERE line.state = 'done' AND 'customer' IN (source.usage, target.usage)"""
    )
    [sold] = cr.fetchone()
    return {
        "commits": commits,
        "violations": violations,
        "oversold": max(0, float(worst)),
        "first": first,
        "reserved_too_low": too_low,
        "reserved_too_high": too_high,
        "torn": torn,
        "log_differs": sum(known[key] != row[0] for key, row in stored.items()),
        "ghosts": sum(row[0][1] - row[0][2] for row in stored.values()),
        "doubled_quants": sum(row[1] > 1 for row in stored.values()),
        "negative_quants": sum(row[2] < 0 for row in stored.values()),
        "there": sum(row[0][0] for row in stored.values()),
        "promised": sum(row[0][2] for row in stored.values()),
        "sold": float(sold),
    }
