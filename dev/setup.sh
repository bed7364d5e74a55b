#!/usr/bin/env bash
# Everything a bare Debian 12 machine needs to run Hatoba, from Debian, PyPI and npm only. Each step is skipped when done.
set -euo pipefail
. "$(dirname "$0")/env.sh"
mkdir -p "$HATOBA_CACHE" || die "cannot write $HATOBA_CACHE" "Set HATOBA_CACHE to a folder you can write to."
# One set-up at a time: two checkouts share the cache
exec 9>"$HATOBA_CACHE/.lock"; flock 9

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
  die "need root to install: $*" "Run it as root once, then make again."; fi; }
stamp() { [ "$(cat "$HATOBA_CACHE/$1.done" 2>/dev/null)" = "$2" ]; }
done_() { echo "$2" > "$HATOBA_CACHE/$1.done"; }

# ---- 1. system packages
wanted=()
need() { command -v "$1" >/dev/null 2>&1 || wanted+=("$2"); }
python3 -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3-venv)
need gcc build-essential; need make make; need git git; need chromium chromium; need wkhtmltopdf wkhtmltopdf; need pdftoppm poppler-utils
need runuser util-linux; need curl curl
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted+=(postgresql)
command -v npm >/dev/null 2>&1 || wanted+=(npm)
dpkg -s fonts-noto-cjk >/dev/null 2>&1 || wanted+=(fonts-noto-cjk fontconfig)
if [ ${#wanted[@]} -gt 0 ]; then
  say "1/6 Debian packages: ${wanted[*]}"
  as_root apt-get update -q >"$HATOBA_CACHE/apt.log" 2>&1 || die "apt-get update failed" "Is a Debian mirror reachable? Log: $HATOBA_CACHE/apt.log"
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -yq --no-install-recommends "${wanted[@]}" >>"$HATOBA_CACHE/apt.log" 2>&1 ||
    die "apt-get install failed" "Log: $HATOBA_CACHE/apt.log"
fi

# ---- 2. Python environment
py=$(sha256sum "$ROOT/requirements.txt" "$ROOT/requirements-dev.txt" | cut -c1-16 | paste -sd-)
if ! stamp venv "$py"; then
  say "2/6 Python environment in $VENV"
  "$(command -v python3.11 || command -v python3)" -m venv "$VENV" || die "python3 -m venv failed" "Odoo 19 needs Python 3.10 to 3.13."
  "$VENV/bin/pip" install -q --disable-pip-version-check -r "$ROOT/requirements-dev.txt" >"$HATOBA_CACHE/pip.log" 2>&1 ||
    die "pip install failed" "Is PyPI reachable? Log: $HATOBA_CACHE/pip.log"
  done_ venv "$py"
fi

# ---- 3. Odoo 19: the Debian package of the unstable suite, unpacked into a private folder (nothing is installed)
if [ -z "${ODOO_HOME:-}" ] && [ ! -f "$HATOBA_CACHE/odoo/current" ]; then
  say "3/6 Odoo 19 (download of 125 MB, unpacked in $HATOBA_CACHE/odoo)"
  apt=$HATOBA_CACHE/apt; mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs"
  # The machine's own mirror with another suite; the mirror's name is never written down here
  mirror=$(grep -rhoE '^(deb|URIs:)[^#]*https?://[^ ]+' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -vi security |
    grep -oE 'https?://[^ ]+' | grep -E '/debian/?$' | head -1 || true)
  [ -n "$mirror" ] || die "no Debian mirror in /etc/apt" "Set ODOO_HOME to an Odoo 19 source checkout instead."
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  printf 'deb [signed-by=%s] %s sid main\n' "$keyring" "$mirror" > "$apt/sid.list"
  printf 'deb [signed-by=%s] %s bookworm main\n' "$keyring" "$mirror" > "$apt/bookworm.list"
  fetch() { # suite package...
    local suite=$1; shift
    mkdir -p "$apt/$suite/lists/partial"
    local o=(-o "Dir::State::Lists=$apt/$suite/lists" -o "Dir::Cache=$apt/cache" -o "Dir::Etc::sourcelist=$apt/$suite.list" -o "Dir::Etc::sourceparts=-" -o "APT::Sandbox::User=root")
    apt-get "${o[@]}" update -q >>"$HATOBA_CACHE/apt.log" 2>&1 && (cd "$apt/debs" && apt-get "${o[@]}" download "$@" >>"$HATOBA_CACHE/apt.log" 2>&1)
  }
  fetch sid odoo-19 libjs-jquery libjs-jquery-form libjs-underscore fonts-roboto-unhinted fonts-montserrat fonts-ocr-b &&
    fetch bookworm fonts-font-awesome fonts-inconsolata ||
    die "Odoo could not be downloaded from the Debian mirror" "Log: $HATOBA_CACHE/apt.log" "Or set ODOO_HOME to an Odoo 19 source checkout."
  rm -rf "$HATOBA_CACHE/odoo/new"; mkdir -p "$HATOBA_CACHE/odoo/new"
  for deb in "$apt"/debs/*.deb; do dpkg -x "$deb" "$HATOBA_CACHE/odoo/new"; done
  version=$(basename "$apt"/debs/odoo-19_*.deb | cut -d_ -f2 | tr '+~%' '...')
  rm -rf "$HATOBA_CACHE/odoo/$version"; mv "$HATOBA_CACHE/odoo/new" "$HATOBA_CACHE/odoo/$version"
  home=$HATOBA_CACHE/odoo/$version/usr/lib/python3/dist-packages
  # Debian leaves this file out (licence); an empty one silences the asset error in the browser console
  seg=$home/odoo/addons/mail/static/lib/selfie_segmentation; mkdir -p "$seg"; [ -e "$seg/selfie_segmentation.js" ] || : > "$seg/selfie_segmentation.js"
  rm -rf "$apt/debs"
  echo "$home" > "$HATOBA_CACHE/odoo/current"
fi
site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
odoo_home > "$site/odoo19.pth"
[ -n "$(cat "$site/odoo19.pth")" ] || die "no Odoo found" "Set ODOO_HOME, or remove $HATOBA_CACHE/odoo and run again."

# ---- 4. Shopify's Admin schema, for the simulator and the document check
pack=@shopify/dev-mcp@1.16.0
if ! stamp shopify "$pack"; then
  say "4/6 Shopify Admin schemas ($pack from npm)"
  rm -rf "$HATOBA_CACHE/npm" "$HATOBA_SHOPIFY_SCHEMA"; mkdir -p "$HATOBA_CACHE/npm" "$HATOBA_SHOPIFY_SCHEMA"
  (cd "$HATOBA_CACHE/npm" && npm pack --silent "$pack" >/dev/null && tar xzf ./*.tgz) || die "npm pack $pack failed" "Is the npm registry reachable?"
  find "$HATOBA_CACHE/npm/package" -name 'admin_20*.json.gz' -exec cp {} "$HATOBA_SHOPIFY_SCHEMA/" \;
  rm -rf "$HATOBA_CACHE/npm"
  ls "$HATOBA_SHOPIFY_SCHEMA"/admin_2026-10.json.gz >/dev/null 2>&1 || die "the schema files are not where $pack had them" "Look for admin_2026-10.json.gz in the package."
  done_ shopify "$pack"
fi

# ---- 5. configuration of the two servers
[ -f "$HATOBA_CACHE/secret" ] || (umask 077; head -c 24 /dev/urandom | base64 | tr -d '/+=' > "$HATOBA_CACHE/secret")
for c in live test; do
  use_cluster "$c"
  mkdir -p "$ROOT/.run"; cat > "$ODOO_RC" <<CONF
[options]
db_host = $PGHOST
db_port = $PGPORT
db_user = odoo
addons_path = $(odoo_home)/odoo/addons,$ROOT/addons
data_dir = $HATOBA_CACHE/data
list_db = True
without_demo = True
log_level = warn
http_interface = 127.0.0.1
max_cron_threads = 0
hatoba_secret_key = only-for-this-machine-$(cat "$HATOBA_CACHE/secret")
CONF
  if [ -d "$(odoo_home)/addons" ] && ! [ "$(odoo_home)/addons" -ef "$(odoo_home)/odoo/addons" ]; then sed -i "s|^addons_path = |&$(odoo_home)/addons,|" "$ODOO_RC"; fi
done

# ---- 6. database clusters
for c in live test; do bash "$ROOT/dev/pg.sh" start "$c"; done
echo "set-up is complete (cache: $HATOBA_CACHE)"
