#!/usr/bin/env bash
# up.sh start|stop|clean: the demo's Odoo and test shop as background processes of this checkout.
set -euo pipefail
. "$(dirname "$0")/env.sh"
use_cluster live
RUN=$ROOT/.run; mkdir -p "$RUN"
DB=hatoba_demo; ODOO_PORT=${ODOO_PORT:-8069}; SHOP_PORT=${SHOP_PORT:-8470}; CONTROL_PORT=${CONTROL_PORT:-8471}

alive() { [ -f "$RUN/$1.pid" ] && kill -0 "$(cat "$RUN/$1.pid")" 2>/dev/null; }
launch() { # name command...
  local name=$1; shift
  setsid "$@" >"$RUN/$name.log" 2>&1 </dev/null 9>&- & echo $! > "$RUN/$name.pid"
}
wait_for() { # name url
  for _ in $(seq 120); do
    curl -fso /dev/null "$2" && return
    alive "$1" || { tail -20 "$RUN/$1.log"; die "$1 did not start" "Its log: $RUN/$1.log"; }
    sleep 0.5
  done
  die "$1 does not answer at $2" "Its log: $RUN/$1.log"
}
free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || die "port $1 is in use" "Choose others: make $2 ODOO_PORT=… SHOP_PORT=… CONTROL_PORT=…"; }

case $1 in
start)
  bash "$ROOT/dev/pg.sh" start live
  psql -qAt -d postgres -c "SELECT 1 FROM pg_database WHERE datname='$DB'" | grep -q 1 || bash "$ROOT/dev/db.sh" new live "$DB"
  if ! alive shop; then
    free "$SHOP_PORT" up; free "$CONTROL_PORT" up
    launch shop "$VENV/bin/python" -m shopify_simulator --port "$SHOP_PORT" --control-port "$CONTROL_PORT" --seed 1 --products 0 \
      --map "https://erp.example=http://127.0.0.1:$ODOO_PORT"
    wait_for shop "http://127.0.0.1:$CONTROL_PORT/"
  fi
  if ! alive odoo; then
    free "$ODOO_PORT" up
    launch odoo "$VENV/bin/python" -W ignore "$(odoo_bin)" -c "$ODOO_RC" -d "$DB" --http-port "$ODOO_PORT" --gevent-port $((ODOO_PORT + 3)) \
      --workers=2 --max-cron-threads=2 --no-database-list
    wait_for odoo "http://127.0.0.1:$ODOO_PORT/web/login"
  fi
  echo "Odoo       http://127.0.0.1:$ODOO_PORT   (user admin, password admin, database $DB)"
  echo "Test shop  http://127.0.0.1:$CONTROL_PORT   (place, edit, pay and refund orders there)"
  ;;
stop)
  for name in odoo shop; do
    if alive "$name"; then kill -- -"$(cat "$RUN/$name.pid")" 2>/dev/null || true; for _ in $(seq 40); do alive "$name" || break; sleep 0.25; done
      kill -9 -- -"$(cat "$RUN/$name.pid")" 2>/dev/null || true; fi
    rm -f "$RUN/$name.pid"
  done ;;
clean)
  bash "$ROOT/dev/pg.sh" start live; bash "$ROOT/dev/db.sh" drop live "$DB"; rm -rf "$RUN" ;;
*) die "usage: up.sh start|stop|clean" ;;
esac
