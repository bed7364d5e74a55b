#!/usr/bin/env bash
# Style, Odoo's own mistakes, types and GraphQL documents, in under a minute. Tools and rules: pyproject.toml, .pylintrc.
# Quick look at a few files: ruff check FILE…
set -uo pipefail
. "$(dirname "$0")/env.sh"
cd "$ROOT"
out=$(mktemp -d); trap 'rm -rf "$out"' EXIT
failed=()

run() { # name command...: runs it, keeps what it says, remembers whether it failed
  local name=$1; shift
  "$@" >"$out/$name" 2>&1; echo $? >"$out/$name.rc"
}
report() {
  if [ "$(cat "$out/$1.rc")" = 0 ]; then say "$1: clean"; else say "$1"; cat "$out/$1"; failed+=("$1"); fi
}

types() {
  # The bare mount of tests/conftest.py, for mypy: odoo.addons is our addons/ and nothing else
  mkdir -p .run/mypy/odoo && ln -sfn ../../../addons .run/mypy/odoo/addons
  local packages=() folder pure
  for folder in addons/*/; do
    folder=$(basename "$folder")
    for pure in sdk engine formula.py rounding.py "${folder#ec_channel_}"; do
      [ "$pure" = "${folder}" ] && continue # not a connector
      [ -e "addons/$folder/$pure" ] && packages+=(-p "odoo.addons.$folder.${pure%.py}")
    done
  done
  MYPYPATH=.run/mypy mypy --cache-dir .mypy_cache "${packages[@]}"
}

run pylint-odoo pylint --rcfile=.pylintrc addons/*/ &
run ruff ruff check --quiet --output-format concise addons dev tests benchmarks
run mypy types
if [ -f dev/graphql_check.py ]; then run graphql python dev/graphql_check.py; else echo 0 >"$out/graphql.rc"; fi
wait
for name in ruff pylint-odoo mypy graphql; do report "$name"; done
[ ${#failed[@]} = 0 ] || die "lint: ${failed[*]}"
