"""`manage.py import_catalog`: take products, prices and stock from a CSV file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, transaction

from inventory.management.loading import REFUSED, Progress, load
from inventory.models import INVENTORY
from inventory.usecases.catalog_import.ashlar import AshlarFormat, location_codes
from inventory.usecases.catalog_import.lines import CsvFile, Problem, UnreadableFile
from inventory.usecases.catalog_import.products import ProductRows, ReadProduct, read_products
from inventory.usecases.catalog_import.shopify import ShopifyFormat
from inventory.usecases.locations import ensure_location, known_locations
from shared_kernel.money import CURRENCY_DIGITS


class Format(Protocol):
    """What the two formats have in common."""

    handle_column: str

    def understand(self, product: ProductRows) -> ReadProduct:
        """The product that its rows describe."""


class Command(BaseCommand):
    """Import a catalog; products with bad lines are left out whole, and the same file again changes nothing."""

    help = (
        "Import products, prices and stock from a CSV file. Each bad line is named on standard output and its product"
        " left out; then the exit status is 1. The same file again changes nothing. See docs/catalog-import.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and how to read it."""
        parser.add_argument("file", type=Path, help="the CSV file")
        parser.add_argument("--format", choices=["shopify", "ashlar"], help="by default told from the header")
        parser.add_argument("--currency", default="EUR", help="currency of a Shopify file's prices (EUR)")
        parser.add_argument("--location", default="main", help="code of the location of a Shopify file's stock (main)")
        parser.add_argument(
            "--create-locations",
            action="store_true",
            help="make locations that an Ashlar file names and nobody knows",
        )
        parser.add_argument("--encoding", default="utf-8", help="encoding of a file without a byte order mark (utf-8)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and end with status 1 if any line was bad."""
        path: Path = options["file"]
        if options["currency"] not in CURRENCY_DIGITS:
            raise CommandError(f"{options['currency']} is not a known currency.")
        try:
            with path.open("rb") as stream:
                self._import(stream, path, options)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except UnreadableFile as error:
            raise CommandError(f"{path}: {error}") from error
        except OperationalError as error:
            raise CommandError(
                f"The database stopped answering: {str(error).strip()}. What was imported stays; run the same again."
            ) from error

    def _import(self, stream: BinaryIO, path: Path, options: dict[str, Any]) -> None:
        size = path.stat().st_size or 1
        with closing(CsvFile(stream, encoding=options["encoding"])) as file:
            chosen = self._format(file, options)
            report = load(
                read_products(file, handle_column=chosen.handle_column, understand=chosen.understand),
                tell=lambda problem: self._tell(path, problem),
                progress=Progress(self.stderr, done=lambda: min(stream.tell() / size, 1.0)),
            )
        self.stdout.write(f"{path}: {report}.")
        if report.problems:
            refused = report.products[REFUSED]
            raise CommandError(f"Problems found: {report.problems}; products left out: {refused}.", returncode=1)

    def _format(self, file: CsvFile, options: dict[str, Any]) -> Format:
        name = options["format"] or ("shopify" if "Handle" in file.columns else "ashlar")
        with transaction.atomic(using=INVENTORY, durable=True):
            if name == "shopify":
                here = ensure_location(code=options["location"], name=options["location"])
                return ShopifyFormat(file.columns, currency=options["currency"], location_id=here)
            codes = location_codes(file.columns)
            if options["create_locations"]:
                for code in codes:
                    ensure_location(code=code, name=code)
            return AshlarFormat(file.columns, locations=known_locations(codes))

    def _tell(self, path: Path, problem: Problem) -> None:
        self.stdout.write(f"{path}:{problem}")
