"""Reading single cells strictly: prices by decimal arithmetic, whole units, flags, bounded text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from inventory.policies import MAX_UNITS, Publication
from inventory.usecases.catalog_import.lines import Problem, Row
from shared_kernel.money import CURRENCY_DIGITS, MAX_AMOUNT

LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 20_000
LONGEST_SKU = 100
LONGEST_OPTION = 100
LONGEST_SHOWN = 40

_PRICE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)
_UNITS = re.compile(r"[0-9]{1,12}", re.ASCII)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

T = TypeVar("T")


class BadCell(ValueError):
    """A cell that cannot be taken; its text completes the sentence "the cell …"."""


@dataclass
class CellReader:
    """Reads cells of rows and remembers every one that is bad, so that all are reported at once."""

    problems: list[Problem] = field(default_factory=list)

    def read(self, row: Row, column: str, reader: Callable[[str], T]) -> T | None:
        """The value of a cell; None when it is empty or bad."""
        text = row.cell(column)
        if not text:
            return None
        try:
            return reader(text)
        except BadCell as error:
            self.refuse(row, column, str(error))
            return None

    def refuse(self, row: Row, column: str | None, reason: str) -> None:
        """Note that a row cannot be taken."""
        self.problems.append(Problem(line=row.line, column=column, reason=reason))


def price_in(currency: str) -> Callable[[str], int]:
    """A reader of prices in major units with a decimal point ("19.99"), as minor units of `currency`."""
    digits = CURRENCY_DIGITS[currency]

    def read(text: str) -> int:
        if not _PRICE.fullmatch(text):
            raise BadCell(f'is "{_shown(text)}", which is not a price such as 19.99')
        minor = Decimal(text).scaleb(digits)
        if minor != minor.to_integral_value():
            raise BadCell(f"is {text}, but {currency} has {digits} decimals")
        if minor > MAX_AMOUNT:
            raise BadCell(f"is {text}, which is more than any price may be")
        return int(minor)

    return read


def units(text: str) -> int:
    """A whole number of units on hand."""
    if not _UNITS.fullmatch(text):
        raise BadCell(f'is "{_shown(text)}", which is not a whole number of units, 0 or more')
    if int(text) > MAX_UNITS:
        raise BadCell(f"is {text}, but at most {MAX_UNITS} units are counted")
    return int(text)


def publication(text: str) -> Publication:
    """Whether buyers see it: true or false, in any case."""
    try:
        return Publication.PUBLISHED if _FLAGS[text.lower()] else Publication.DRAFT
    except KeyError:
        raise BadCell(f'is "{_shown(text)}", which is neither true nor false') from None


def text_up_to(longest: int) -> Callable[[str], str]:
    """A reader of one line of text; blanks and line breaks inside become single blanks."""

    def read(text: str) -> str:
        line = " ".join(text.split())
        if len(line) > longest:
            raise BadCell(f"has {len(line)} characters, {longest} at most are taken")
        return line

    return read


def sku(text: str) -> str:
    """A SKU; spreadsheets protect numbers with a leading apostrophe, which does not belong to it."""
    return text_up_to(LONGEST_SKU)(text.removeprefix("'"))


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
