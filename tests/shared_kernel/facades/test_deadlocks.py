"""Two calls that wait for each other: the server finds out before either gives up waiting, so one is tried again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from shared_kernel.facades.adapters import LocalAdapter
from shared_kernel.facades.binding import Proxy
from shared_kernel.money import Money
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import PRODUCER, Thing
from tests.shared_kernel.facades.library import LibraryApi, Loan

pytestmark = pytest.mark.usefixtures("stage")


class CrossingLibrary:
    """Locks two rows in the order it is told; on the first try of each call only once both calls hold one."""

    def __init__(self) -> None:
        self.meeting = threading.Barrier(2)
        self.calls = 0
        self.first_tries: set[UUID] = set()

    def lend_book(
        self, *, book_id: UUID, reader: str, due_at: datetime, fee: Money, notes: list[str] | None = None
    ) -> Loan:
        self.calls += 1
        with transaction.atomic(using=PRODUCER, durable=True):
            self._lock(book_id)
            if book_id not in self.first_tries:
                self.first_tries.add(book_id)
                self.meeting.wait(10)
            self._lock(UUID(reader))
        return Loan(book_id=book_id, reader=reader, due_at=due_at, fee=fee, notes=[])

    def _lock(self, thing_id: UUID) -> None:
        Thing.objects.using(PRODUCER).select_for_update().get(pk=thing_id)


class TestADeadlock:
    def test_between_two_calls_ends_with_both_done(self) -> None:
        one, other = things.make_thing().pk, things.make_thing().pk
        library = CrossingLibrary()
        proxy = Proxy(LibraryApi, LocalAdapter(library))
        due_at = datetime.now(UTC) + timedelta(days=1)
        fee = Money(amount=1, currency="EUR")

        def lend(first: UUID, second: UUID) -> None:
            proxy.lend_book(book_id=first, reader=str(second), due_at=due_at, fee=fee)

        with things.threads(lambda: lend(one, other), lambda: lend(other, one)):
            pass

        assert library.calls == 3
