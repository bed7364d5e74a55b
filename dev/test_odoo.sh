#!/usr/bin/env bash
# Odoo's own tests of the modules we extend, without and with our addons: nothing may fail that passes without us.
# Long (about half an hour); test_odoo.sh without|with|compare runs one part. Results: .run/odoo-tests-*.txt
set -euo pipefail
. "$(dirname "$0")/env.sh"
use_cluster test
MODULES=${MODULES:-sale,stock,sale_stock,stock_delivery}
TAGS=$(echo "$MODULES" | sed 's#[^,]*#/&#g')
mkdir -p "$ROOT/.run"

run() { # without|with
  local kind=hatoba db=odoo_tests_$1 log=$ROOT/.run/odoo-tests-$1.log port
  if [ "$1" = without ]; then kind=none; fi
  say "Odoo's tests of $MODULES, $1 our addons (log: $log)"
  bash "$ROOT/dev/db.sh" new test "$db" "$kind"
  port=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  odoo -c "$ODOO_RC" -d "$db" -u "$MODULES" --test-tags "$TAGS" --stop-after-init --http-port "$port" --log-level=test >"$log" 2>&1 || true
  grep -q 'tests when loading database\|post-tests in' "$log" || { tail -20 "$log"; die "the tests did not run" "Log: $log"; }
  grep -oE '(FAIL|ERROR): (Subtest )?[A-Za-z0-9_.]+\.test_[A-Za-z0-9_]+' "$log" | sed -E 's/^[A-Z]+: (Subtest )?//' | sort -u > "$ROOT/.run/odoo-tests-$1.txt"
  grep -cE 'Starting [A-Za-z0-9_]+\.test_' "$log" > "$ROOT/.run/odoo-tests-$1.count" || true
  bash "$ROOT/dev/db.sh" drop test "$db"
}

compare() {
  local new; new=$(comm -13 "$ROOT/.run/odoo-tests-without.txt" "$ROOT/.run/odoo-tests-with.txt")
  echo "tests run: $(cat "$ROOT/.run/odoo-tests-without.count") without, $(cat "$ROOT/.run/odoo-tests-with.count") with our addons"
  echo "failing:   $(wc -l < "$ROOT/.run/odoo-tests-without.txt") without, $(wc -l < "$ROOT/.run/odoo-tests-with.txt") with our addons"
  [ -z "$new" ] || { echo "$new"; die "these fail only with our addons"; }
  echo "nothing fails with our addons that passes without them"
}

case ${1:-all} in
without | with) run "$1" ;;
compare) compare ;;
all) run without; run with; compare ;;
*) die "usage: test_odoo.sh [without|with|compare]" ;;
esac
