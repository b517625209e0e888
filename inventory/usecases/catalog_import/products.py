"""The rows of a file gathered product by product, and what a format makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from inventory.policies import HANDLE_PATTERN
from inventory.usecases.catalog_import.lines import CsvFile, Problem, Row
from inventory.usecases.product_sheets import ProductSheet

# The most rows that one product may have, images included.
MOST_ROWS = 5000


@dataclass(frozen=True, kw_only=True)
class ProductRows:
    """All rows of one product, in the order of the file."""

    handle: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ReadProduct:
    """A product as the file has it: a sheet, or the problems that keep it out; `lines` tells where each SKU stands."""

    handle: str
    line: int
    sheet: ProductSheet | None
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


Understand = Callable[[ProductRows], ReadProduct]


def read_products(file: CsvFile, *, handle_column: str, understand: Understand) -> Iterator[ReadProduct]:
    """Every product of the file; only the rows of one are kept at a time, and eight bytes of each handle."""
    seen: set[bytes] = set()
    for product in _gathered(file, handle_column):
        first = product.rows[0].line if product.rows else product.problems[0].line
        mark = blake2b(product.handle.encode(errors="replace"), digest_size=8).digest()
        if product.handle and mark in seen:
            reason = "was the name of earlier rows; the rows of one product must follow one another"
            product.problems.append(Problem(line=first, column=handle_column, reason=reason))
        seen.add(mark)
        if product.problems:
            yield ReadProduct(handle=product.handle, line=first, sheet=None, problems=product.problems)
        else:
            yield understand(product)


def _gathered(file: CsvFile, handle_column: str) -> Iterator[ProductRows]:
    current: ProductRows | None = None
    for row in file.rows():
        # A record that has no cells at all may belong to the product around it, which is then incomplete.
        handle = row.cell(handle_column) if row.cells or current is None else current.handle
        if current is None or handle != current.handle or not handle:
            if current is not None:
                yield current
            current = ProductRows(handle=handle)
            current.problems.extend(_handle_problems(row, handle, handle_column))
        current.problems.extend(row.problems)
        if len(current.rows) < MOST_ROWS:
            current.rows.append(row)
        elif len(current.rows) == MOST_ROWS:
            current.rows.append(row)
            reason = f"is one too many: a product has at most {MOST_ROWS} rows"
            current.problems.append(Problem(line=row.line, reason=reason))
    if current is not None:
        yield current


def _handle_problems(row: Row, handle: str, column: str) -> list[Problem]:
    if not row.cells:
        return []
    if not handle:
        return [Problem(line=row.line, column=column, reason="is empty")]
    if not re.fullmatch(HANDLE_PATTERN, handle):
        return [Problem(line=row.line, column=column, reason="has blanks or slashes, or more than 200 characters")]
    return []
