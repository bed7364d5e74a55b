"""Exact two-currency money as Shopify's MoneyBag: a shop amount and a presentment amount, both Decimal."""
from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def currency_places(currency: str) -> int:
    """Number of decimals of an ISO 4217 currency (2 unless listed)."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's decimals."""
    return amount.quantize(Decimal(1).scaleb(-currency_places(currency)), ROUND_HALF_UP)


def decimal_text(amount: Decimal) -> str:
    """MoneyV2's form of a decimal: no superfluous zeros but at least one decimal ("14.0", "12.77")."""
    text = format(amount.normalize(), "f")
    if text == "-0":
        text = "0"
    return text if "." in text else text + ".0"


def currency_text(amount: Decimal, currency: str) -> str:
    """The form of webhooks and of the deprecated Money scalar: the currency's own decimals ("14.00")."""
    return format(quantize(amount, currency), "f")


class Bag:
    """One amount in shop currency and in the buyer's (presentment) currency; immutable, exact.

    The two sides are independent: the simulator never converts, the seed gives both (or one rate at placing time).
    """

    __slots__ = ("shop", "presentment", "shop_currency", "presentment_currency")

    def __init__(self, shop: Decimal, presentment: Decimal, shop_currency: str, presentment_currency: str) -> None:
        self.shop = shop
        self.presentment = presentment
        self.shop_currency = shop_currency
        self.presentment_currency = presentment_currency

    def _like(self, shop: Decimal, presentment: Decimal) -> Bag:
        return Bag(shop, presentment, self.shop_currency, self.presentment_currency)

    def __add__(self, other: Bag) -> Bag:
        return self._like(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: Bag) -> Bag:
        return self._like(self.shop - other.shop, self.presentment - other.presentment)

    def __neg__(self) -> Bag:
        return self._like(-self.shop, -self.presentment)

    def __mul__(self, factor: int | Decimal) -> Bag:
        return self._like(self.shop * factor, self.presentment * factor)

    def share(self, part: int, whole: int) -> Bag:
        """part/whole of the amount, rounded to each currency's decimals."""
        if not whole or part == whole:
            return self if part else self._like(Decimal(0), Decimal(0))
        return self._like(quantize(self.shop * part / whole, self.shop_currency),
                          quantize(self.presentment * part / whole, self.presentment_currency))

    def rounded(self) -> Bag:
        return self._like(quantize(self.shop, self.shop_currency),
                          quantize(self.presentment, self.presentment_currency))

    def zero(self) -> Bag:
        return self._like(Decimal(0), Decimal(0))

    def __bool__(self) -> bool:
        return bool(self.shop) or bool(self.presentment)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bag) and (self.shop, self.presentment) == (other.shop, other.presentment)

    def __hash__(self) -> int:
        return hash((self.shop, self.presentment))

    def __repr__(self) -> str:
        return f"Bag({self.shop} {self.shop_currency}, {self.presentment} {self.presentment_currency})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Bag, (self.shop, self.presentment, self.shop_currency, self.presentment_currency)


def total(bags: Iterable[Bag], zero: Bag) -> Bag:
    """Sum of bags, starting from a zero of the right currencies."""
    shop, presentment = zero.shop, zero.presentment
    for bag in bags:
        shop += bag.shop
        presentment += bag.presentment
    return Bag(shop, presentment, zero.shop_currency, zero.presentment_currency)


def allocate(amount: Bag, weights: list[Decimal]) -> list[Bag]:
    """Split an amount by weights without losing a cent: the last non-zero weight takes the remainder."""
    whole = sum(weights, Decimal(0))
    shares = [amount.zero() for _ in weights]
    rest = amount
    receivers = [index for index, weight in enumerate(weights) if weight]
    for position, index in enumerate(receivers):
        if position == len(receivers) - 1:
            shares[index] = rest
        else:
            share = (amount * (weights[index] / whole)).rounded()
            shares[index] = share
            rest = rest - share
    return shares
