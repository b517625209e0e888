"""Products as Shopify exports them: a row per variant, texts on the first one, more images on rows of their own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from inventory.policies import Publication
from inventory.usecases.catalog_import import cells
from inventory.usecases.catalog_import.cells import CellReader
from inventory.usecases.catalog_import.lines import Row, UnreadableFile
from inventory.usecases.catalog_import.plain_text import plain_text
from inventory.usecases.catalog_import.products import ProductRows, ReadProduct
from inventory.usecases.catalog_import.skus import derived_sku
from inventory.usecases.product_sheets import ProductSheet, VariantSheet

HANDLE = "Handle"
TITLE = "Title"
BODY = "Body (HTML)"
PUBLISHED = "Published"
STATUS = "Status"
SKU = "Variant SKU"
PRICE = "Variant Price"
QUANTITY = "Variant Inventory Qty"
OPTIONS = [(f"Option{number} Name", f"Option{number} Value") for number in (1, 2, 3)]
REQUIRED = (HANDLE, TITLE, PRICE)

# What Shopify writes for a product without options.
NO_OPTION = ("Title", "Default Title")
STATUSES = {"active": True, "draft": False, "archived": False}


class ShopifyFormat:
    """Reads prices in one currency and stock of one location, which Shopify's files do not name."""

    handle_column = HANDLE

    def __init__(self, columns: Sequence[str], *, currency: str, location_id: UUID) -> None:
        """Look at the header.

        Raises:
            UnreadableFile: it is not that of a Shopify export.
        """
        if missing := [column for column in REQUIRED if column not in columns]:
            raise UnreadableFile(f"A Shopify export has columns that are missing here: {', '.join(missing)}.")
        self._price = cells.price_in(currency)
        self._currency = currency
        self._location_id = location_id

    def understand(self, product: ProductRows) -> ReadProduct:
        """The product that its rows describe, or everything that is wrong with them."""
        reader = CellReader()
        head = product.rows[0]
        variants: dict[str, VariantSheet] = {}
        lines: dict[str, int] = {}
        for row in product.rows:
            if not _is_variant(row):
                continue
            variant = self._variant(product.handle, head, row, reader)
            if variant.sku in lines:
                reason = f"is {variant.sku}, as on line {lines[variant.sku]}"
                reader.refuse(row, SKU if row.cell(SKU) else OPTIONS[0][1], reason)
            variants[variant.sku] = variant
            lines[variant.sku] = row.line
        if not variants and not reader.problems:
            reader.refuse(head, None, "begins a product without a single variant")
        sheet = ProductSheet(
            handle=product.handle,
            title=reader.read(head, TITLE, cells.text_up_to(cells.LONGEST_TITLE)),
            description=_description(head, reader),
            publication=_publication(head, reader),
            variants=list(variants.values()),
        )
        return ReadProduct(
            handle=product.handle,
            line=head.line,
            sheet=None if reader.problems else sheet,
            lines=lines,
            problems=reader.problems,
        )

    def _variant(self, handle: str, head: Row, row: Row, reader: CellReader) -> VariantSheet:
        options = _options(head, row, reader)
        sku = reader.read(row, SKU, cells.sku) or derived_sku(handle, options.values())
        if not row.cell(PRICE):
            reader.refuse(row, PRICE, "is empty")
        price = reader.read(row, PRICE, self._price)
        quantity = reader.read(row, QUANTITY, cells.units)
        return VariantSheet(
            sku=sku,
            options=options,
            prices={} if price is None else {self._currency: price},
            stock={} if quantity is None else {self._location_id: quantity},
        )


def _is_variant(row: Row) -> bool:
    return any(row.cell(column) for column in (SKU, PRICE, QUANTITY, *(value for _, value in OPTIONS)))


def _options(head: Row, row: Row, reader: CellReader) -> dict[str, str]:
    options: dict[str, str] = {}
    short = cells.text_up_to(cells.LONGEST_OPTION)
    for name_column, value_column in OPTIONS:
        # Only the first row of a product names its options.
        name = reader.read(head, name_column, short) if row is head else " ".join(head.cell(name_column).split())
        if not name:
            if row.cell(value_column):
                reader.refuse(row, value_column, "is filled, but the product's first row names no such option")
            continue
        value = reader.read(row, value_column, short)
        if not row.cell(value_column):
            reader.refuse(row, value_column, f"is empty, but the product has the option {name}")
        elif value is not None and (name, value) != NO_OPTION:
            options[name] = value
    return options


def _description(head: Row, reader: CellReader) -> str | None:
    if BODY not in head.cells:
        return None
    text = plain_text(head.cell(BODY))
    if len(text) > cells.LONGEST_DESCRIPTION:
        reader.refuse(head, BODY, f"has {len(text)} characters of text, {cells.LONGEST_DESCRIPTION} at most are taken")
    return text


def _publication(head: Row, reader: CellReader) -> Publication | None:
    """Shown only when both columns, as far as they are there, say so; unsaid when neither says anything."""
    published = reader.read(head, PUBLISHED, cells.publication)
    status = head.cell(STATUS).lower()
    if not status:
        return published
    if status not in STATUSES:
        reader.refuse(head, STATUS, "is neither active, draft nor archived")
        return None
    return Publication.PUBLISHED if STATUSES[status] and published is not Publication.DRAFT else Publication.DRAFT
