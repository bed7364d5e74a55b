"""Reads the golden book of prices and works out its calculations, in exact fractions and without Odoo. See docs/prices.md."""

import ast
import csv
import operator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

FOLDER = Path(__file__).parent
PLACES = Decimal("0.000001")
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
FUNCTIONS = {
    "down": lambda amount, step: floor(amount / step) * step,
    "up": lambda amount, step: ceil(amount / step) * step,
    "near": lambda amount, step: floor(amount / step + Fraction(1, 2)) * step,
    "max": max,
    "min": min,
}


def rows(name):
    with open(FOLDER / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def worked_out(calculation):
    """The exact value of a calculation, as a Decimal of six places."""
    value = _value(ast.parse(calculation, mode="eval").body, calculation)
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(PLACES)


def _value(node, text):
    if isinstance(node, ast.Constant):
        return Fraction(ast.get_source_segment(text, node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, text)
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, text), _value(node.right, text))
    if isinstance(node, ast.Call):
        return FUNCTIONS[node.func.id](*(_value(argument, text) for argument in node.args))
    raise ValueError(f"not a calculation: {text}")
