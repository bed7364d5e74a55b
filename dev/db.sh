#!/usr/bin/env bash
# Databases from templates: db.sh new CLUSTER NAME [none|hatoba]   db.sh drop CLUSTER NAME
# Installing Odoo takes a minute, copying a database a second: so Odoo alone and Odoo with Hatoba are each installed once
# per version (keyed by content) into a template, and every test, benchmark or demo database is a copy.
set -euo pipefail
. "$(dirname "$0")/env.sh"
use_cluster "$2"; NAME=$3; KIND=${4:-hatoba}
bash "$ROOT/dev/pg.sh" start "$CLUSTER"
sql() { psql -qAt -d postgres -c "$1"; }
exists() { [ "$(sql "SELECT 1 FROM pg_database WHERE datname='$1'")" = 1 ]; }
drop() { sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='$1' AND usename = current_user" >/dev/null; sql "DROP DATABASE IF EXISTS \"$1\"" 2>/dev/null; rm -rf "$HATOBA_CACHE/data/filestore/$1"; }
copy() { drop "$2"; sql "CREATE DATABASE \"$2\" TEMPLATE \"$1\""
  if [ -d "$HATOBA_CACHE/data/filestore/$1" ]; then cp -al "$HATOBA_CACHE/data/filestore/$1" "$HATOBA_CACHE/data/filestore/$2"; fi; }
install() { # db modules
  odoo -c "$ODOO_RC" -d "$1" -i "$2" --load-language=en_US,ja_JP --stop-after-init --no-http --log-level=warn >"$HATOBA_CACHE/install.log" 2>&1 &&
    ! grep -qE ' (ERROR|CRITICAL) ' "$HATOBA_CACHE/install.log"; }

[ "$1" = drop ] && { drop "$NAME"; exit 0; }
exec 9>"$HATOBA_CACHE/.db-$CLUSTER.lock"; flock 9
base=tmpl_odoo_$( (odoo_home; echo "$ODOO_MODULES en ja") | sha256sum | cut -c1-10)
if ! exists "$base"; then
  say "installing Odoo ($ODOO_MODULES) into a template, once: about two minutes"
  drop "${base}_new"; sql "CREATE DATABASE \"${base}_new\" ENCODING 'UTF8' TEMPLATE template0"
  install "${base}_new" "$ODOO_MODULES" || { tail -30 "$HATOBA_CACHE/install.log"; die "Odoo could not be installed" "Log: $HATOBA_CACHE/install.log"; }
  copy "${base}_new" "$base"; drop "${base}_new"
fi
src=$base
if [ "$KIND" = hatoba ] && [ -n "$HATOBA_MODULES" ]; then
  key=$(cd "$ROOT/addons" && git ls-files -co --exclude-standard -- . ':!*/tests/*' ':!*.md' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum 2>/dev/null | sha256sum | cut -c1-10)
  src=tmpl_hatoba_$(echo "$base$key$HATOBA_MODULES" | sha256sum | cut -c1-10)
  if ! exists "$src"; then
    say "installing Hatoba ($HATOBA_MODULES) into a template"
    # Keep the three newest: each is a whole database
    for old in $(sql "SELECT datname FROM pg_database WHERE datname LIKE 'tmpl\_hatoba\_%' ORDER BY oid DESC OFFSET 2"); do drop "$old"; done
    copy "$base" "${src}_new"
    install "${src}_new" "$HATOBA_MODULES" || { grep -vE ' INFO ' "$HATOBA_CACHE/install.log" | tail -40; die "Hatoba could not be installed" "Log: $HATOBA_CACHE/install.log"; }
    copy "${src}_new" "$src"; drop "${src}_new"
  fi
fi
copy "$src" "$NAME"
