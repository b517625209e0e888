"""Catalog files for tests, written and imported; and everything an import could have changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from inventory.models import Location, Price, Product, StockAdjustment, StockLevel, StockMovement, Variant
from shared_kernel.models import PendingEvent

SHOPIFY = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
]
SHOPIFY += ["Variant SKU", "Variant Inventory Qty", "Variant Price", "Image Src"]


@dataclass(frozen=True)
class Imported:
    """What the command printed and how it ended."""

    output: str
    failed: bool

    @property
    def lines(self) -> list[str]:
        """The problems, without the name of the file, and the summary."""
        return [line.partition("catalog.csv:")[2].strip() for line in self.output.splitlines() if line]


def shopify_row(handle: str = "mug", **cells: str) -> dict[str, str]:
    """A row of a Shopify export; cells by column, `_` for a blank and underscores as in Option1_Value."""
    return {"Handle": handle, **{name.replace("_", " "): cell for name, cell in cells.items()}}


def write(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]], encoding: str = "utf-8") -> Path:
    """A CSV file of these rows."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    file = path / "catalog.csv"
    file.write_bytes(text.getvalue().encode(encoding))
    return file


def run(file: Path, **options: Any) -> Imported:
    """Import a file."""
    output, progress = io.StringIO(), io.StringIO()
    try:
        call_command("import_catalog", str(file), stdout=output, stderr=progress, **options)
    except CommandError as error:
        return Imported(
            output=f"{output.getvalue()}\n{file}:{error}" if not output.getvalue() else output.getvalue(), failed=True
        )
    return Imported(output=output.getvalue(), failed=False)


def everything() -> dict[str, Any]:
    """Every row an import could write, and every event."""
    models = (Product, Variant, Price, Location, StockLevel, StockAdjustment, StockMovement)
    rows: dict[str, Any] = {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
    return {**rows, "events": list(PendingEvent.objects.using("inventory").order_by("id").values())}
