"""What `_ec_why` says, in sentences."""

from odoo.tools import format_amount, format_datetime, formatLang

DECIMALS = 6


def buyer_text(env, why):
    """One line for the buyer. It tells a rate on the sales price and a break, nothing of other lists, of costs or of other customers."""
    rule = why["rule"]
    if not rule:
        return env._("List price")
    first = why["steps"][0]
    if rule.compute_price == "percentage" and first["kind"] == "list_price" and rule.ec_rate <= 100:
        text = env._(
            "Your rate %(rate)s %% of list price %(price)s",
            rate=number(env, rule.ec_rate),
            price=money(env, first["amount"], first["currency"]),
        )
    else:
        text = env._("Your net price")
    if not rule.min_quantity:
        return text
    return env._("%(price)s, from %(quantity)s", price=text, quantity=least(env, rule, why))


def staff_lines(env, why):
    """[(depth, text, kind)]: the lists and their rules, then the computation. Kinds: list, taken, rule, step, price."""
    lines = []
    for tried in why["lists"]:
        lines.append((0, tried["list"].display_name, "list"))
        if not any(item["reason"] == "taken" for item in tried["rules"]):
            lines.append((1, env._("No rule applies."), "rule"))
        for item in tried["rules"]:
            kind = "taken" if item["reason"] == "taken" else "rule"
            lines.append((1, f"{rule_text(env, item['rule'], why)}: {reason_text(env, item, why)}", kind))
    if not why["rule"]:
        lines.append((0, env._("No rule of any list applies: the sales price counts."), "list"))
    lines += [(0, env._("Computation"), "list"), *step_lines(env, why, 1)]
    per_unit = env._(
        "%(price)s per %(unit)s", price=money(env, why["price"], why["currency"]), unit=why["uom"].display_name
    )
    return [*lines, (0, per_unit, "price")]


def step_lines(env, why, depth):
    lines = []
    for step in why["steps"]:
        lines.append((depth, f"{step_text(env, step)} → {money(env, step['amount'], step['currency'])}", "step"))
        if step["kind"] == "pricelist":
            lines += step_lines(env, step["why"], depth + 1)
    return lines


def rule_text(env, rule, why):
    text = f"{rule.name} · {price_text(env, rule)}"
    if not rule.min_quantity:
        return text
    return env._("%(price)s, from %(quantity)s", price=text, quantity=least(env, rule, why))


def price_text(env, rule):
    if rule.compute_price == "percentage" and not rule.base_pricelist_id:
        return env._("rate %s %%", number(env, rule.ec_rate))
    if rule.compute_price == "fixed":
        return money(env, rule.fixed_price, rule.pricelist_id.currency_id)
    return rule.price


def least(env, rule, why):
    return f"{number(env, rule.min_quantity)} {why['product_uom'].display_name}"


def reason_text(env, item, why):
    value = item["value"]
    match item["reason"]:
        case "taken":
            return env._("taken")
        case "later":
            return env._("not needed, a nearer rule came first")
        case "quantity":
            return env._("the quantity is less than %s", f"{number(env, value)} {why['product_uom'].display_name}")
        case "not_yet":
            return env._("not valid before %s", format_datetime(env, value))
        case "expired":
            return env._("no longer valid since %s", format_datetime(env, value))
        case "other_variant":
            return env._("about another variant")
        case "other_brand":
            return env._("about another brand")
        case "other_category":
            return env._("about another category")
    return env._("does not apply to this product")


def step_text(env, step):
    match step["kind"]:
        case "list_price":
            return env._("Sales price")
        case "cost":
            return env._("Cost")
        case "pricelist":
            return env._("Price of %s", step["why"]["list"].display_name)
        case "fixed":
            return env._("Fixed price")
        case "rate":
            return env._("Rate %s %%", number(env, step["rate"]))
        case "formula":
            return env._("Formula: %s", step["rule"].price)
        case "convert":
            return env._(
                "From %(from_currency)s to %(to_currency)s",
                from_currency=step["source"].name,
                to_currency=step["currency"].name,
            )
    unit = money(env, step["step"], step["currency"])
    match step["mode"]:
        case "down":
            return env._("Rounded down to %s", unit)
        case "up":
            return env._("Rounded up to %s", unit)
    return env._("Rounded to the nearest %s", unit)


def money(env, amount, currency):
    """With more decimals than the currency has where the amount has them."""
    if currency.round(amount) == round(amount, DECIMALS):
        return format_amount(env, amount, currency)
    return f"{number(env, amount, DECIMALS)} {currency.name}"


def number(env, value, most=4):
    digits = next(places for places in range(most + 1) if round(value, places) == round(value, most))
    return formatLang(env, value, digits=digits)
