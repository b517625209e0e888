"""Money as integer minor units, and the only two ways it is ever rounded or split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Minor-unit digits of ISO 4217 (list one) for the currencies Ashlar trades in.
CURRENCY_DIGITS = {
    "AUD": 2,
    "BHD": 3,
    "BRL": 2,
    "CAD": 2,
    "CHF": 2,
    "CNY": 2,
    "CZK": 2,
    "DKK": 2,
    "EUR": 2,
    "GBP": 2,
    "HKD": 2,
    "HUF": 2,
    "ILS": 2,
    "INR": 2,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "MXN": 2,
    "NOK": 2,
    "NZD": 2,
    "PLN": 2,
    "SEK": 2,
    "SGD": 2,
    "TRY": 2,
    "USD": 2,
    "ZAR": 2,
}

# The largest amount any single figure may have, in minor units: fits a bigint with room for sums.
MAX_AMOUNT = 10**12


@dataclass(frozen=True, kw_only=True)
class Money:
    """An amount in integer minor units (cents for EUR, yen for JPY) of one ISO 4217 currency."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise TypeError("an amount of money is an integer number of minor units")
        if self.currency not in CURRENCY_DIGITS:
            raise ValueError(f"{self.currency!r} is not a known currency")

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(amount=self.amount - other.amount, currency=self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(amount=self.amount * quantity, currency=self.currency)

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def from_decimal(value: Decimal, currency: str) -> Money:
    """Read a decimal amount of major units ("19.99" EUR), rounded half-up to the minor unit."""
    minor = half_up(value.scaleb(CURRENCY_DIGITS[currency]))
    return Money(amount=minor, currency=currency)


def half_up(value: Decimal) -> int:
    """Round to a whole number, halves away from zero (commercial rounding)."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` minor units in proportion to `weights` by largest remainder, ties to the earlier.

    The parts add up to `total` exactly. All weights zero splits evenly.

    Raises:
        ValueError: no weights, or a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("a split needs at least one weight, and none may be negative")
    shares = list(weights) if sum(weights) else [1] * len(weights)
    whole = sum(shares)
    parts = [total * share // whole for share in shares]
    remainders = [total * share % whole for share in shares]
    missing = total - sum(parts)
    for index in sorted(range(len(parts)), key=lambda i: (-remainders[i], i))[:missing]:
        parts[index] += 1
    return parts
