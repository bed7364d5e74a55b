"""What Odoo stores of the protocol, in one file with durable transactions: a killed publisher goes on from here.

Every change follows sharing.py's docstring: a push is stored before it is sent, an order is imported once and lowers `free`
and its shop together. After each transaction that changes it, the item's computed bound is stored with the moment.
"""

import contextlib
import sqlite3
import threading
import time
import uuid

from wire import load_sharing

sharing = load_sharing()

TABLES = """
CREATE TABLE item (id INTEGER PRIMARY KEY, free INTEGER NOT NULL);
CREATE TABLE sink (item INTEGER, shop INTEGER, believed INTEGER NOT NULL, imports INTEGER NOT NULL, sales REAL NOT NULL,
    PRIMARY KEY (item, shop)) WITHOUT ROWID;
CREATE TABLE push (key TEXT PRIMARY KEY, item INTEGER, shop INTEGER, expected INTEGER, value INTEGER, flight INTEGER, sent INTEGER,
    due REAL, UNIQUE (item, shop));
CREATE TABLE orders (id TEXT PRIMARY KEY, version INTEGER NOT NULL, units INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE place (shop INTEGER PRIMARY KEY, cursor INTEGER NOT NULL);
CREATE TABLE bound (item INTEGER, at REAL, free INTEGER, units INTEGER);
CREATE INDEX bound_item ON bound (item);
CREATE TABLE lag (seconds REAL);
"""


class Book:
    def __init__(self, path, mode, compare, buffer=0, threshold=0, patience=0.4):
        self.mode, self.compare, self.buffer, self.threshold, self.patience = mode, compare, buffer, threshold, patience
        self.path, self.local, self.turn = path, threading.local(), threading.Lock()

    def create(self, items, units):
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(TABLES)
            db.executemany("INSERT INTO item VALUES (?, ?)", [(item, units) for item in range(items)])
            db.executemany("INSERT INTO sink VALUES (?, ?, 0, 0, 0)", [(i, shop) for i in range(items) for shop in range(len(self.compare))])
            db.executemany("INSERT INTO place VALUES (?, 0)", [(shop,) for shop in range(len(self.compare))])
            db.executemany("INSERT INTO bound VALUES (?, 0, ?, 0)", [(item, units) for item in range(items)])
            db.execute("INSERT INTO lag VALUES (0)")
            db.commit()

    @property
    def db(self):
        if not hasattr(self.local, "db"):
            self.local.db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            # what a process wrote outlives its SIGKILL; only a power cut would need more
            self.local.db.execute("PRAGMA synchronous = OFF")
        return self.local.db

    @contextlib.contextmanager
    def transaction(self):
        with self.turn:
            self.db.execute("BEGIN IMMEDIATE")
            self.local.began = time.monotonic()
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                self.db.execute("ROLLBACK")
                raise

    # ---- reading

    def free(self, item):
        return self.db.execute("SELECT free FROM item WHERE id = ?", (item,)).fetchone()[0]

    def sinks(self, item):
        rows = self.db.execute(
            """SELECT sink.shop, believed, sales, flight FROM sink LEFT JOIN push ON push.item = sink.item AND push.shop = sink.shop
                WHERE sink.item = ? ORDER BY sink.shop""",
            (item,),
        )
        return [
            sharing.Sink(id=shop, believed=believed, weight=sales + 1, in_flight=() if flight is None else (flight,))
            for shop, believed, sales, flight in rows
        ]

    def room(self, item):
        """Units Odoo's own orders may take now: what no shop exposes, or all that is free where units are shared."""
        free = self.free(item)
        if self.mode == "absolute" or not sharing.is_strict(self.mode, free, self.threshold):
            return free
        return free - sum(sink.exposure for sink in self.sinks(item))

    # ---- writing, inside a transaction

    def _write(self, item, sink):
        self.db.execute("UPDATE sink SET believed = ? WHERE item = ? AND shop = ?", (sink.believed, item, sink.id))
        if sink.in_flight:
            self.db.execute("UPDATE push SET flight = ? WHERE item = ? AND shop = ?", (*sink.in_flight, item, sink.id))
        else:
            self.db.execute("DELETE FROM push WHERE item = ? AND shop = ?", (item, sink.id))

    def add_free(self, item, units):
        self.db.execute("UPDATE item SET free = free + ? WHERE id = ?", (units, item))
        self.note(item)

    def note(self, item):
        """Store the bound if it changed: one row a transaction, with the moment it began. The row before holds until it commits."""
        free, began = self.free(item), self.local.began
        units = sharing.oversell_bound(free, self.sinks(item))
        row, at, *last = self.db.execute("SELECT rowid, at, free, units FROM bound WHERE item = ? ORDER BY rowid DESC LIMIT 1", (item,)).fetchone()
        if at == began:
            self.db.execute("UPDATE bound SET free = ?, units = ? WHERE rowid = ?", (free, units, row))
        elif last != [free, units]:
            self.db.execute("INSERT INTO bound VALUES (?, ?, ?, ?)", (item, began, free, units))

    # ---- one transaction each

    def decide(self, item, chance):
        """Store the pushes that may be sent now, or some of them."""
        with self.transaction():
            free, sinks = self.free(item), self.sinks(item)
            if self.mode == "absolute":
                pushes = {sink.id: max(0, free) for sink in sinks if not sink.in_flight and sink.believed != max(0, free)}
            else:
                pushes = sharing.next_pushes(self.mode, free, sinks, self.buffer, self.threshold)
            for sink in sinks:
                if sink.id not in pushes or (len(pushes) > 1 and chance.random() < 0.2):
                    continue
                value = pushes[sink.id]
                self.db.execute(
                    "INSERT INTO push VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
                    (uuid.UUID(int=chance.getrandbits(128)).hex, item, sink.id, sink.believed, value, value),
                )
            if pushes:
                self.note(item)

    def take_push(self):
        """The next push to send, first or again; None: nothing is due."""
        now = time.monotonic()
        if not self.db.execute("SELECT 1 FROM push WHERE due <= ? LIMIT 1", (now,)).fetchone():
            return None
        with self.transaction() as db:
            row = db.execute("SELECT key, item, shop, expected, value FROM push WHERE due <= ? ORDER BY due LIMIT 1", (now,)).fetchone()
            if row:
                key, item, shop, _expected, value = row
                db.execute("UPDATE push SET due = ?, sent = sent + 1 WHERE key = ?", (now + self.patience, key))
                if not self.compare[shop] and self.mode != "absolute":
                    [sink] = (sink for sink in self.sinks(item) if sink.id == shop)
                    exposure = sharing.exposure_after_absolute(value, sink.believed)
                    db.execute("UPDATE sink SET believed = ? WHERE item = ? AND shop = ?", (exposure, item, shop))
                    self.note(item)
            return row

    def take_in(self, shop, documents, cursor=None):
        """Import orders, each version once; what they changed comes off `free` and the shop together."""
        with self.transaction() as db:
            if cursor is not None:
                db.execute("UPDATE place SET cursor = max(cursor, ?) WHERE shop = ?", (cursor, shop))
            longest = 0
            for order in documents:
                version, units = db.execute("SELECT version, units FROM orders WHERE id = ?", (order["id"],)).fetchone() or (0, 0)
                if order["version"] <= version:
                    continue
                db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", (order["id"], order["version"], order["units"]))
                item, more = order["item"], order["units"] - units
                [sink] = (sink for sink in self.sinks(item) if sink.id == shop)
                self._write(item, sink if self.mode == "absolute" else sharing.imported(sink, more))
                db.execute(
                    "UPDATE sink SET imports = imports + 1, sales = sales * 0.98 + ? WHERE item = ? AND shop = ?", (max(0, more), item, shop)
                )
                self.add_free(item, -more)
                longest = max(longest, time.monotonic() - order["at"])
            if longest:
                db.execute("UPDATE lag SET seconds = max(seconds, ?)", (longest,))

    def imports(self, item, shop):
        return self.db.execute("SELECT imports FROM sink WHERE item = ? AND shop = ?", (item, shop)).fetchone()[0]

    def cursor(self, shop):
        return self.db.execute("SELECT cursor FROM place WHERE shop = ?", (shop,)).fetchone()[0]

    def applied(self, key, item, shop):
        self._close(key, item, shop, sharing.acknowledged)

    def reread(self, key, item, shop, shown, imports):
        """Close the push with what the shop shows, unless something was imported meanwhile: False."""
        return self._close(key, item, shop, lambda sink: sharing.reread(sink, shown), imports)

    def _close(self, key, item, shop, change, imports=None):
        with self.transaction() as db:
            if not db.execute("SELECT 1 FROM push WHERE key = ?", (key,)).fetchone():
                return True
            if imports is not None and self.imports(item, shop) != imports:
                return False
            [sink] = (sink for sink in self.sinks(item) if sink.id == shop)
            self._write(item, change(sink))
            self.note(item)
            return True
