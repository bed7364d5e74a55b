"""The rules' pure half: what an order's facts lead to. Standard library only, no database, no clock, no randomness."""

from . import actions, conditions, conditions_goods, criteria, fences
