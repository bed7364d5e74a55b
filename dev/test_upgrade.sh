#!/usr/bin/env bash
# A database of the previous main goes through `-u all` with this checkout's addons, and keeps its orders.
# Before anything has landed there is no previous main: then the addons are updated over themselves.
set -euo pipefail
. "$(dirname "$0")/env.sh"
use_cluster test
cd "$ROOT"
DB=upgrade_$(echo "$ROOT" | cksum | cut -d' ' -f1)
base=$(git rev-parse -q --verify "${UPGRADE_FROM:-origin/main}^{commit}" || true)
old=$ROOT/.run/previous; rm -rf "$old"; mkdir -p "$old"
if [ -n "$base" ] && git cat-file -e "$base:addons" 2>/dev/null; then
  git archive "$base" addons | tar x -C "$old"
else
  echo "no previous main with addons: updating this one over itself"; cp -r addons "$old/"
fi
bash dev/db.sh new test "$DB" none
modules=$(cd "$old/addons" && ls -d */__manifest__.py | xargs -n1 dirname | paste -sd, -)
sed "s#$ROOT/addons#$old/addons#" "$ODOO_RC" > .run/previous.conf
say "installing the previous addons ($modules)"
odoo -c .run/previous.conf -d "$DB" -i "$modules" --stop-after-init --no-http >.run/upgrade.log 2>&1 || { tail -30 .run/upgrade.log; die "the previous addons do not install"; }
say "a shop with orders"
odoo shell -c .run/previous.conf -d "$DB" --no-http <dev/upgrade_before.py >.run/upgrade.log 2>&1 || true
if grep -qE 'Error|Traceback' .run/upgrade.log; then tail -30 .run/upgrade.log; die "the previous addons did not take the orders in" "Log: $ROOT/.run/upgrade.log"; fi
say "updating to this checkout"
odoo -c "$ODOO_RC" -d "$DB" -u all --stop-after-init --no-http >.run/upgrade.log 2>&1 || { tail -30 .run/upgrade.log; die "-u all failed" "Log: $ROOT/.run/upgrade.log"; }
if grep -E ' (ERROR|CRITICAL) ' .run/upgrade.log; then die "-u all logged errors" "Log: $ROOT/.run/upgrade.log"; fi
odoo shell -c "$ODOO_RC" -d "$DB" --no-http <dev/upgrade_after.py >.run/upgrade.log 2>&1 || true
grep -q '^UPGRADE KEPT' .run/upgrade.log || { tail -30 .run/upgrade.log; die "the orders or the shop are not as before" "Log: $ROOT/.run/upgrade.log"; }
bash dev/db.sh drop test "$DB"
rm -rf "$old"
echo "-u all works on the previous main's database"
