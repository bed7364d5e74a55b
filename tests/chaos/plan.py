"""What buyers, merchant and warehouse do in one seeded scenario: the same list of acts for the calm run and for the one with faults.

Acts that race with the import are chosen so that the end does not depend on who is first: what was bought, what was taken away and
what was paid decide, not the moment. What would depend on it (shipping an order that is being cancelled, say) waits for quiet.
"""

import random
from dataclasses import dataclass, field

SKUS = [f"SKU-{number:04}" for number in range(1, 41)]
PRICES = ["10.00", "149.99", "7.35", "1980.00", "0.99"]
WAVE = 200
CITIES = [("New York", "NY", "10001"), ("Boston", "MA", "02110"), ("Austin", "TX", "73301"), ("髙松 🏯", "WA", "98101")]


@dataclass
class Wave:
    place: list = field(default_factory=list)  # orders, as `place_order` takes them
    early: dict = field(default_factory=dict)  # position in `place` → acts of the merchant soon after it
    deliver: list = field(default_factory=list)  # {order, partial, tracking}
    finish: list = field(default_factory=list)  # deliveries of what was left
    late: list = field(default_factory=list)  # the merchant's acts after the deliveries
    track: list = field(default_factory=list)  # {order, tracking}: numbers that come later


def act(verb, number, **values):
    return {"verb": verb, "order": f"#{number}", **values}


def make(seed, orders):
    """The waves of a scenario with so many orders."""
    chance = random.Random(seed)
    waves, number = [], 1000
    count = max(2, -(-orders // WAVE))
    for index in range(count):
        size = orders // count + (index < orders % count)
        wave = Wave()
        waves.append(wave)
        for position in range(size):
            number += 1
            _one(chance, wave, position, number, orders)
    return waves


def _address(chance, buyer):
    city, region, code = chance.choice(CITIES)
    return {
        "firstName": f"Buyer{buyer}", "lastName": "Ōtsuka", "address1": f"{chance.randint(1, 99)} Quay", "city": city, "provinceCode": region,
        "countryCode": "US", "zip": code, "phone": f"+1212555{buyer % 10000:04}",
    }


def _one(chance, wave, position, number, orders):
    buyer = chance.randint(1, max(2, orders // 3))
    lines = [{"sku": sku, "quantity": chance.randint(1, 4)} for sku in chance.sample(SKUS, chance.randint(1, 3))]
    order = {"lines": lines, "email": f"buyer{buyer}@example.com", "shipping_address": _address(chance, buyer), "payment": "paid"}
    if chance.random() < 0.2:
        order["guest"] = True
    if chance.random() < 0.25:
        order["discounts"] = [{"code": "SAVE", "amount": chance.choice(["0.07", "3.33", "20"])}]
    if chance.random() < 0.5:
        order["shipping"] = chance.choice(["4.99", "12"])
    if chance.random() < 0.1:
        order["billing_address"] = _address(chance, buyer + 5000)  # a gift
    early, shippable = _early(chance, order, number)
    wave.place.append(order)
    if early:
        if early[0]["verb"] == "pay_rest" and chance.random() < 0.5:
            wave.late.extend(early)  # paid only when the others have been shipped
            shippable = False
        else:
            wave.early[position] = early
    if shippable and chance.random() < 0.75:
        _ship(chance, wave, order, number, plain=not early)
    elif shippable and not early and chance.random() < 0.1:
        wave.late.append(act("fulfil", number, tracking={"number": f"SHOP-{number}", "company": "UPS"}))


def _early(chance, order, number):
    """(acts of the merchant soon after the order, whether it can be shipped afterwards)."""
    lines, dice = order["lines"], chance.random()
    if dice < 0.10:
        order["payment"] = chance.choice(["pending", "authorized"])
        return ([act("pay_rest", number)], True) if chance.random() < 0.7 else ([], order["payment"] == "authorized")
    if dice < 0.14:
        return [act("cancel_order", number)], False
    if dice < 0.19:
        line = max(lines, key=lambda row: row["quantity"])
        return [act("edit_order", number, quantities={line["sku"]: line["quantity"] - 1 or 3}), act("pay_rest", number)], True
    if dice < 0.22:
        change = {"remove": [lines[0]["sku"]]} if len(lines) > 1 else {"add": [{"sku": "SKU-0001", "quantity": 2}]}
        return [act("edit_order", number, **change), act("pay_rest", number)], True
    if dice < 0.27:
        return [act("refund", number, lines={lines[0]["sku"]: 1})], sum(line["quantity"] for line in lines) > 1
    if dice < 0.30:
        return [act("change_order", number, shipping_address={"address1": "77 New Harbour"}, note="moved")], True
    if dice < 0.32:
        return [act("hold", number, notes="wait"), act("release_hold", number)], True
    if dice < 0.33:
        return [act("hold", number, notes="wait")], False
    if dice < 0.36:
        lines.append({"sku": f"NOWHERE-{number}", "title": "Unknown thing", "price": "3.00", "quantity": 1})
        return [], False
    return [], True


def _ship(chance, wave, order, number, plain):
    dice = chance.random()
    tracking = f"TRK-{number}" if dice < 0.6 else None
    partial = chance.random() < 0.15 and any(line["quantity"] > 1 for line in order["lines"])
    wave.deliver.append({"order": f"#{number}", "partial": partial, "tracking": tracking})
    if partial:
        wave.finish.append({"order": f"#{number}", "partial": False, "tracking": f"TRK-{number}-B"})
    elif not tracking and dice < 0.9:
        wave.track.append({"order": f"#{number}", "tracking": f"LATE-{number}"})
    elif tracking and plain and chance.random() < 0.1:
        if chance.random() < 0.6:
            wave.late.append(act("refund", number, lines={order["lines"][0]["sku"]: 1}))
        else:
            wave.late.append(act("refund", number, amount="0.50"))
