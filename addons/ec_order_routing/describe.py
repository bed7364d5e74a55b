"""A domain as a sentence, and what the engine says of one."""

import ast

from odoo.tools.misc import format_date

from .engine.compile import FOUND, IS, IS_NOT, NOT_FOUND
from .engine.domain import parse
from .language import shown


def domain_text(model, domain):
    """The domain over `model` (an empty recordset) in words; "" of one that everything matches."""
    tree = parse(domain)
    return "" if tree is True else _node_text(model, tree)


def filter_text(env, said):
    """What the engine says of a choice of orders or lines, with labels for paths and names for ids; None: it is about something else."""
    known = said.params
    if said.text in (FOUND, NOT_FOUND):
        domain = ast.literal_eval(known["domain"])
        text = domain_text(_model_of(env, known, _first_path(domain)), domain)
        return text if said.text == FOUND else env._("(asked for: %(condition)s)", condition=text)
    if said.text not in (IS, IS_NOT):
        return None
    model = _model_of(env, known, known["field"])
    text = _leaf_text(model, known["field"], known["operator"], known["value"])
    actual = _value_text(env, _field_of(model, known["field"]), known["actual"])
    if said.text == IS_NOT:
        return env._("(asked for: %(condition)s; it is %(actual)s)", condition=text, actual=actual)
    return text if known["operator"] == "=" else env._("%(condition)s (it is %(actual)s)", condition=text, actual=actual)


def _model_of(env, known, path):
    """What the path is of: a line where the engine says so, or where an order has no such field."""
    name = path.partition(".")[0]
    of_line = known.get("side") == "lines" or name not in env["sale.order"]._fields
    # names of what a rule mentions are told to all who may read the rule
    return env["sale.order.line" if of_line else "sale.order"].sudo()


def _first_path(domain):
    return next((term[0] for term in domain if isinstance(term, (list, tuple))), "")


def _field_of(model, path):
    field = None
    for name in path.split("."):
        field = model._fields.get(name) if model is not None else None
        model = model.env[field.comodel_name] if field is not None and field.comodel_name else None
    return field


def _node_text(model, node, inside=False):
    env = model.env
    if isinstance(node, bool):
        return env._("always") if node else env._("never")
    if node[0] == "leaf":
        return _leaf_text(model, *node[1:])
    if node[0] == "!":
        return env._("not (%(text)s)", text=_node_text(model, node[1]))
    word = env._(" and ") if node[0] == "&" else env._(" or ")
    text = word.join(_node_text(model, child, inside=True) for child in node[1])
    return f"({text})" if inside else text


def _leaf_text(model, path, operator, value):
    env = model.env
    labels, last = [], None
    for name in path.split("."):
        last = model._fields.get(name) if model is not None else None
        if last is None:
            labels.append(name)
            continue
        labels.append(last._description_string(env) or name)
        model = env[last.comodel_name] if last.comodel_name else None
    field = " › ".join(labels)
    if operator in ("any", "not any") and last is not None and isinstance(value, (list, tuple)):
        text = domain_text(model, value)
        if operator == "any":
            return env._("%(field)s with %(value)s", field=field, value=text)
        return env._("no %(field)s with %(value)s", field=field, value=text)
    if last is not None and last.type == "boolean":
        wanted = bool(value[0] if isinstance(value, (list, tuple)) and value else value)
        wanted = wanted if operator in ("=", "in") else not wanted
        return field if wanted else env._("not %(field)s", field=field)
    if value is False or value == [False]:
        if operator in ("=", "in"):
            return env._("%(field)s is empty", field=field)
        return env._("%(field)s is filled in", field=field)
    return _comparison(env, field, operator, _value_text(env, last, value))


def _comparison(env, field, operator, value):
    texts = {
        "=": env._("%(field)s is %(value)s", field=field, value=value),
        "!=": env._("%(field)s is not %(value)s", field=field, value=value),
        ">": env._("%(field)s is over %(value)s", field=field, value=value),
        "<": env._("%(field)s is under %(value)s", field=field, value=value),
        ">=": env._("%(field)s is at least %(value)s", field=field, value=value),
        "<=": env._("%(field)s is at most %(value)s", field=field, value=value),
        "in": env._("%(field)s is one of %(value)s", field=field, value=value),
        "not in": env._("%(field)s is none of %(value)s", field=field, value=value),
        "ilike": env._("%(field)s contains “%(value)s”", field=field, value=value),
        "not ilike": env._("%(field)s does not contain “%(value)s”", field=field, value=value),
        "child_of": env._("%(field)s is in or below %(value)s", field=field, value=value),
    }
    texts.update({"like": texts["ilike"], "not like": texts["not ilike"]})
    return texts.get(operator) or f"{field} {operator} {value}"


def _value_text(env, field, value):
    if isinstance(value, (list, tuple)):
        return ", ".join(_value_text(env, field, item) for item in value)
    if field is not None and field.comodel_name and isinstance(value, int):
        # what a rule names is told to all who may read the rule
        record = env[field.comodel_name].sudo().with_context(active_test=False).browse(value).exists()
        return record.display_name or str(value)
    if field is not None and field.type == "selection":
        return dict(field._description_selection(env)).get(value, str(value))
    if field is not None and field.type in ("date", "datetime") and str(value)[:4].isdigit():
        return format_date(env, str(value)[:10])
    if value is False:
        return env._("empty")
    return shown(env, value)
