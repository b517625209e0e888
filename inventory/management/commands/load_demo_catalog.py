"""`manage.py load_demo_catalog`: a dozen products to look at, made once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from inventory.management.loading import load
from inventory.models import INVENTORY
from inventory.usecases.catalog_import.ashlar import AshlarFormat
from inventory.usecases.catalog_import.lines import CsvFile, Problem
from inventory.usecases.catalog_import.products import read_products
from inventory.usecases.locations import ensure_location
from inventory.usecases.product_sheets import Outcome

CATALOG = Path(__file__).parent.parent / "demo_catalog.csv"
LOCATIONS = {"main": "Main warehouse", "store": "Store in town"}


class Command(BaseCommand):
    """Load the demo catalog; products that are there stay as they are, whatever was done to them."""

    help = "Make the products of the demo catalog that are not there yet, with prices in three currencies and stock."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing."""
        with transaction.atomic(using=INVENTORY, durable=True):
            locations = {code: ensure_location(code=code, name=name) for code, name in LOCATIONS.items()}
        with CATALOG.open("rb") as stream, closing(CsvFile(stream)) as file:
            chosen = AshlarFormat(file.columns, locations=locations)
            products = read_products(file, handle_column=chosen.handle_column, understand=chosen.understand)
            report = load(products, tell=self._tell, only_new=True)
        if report.problems:
            raise CommandError("The demo catalog contradicts what is in the database.", returncode=1)
        made, present = report.products[Outcome.CREATED], report.products[Outcome.UNCHANGED]
        self.stdout.write(f"Demo catalog: {made} products made, {present} were there.")

    def _tell(self, problem: Problem) -> None:
        self.stderr.write(f"{CATALOG.name}:{problem}")
