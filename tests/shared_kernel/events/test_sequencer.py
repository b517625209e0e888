from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from django.db import OperationalError, connections, transaction

from config.processes import wait_until
from shared_kernel.events import outbox
from shared_kernel.events.sequencer import sequence
from tests.databases import TestDatabase
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import PRODUCER, Thing

pytestmark = pytest.mark.usefixtures("stage")


def write(thing: Thing, times: int) -> Callable[[], None]:
    """A writer that records `times` facts of one thing; one transaction in five is slow, one in five rolled back."""

    def run() -> None:
        mine = Thing.objects.using(PRODUCER).get(id=thing.id)
        dice = random.Random(mine.id.int)  # noqa: S311 - repeatable load
        number = 0
        while number < times:
            former, rolled_back = mine.version, dice.random() < 0.2
            with transaction.atomic(using=PRODUCER, durable=True):
                outbox.record(things.fact(mine, number), aggregate=mine)
                if dice.random() < 0.2:
                    time.sleep(dice.random() * 0.01)
                transaction.set_rollback(rolled_back, using=PRODUCER)
            if rolled_back:
                mine.version = former
            else:
                number += 1

    return run


def keep_sequencing(done: threading.Event) -> Callable[[], None]:
    """A sequencer that goes on when its connection is taken from it."""

    def run() -> None:
        while True:
            last_look = done.is_set()
            try:
                sequence(PRODUCER, batch=7)
            except OperationalError:
                connections[PRODUCER].close()
            if last_look:
                return

    return run


class TestTheLog:
    def test_is_complete_gapless_and_ordered_whoever_writes_sequences_and_dies(
        self, test_database: TestDatabase
    ) -> None:
        several = [things.make_thing() for _ in range(6)]
        done = threading.Event()

        with things.threads(*[keep_sequencing(done)] * 3):
            try:
                with things.threads(*[write(thing, 60) for thing in several]):
                    for _ in range(10):
                        time.sleep(0.03)
                        test_database.superuser().execute(
                            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'inventory_app'"
                            " and datname = current_database() and query like '%sequence_batch%'"
                            " order by random() limit 1"
                        )
            finally:
                done.set()

        log = things.logged("seq, aggregate, sequence, (payload->>'number')::int")
        assert [row[0] for row in log] == list(range(1, 6 * 60 + 1))
        for thing in several:
            own = [(row[2], row[3]) for row in log if row[1] == thing.id]
            assert own == [(number + 1, number) for number in range(60)]
        assert things.rows(PRODUCER, "select count(*) from outbox_pending") == [(0,)]

    def test_has_no_gap_where_an_id_was_drawn_and_rolled_back(self) -> None:
        thing = things.make_thing()
        things.happen(thing, 1)
        with transaction.atomic(using=PRODUCER):
            outbox.record(things.fact(thing, 2), aggregate=thing)
            transaction.set_rollback(True, using=PRODUCER)
        thing.refresh_from_db()
        things.happen(thing, 3)

        sequence(PRODUCER)

        assert things.logged() == [(1, 1), (2, 2)]

    def test_takes_in_an_event_whose_transaction_outlived_later_ones(self) -> None:
        slow, quick = things.make_thing(), things.make_thing()
        recorded, go_on = threading.Event(), threading.Event()

        def linger() -> None:
            with transaction.atomic(using=PRODUCER, durable=True):
                outbox.record(things.fact(slow, 1), aggregate=slow)
                recorded.set()
                go_on.wait(10)

        with things.threads(linger):
            recorded.wait(10)
            for number in range(5):
                things.happen(quick, number)
                sequence(PRODUCER)
            go_on.set()
        sequence(PRODUCER)

        assert [row[0] for row in things.logged("aggregate")] == [quick.id] * 5 + [slow.id]

    def test_times_never_run_backwards(self) -> None:
        for _ in range(3):
            things.happen(things.make_thing(), 1, 2)
            sequence(PRODUCER)

        times = [row[0] for row in things.logged("logged_at")]

        assert all(earlier <= later for earlier, later in pairwise(times))


class TestTheSequencer:
    def test_refuses_to_run_inside_a_transaction(self) -> None:
        with transaction.atomic(using=PRODUCER), pytest.raises(RuntimeError, match="inside a transaction"):
            sequence(PRODUCER)

    def test_does_not_lock_the_head_when_nothing_is_pending(self) -> None:
        # Whoever locks a row last leaves its transaction id there.
        before = things.rows(PRODUCER, "select xmax::text from event_head")

        moved = sequence(PRODUCER)

        assert moved == 0
        assert things.rows(PRODUCER, "select xmax::text from event_head") == before

    def test_raises_its_floor_once_older_writers_are_gone(self) -> None:
        thing = things.make_thing()

        def rises() -> bool:
            things.happen(thing, 1)
            sequence(PRODUCER)
            [(floor,)] = things.rows(PRODUCER, "select floor_id from event_head")
            return bool(floor >= 2)

        # Writers of the whole server count as older, those of a test in another database too.
        assert wait_until(rises, seconds=20)

    def test_may_only_add_to_the_log(self) -> None:
        things.happen(things.make_thing(), 1)
        sequence(PRODUCER)

        for statement in ("update event_log set name = 'other'", "delete from event_log", "truncate event_log"):
            with pytest.raises(Exception, match="permission denied"):
                things.execute(PRODUCER, statement)
