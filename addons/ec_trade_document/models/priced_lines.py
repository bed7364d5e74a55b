"""The table of goods and prices that orders and invoices share."""

from ..document import Cell, Row


def table(lines, currency, fmt, quantity_field, customs):
    """(columns, rows) of sale or invoice lines; amounts are their stored subtotals. `customs`: with HS code and origin."""
    env = lines.env
    documents = env["ec.trade.document"]
    discount = any(line.discount for line in lines if not line.display_type or line.display_type == "product")
    columns = [Cell(env._("No."), kind="code"), Cell(env._("Description"))]
    if customs:
        columns.append(Cell(env._("HS Code"), (env._("Origin"),), kind="code"))
    columns += [Cell(env._("Quantity"), kind="number"), Cell(env._("Unit Price"), (currency.name,), kind="number")]
    if discount:
        columns.append(Cell(env._("Disc. %"), kind="number"))
    columns.append(Cell(env._("Amount"), (currency.name,), kind="number"))

    rows, number = [], 0
    for line in lines:
        text, *small = (documents._line_text(line) or "").splitlines() or [""]
        if line.display_type and line.display_type not in ("product", "rounding"):
            kind = "note" if line.display_type == "line_note" else "section"
            rows.append(Row(kind, (Cell(text, tuple(small), span=len(columns)),)))
            continue
        if line.display_type == "rounding":
            amount = line.move_id.direction_sign * line.amount_currency
            rows.append(
                Row(
                    "line",
                    (Cell(), Cell(text, span=len(columns) - 2), Cell(fmt.amount(amount, currency), kind="number")),
                )
            )
            continue
        number += 1
        cells = [Cell(str(number), kind="code"), Cell(text, tuple(small))]
        if customs:
            cells.append(Cell(*documents._customs(line.product_id), kind="code"))
        cells.append(Cell(fmt.quantity(line[quantity_field]), (line.product_uom_id.name or "",), kind="number"))
        cells.append(Cell(fmt.price(line.price_unit, currency), kind="number"))
        if discount:
            cells.append(Cell(fmt.percent(line.discount) if line.discount else "", kind="number"))
        cells.append(Cell(fmt.amount(line.price_subtotal, currency), kind="number"))
        rows.append(Row("line", tuple(cells)))
    return tuple(columns), rows


def totals(record, fmt):
    """The record's own sums."""
    env, currency = record.env, record.currency_id
    found = []
    if record.amount_tax:
        found.append((env._("Subtotal"), fmt.amount(record.amount_untaxed, currency)))
        found.append((env._("Tax"), fmt.amount(record.amount_tax, currency)))
    found.append((env._("Total"), f"{currency.name} {fmt.amount(record.amount_total, currency)}"))
    return found
