"""Products in Ashlar's own columns: a row per variant, a column per currency and one per location."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from inventory.usecases.catalog_import import cells
from inventory.usecases.catalog_import.cells import CellReader
from inventory.usecases.catalog_import.lines import Row, UnreadableFile
from inventory.usecases.catalog_import.products import ProductRows, ReadProduct
from inventory.usecases.product_sheets import ProductSheet, VariantSheet
from shared_kernel.money import CURRENCY_DIGITS

HANDLE = "handle"
TITLE = "title"
DESCRIPTION = "description"
PUBLISHED = "published"
SKU = "sku"
OPTIONS = [(f"option{number}_name", f"option{number}_value") for number in (1, 2, 3)]
PRICE = "price:"
STOCK = "stock:"
REQUIRED = (HANDLE, SKU)
KNOWN = frozenset({HANDLE, TITLE, DESCRIPTION, PUBLISHED, SKU, *(column for pair in OPTIONS for column in pair)})


def location_codes(columns: Sequence[str]) -> list[str]:
    """The codes of the locations that the header names."""
    return [column.removeprefix(STOCK) for column in columns if column.startswith(STOCK)]


class AshlarFormat:
    """Reads what the header announces; a column that is not there leaves what it would say as it is."""

    handle_column = HANDLE

    def __init__(self, columns: Sequence[str], *, locations: Mapping[str, UUID]) -> None:
        """Look at the header; `locations` are the ids of the locations by code.

        Raises:
            UnreadableFile: a column is missing or not known.
        """
        if missing := [column for column in REQUIRED if column not in columns]:
            raise UnreadableFile(f"These columns are missing: {', '.join(missing)}.")
        self._prices = {column: column.removeprefix(PRICE) for column in columns if column.startswith(PRICE)}
        self._places = {column: column.removeprefix(STOCK) for column in columns if column.startswith(STOCK)}
        if unknown := [name for name in columns if name and name not in {*KNOWN, *self._prices, *self._places}]:
            raise UnreadableFile(f"These columns are not known: {', '.join(unknown)}.")
        if foreign := [code for code in self._prices.values() if code not in CURRENCY_DIGITS]:
            raise UnreadableFile(f"These currencies are not known: {', '.join(foreign)}.")
        if nowhere := [code for code in self._places.values() if code not in locations]:
            raise UnreadableFile(f"These locations do not exist: {', '.join(nowhere)}. --create-locations makes them.")
        self._locations = locations

    def understand(self, product: ProductRows) -> ReadProduct:
        """The product that its rows describe, or everything that is wrong with them."""
        reader = CellReader()
        head = product.rows[0]
        variants: dict[str, VariantSheet] = {}
        lines: dict[str, int] = {}
        for row in product.rows:
            if row is not head:
                _refuse_other_texts(head, row, reader)
            variant = self._variant(head, row, reader)
            if variant is None:
                continue
            if variant.sku in lines:
                reader.refuse(row, SKU, f"is {variant.sku}, as on line {lines[variant.sku]}")
            variants[variant.sku] = variant
            lines[variant.sku] = row.line
        sheet = ProductSheet(
            handle=product.handle,
            title=reader.read(head, TITLE, cells.text_up_to(cells.LONGEST_TITLE)),
            description=reader.read(head, DESCRIPTION, _description) if DESCRIPTION in head.cells else None,
            publication=reader.read(head, PUBLISHED, cells.publication),
            variants=list(variants.values()),
        )
        return ReadProduct(
            handle=product.handle,
            line=head.line,
            sheet=None if reader.problems else sheet,
            lines=lines,
            problems=reader.problems,
        )

    def _variant(self, head: Row, row: Row, reader: CellReader) -> VariantSheet | None:
        sku = reader.read(row, SKU, cells.sku)
        if not row.cell(SKU):
            reader.refuse(row, SKU, "is empty")
        prices = {
            currency: reader.read(row, column, cells.price_in(currency)) for column, currency in self._prices.items()
        }
        stock = {self._locations[code]: reader.read(row, column, cells.units) for column, code in self._places.items()}
        options = _options(head, row, reader)
        if sku is None:
            return None
        return VariantSheet(
            sku=sku,
            options=options,
            prices={currency: amount for currency, amount in prices.items() if amount is not None},
            stock={place: units for place, units in stock.items() if units is not None},
        )


def _options(head: Row, row: Row, reader: CellReader) -> dict[str, str] | None:
    """The options of a variant; None where the file has no columns for them."""
    if not any(name_column in row.cells for name_column, _ in OPTIONS):
        return None
    options = {}
    short = cells.text_up_to(cells.LONGEST_OPTION)
    for name_column, value_column in OPTIONS:
        # The names may stand on the first row of the product alone.
        name = reader.read(row, name_column, short) or " ".join(head.cell(name_column).split())
        value = reader.read(row, value_column, short)
        if name and not row.cell(value_column):
            reader.refuse(row, value_column, f"is empty, but the product has the option {name}")
        elif row.cell(value_column) and not name:
            reader.refuse(row, name_column, "is empty, but the option has a value")
        elif name in options:
            reader.refuse(row, name_column, f"is {name} a second time")
        elif value is not None:
            options[name] = value
    return options


def _refuse_other_texts(head: Row, row: Row, reader: CellReader) -> None:
    """The texts of a product stand on its first row; others may repeat them or leave them empty."""
    for column in (TITLE, DESCRIPTION, PUBLISHED):
        if row.cell(column) and row.cell(column) != head.cell(column):
            reader.refuse(row, column, f"differs from the product's first row, line {head.line}")


def _description(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if len(lines) > cells.LONGEST_DESCRIPTION:
        raise cells.BadCell(f"has {len(lines)} characters, {cells.LONGEST_DESCRIPTION} at most are taken")
    return lines
