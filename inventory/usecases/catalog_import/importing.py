"""Writing one product of a file, and saying in terms of the file why it could not be written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from inventory.models import INVENTORY, Product
from inventory.policies import OptionsRepeat, SkuTaken, StockPromised, TitleMissing
from inventory.usecases.catalog_import.lines import Problem
from inventory.usecases.catalog_import.products import ReadProduct
from inventory.usecases.product_sheets import Outcome, write_sheet
from shared_kernel import transactions
from shared_kernel.errors import DomainError


class ProductRefused(Exception):
    """A product of the file cannot be written; `problems` say where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(*problems)
        self.problems = problems


def import_product(product: ReadProduct, *, only_new: bool = False, now: datetime) -> Outcome:
    """Write one product that was read without problems; with `only_new` one that is there already is left alone.

    Raises:
        ProductRefused: it contradicts what is in the catalog or on the shelves.
    """
    transactions.require(INVENTORY)
    if product.sheet is None:
        raise ProductRefused(product.problems)
    if only_new and Product.objects.filter(handle=product.handle).exists():
        return Outcome.UNCHANGED
    try:
        return write_sheet(product.sheet, now=now)
    except DomainError as error:
        sku = getattr(error, "sku", None)
        line = product.lines.get(sku, product.line) if sku else product.line
        column, reason = _in_terms_of_the_file(error)
        raise ProductRefused([Problem(line=line, column=column, reason=reason)]) from error


def _in_terms_of_the_file(error: DomainError) -> tuple[str | None, str]:
    """What is wrong and why; in words, since the columns of the formats have different names."""
    match error:
        case TitleMissing():
            return "title", "is empty, but the product is new"
        case SkuTaken(sku=sku):
            return "SKU", f"is {sku}, which belongs to a variant of another product"
        case OptionsRepeat():
            return "options", "are those of another variant of the product"
        case StockPromised(available=available):
            return "stock", f"takes away units that are promised to orders or kept back; only {available} are free"
        case _:
            return None, error.message
