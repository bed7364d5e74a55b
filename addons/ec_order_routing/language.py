"""What the engine says, in the language of who reads it."""

from odoo.tools.misc import format_date, formatLang
from odoo.tools.translate import get_translation

from .engine.registry import NUMBERS
from .engine.words import Said, Text

MOST_SHOWN = 5

# Kinds of arguments that are a record's id, and the model they point at
MODELS = {
    "carrier": "delivery.carrier",
    "warehouse": "stock.warehouse",
    "tag": "crm.tag",
    "user": "res.users",
    "template": "mail.template",
    "team": "crm.team",
    "category": "product.category",
    "product_tag": "product.tag",
    "activity_type": "mail.activity.type",
    "strategy": "ec.routing.strategy",
}


def label(env, text):
    """A text marked by the engine's `_`, translated; any other text as it is."""
    module = text.module if isinstance(text, Text) else ""
    return get_translation(module, env.lang or "en_US", str(text), ()) if module else str(text)


def sentence(env, said):
    """A `Said` with its figures."""
    return said.render(label(env, said.text), lambda value: shown(env, value))


def shown(env, value):
    """A figure, a text or a list of them as a person writes it."""
    if isinstance(value, bool):
        return env._("yes") if value else env._("no")
    if isinstance(value, (int, float)):
        return number(env, value)
    if isinstance(value, (list, tuple)):
        texts = [shown(env, item) for item in value[:MOST_SHOWN]]
        if rest := len(value) - len(texts):
            texts.append(env._("and %(count)s more", count=rest))
        return ("、" if (env.lang or "").startswith("ja") else ", ").join(texts)
    if isinstance(value, Said):
        return sentence(env, value)
    return "" if value is None else label(env, value)


def number(env, value):
    """With separators, without idle decimals."""
    decimals = len(f"{value:.3f}".rstrip("0").partition(".")[2])
    return formatLang(env, value, digits=decimals)


def argument(env, arg, value):
    """The value of an argument of a function, as text."""
    if value is None or value == "" or value == []:
        return ""
    if arg.kind in MODELS:
        # what a rule names is told to all who may read the rule
        record = env[MODELS[arg.kind]].sudo().with_context(active_test=False).browse(value).exists()
        return record.display_name or env._("deleted (%(id)s)", id=value)
    if arg.kind == "hold_type":
        # as above
        types = env["ec.order.hold.type"].sudo().with_context(active_test=False)
        return types.search([("code", "=", value)]).name or value
    if arg.kind == "date":
        return format_date(env, value)
    if arg.choices:
        choices = dict(arg.choices)
        values = value if isinstance(value, (list, tuple)) else [value]
        return ", ".join(label(env, choices.get(item, item)) for item in values)
    return shown(env, value)


def call(env, function, args):
    """A function with its arguments: `Hold the order “Remote island fee” (Due within (hours) 24)`.

    What is as it comes is not said, but for what the function is about and for figures, which is what people look for.
    """
    main, others = "", []
    for arg in function.args:
        value = args.get(arg.name)
        text = argument(env, arg, value)
        if not text or arg.name == "key":  # a key tells two holds of a type apart, it says nothing to people
            continue
        if not main and not others and (arg.kind in MODELS or arg.kind in ("hold_type", "choice")):
            main = text
        elif value == arg.default and arg.kind not in NUMBERS:
            continue
        elif arg.kind == "boolean":
            named = label(env, arg.label)
            others.append(named if value else env._("not: %(label)s", label=named))
        else:
            others.append(env._("%(label)s %(value)s", label=label(env, arg.label), value=text))
    result = label(env, function.label)
    if main:
        result = env._("%(label)s “%(value)s”", label=result, value=main)
    return env._("%(text)s (%(more)s)", text=result, more=", ".join(others)) if others else result
