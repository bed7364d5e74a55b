#!/usr/bin/env bash
# The main job on a fresh database: connect a shop, orders in, shipments out, and a table that says whether it all adds up.
set -euo pipefail
. "$(dirname "$0")/env.sh"
bash "$ROOT/dev/up.sh" stop
say "a fresh database with Hatoba"
bash "$ROOT/dev/db.sh" new live hatoba_demo
say "installing the trade portal and Odoo's web shop: about a minute"
(use_cluster live; odoo -c "$ODOO_RC" -d hatoba_demo -i ec_b2b_portal,ec_trade_approval,ec_trade_quote,ec_trade_statement --stop-after-init --no-http --log-level=warn >"$ROOT/.run/install.log" 2>&1) ||
  { tail -20 "$ROOT/.run/install.log"; die "the trade portal could not be installed" "Log: $ROOT/.run/install.log"; }
say "starting Odoo and the test shop"
bash "$ROOT/dev/up.sh" start
say "running the demo"
"$VENV/bin/python" "$ROOT/dev/demo.py" --odoo "http://127.0.0.1:${ODOO_PORT:-8069}" --control "http://127.0.0.1:${CONTROL_PORT:-8471}" \
  --shop "http://127.0.0.1:${SHOP_PORT:-8470}"
say "a trade customer with 5,000 SKUs"
"$VENV/bin/python" "$ROOT/dev/demo_trade.py" --odoo "http://127.0.0.1:${ODOO_PORT:-8069}"
cat <<TXT

Where to look
  Odoo       http://127.0.0.1:${ODOO_PORT:-8069}/odoo/channels   user admin, password admin
  Test shop  http://127.0.0.1:${CONTROL_PORT:-8471}                 place an order there and watch it arrive in Odoo
  Portal     http://127.0.0.1:${ODOO_PORT:-8069}/my/trade/catalogue   the two buyers above
  Stop it    make down
TXT
