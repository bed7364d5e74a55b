"""The sharing protocol at speed: shops, buyers, Odoo's counter and publishers as processes of their own, publishers killed.

Run as `python protocol.py RUN SEED OPS KILLS`; prints the figures as one JSON line. RUNS says what each run is.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from bisect import bisect_right

import shops
from book import Book, sharing
from publisher import publish
from wire import Line, NoAnswer

ASSUMED_LAG = 8.0  # seconds, of the hybrid runs
PACE = 1.5  # units a second and item, likewise
THRESHOLD = sharing.threshold(60 * PACE, ASSUMED_LAG, 1.5, 5)
CAS, PLAIN = (True, True, True), (True, True, False)
# mode, which shops compare, items, units of each at the start, sales rate a second (0: as fast as they can), threshold.
# With a threshold an item is sold out before it is filled up again, so that it falls below often.
RUNS = {
    "strict": ("strict", CAS, 12, 6, 0, 0),
    "shared": ("shared", CAS, 12, 6, 0, 0),
    "hybrid": ("hybrid", CAS, 60, THRESHOLD + 4, PACE, THRESHOLD),
    "one shop without compare-and-set": ("strict", PLAIN, 12, 20, 0, 0),
    "absolute push": ("absolute", (False,) * 3, 12, 6, 0, 0),
}
PUBLISHERS = 2


def buy(port, seed, items, count, stop):
    """Buyers: they look at a shop, and buy from what it showed a moment ago; some change their mind."""
    chance, line = random.Random(seed), Line(port)
    while not stop.value:
        shop = chance.randrange(count)
        shown = line.ask(do="look", shop=shop)["shown"]
        for _attempt in range(8):
            wanted = [item for item, units in enumerate(shown) if units > 0]
            if not wanted:
                break
            item = chance.choice(wanted)
            answer = line.ask(do="buy", shop=shop, item=item, units=chance.choice((1, 1, 1, 2)))
            if answer["sold"]:
                shown[item] -= 1
                if chance.random() < 0.2:
                    line.ask(do="cancel", shop=shop, order=answer["order"], units=chance.choice((1, 2)))
            elif not answer.get("wait"):
                shown[item] = 0
            time.sleep(chance.uniform(0, 0.002))


def keep_shop(book, port, seed, items, units, stop):
    """Odoo's own counter: orders, cancellations and receipts. Each is told to the ledger on the side that hides nothing."""
    chance, line, mine = random.Random(seed), Line(port), [0] * items
    while not stop.value:
        time.sleep(chance.uniform(0, 0.003))
        item, more = chance.randrange(items), chance.choice((1, 1, 2, 3))
        deed = chance.choices(("order", "cancel", "receipt"), (2, 1, 4))[0]
        if deed == "order":
            with book.transaction():
                if book.room(item) >= more:
                    line.ask(do="own", item=item, units=more)
                    book.add_free(item, -more)
                    mine[item] += more
        elif deed == "cancel" and mine[item]:
            line.ask(do="own", item=item, units=-1)
            mine[item] -= 1
            with book.transaction():
                book.add_free(item, 1)
        elif deed == "receipt" and book.free(item) < (2 if book.threshold else units):
            more = units if book.threshold else more
            line.ask(do="receive", item=item, units=more)
            with book.transaction():
                book.add_free(item, more)


def above_bound(missing, bounds):
    """Rises of what was missing that the bound stored at that moment did not cover, and the largest share of a bound reached."""
    times = {item: [row[0] for row in rows] for item, rows in bounds.items()}
    wrong = 0
    for at, item, units in missing:
        place = bisect_right(times[item], at)
        # the last one may not have been committed yet at that moment
        wrong += units > max(row[2] for row in bounds[item][max(0, place - 2) : place])
    return wrong


def reaction(bounds, threshold):
    """How often an item fell below the threshold, and the longest time (seconds) until its units were divided."""
    longest, falls = 0.0, 0
    for rows in bounds.values():
        since = None
        for at, free, units in rows:
            if free >= threshold or not units:
                longest = max(longest, at - since if since else 0.0)
                since = None
            elif since is None:
                since = at
                falls += 1
    return falls, longest


def play(name, seed, ops, kills):
    mode, compare, items, units, pace, threshold = RUNS[name]
    context, chance = multiprocessing.get_context("fork"), random.Random(f"{name} {seed}")
    with tempfile.TemporaryDirectory() as folder:
        book = Book(os.path.join(folder, "book.sqlite"), mode, compare, threshold=threshold)
        book.create(items, units)
        ours, theirs = context.Pipe()
        options = {"seed": seed, "compare": compare, "items": items, "units": units, "pace": pace}
        started, everyone = time.monotonic(), []

        def start(target, *values, **options):
            process = context.Process(target=target, args=values, kwargs=options, daemon=True)
            process.start()
            everyone.append(process)
            return process

        try:
            start(shops.serve, theirs, **options)
            port = ours.recv()
            stop = context.Value("i", 0)
            publishers = [start(publish, book, port, items, f"{seed} {name} {n}") for n in range(PUBLISHERS)]
            people = [start(buy, port, f"{seed} {name} buyer {n}", items, len(compare), stop) for n in range(4)]
            people.append(start(keep_shop, book, port, f"{seed} {name} counter", items, units, stop))
            line, reader, killed = Line(port), Book(book.path, mode, compare), 0
            while True:
                time.sleep(0.1)
                kinds = operations(line, reader)
                done = sum(kinds.values())
                if done >= ops:
                    break
                for process in (*people, *publishers):
                    if not process.is_alive():
                        raise SystemExit(f"{name}: a process ended by itself")
                if killed < kills and done >= (killed + 1) * ops / (kills + 1):
                    number = chance.randrange(PUBLISHERS)
                    os.kill(publishers[number].pid, signal.SIGKILL)
                    publishers[number].join()
                    killed += 1
                    publishers[number] = start(publish, book, port, items, f"{seed} {name} {number} {killed}")
            stop.value = 1
            for process in people:
                process.join(20)
            seconds = time.monotonic() - started
            settled = settle(line, reader, mode, threshold)
            kinds, truth = operations(line, reader), line.ask(do="truth")
            bounds = {}
            for item, at, free, bound in reader.db.execute("SELECT item, at, free, units FROM bound ORDER BY item, rowid"):
                bounds.setdefault(item, []).append((at, free, bound))
            [import_lag] = reader.db.execute("SELECT seconds FROM lag").fetchone()
            free = [row[0] for row in reader.db.execute("SELECT free FROM item ORDER BY id")]
        finally:
            for process in everyone:
                process.kill()
                process.join()
    falls, divided_after = reaction(bounds, threshold)
    return {
        "run": name, "seed": seed, "kinds": kinds, "counts": truth["counts"], "kills": killed, "seconds": seconds,
        "there": sum(truth["there"]), "sold": sum(truth["taken"]), "ever": truth["ever"], "oversold": max(truth["worst"]), "oversold_items": sum(w > 0 for w in truth["worst"]),
        "rises": len(truth["missing"]), "bound": max(row[2] for rows in bounds.values() for row in rows),
        "above_bound": above_bound(truth["missing"], bounds), "lag": import_lag + divided_after, "settled": settled,
        "books_differ": sum(f != t - s for f, t, s in zip(free, truth["there"], truth["taken"], strict=True)), "threshold": threshold, "assumed_lag": ASSUMED_LAG, "falls": falls,
    }


def operations(line, book):
    counts = line.ask(do="report")["counts"]
    [imports] = book.db.execute("SELECT sum(imports) FROM sink").fetchone()
    names = ("attempts", "cancellations", "own", "receipts", "pushes", "late_copies")
    return {name: counts.get(name, 0) for name in names} | {"imports": imports}


def settle(line, book, mode, threshold, seconds=20):
    """With everybody gone: wait until all orders are imported, no push is under way and every shop shows its target."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.2)
        [waiting] = book.db.execute("SELECT count(*) FROM push").fetchone()
        fetched = [book.cursor(shop) for shop in range(len(book.compare))]
        if waiting or fetched != line.ask(do="report")["changes"]:
            continue
        if mode == "absolute":
            return True
        shown = line.ask(do="truth")["shown"]
        items = range(len(shown[0]))
        goals = [sharing.targets(mode, book.free(item), book.sinks(item), 0, threshold) for item in items]
        if all(shown[shop][item] == goals[item][shop] for item in items for shop in range(len(shown))):
            return True
    return False


if __name__ == "__main__":
    name, seed, ops, kills = sys.argv[1:]
    try:
        print(json.dumps(play(name, int(seed), int(ops), int(kills))))
    except NoAnswer:
        raise SystemExit("the shops did not answer") from None
