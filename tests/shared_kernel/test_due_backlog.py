from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections, transaction

from shared_kernel import clock, due
from shared_kernel.due import DueWork, due_work
from shared_kernel.events.workers import DueRows, Ringer
from shared_kernel.ids import new_id
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import PRODUCER, Chore

pytestmark = pytest.mark.usefixtures("stage")
NAME = "inventory.do_chore"


def make_chores(count: int) -> list[UUID]:
    now = clock.now(PRODUCER)
    chores = [Chore(id=new_id(), due_at=now - timedelta(seconds=count - number)) for number in range(count)]
    return [chore.id for chore in Chore.objects.using(PRODUCER).bulk_create(chores)]


def finish(row_id: UUID) -> None:
    Chore.objects.using(PRODUCER).get(id=row_id).finish()


def work(where: str) -> DueWork:
    due_work(NAME, model=Chore, where=where)(finish)
    return due.works(PRODUCER)[0]


@contextmanager
def held(row_id: UUID) -> Iterator[None]:
    """A transaction of somebody else that has locked the row and takes its time."""
    has_locked, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(using=PRODUCER):
            list(Chore.objects.using(PRODUCER).select_for_update().filter(id=row_id))
            has_locked.set()
            may_end.wait(10)
        connections.close_all()

    with things.threads(hold):
        has_locked.wait(10)
        try:
            yield
        finally:
            may_end.set()


class TestABacklog:
    def test_puts_no_more_rows_in_hand_than_the_window_however_long_it_is(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(due, "WINDOW", 3)
        backlog = make_chores(10)
        chores = work("worker")

        first = due.claim(chores, limit=50)
        more = due.claim(chores, limit=50)
        finish(backlog[1])
        next_one = due.claim(chores, limit=50)

        assert [one.row_id for one in first] == backlog[:3]
        assert more == []
        assert [one.row_id for one in next_one] == [backlog[3]]

    def test_rings_again_only_for_rows_in_the_window_when_their_leases_run_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(due, "WINDOW", 3)
        backlog = make_chores(10)
        chores = work("worker")
        due.claim(chores, limit=50)

        clock.advance(PRODUCER, 91)

        assert [one.row_id for one in due.claim(chores, limit=50)] == backlog[:3]

    def test_beyond_the_window_is_waited_for_without_spinning(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(due, "WINDOW", 3)
        make_chores(10)
        due.claim(work("worker"), limit=50)
        stop = threading.Event()

        pause = DueRows(PRODUCER, stop, Ringer(stop)).turn()

        assert pause > 0

    def test_of_rows_that_somebody_has_locked_is_waited_for_without_spinning(self) -> None:
        [row_id] = make_chores(1)
        work("relay")
        stop = threading.Event()

        with held(row_id):
            pause = DueRows(PRODUCER, stop, Ringer(stop)).turn()

        assert pause > 0
