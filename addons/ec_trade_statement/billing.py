"""How much of an order line is to be billed or credited, from what happened to it. Pure."""

# Kinds of events; those of one instant happen in this order. An invoice is of the instant after its day.
INVOICE, CLOSING_INVOICE, CREDIT, CLOSING_CREDIT, START, OUT, BACK = range(7)


def due(events):
    """Quantity to bill, or, negative, to credit, after [(instant, kind, quantity)].

    Delivered less billed. What was delivered before START counts as billed. A credit note offsets what was billed beyond what
    is delivered, now or when goods come back; one beyond that (a price, a gesture) makes nothing billable again. Only what
    came back after it was billed is credited: an early invoice is not.
    """
    delivered = billed = invoiced = returned = credited = 0.0
    for _instant, kind, quantity in sorted(events):
        over = max(0.0, billed - delivered)
        if kind == START:
            billed, returned = max(billed, delivered), 0.0
        elif kind == OUT:
            delivered += quantity
        elif kind == BACK:
            delivered -= quantity
            returned += quantity
        elif kind == CREDIT:
            credited += quantity
        elif kind == CLOSING_CREDIT:
            billed -= quantity
            returned -= quantity
        else:
            billed += quantity
        invoiced += {INVOICE: 1, CLOSING_INVOICE: 1, CREDIT: -1, CLOSING_CREDIT: -1}.get(kind, 0) * quantity
        if kind == CLOSING_INVOICE:
            # a closing bills what is delivered: anything more came back and was entered late
            returned += max(0.0, billed - delivered) - over
        offset = min(credited, max(0.0, billed - delivered))
        billed -= offset
        credited -= offset
        returned -= offset
        returned = max(0.0, min(returned, billed - delivered))
    return delivered - billed if delivered > billed else -min(returned, max(0.0, invoiced))


def agreed(on_day, later):
    """What is due on a day, less what later invoices and drafts took."""
    return max(0.0, min(on_day, later)) if on_day > 0 else min(0.0, max(on_day, later))
