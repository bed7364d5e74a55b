#!/usr/bin/env bash
# A private PostgreSQL cluster: pg.sh start|stop live|test. Unix socket only, its own port, disturbs no other server.
set -euo pipefail
. "$(dirname "$0")/env.sh"
use_cluster "${2:-live}"
DATA=$HATOBA_CACHE/pg-$CLUSTER/data
BIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1 || true)
[ -n "$BIN" ] || BIN=$(dirname "$(command -v pg_ctl || true)")
[ -x "$BIN/pg_ctl" ] || die "PostgreSQL's server programs are missing" "Run: make setup   (or: apt-get install postgresql)"
as_pg() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
cd /  # runuser keeps the folder, which user postgres may not enter

answers() { psql -qAt -U postgres -d postgres -c "SELECT 1" >/dev/null 2>&1; }

init() {
  rm -rf "$DATA"; mkdir -p "$DATA" "$PGHOST"
  if [ "$(id -u)" = 0 ]; then chown -R postgres "$HATOBA_CACHE/pg-$CLUSTER"; fi
  as_pg chmod 700 "$PGHOST"
  as_pg "$BIN/initdb" -D "$DATA" -U postgres -E UTF8 --locale=C.UTF-8 --auth=trust >/dev/null
  {
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$PGHOST'"
    echo "port = $PGPORT"
    echo "max_connections = 120"
    echo "max_locks_per_transaction = 256"  # an update of all addons locks a thousand tables; several may run
    echo "shared_buffers = 512MB"
    echo "work_mem = 32MB"
    echo "maintenance_work_mem = 256MB"
    echo "max_wal_size = 4GB"
    echo "jit = off"
    echo "timezone = 'UTC'"
    if [ "$CLUSTER" = test ]; then printf 'fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n'; fi
  } | as_pg tee -a "$DATA/postgresql.conf" >/dev/null
}

launch() { as_pg "$BIN/pg_ctl" -D "$DATA" -l "$HATOBA_CACHE/pg-$CLUSTER/server.log" -w -t 60 start >/dev/null 9>&-; }

# Without fsync a machine that stopped while the cluster ran may have left half of it: it holds nothing that cannot be made again
torn() {
  [ "$CLUSTER" = test ] && [ "$(cat "$HATOBA_CACHE/pg-test/boot" 2>/dev/null)" != "$(cat /proc/sys/kernel/random/boot_id)" ] &&
    ! as_pg "$BIN/pg_controldata" "$DATA" 2>/dev/null | grep -q 'state: *shut down'
}

case $1 in
start)
  if answers; then exit 0; fi
  if [ ! -f "$DATA/PG_VERSION" ] || torn; then init; fi
  if ! launch; then
    # a process id in the lock file may have been given to another program since
    if ! as_pg "$BIN/pg_ctl" -D "$DATA" status >/dev/null 2>&1 || ! answers; then rm -f "$DATA/postmaster.pid"; fi
    launch || { [ "$CLUSTER" = test ] && init && launch; } ||
      die "PostgreSQL did not start" "Its log: $HATOBA_CACHE/pg-$CLUSTER/server.log"
  fi
  cat /proc/sys/kernel/random/boot_id > "$HATOBA_CACHE/pg-$CLUSTER/boot" 2>/dev/null || true
  psql -U postgres -d postgres -Atqc "SELECT 1 FROM pg_roles WHERE rolname='odoo'" | grep -q 1 ||
    psql -U postgres -d postgres -qc "CREATE ROLE odoo LOGIN CREATEDB"
  ;;
stop) as_pg "$BIN/pg_ctl" -D "$DATA" -m fast stop >/dev/null 2>&1 || true ;;
*) die "usage: pg.sh start|stop live|test" ;;
esac
