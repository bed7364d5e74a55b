#!/usr/bin/env bash
# test.sh all: every section, the browser alone, as its tests press keys as fast as people do, then the long ones two at a time (JOBS);
# the output of each of these in .run/test-<section>.log
# test.sh SECTION...: lint pure conformance addons scenarios prices kits b2b isolation faults pos chaos sorting last_units oversell browser upgrade. Stops at the first section that fails.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"
use_cluster test
DB=hatoba_test_$(echo "$ROOT" | cksum | cut -d' ' -f1)
started=$SECONDS
# tests that search by chance (hypothesis) search the same each time; CI= searches anew
export CI=${CI-1}
# the longest first: they decide when the last one ends
TOGETHER="isolation addons oversell chaos sorting upgrade last_units faults kits scenarios b2b pos prices"

together() { # the sections as processes of their own; one that fails is shown, and no other is begun
  mkdir -p .run
  printf '%s\n' $TOGETHER | xargs -P "${JOBS:-$(($(nproc) > 1 ? 2 : 1))}" -I{} bash -c '
    log=.run/test-{}.log
    if bash dev/test.sh {} >"$log" 2>&1; then echo "{}: $(grep -E "[0-9]+ passed|^.\[1m==" "$log" | tail -2 | tr "\n" " ")"; else cat "$log"; echo "FAILED: {}"; exit 255; fi'
}

if [ "$*" = all ]; then
  bash dev/test.sh lint pure browser
  say "the rest, two at a time: what each says is in .run/test-<section>.log"
  together || die "a section failed: see above" "again: make test-<section>"
  say "all of it passed in $((SECONDS - started)) s"
  exit 0
fi

# pytest inside Odoo: one database per section, copied from the template in a second or two
in_odoo() { # name, pytest arguments; INSTALL: modules beside those of the template
  local db=${DB}_$1; shift
  bash dev/db.sh new test "$db"
  if [ -n "${INSTALL:-}" ]; then
    odoo -c "$ODOO_RC" -d "$db" -i "$INSTALL" --stop-after-init --no-http --log-level=warn || die "could not install $INSTALL"
  fi
  # tests that need a port take a free one, so that two checkouts can test at once
  local port; port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  local rc=$ROOT/.run/$db.conf
  sed "s/^http_interface.*/&\nhttp_port = $port/" "$ODOO_RC" > "$rc"
  local status=0
  python -W ignore -m pytest --odoo-database "$db" --odoo-config "$rc" --odoo-http -q -p no:cacheprovider "$@" || status=$?
  bash dev/db.sh drop test "$db"
  return $status
}

for section in "$@"; do
  say "$section"
  case $section in
    lint) bash dev/lint.sh ;;
    # one process a folder: test files of the same name may stand in several
    pure) for folder in sdk shopify simulator stock routing trade architecture conformance; do python -m pytest -p no:odoo -q "tests/$folder"; done ;;
    conformance) python -m pytest -p no:odoo -q tests/conformance ;;
    addons) in_odoo addons $(for a in ${ONLY:-$(ls addons | grep -vxE "$BRIDGES|$APART")}; do [ -d "addons/$a/tests" ] && echo "addons/$a/tests"; done) ;;
    scenarios) in_odoo scenarios tests/scenarios ;;
    prices) in_odoo prices tests/prices ;;
    kits) INSTALL=ec_stock_atp_mrp in_odoo kits addons/ec_stock_atp_mrp/tests tests/kits -v ;;
    b2b) INSTALL=${APART//|/,} in_odoo b2b $(printf 'addons/%s/tests ' ${APART//|/ }) ;;
    isolation) INSTALL=${APART//|/,} in_odoo isolation tests/isolation -v -s ;;
    faults) in_odoo faults tests/faults -v ;;
    pos) INSTALL=point_of_sale in_odoo pos tests/pos -v ;;
    chaos) SEED=${SEED:-1} python -m pytest -p no:odoo -q -s tests/chaos ;;
    sorting) SEED=${SEED:-1} python -m pytest -p no:odoo -q -s tests/sorting ;;
    last_units) SEED=${SEED:-1} python -m pytest -p no:odoo -q -s tests/last_units ;;
    oversell) SEED=${SEED:-1} python -m pytest -p no:odoo -q -s tests/oversell ;;
    browser) python -m pytest -p no:odoo -q tests/browser ;;
    upgrade) bash dev/test_upgrade.sh ;;
    *) die "unknown section: $section" "lint pure conformance addons scenarios prices kits b2b isolation faults pos chaos sorting last_units oversell browser upgrade" ;;
  esac
done
say "all of it passed in $((SECONDS - started)) s: $*"
