"""State of one shop: plain dicts in memory, one lock, transactions with undo, optional SQLite file.

An *aggregate* (Order, Product, Customer, …) is a dict that owns its children (lines, transactions, …). Every dict that is a
GraphQL node has `__typename`, `id` (its gid) and `n` (the number in it); children also carry `owner`, the gid of their
aggregate. `nodes` finds any of them by gid.
"""
from __future__ import annotations

import pickle
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from .clock import Clock

Node = dict[str, Any]

# Shopify gives neighbouring objects ids a multiple of 2^15 apart (seen in recorded answers).
ID_STEP = 32768
_LISTED = frozenset({"InventoryItem", "Product", "ProductVariant"})


class Shop:
    """All data of one shop. Use :meth:`transaction` for every write; readers take the lock too."""

    def __init__(self, domain: str, clock: Clock, seed: int = 0, path: str | None = None) -> None:
        self.domain = domain
        self.clock = clock
        self.lock = threading.RLock()
        self.before_commit: list[Callable[[Shop, list[Any]], None]] = []
        self.on_commit: list[Callable[[Shop], None]] = []
        self.tables: dict[str, dict[int, Node]] = {}
        self.nodes: dict[str, Node] = {}
        self._lists: dict[str, list[Node]] = {}  # empty: to be made anew
        self._transaction: _Transaction | None = None
        self._database: _Database | None = None
        self.start(seed)
        if path:
            self._database = _Database(path)
            self._database.load(self)

    def start(self, seed: int, id_base: int = 0) -> None:
        """Forget everything; ids start at a seeded place (or at `id_base`, e.g. 2**60 to try 64-bit ids)."""
        self.tables.clear()
        self.nodes.clear()
        self._lists = {}
        self.seed = seed
        self.random = random.Random(seed)
        self.meta: dict[str, Any] = {"ids": {}, "id_base": id_base, "order_number": 1000}
        if self._database:
            self._database.clear()

    # -- ids and objects

    def next_number(self, type_name: str) -> int:
        ids = self.meta["ids"]
        number = ids.get(type_name)
        if number is None:
            base = self.meta["id_base"] or random.Random(f"{self.seed}/{type_name}").randrange(7 * 10**12, 9 * 10**12)
            number = base + random.Random(f"{type_name}/{self.seed}").randrange(ID_STEP)
        ids[type_name] = number + ID_STEP
        return number

    def now(self) -> datetime:
        return self.clock.now()

    def node(self, type_name: str, owner: Node | None = None, **values: Any) -> Node:
        """A new child node (kept by its owner's lists), found by gid from now on."""
        number = self.next_number(type_name)
        made = {"__typename": type_name, "id": f"gid://shopify/{type_name}/{number}", "n": number, **values}
        if owner is not None:
            made["owner"] = owner["id"]
        self.nodes[made["id"]] = made
        if self._transaction:
            self._transaction.created.append(made["id"])
        return made

    def add(self, type_name: str, **values: Any) -> Node:
        """A new aggregate, with createdAt and updatedAt of now."""
        now = self.now()
        made = self.node(type_name, **{"createdAt": now, "updatedAt": now, **values})
        self.tables.setdefault(type_name, {})[made["n"]] = made
        self._require().fresh.add(made["id"])
        return made

    def remove(self, aggregate: Node) -> None:
        self.touch(aggregate, stamp=False)
        if aggregate["__typename"] in _LISTED:
            self._lists = {}
        self.tables[aggregate["__typename"]].pop(aggregate["n"])
        self._forget(aggregate)
        self._require().removed.add(aggregate["id"])

    def _forget(self, value: Any) -> None:
        if isinstance(value, dict):
            if "n" in value:
                self.nodes.pop(value.get("id", ""), None)
            for child in value.values():
                if isinstance(child, dict | list):
                    self._forget(child)
        elif isinstance(value, list):
            for child in value:
                self._forget(child)

    def touch(self, node: Node, stamp: bool = True) -> Node:
        """Announce a change of an aggregate (or of the one that owns this child) *before* making it."""
        aggregate = self.nodes[node["owner"]] if "owner" in node else node
        transaction = self._require()
        if aggregate["id"] not in transaction.saved and aggregate["id"] not in transaction.fresh:
            transaction.saved[aggregate["id"]] = pickle.dumps(aggregate, 5)
        if stamp:
            aggregate["updatedAt"] = self.now()
        return aggregate

    def emit(self, topic: str, node: Node, **details: Any) -> None:
        """Announce a webhook topic about a node; its body is made (and frozen) when this transaction ends."""
        transaction = self._require()
        if not details:
            if (topic, id(node)) in transaction.told:
                return
            transaction.told.add((topic, id(node)))
        transaction.events.append((topic, node, details))

    def changed(self, order: Node) -> Node:
        """An order's own change: new updatedAt and orders/updated."""
        self.touch(order)
        self.emit("orders/updated", order)
        return order

    def later(self, kind: str, seconds: float = 0, **values: Any) -> None:
        """A task for after this transaction (routing, an asynchronous job), due on the shop's clock."""
        self.add("Task", kind=kind, due=self.clock.seconds() + seconds, values=values)

    def all(self, type_name: str) -> list[Node]:
        return list(self.tables.get(type_name, {}).values())

    def levels_at(self, location: str) -> list[Node]:
        """The inventory levels of a location, in the order of their numbers; a list to read, kept up by :meth:`listed`."""
        if not self._lists:
            self._list_all()
        return self._lists.get(location, [])

    def variants(self) -> list[Node]:
        """All variants in the order of their numbers; a list to read."""
        if not self._lists:
            self._list_all()
        return self._lists["variants"]

    def _list_all(self) -> None:
        lists: dict[str, list[Node]] = {
            "variants": [variant for product in self.all("Product") for variant in product["variants"]]}
        for item in self.all("InventoryItem"):
            for entry in item["levels"].values():
                lists.setdefault(entry["location"], []).append(entry)
        for rows in lists.values():
            rows.sort(key=lambda node: node["n"])
        self._lists = lists

    def listed(self, name: str, node: Node) -> None:
        """A new node of a kept list ("variants", or a location's gid): numbers only grow, so it is the last one."""
        self.nodes[node["id"]] = node
        if self._lists:
            self._lists.setdefault(name, []).append(node)

    def find(self, gid: Any, *type_names: str) -> Node | None:
        """The node with this gid, if it exists and is of one of the types."""
        node = self.nodes.get(gid)
        return node if node is not None and (not type_names or node["__typename"] in type_names) else None

    # -- transactions

    def _require(self) -> _Transaction:
        if self._transaction is None:
            raise RuntimeError("a write outside of a transaction")
        return self._transaction

    @contextmanager
    def transaction(self) -> Iterator[_Transaction]:
        """Hold the lock; an exception undoes every write. Nested calls join the outer one."""
        with self.lock:
            if self._transaction is not None:
                yield self._transaction
                return
            self._transaction = transaction = _Transaction(dict(self.meta), dict(self.meta["ids"]))
            try:
                yield transaction
                for callback in self.before_commit:
                    callback(self, transaction.events)
            except BaseException:
                self._undo(transaction)
                raise
            finally:
                self._transaction = None
            if self._database:
                self._database.save(self, transaction)
            for callback in self.on_commit:
                callback(self)

    def _undo(self, transaction: _Transaction) -> None:
        if any(gid.split("/")[3] in _LISTED for gid in (*transaction.created, *transaction.saved)):
            self._lists = {}
        for gid in transaction.created:
            node = self.nodes.pop(gid, None)
            if node is not None:
                self.tables.get(node["__typename"], {}).pop(node["n"], None)
        for gid, blob in transaction.saved.items():
            restored = pickle.loads(blob)
            current = self.nodes.get(gid)
            if current is not None:
                current.clear()
                current.update(restored)
                restored = current
            self.tables.setdefault(restored["__typename"], {})[restored["n"]] = restored
            self.index(restored)
        self.meta = {**transaction.meta, "ids": transaction.ids}

    def index(self, value: Any) -> None:
        """Make every node inside a restored aggregate findable."""
        if isinstance(value, dict):
            if "__typename" in value and "n" in value:
                self.nodes[value["id"]] = value
            for child in value.values():
                if isinstance(child, (dict, list)):
                    self.index(child)
        elif isinstance(value, list):
            for child in value:
                self.index(child)


class _Transaction:
    def __init__(self, meta: dict[str, Any], ids: dict[str, int]) -> None:
        self.meta, self.ids = meta, ids
        self.created: list[str] = []
        self.fresh: set[str] = set()
        self.saved: dict[str, bytes] = {}
        self.removed: set[str] = set()
        self.events: list[tuple[str, Node, dict[str, Any]]] = []
        self.told: set[tuple[str, int]] = set()  # topics announced without details, by the node's identity


class _Database:
    """The shop on disk: one pickled row per aggregate, written at commit, so a restart goes on where it stopped."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS aggregate (gid TEXT PRIMARY KEY, seq INTEGER, body BLOB)")

    def clear(self) -> None:
        self._connection.execute("DELETE FROM aggregate")

    def load(self, shop: Shop) -> None:
        for gid, body in self._connection.execute("SELECT gid, body FROM aggregate ORDER BY seq"):
            value = pickle.loads(body)
            if gid == "meta":
                shop.meta = value
                continue
            shop.tables.setdefault(value["__typename"], {})[value["n"]] = value
            shop.index(value)

    def save(self, shop: Shop, transaction: _Transaction) -> None:
        changed = (transaction.fresh | transaction.saved.keys()) - transaction.removed
        rows = [(gid, node["n"], pickle.dumps(node, 5)) for gid in changed if (node := shop.nodes.get(gid))]
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT INTO aggregate VALUES (?, ?, ?) ON CONFLICT (gid) DO UPDATE SET body = excluded.body", rows)
        self._connection.executemany("DELETE FROM aggregate WHERE gid = ?", [(gid,) for gid in transaction.removed])
        self._connection.execute("INSERT OR REPLACE INTO aggregate VALUES ('meta', 0, ?)", (pickle.dumps(shop.meta, 5),))
        self._connection.execute("COMMIT")
