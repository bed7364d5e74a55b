"""Odoo's polish notation read into a tree and written back. Pure.

A node is True, False, ("&", nodes), ("|", nodes), ("!", node) or ("leaf", path, operator, value).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from .registry import SpecError
from .words import Said, _

Node = Any
ALIASES = {"==": "=", "<>": "!="}
OPERATORS = frozenset(
    "=,!=,in,not in,<,<=,>,>=,=?,like,ilike,not like,not ilike,=like,=ilike,not =like,not =ilike,"
    "child_of,parent_of,any,not any,any!,not any!".split(",")
)


def parse(domain: Any) -> Node:
    """The tree of a domain; SpecError if it is none. Terms side by side are joined by "&"."""
    if not isinstance(domain, (list, tuple)):
        raise SpecError(Said(_("{domain} is not a domain"), domain=repr(domain)))
    stack: list[Node] = []
    for term in reversed(domain):
        if term in ("&", "|"):
            if len(stack) < 2:
                raise SpecError(
                    Said(_("“{operator}” needs two terms after it in {domain}"), operator=term, domain=repr(domain))
                )
            stack.append(_joined(term, [stack.pop(), stack.pop()]))
        elif term == "!":
            if not stack:
                raise SpecError(Said(_("“!” needs a term after it in {domain}"), domain=repr(domain)))
            stack.append(("!", stack.pop()))
        else:
            stack.append(_leaf(term))
    stack.reverse()
    return _joined("&", stack) if len(stack) != 1 else stack[0]


def _joined(operator: str, nodes: list[Node]) -> Node:
    """One n-ary node; nodes of the same operator are taken apart."""
    flat: list[Node] = []
    for node in nodes:
        flat += node[1] if isinstance(node, tuple) and node[0] == operator else [node]
    return (operator, flat) if flat else operator == "&"


def _leaf(term: Any) -> Node:
    if not isinstance(term, (list, tuple)) or len(term) != 3:
        raise SpecError(Said(_("{term} is no term of a domain"), term=repr(term)))
    path, operator, value = term
    if operator == "=" and [path, value] in ([1, 1], [0, 1]) and not isinstance(path, str):
        return bool(path)
    if not isinstance(path, str) or not path or not isinstance(operator, str):
        raise SpecError(Said(_("{term} is no term of a domain"), term=repr(term)))
    operator = ALIASES.get(operator.lower(), operator.lower())
    if operator not in OPERATORS:
        raise SpecError(Said(_("There is no operator “{operator}”"), operator=operator))
    return ("leaf", path, operator, value)


def unparse(node: Node) -> list[Any]:
    """The domain of a tree, in polish notation."""
    if isinstance(node, bool):
        return [[1 if node else 0, "=", 1]]
    if node[0] == "leaf":
        return [list(node[1:])]
    if node[0] == "!":
        return ["!", *unparse(node[1])]
    terms = [term for child in node[1] for term in unparse(child)]
    return [node[0]] * (len(node[1]) - 1) + terms


def leaves(node: Node) -> Iterator[tuple[str, str, Any]]:
    """(path, operator, value) of every leaf."""
    if isinstance(node, bool):
        return
    if node[0] == "leaf":
        yield node[1:]
    else:
        for child in [node[1]] if node[0] == "!" else node[1]:
            yield from leaves(child)


def digest(domain: list[Any], side: str = "order") -> str:
    """The key of a domain's answer in snapshot["asked"]: "asked:…"."""
    text = json.dumps([side, domain], sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return f"asked:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
