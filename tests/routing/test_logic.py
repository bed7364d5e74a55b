"""What lint concludes is never wrong: checked on random conditions and facts."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from test_compile import EQUAL, ORDERED, TYPES, VALUES, domains, facts_of, some_rows

from odoo.addons.ec_order_routing.engine.compile import compile_domain
from odoo.addons.ec_order_routing.engine.logic import branches, implies, never
from odoo.addons.ec_order_routing.engine.spec import ConditionSpec

FIELDS = ("i", "f", "d", "s", "c", "r", "x", "r.c", "r.d", "b")  # few of them: otherwise nothing follows from anything


def some_leaf(rng, fields):
    path = rng.choice(fields)
    kind = TYPES[path].partition(":")[0]
    operator = rng.choice(EQUAL + (ORDERED if kind in ("integer", "float", "date", "many2one") else []))
    if operator in ORDERED:
        return [path, operator, rng.choice(VALUES[kind])]
    values = [*VALUES[kind][:3], False]
    return [path, operator, rng.choice(values) if operator in ("=", "!=") else rng.sample(values, rng.randint(0, 3))]


def some_domain(rng, fields):
    first, second = some_leaf(rng, fields), some_leaf(rng, fields)
    shapes = [
        [first],
        [first, second],
        ["|", first, second],
        ["!", first],
        ["!", "&", first, second],
        ["|", "!", first, second],
    ]
    return rng.choice(shapes)


def as_branches(domain):
    return branches(ConditionSpec(order=domain), {"order": TYPES})


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_what_follows_follows_and_what_is_never_is_never(seed):
    rng = random.Random(seed)
    fields = rng.sample(FIELDS, 2)
    rows = [facts_of(row) for row in some_rows(rng, 60)]
    found = []
    for _number in range(12):
        domain = some_domain(rng, fields)
        predicate = compile_domain(domain, TYPES)
        assert not predicate.asked
        found.append((domain, as_branches(domain), [predicate(facts) for facts in rows]))
    for domain, known, answers in found:
        if never(known):
            assert not any(answers), domain
        for other, goal, then in found:
            if implies(known, goal):
                assert all(later for now, later in zip(answers, then, strict=True) if now), (domain, other)


@settings(max_examples=100, deadline=None)
@given(domains(depth=2), st.integers(0, 2**32))
def test_more_terms_ask_for_more(domain, seed):
    more = [*domain, some_leaf(random.Random(seed), FIELDS)]
    assert implies(as_branches(domain), as_branches(domain))
    assert implies(as_branches(more), as_branches(domain))
