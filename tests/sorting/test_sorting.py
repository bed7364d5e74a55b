"""Several workers sort the same orders while people change them; some are killed. Each order is decided once, and rightly."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEED = int(os.environ.get("SEED") or 1)
ORDERS = int(os.environ.get("SORT_ORDERS") or 120)
CHANGES = int(os.environ.get("SORT_CHANGES") or 250)
KILLS = int(os.environ.get("SORT_KILLS") or 8)


def test_workers_that_are_killed_sort_every_order_once_and_rightly():
    database = f"sorting_{os.getpid()}"
    subprocess.run(["bash", "dev/db.sh", "new", "test", database, "hatoba"], cwd=ROOT, check=True)
    try:
        process = subprocess.run(
            [sys.executable, "-W", "ignore", str(HERE / "play.py"), os.environ["ODOO_RC"], database, *map(str, (SEED, ORDERS, CHANGES, KILLS))],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=900,
        )  # fmt: skip
    finally:
        subprocess.run(["bash", "dev/db.sh", "drop", "test", database], cwd=ROOT, check=False)
    assert process.returncode == 0, process.stdout[-2000:]
    result = json.loads(process.stdout.splitlines()[-1])
    print(f"\n  seed {SEED}: " + ", ".join(f"{key} {value}" for key, value in result.items() if key != "found"))
    assert result["kills"] == KILLS and result["busy"] and result["decisions"] > ORDERS
    assert not result["found"], result["found"][:10]
