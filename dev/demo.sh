#!/usr/bin/env bash
# The main job on a fresh database: connect a shop, orders in, shipments out, and a table that says whether it all adds up.
set -euo pipefail
. "$(dirname "$0")/env.sh"
bash "$ROOT/dev/up.sh" stop
say "a fresh database with Hatoba"
bash "$ROOT/dev/db.sh" new live hatoba_demo
say "starting Odoo and the test shop"
bash "$ROOT/dev/up.sh" start
say "running the demo"
"$VENV/bin/python" "$ROOT/dev/demo.py" --odoo "http://127.0.0.1:${ODOO_PORT:-8069}" --control "http://127.0.0.1:${CONTROL_PORT:-8471}" \
  --shop "http://127.0.0.1:${SHOP_PORT:-8470}"
cat <<TXT

Where to look
  Odoo       http://127.0.0.1:${ODOO_PORT:-8069}/odoo/channels   user admin, password admin
  Test shop  http://127.0.0.1:${CONTROL_PORT:-8471}                 place an order there and watch it arrive in Odoo
  Stop it    make down
TXT
