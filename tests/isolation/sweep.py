"""Every route and every remotely callable method, tried with ids that are not the caller's. Made from the live route map and registry."""

import inspect
import json
import re
import uuid
from dataclasses import dataclass, field

from psycopg2 import Error as DatabaseError

from odoo import http
from odoo.service.model import call_kw, get_public_method

MODULES = {
    "portal",
    "sale",
    "account",
    "stock",
    "sale_stock",
    "website_sale",
    "website_sale_stock",
    "payment",
    "account_payment",
    "mail",
    "web",
    "rpc",
    "ec_b2b_portal",
    "ec_trade_approval",
    "ec_trade_quote",
    "ec_trade_statement",
}
# Ends the session, the server or the test, or serves files only
LEFT_OUT = re.compile(
    r"^/(web/(session/(logout|destroy)|database|assets|static|tests|login|signup|reset_password|webclient/(qweb|translations)|health|become)"
    r"|websocket|bus/|my/deactivate_account|my/security|robots|sitemap|website/(force|translations)|_odoo|ir_attachment)"
)
MODELS = ("sale.order", "account.move", "stock.picking", "res.partner")
REPORTS = {
    "sale.order": "sale.report_saleorder",
    "account.move": "account.report_invoice",
    "stock.picking": "stock.report_deliveryslip",
    "res.partner": "base.report_ir_model_overview",
}
NAMES = {  # parameter: model of the id that it takes
    "order_id": "sale.order",
    "sale_order_id": "sale.order",
    "so_id": "sale.order",
    "invoice_id": "account.move",
    "move_id": "account.move",
    "picking_id": "stock.picking",
    "partner_id": "res.partner",
    "address_id": "res.partner",
    "attachment_id": "ir.attachment",
    "message_id": "mail.message",
    "product_id": "product.product",
    "product_template_id": "product.template",
    "line_id": "sale.order.line",
    "pricelist_id": "product.pricelist",
    "pricelist": "product.pricelist",
    "buyer_id": "ec.trade.buyer",
    "role_id": "ec.trade.role",
    "branch_id": "res.partner",
    "list_id": "ec.trade.list",
    "ship_to": "res.partner",
    "rule_id": "ec.trade.approval.rule",
    "substitute_id": "ec.trade.approval.substitute",
    "statement_id": "ec.trade.statement",
}
OF_MODEL = {"id", "res_id", "thread_id", "record_id", "docids", "ids", "res_ids", "thread_ids", "active_id"}
WORDS = {
    "report_type": "html",
    "converter": "html",
    "download": "true",
    "term": "zq7",
    "search": "zq7",
    "name": "zq7",
    "query": "zq7",
    "message": "m",
    "post_data": {"body": "x"},
    "thread_data": {},
    "fields": ["name"],
    "args": [],
    "kwargs": {},
    "domain": [],
    "method": "read",
    "limit": 40,
    "counters": ["order_count"],
    "mimetype": "text/html",
    "unique": "1",
    "field": "client_order_ref",
    "filename": "a.txt",
    "fetch_params": {},
    "request_list": ["messages"],
}


@dataclass
class Call:
    """One request to a route."""

    path: str
    kind: str
    post: bool
    values: dict


@dataclass
class Tried:
    routes: set = field(default_factory=set)
    requests: int = 0
    answered: int = 0
    methods: set = field(default_factory=set)
    models: set = field(default_factory=set)
    calls: int = 0
    leaks: set = field(default_factory=set)  # (person, where, secrets)
    changes: set = field(default_factory=set)  # (person, where): what another's record is not any more


# ---- routes


def routes(env):
    """[(rule, parameter names)] that a customer can call and that take an id or belong to a module of this subject."""
    found = []
    for rule in env["ir.http"].routing_map().iter_rules():
        routing = rule.endpoint.routing
        if (
            routing["auth"] == "none"
            or routing["type"] not in ("http", "jsonrpc", "json2")
            or LEFT_OUT.match(rule.rule)
        ):
            continue
        parameters = _parameters(rule.endpoint.func)
        module = rule.endpoint.func.__module__.split(".")
        if rule.arguments or parameters & {*NAMES, *OF_MODEL} or module[2:3] and module[2] in MODULES:
            found.append((rule, parameters))
    return found


def _parameters(method):
    """Names of all parameters, also those that an override passes on unnamed."""
    names = set()
    for cls in type(method.__self__).mro():
        if function := cls.__dict__.get(method.__name__):
            names |= {*inspect.signature(inspect.unwrap(function)).parameters}
    return names - {"self", "args", "kw", "kwargs", "post"}


def calls(rule, parameters, target):
    """The requests that try one route with the ids of one target."""
    routing = rule.endpoint.routing
    names = parameters | {*rule.arguments}
    models = (
        MODELS if names & {"model", "res_model", "thread_model", "reportname"} or names & OF_MODEL else ("sale.order",)
    )
    for model in models:
        path = re.sub(
            r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>", lambda found, model=model: _part(found, model, target), rule.rule
        )
        values = {name: _value(name, model, target) for name in parameters - {*rule.arguments}}
        values = {name: value for name, value in values.items() if value is not None}
        # without a list of methods a route takes both alike
        methods = routing.get("methods") or ["GET"]
        if routing["type"] != "http":
            yield Call(path, routing["type"], True, values)
            continue
        for method in {"POST" if method in ("POST", "PUT", "DELETE") else "GET" for method in methods}:
            yield Call(path, "http", method == "POST", values)


def _part(found, model, target):
    converter, of, name = found.groups()
    if converter == "model":
        wanted = of.split(",")[0].strip("'\" ")
        return str(target.get(wanted, 1))
    value = _value(name, model, target)
    if converter == "int" and not isinstance(value, int):
        value = target[model]
    return "x" if value is None else str(value)


def _value(name, model, target):
    if name in NAMES:
        return target[NAMES[name]]
    if name in ("model", "res_model", "thread_model"):
        return model
    if name == "reportname":
        return REPORTS[model]
    if name in OF_MODEL:
        return [target[model]] if name in ("ids", "res_ids", "thread_ids") else target[model]
    if name in ("access_token", "token", "hash"):
        return str(uuid.UUID(int=target["sale.order"]))
    if name == "pid":
        return target["res.partner"]
    if name == "data":
        return json.dumps(
            {
                "model": model,
                "ids": [target[model]],
                "domain": [],
                "fields": [{"name": "name", "label": "n"}],
                "groupby": [],
                "import_compat": False,
            }
        )
    return WORDS.get(name)


def sweep_routes(case, people, targets, only=None):
    """Try all routes as these people; what they change is undone."""
    tried = Tried()
    plan = [
        (rule, call)
        for rule, parameters in routes(case.env)
        if not only or only(rule.rule)
        for target in targets
        for call in calls(rule, parameters, target)
    ]
    for person in people:
        _enter(case, person)
        for rule, call in plan:
            tried.routes.add(rule.rule)
            tried.requests += 1
            with Undone(case):
                before = _state(case, targets[0])
                status, answer = _send(case, call)
                if status < 400 and _state(case, targets[0]) != before:
                    tried.changes.add((person, rule.rule))
            tried.answered += status < 400
            if leaks := case.leaks(person, answer):
                tried.leaks.add((person, rule.rule, tuple(leaks)))
    return tried


def _enter(case, person):
    login = person != "public" and case.people[person].login
    case.authenticate(login or None, login or None)


def _send(case, call):
    case.session_stays()
    if call.kind == "http" and call.post:
        data = {
            name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in call.values.items()
        }
        answer = case.url_open(call.path, data={**data, "csrf_token": http.Request.csrf_token(case)}, timeout=30)
    elif call.kind == "http":
        answer = case.opener.get(case.base_url() + call.path, params=call.values, timeout=30)
    else:
        body = {"jsonrpc": "2.0", "method": "call", "params": call.values} if call.kind == "jsonrpc" else call.values
        answer = case.opener.post(case.base_url() + call.path, json=body, timeout=30)
    return answer.status_code, answer.content


KEPT = {
    "sale.order": "state, partner_id, partner_shipping_id, signed_by, ec_quote_state, ec_quote_note",
    "sale.order.line": "price_unit, product_uom_qty, ec_quote_quantity, ec_quote_price",
    "account.move": "state, partner_id",
    "stock.picking": "state, partner_id",
    "res.partner": "name, street, street2, active, parent_id",
    "ec.trade.account": "state, block_reason, catalogue, stock_shown",
    "ec.trade.buyer": "role_id, active, invited_at",
    "ec.trade.role": "name, can_order",
    "ec.trade.item": "code, name",
    "ec.trade.list": "name, shared",
    "ec.trade.submission": "key, answer::text",
    "ec.trade.approval": "state",
    "ec.trade.approval.rule": "name, min_amount, active",
    "ec.trade.approval.substitute": "date_from, date_to",
    "ec.trade.statement": "state, amount_due",
}


def _state(case, target):
    """What nobody but their owners may change of the records of a target."""
    case.env.flush_all()
    parts = [
        f"(SELECT row({columns})::text FROM {case.env[model]._table} WHERE id = {int(target[model])})"
        for model, columns in KEPT.items()
    ]
    logins = f"(SELECT u.active::text FROM res_users u JOIN ec_trade_buyer b USING (partner_id) WHERE b.id = {int(target['ec.trade.buyer'])})"
    case.env.cr.execute(f"SELECT {', '.join([*parts, logins])}")
    return case.env.cr.fetchone()


class Undone:
    """What happens inside is rolled back, and the caches with it."""

    def __init__(self, case):
        self.env = case.env

    def __enter__(self):
        self.env.flush_all()
        self.env.cr.execute('SAVEPOINT "undone"')

    def __exit__(self, *_error):
        self.env.cr.execute('ROLLBACK TO SAVEPOINT "undone"; RELEASE SAVEPOINT "undone"')
        self.env.clear()


# ---- remote procedure calls


def methods(model):
    """Names of the methods of a model that a client may call."""
    names = []
    for name in dir(type(model)):
        if name.startswith("_") or not callable(getattr(type(model), name, None)):
            continue
        try:
            get_public_method(model, name)
        except Exception:
            continue
        names.append(name)
    return names


def sweep_rpc(case, people, targets, only=None):
    """Search all models, and call all methods of those that hold secrets."""
    tried = Tried()
    for person in people:
        user = case.env.ref("base.public_user") if person == "public" else case.people[person]
        for name in sorted(case.env.registry):
            model = case.env[name].with_user(user)
            if model._abstract or (only and name not in only):
                continue
            tried.models.add(name)
            _search(case, tried, person, model)
        for name in targets[0] if not only else only:
            model = case.env[name].with_user(user)
            texts = [
                key
                for key, field in model._fields.items()
                if field.store and field.type in ("char", "text", "html") and model._has_field_access(field, "read")
            ]
            for method in methods(model):
                tried.methods.add((name, method))
                for target in targets:
                    _call(case, tried, person, model, method, [[target[name]]], {}, target)
                _call(case, tried, person, model, method, [[targets[0][name]], texts], {})
    return tried


def _search(case, tried, person, model):
    fields = [name for name, field in model._fields.items() if model._has_field_access(field, "read")]
    if not _call(
        case, tried, person, model, "search_read", [[]], {"fields": fields, "limit": 200}
    ) and model.has_access("read"):
        # one by one: some computed fields cannot be read by customers, and take the others with them
        for name in fields:
            _call(case, tried, person, model, "search_read", [[]], {"fields": [name], "limit": 200})
    _call(case, tried, person, model, "name_search", ["zq7"], {})
    _call(case, tried, person, model, "web_search_read", [[]], {"specification": {"display_name": {}}, "limit": 200})
    groups = {"groupby": [model._rec_name or "id"], "aggregates": ["__count"]}
    _call(case, tried, person, model, "formatted_read_group", [[]], groups)


def _call(case, tried, person, model, method, args, kwargs, target=None):
    """Whether it was answered."""
    tried.calls += 1
    with Undone(case):
        refused, before = True, target and _state(case, target)
        try:
            answer = call_kw(model, method, list(args), kwargs)
            answer = json.dumps(answer, default=repr)
            refused = False
        except DatabaseError:
            answer = ""
        except Exception as error:
            answer = str(error)
        if leaks := case.leaks(person, answer):
            tried.leaks.add((person, f"{model._name}.{method}", tuple(leaks)))
        if target and not refused and _state(case, target) != before:
            tried.changes.add((person, f"{model._name}.{method}"))
    tried.answered += not refused
    return not refused
