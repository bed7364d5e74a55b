# Paths and names shared by every script below dev/. Sourced, never run.
# HATOBA_CACHE  downloads, Python environment, Odoo, database clusters (outside the checkout)
# ODOO_HOME     an Odoo 19 you already have (the folder that holds the Python package `odoo`); empty: dev/setup.sh unpacks one
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -z "${HATOBA_CACHE:-}" ]; then
  # PostgreSQL never runs as root, and its user cannot enter /root: hence /var/cache
  if [ "$(id -u)" = 0 ]; then HATOBA_CACHE=/var/cache/hatoba; else HATOBA_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/hatoba; fi
fi
export HATOBA_CACHE ROOT
export VENV=$HATOBA_CACHE/venv
export HATOBA_SHOPIFY_SCHEMA=${HATOBA_SHOPIFY_SCHEMA:-$HATOBA_CACHE/shopify-schema}
export PYTHONPATH=$ROOT/dev${PYTHONPATH:+:$PYTHONPATH}
export PATH=$VENV/bin:$PATH
export PGUSER=odoo
ODOO_MODULES=sale_management,stock,sale_stock,stock_delivery,purchase_stock,account,contacts,l10n_jp
# Bridges to modules of Odoo that are not listed above: Odoo installs them by itself where its module is, a section of tests of their own does
BRIDGES='ec_stock_atp_mrp|ec_trade_price_pos'
# Not in the common template either: these bring modules of Odoo that would change what all other tests measure
APART='ec_b2b_portal|ec_trade_approval|ec_trade_quote|ec_trade_statement'
HATOBA_MODULES=$(cd "$ROOT/addons" 2>/dev/null && ls -d */__manifest__.py 2>/dev/null | xargs -rn1 dirname | grep -vxE "$BRIDGES|$APART" | paste -sd, - || true)

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
die() { printf 'ERROR: %s\n' "$1" >&2; shift; for l in "$@"; do printf '       %s\n' "$l" >&2; done; exit 1; }

# use_cluster live|test: which private PostgreSQL cluster the following commands speak to.
# live is durable (demo, benchmarks); test runs without fsync.
use_cluster() {
  CLUSTER=$1
  export PGHOST=$HATOBA_CACHE/pg-$1/run PGPORT=54321
  if [ "$1" = test ]; then export PGPORT=54322; fi
  export ODOO_RC=$ROOT/.run/odoo-$1.conf
}

odoo_home() {
  if [ -n "${ODOO_HOME:-}" ]; then echo "$ODOO_HOME"; else cat "$HATOBA_CACHE/odoo/current" 2>/dev/null; fi
}

# The server script: `odoo-bin` of a source checkout, `usr/bin/odoo` of the unpacked package, else the package's own entry
odoo_bin() {
  local home; home=$(odoo_home)
  for f in "$home/odoo-bin" "$home/../../../bin/odoo" "$home/setup/odoo"; do [ -f "$f" ] && { echo "$f"; return; }; done
  die "no server script in $home" "Set ODOO_HOME to the folder that holds odoo-bin, or unset it and run: make setup"
}

odoo() { "$VENV/bin/python" -W ignore "$(odoo_bin)" "$@"; }
