"""Taking a catalog file into the database: a transaction per product, a line per problem, and a word on progress."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.core.management.base import OutputWrapper
from django.db import OperationalError, connections, transaction
from psycopg import errors as pg

from inventory.models import INVENTORY
from inventory.usecases.catalog_import.importing import ProductRefused, import_product
from inventory.usecases.catalog_import.lines import Problem
from inventory.usecases.catalog_import.products import ReadProduct
from inventory.usecases.product_sheets import Outcome
from shared_kernel import call_context, clock
from shared_kernel.call_context import CallContext
from shared_kernel.ids import new_id

REFUSED = "refused"
TRIES = 3
IN_THE_WAY = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)


@dataclass
class Report:
    """What became of the products of a file."""

    products: Counter[str] = field(default_factory=Counter)
    problems: int = 0

    def __str__(self) -> str:
        outcomes = [*(outcome.value for outcome in Outcome), REFUSED]
        return ", ".join(f"{self.products[outcome]} {outcome}" for outcome in outcomes)


class Progress:
    """A line on a terminal that is rewritten twice a second; anywhere else a new line now and then."""

    def __init__(self, stream: OutputWrapper, *, done: Callable[[], float]) -> None:
        """`done` answers the share of the file that was read, 0 to 1."""
        self._stream = stream
        self._done = done
        self._rewrites = stream.isatty()
        self._every = 0.5 if self._rewrites else 10.0
        self._next = time.monotonic() + self._every

    def show(self, report: Report) -> None:
        """Tell how far it is, when it is time again."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            start, end = ("\r\x1b[K", "") if self._rewrites else ("", "\n")
            self._write(f"{start}{self._done():4.0%}  {report}{end}")

    def clear(self) -> None:
        """Make room for other output on the same terminal."""
        if self._rewrites:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self._stream.write(text, style_func=str, ending="")
        self._stream.flush()


def load(
    products: Iterable[ReadProduct],
    *,
    tell: Callable[[Problem], None],
    progress: Progress | None = None,
    only_new: bool = False,
) -> Report:
    """Write every product that can be written, each in a transaction of its own, and tell the problems of the others.

    All events of one call share a correlation id.
    """
    report = Report()
    with call_context.entered(CallContext(correlation_id=new_id())):
        for product in products:
            problems = product.problems
            if not problems:
                try:
                    report.products[_write(product, only_new=only_new)] += 1
                except ProductRefused as refusal:
                    problems = list(refusal.problems)
            if problems:
                report.products[REFUSED] += 1
                report.problems += len(problems)
                if progress:
                    progress.clear()
                for problem in problems:
                    tell(problem)
            if progress:
                progress.show(report)
    if progress:
        progress.clear()
    return report


def _write(product: ReadProduct, *, only_new: bool) -> Outcome:
    """Write one product, again if buyers of the same stock were in the way; an import is in less of a hurry."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic(using=INVENTORY, durable=True):
                with connections[INVENTORY].cursor() as cursor:
                    cursor.execute("set local lock_timeout = '3s'")
                return import_product(product, only_new=only_new, now=clock.database_now(INVENTORY))
        except OperationalError as error:
            if attempt == TRIES or not isinstance(error.__cause__, IN_THE_WAY):
                raise
    raise AssertionError("the last try either returns or raises")
