"""The rules of the house, read from the files alone. Each check gives its findings as text; an empty list is a pass.

`addons` is the folder that holds the addons, so that every check can be tried on a bad sample.
"""

import ast
import csv
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polib
from lxml import etree

# ---- reading


def addon_dirs(addons):
    return sorted(path.parent for path in addons.glob("*/__manifest__.py"))


def manifest(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text())


def python_files(addons, *, tests=False):
    """Python files of all addons; those in an addon's tests/ only on request."""
    return [path for path in sorted(addons.rglob("*.py")) if tests or "tests" not in path.relative_to(addons).parts]


@cache
def _parsed(path, _changed):
    return ast.parse(path.read_text(), str(path))


def parsed(path):
    return _parsed(path, path.stat().st_mtime_ns)


def at(path, addons, line=None):
    return f"{path.relative_to(addons)}{f':{line}' if line else ''}"


def imports(path, addons):
    """(line, absolute dotted name) of everything a file imports; names from relative imports are resolved."""
    package = ("odoo", "addons", *path.relative_to(addons).parts[:-1])
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for name in node.names:
                yield node.lineno, f"{module}.{name.name}"


@dataclass
class Model:
    name: str
    kind: str
    path: Path
    line: int
    fields: dict
    stored: bool


def _string(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def models(addon):
    """The models an addon creates (not those it extends)."""
    for path in python_files(addon):
        for node in parsed(path).body:
            if not isinstance(node, ast.ClassDef):
                continue
            kinds = [
                base.attr for base in node.bases if isinstance(base, ast.Attribute) and base.attr.endswith("Model")
            ]
            attributes, found = {}, {}
            for statement in node.body:
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                    name, value = statement.targets[0].id, statement.value
                    attributes[name] = value
                    if (
                        isinstance(value, ast.Call)
                        and isinstance(value.func, ast.Attribute)
                        and ast.unparse(value.func.value) == "fields"
                    ):
                        found[name] = value
            own = _string(attributes.get("_name"))
            inherited = attributes.get("_inherit")
            extended = {_string(item) for item in getattr(inherited, "elts", [inherited])}
            if kinds and own and own not in extended:
                yield Model(own, kinds[0], path, node.lineno, found, kinds[0] == "Model")


def xml_records(addon, model):
    for path in sorted(addon.rglob("*.xml")):
        if "static" in path.relative_to(addon).parts:
            continue
        for record in etree.parse(path).iterfind(".//record"):
            if record.get("model") == model:
                yield path, record


def record_field(record, name):
    field = record.find(f"field[@name='{name}']")
    return field if field is not None else etree.Element("field")


# ---- who may know whom

GROUND = {"ec_stock_atp", "ec_order_hold", "ec_sale_batch", "ec_trade_price"}
# One stands on another: both paths of a reservation keep one budget
ON_THE_GROUND = {"ec_stock_atp": {"ec_sale_batch"}}
FIRST_FLOOR = {"ec_channel_base", "ec_order_routing", "ec_b2b_portal"}
# On the trade portal and nothing else of ours
ON_THE_PORTAL = {"ec_trade_approval", "ec_trade_quote", "ec_trade_statement"}
# Glue between the ground and a module of Odoo that not everybody has
BRIDGES = {"ec_stock_atp_mrp", "ec_trade_price_pos"}
LEAVES = {
    "ec_consignment",
    "ec_dashboard",
    "ec_order_mail",
    "ec_payment_match",
    "ec_return",
    "ec_shipping_jp",
    "ec_trade_document",
}


def is_connector(name):
    return name.startswith("ec_channel_") and name != "ec_channel_base"


def check_depends(addons):
    """A manifest's depends only ever point up the page; glue between two addons is an auto_install bridge."""
    problems = []
    for addon in addon_dirs(addons):
        name, data = addon.name, manifest(addon)
        ours = {depend for depend in data["depends"] if depend.startswith("ec_")}
        if data.get("auto_install") and len(ours) > 1:
            continue
        if name in GROUND:
            allowed = ON_THE_GROUND.get(name, set())
        elif name in FIRST_FLOOR or name in LEAVES or name in BRIDGES:
            allowed = GROUND
        elif name in ON_THE_PORTAL:
            allowed = {"ec_b2b_portal"}
        elif is_connector(name):
            allowed = GROUND | {"ec_channel_base"}
        else:
            problems.append(f"{name}: has no place in the architecture")
            continue
        problems += [f"{name}: may not depend on {depend}" for depend in sorted(ours - allowed)]
    return problems


PURE_THIRD_PARTY = {"requests", "urllib3", "lxml", "zeep"}
KIT_THIRD_PARTY = {"pytest", "freezegun"}


def pure_roots(addons):
    """Folders and files without ORM: sdk/, engine/, formula.py, rounding.py, and a connector's folder of its own name."""
    for addon in sorted(path for path in addons.iterdir() if path.is_dir()):
        candidates = [addon / "sdk", addon / "engine", addon / "formula.py", addon / "rounding.py"]
        if is_connector(addon.name):
            candidates.append(addon / addon.name.removeprefix("ec_channel_"))
        yield from (candidate for candidate in candidates if candidate.exists())


def check_pure(addons):
    """Pure code imports the standard library, a few libraries, the SDK, and its own folder."""
    problems = []
    for root in pure_roots(addons):
        own = "odoo.addons." + ".".join(root.relative_to(addons).with_suffix("").parts)
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            allowed = PURE_THIRD_PARTY | (KIT_THIRD_PARTY if path.name == "testing.py" else set())
            for line, name in imports(path, addons):
                top = name.split(".")[0]
                if top in sys.stdlib_module_names or top in allowed:
                    continue
                if f"{name}.".startswith((f"{own}.", "odoo.addons.ec_channel_base.sdk.")):
                    continue
                problems.append(f"{at(path, addons, line)}: pure code imports {name}")
    return problems


def check_connector_imports(addons):
    """A connector imports one thing of ours: the SDK."""
    problems = []
    for path in python_files(addons):
        addon = path.relative_to(addons).parts[0]
        if not is_connector(addon):
            continue
        for line, name in imports(path, addons):
            if f"{name}.".startswith("odoo.addons.ec_") and not f"{name}.".startswith(
                (f"odoo.addons.{addon}.", "odoo.addons.ec_channel_base.sdk.")
            ):
                problems.append(f"{at(path, addons, line)}: a connector imports {name}")
    return problems


def check_connector_models(addons):
    """A connector extends one model: ec.channel."""
    problems = []
    for addon in addon_dirs(addons):
        if not is_connector(addon.name):
            continue
        created = {model.name for model in models(addon)}
        for path in python_files(addon):
            for node in ast.walk(parsed(path)):
                if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != "_inherit":
                    continue
                for name in [_string(item) for item in getattr(node.value, "elts", [node.value])]:
                    if name not in {"ec.channel", "mail.thread", "mail.activity.mixin"} | created:
                        problems.append(f"{at(path, addons, node.lineno)}: a connector extends {name}")
    return problems


NAMED = re.compile(
    r"shopify|woocommerce|rakuten|yahoo|amazon|zozo|qoo10|makeshop|futureshop|ebisumart|ec_channel_demo", re.IGNORECASE
)


def check_no_connector_named(addons):
    """Only a connector's own addon knows its name."""
    connectors = {addon.name.removeprefix("ec_channel_") for addon in addon_dirs(addons) if is_connector(addon.name)}
    problems = []
    for addon in addon_dirs(addons):
        if is_connector(addon.name) or (manifest(addon).get("auto_install") and NAMED.search(addon.name)):
            continue
        for path in sorted(addon.rglob("*")):
            if (
                path.suffix not in {".py", ".xml", ".csv", ".js", ".scss", ".sql"}
                or "tests" in path.relative_to(addon).parts
            ):
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if found := NAMED.search(line):
                    problems.append(f"{at(path, addons, number)}: names {found[0]}")
            if path.suffix == ".py" and path.name != "__manifest__.py":
                for node in ast.walk(parsed(path)):
                    if _string(node) in connectors and not NAMED.search(node.value):
                        problems.append(f"{at(path, addons, node.lineno)}: names the connector {node.value!r}")
    return problems


# ---- security


def check_access_rights(addons):
    """Every model that has a table says who may do what with it."""
    problems = []
    for addon in addon_dirs(addons):
        granted = set()
        for path in addon.glob("security/*.csv"):
            with path.open() as rows:
                granted |= {row["model_id:id"].split(".")[-1] for row in csv.DictReader(rows)}
        for _path, record in xml_records(addon, "ir.model.access"):
            granted.add(record_field(record, "model_id").get("ref", "").split(".")[-1])
        for model in models(addon):
            if model.kind != "AbstractModel" and f"model_{model.name.replace('.', '_')}" not in granted:
                problems.append(f"{at(model.path, addons, model.line)}: {model.name} has no access rights")
    return problems


def check_company_rules(addons):
    """Every stored model with a company_id has a record rule on it."""
    problems = []
    for addon in addon_dirs(addons):
        ruled = set()
        for _path, record in xml_records(addon, "ir.rule"):
            domain = "".join(record_field(record, "domain_force").itertext())
            if "company_id" in domain and ("company_ids" in domain or "companies" in domain):
                ruled.add(record_field(record, "model_id").get("ref", "").split(".")[-1])
        for model in models(addon):
            if model.stored and "company_id" in model.fields and f"model_{model.name.replace('.', '_')}" not in ruled:
                problems.append(f"{at(model.path, addons, model.line)}: {model.name} has no company rule")
    return problems


def check_sudo_is_explained(addons):
    """sudo() stands with a comment on its line, on the line before or before its statement; a word for the first one in a
    function, or "superuser" in its docstring, goes for the whole function."""
    problems = []
    for path in python_files(addons):
        lines = path.read_text().splitlines()
        nodes = list(ast.walk(parsed(path)))
        statements = [node for node in nodes if isinstance(node, ast.stmt)]
        functions = [node for node in statements if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        explained_functions = {node for node in functions if "superuser" in (ast.get_docstring(node) or "").lower()}
        calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        for node in sorted(calls, key=lambda call: call.func.end_lineno):
            if node.func.attr != "sudo" or [ast.unparse(argument) for argument in node.args] == ["False"]:
                continue
            line = node.func.end_lineno
            around = {item for item in functions if item.lineno <= line <= item.end_lineno}
            start = max(item.lineno for item in statements if item.lineno <= line <= item.end_lineno)
            here = any("#" in lines[number - 1] for number in range(start, line + 1))
            before = any(lines[number - 2].strip().startswith("#") for number in (start, line) if number > 1)
            if here or before:
                explained_functions |= around
            elif not around & explained_functions:
                problems.append(f"{at(path, addons, line)}: sudo() without a word why")
    return problems


SECRET_NAME = re.compile(r"(^|_)(secret|token|password|api_key|private_key)$")


def check_neutralize(addons):
    """An addon that stores secrets forgets them in a copy of the database (data/neutralize.sql)."""
    problems = []
    for addon in addon_dirs(addons):
        if (addon / "data" / "neutralize.sql").exists():
            continue
        for path in python_files(addon):
            for node in ast.walk(parsed(path)):
                if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                    continue
                name, call = ast.unparse(node.targets[0]), node.value
                if not SECRET_NAME.search(name) or not ast.unparse(call.func).startswith("fields."):
                    continue
                if not {"compute", "related"} & {keyword.arg for keyword in call.keywords}:
                    problems.append(
                        f"{at(path, addons, node.lineno)}: {name} is stored, and data/neutralize.sql does not exist"
                    )
    return problems


# ---- how it is done

LANE_RUNNER = "ec_sale_batch/models/ec_lane.py"


def check_commit(addons):
    """Nothing commits or rolls back but the lane runner."""
    problems = []
    for path in python_files(addons):
        if path.relative_to(addons).as_posix() == LANE_RUNNER:
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and node.attr in ("commit", "rollback", "_commit_progress"):
                owner = ast.unparse(node.value)
                if node.attr == "_commit_progress" or owner.split(".")[-1] in ("cr", "_cr", "cursor", "registry"):
                    problems.append(f"{at(path, addons, node.lineno)}: {owner}.{node.attr}")
    return problems


GRAPHQL = re.compile(
    r"^\s*(query|mutation|subscription|fragment)\b[^\n{]*\{|\{\s*edges\s*\{|\bpageInfo\s*\{", re.MULTILINE
)


def check_no_inline_graphql(addons):
    """GraphQL lives in .graphql files, where it is checked against the schemas."""
    problems = []
    for path in python_files(addons):
        for node in ast.walk(parsed(path)):
            text = _string(node)
            if text and GRAPHQL.search(text):
                problems.append(f"{at(path, addons, node.lineno)}: GraphQL inside Python")
    return problems


EGRESS = {
    "requests",
    "urllib3",
    "urllib.request",
    "http.client",
    "socket",
    "httpx",
    "aiohttp",
    "ftplib",
    "smtplib",
    "paramiko",
}
# The demo shop stands in for the network: it answers in memory and sends nothing
EGRESS_ALLOWED = {"ec_channel_base/sdk/transport.py", "ec_channel_demo/demo/api.py"}


def check_egress(addons):
    """The SDK's transport is the only way out."""
    problems = []
    for path in python_files(addons):
        if path.relative_to(addons).as_posix() in EGRESS_ALLOWED:
            continue
        for line, name in imports(path, addons):
            if any(f"{name}.".startswith(f"{module}.") for module in EGRESS):
                problems.append(f"{at(path, addons, line)}: imports {name}")
    return problems


# ---- what an addon consists of


def check_addon_files(addons):
    """README, licence, translation."""
    problems = []
    for addon in addon_dirs(addons):
        if manifest(addon).get("license") != "LGPL-3":
            problems.append(f"{addon.name}: the licence is not LGPL-3")
        if not (addon / "README.md").exists():
            problems.append(f"{addon.name}: README.md is missing")
    return problems


TRANSLATED_FIELDS = {"name", "summary", "string", "help"}


def _terms(addon):
    """Terms that are certainly translatable: literals given to _() in Python."""
    for path in python_files(addon):
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("_", "self.env._", "env._", "_lt")
                and node.args
            ):
                if text := _string(node.args[0]):
                    yield path, node.lineno, text


def _translatable(addon):
    return any(_terms(addon)) or any(addon.glob("views/*.xml")) or any(True for _model in models(addon))


def check_translation(addons):
    """Japanese is complete: every term of the template and every literal in _() has a translation, none is fuzzy."""
    problems = []
    for addon in addon_dirs(addons):
        if not _translatable(addon):
            continue
        template, japanese = addon / "i18n" / f"{addon.name}.pot", addon / "i18n" / "ja.po"
        missing = [path.name for path in (template, japanese) if not path.exists()]
        if missing:
            problems.append(f"{addon.name}: i18n/{' and i18n/'.join(missing)} missing")
            continue
        entries = {entry.msgid: entry for entry in polib.pofile(str(japanese)) if not entry.obsolete}
        for entry in entries.values():
            if "fuzzy" in entry.flags or not entry.msgstr.strip():
                problems.append(f"{addon.name}: not translated: {entry.msgid!r}")
            elif _placeholders(entry.msgid) != _placeholders(entry.msgstr):
                problems.append(f"{addon.name}: other placeholders in the translation of {entry.msgid!r}")
        for entry in polib.pofile(str(template)):
            if entry.msgid not in entries:
                problems.append(f"{addon.name}: in the template, not in ja.po: {entry.msgid!r}")
        for path, line, text in _terms(addon):
            if text not in entries:
                problems.append(f"{at(path, addons, line)}: not in ja.po: {text!r}")
    return problems


def _placeholders(text):
    return sorted(re.findall(r"%\([a-z_]+\)[sd]|%[sd]|\{\w*\}", text))


def check_view_files(addons):
    """views/<model>_views.xml holds the views of that model and of no other."""
    problems = []
    for addon in addon_dirs(addons):
        for path in sorted(addon.glob("views/*.xml")):
            if re.search(r"_(menus|templates)(_|$)", path.stem):
                continue
            if not path.stem.endswith("_views"):
                problems.append(f"{at(path, addons)}: is neither …_views nor …_menus nor …_templates")
                continue
            for record in etree.parse(path).iterfind(".//record[@model='ir.ui.view']"):
                model = "".join(record_field(record, "model").itertext()).strip()
                if model.replace(".", "_") != path.stem.removesuffix("_views"):
                    problems.append(f"{at(path, addons, record.sourceline)}: a view of {model}")
    return problems


def check_manifest_data(addons):
    """What the manifest lists exists, and every XML and CSV of security/, data/, views/ and wizards/ is listed."""
    problems = []
    for addon in addon_dirs(addons):
        data = manifest(addon)
        listed = {*data.get("data", ()), *data.get("demo", ())}
        problems += [
            f"{addon.name}: lists {name}, which does not exist"
            for name in sorted(listed)
            if not (addon / name).exists()
        ]
        for folder in ("security", "data", "views", "wizards", "reports"):
            for path in sorted((addon / folder).glob("*")):
                if path.suffix in {".xml", ".csv"} and path.relative_to(addon).as_posix() not in listed:
                    problems.append(f"{at(path, addons)}: is not in the manifest")
    return problems


CHECKS = [value for name, value in sorted(globals().items()) if name.startswith("check_")]
