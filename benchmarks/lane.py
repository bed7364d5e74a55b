"""One worker of the import and confirm lanes, driven by lines on its standard input: go → works until nothing is left, tells how it was.

    python benchmarks/lane.py DATABASE
"""

import json
import sys
import time

from harness import odoo_env

WAITING = """SELECT EXISTS (SELECT 1 FROM ec_inbound_event WHERE state = 'pending')
                 OR EXISTS (SELECT 1 FROM sale_order WHERE ec_channel_id IS NOT NULL AND state = 'draft')"""


def work(env, counts):
    """The crons of a worker, in turns, until the other one has nothing left either."""
    lane = env["ec.lane"]
    while True:
        lane._cron_import()
        lane._cron_confirm()
        env.cr.execute(WAITING)
        waiting = env.cr.fetchone()[0]
        env.cr.rollback()
        if not waiting:
            return
        counts["idle"] += 1
        time.sleep(0.02)


def main():
    with odoo_env(sys.argv[1]) as env:
        counts = {}
        rollback = type(env["ec.lane"])._rollback

        def counted(lane):
            counts["conflicts"] += 1
            rollback(lane)

        type(env["ec.lane"])._rollback = counted
        print(json.dumps({"ready": True}), flush=True)
        for _line in sys.stdin:
            counts.update(conflicts=0, idle=0)
            started, cpu = time.time(), time.process_time()
            work(env, counts)
            print(json.dumps({"start": started, "end": time.time(), "cpu": time.process_time() - cpu, **counts}), flush=True)


if __name__ == "__main__":
    main()
