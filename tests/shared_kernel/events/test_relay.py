from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connections

from shared_kernel import due
from shared_kernel.clock import AshlarNow
from shared_kernel.events import relay, subscribe
from shared_kernel.events.pump import Pump
from shared_kernel.ids import new_id
from tests.databases import TestDatabase
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import CONSUMER, PRODUCER, Chore, ThingHappened
from tests.shared_kernel.events.waiting import until

pytestmark = pytest.mark.usefixtures("stage")
NAME = "orders.follow_things"


@contextmanager
def running(relays: int = 1) -> Iterator[threading.Event]:
    stop = threading.Event()
    with things.threads(*[lambda: relay.run(stop, [PRODUCER, CONSUMER])] * relays):
        try:
            yield stop
        finally:
            stop.set()


def asleep() -> bool:
    return things.rows(PRODUCER, "select idle from event_bell") == [(True,)]


def sessions(test_database: TestDatabase) -> int:
    row = (
        test_database.superuser()
        .execute("select count(*) from pg_stat_activity where datname = current_database() and usename like '%\\_app'")
        .fetchone()
    )
    assert row is not None
    return int(row[0])


class TestARunningRelay:
    def test_brings_events_from_the_outbox_to_their_effect(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        thing = things.make_thing()

        with running():
            for number in range(20):
                things.happen(thing, number)
            until(lambda: len(things.effects()) == 20)

        assert things.effects() == list(range(20))

    def test_shares_the_work_with_others(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        several = [things.make_thing() for _ in range(3)]

        with running(relays=2):
            for number in range(20):
                for thing in several:
                    things.happen(thing, number)
            until(lambda: len(things.effects()) == 60)

        assert all(things.effects(thing) == list(range(20)) for thing in several)

    def test_goes_on_after_losing_every_connection(self, test_database: TestDatabase) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        thing = things.make_thing()

        with running():
            for number in range(3):
                things.happen(thing, number)
                until(lambda expected=number + 1: len(things.effects()) == expected)  # type: ignore[misc]
                connections.close_all()
                test_database.superuser().execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename like '%\\_app'"
                    " and datname = current_database()"
                )

        assert things.effects() == [0, 1, 2]

    def test_shows_that_it_is_alive_until_it_stops(self) -> None:
        with running():
            until(lambda: relay.last_tick() is not None)
            before = relay.last_tick()
            until(lambda: (relay.last_tick() or 0) > (before or 0))

        assert relay.last_tick() is None

    def test_leaves_no_thread_and_no_session_behind(self, test_database: TestDatabase) -> None:
        connections.close_all()
        until(lambda: sessions(test_database) == 0)
        threads = threading.active_count()

        with running():
            until(lambda: sessions(test_database) == 2)

        until(lambda: sessions(test_database) == 0)
        assert threading.active_count() == threads

    def test_works_on_rows_that_fall_due(self) -> None:
        done: list[UUID] = []

        @due.due_work("inventory.do_chore", model=Chore, where="relay")
        def do_chore(row_id: UUID) -> None:
            Chore.objects.using(PRODUCER).get(id=row_id).finish()
            done.append(row_id)

        with running():
            until(asleep)
            chore = Chore.objects.using(PRODUCER).create(id=new_id(), due_at=AshlarNow())
            due.wake(PRODUCER)
            until(lambda: done == [chore.id])

        chore.refresh_from_db()
        assert (chore.due_at, chore.leased_until) == (None, None)


class TestASleepingPump:
    def test_is_woken_by_the_doorbell_of_a_business_transaction(self) -> None:
        stop, moved, stirred = threading.Event(), threading.Event(), threading.Event()
        # With a safety poll that never comes in this test, only a notification can wake it.
        pump = Pump(PRODUCER, stop, on_moved=moved.set, on_stir=stirred.set, safety_seconds=60)
        thing = things.make_thing()
        pump.start()
        until(asleep)
        stirred.clear()

        things.happen(thing, 1)

        assert moved.wait(10)
        until(stirred.is_set)
        until(asleep)
        stop.set()
        due.wake(PRODUCER)
        pump.join(10)
        assert not pump.is_alive()

    def test_finds_what_was_recorded_just_before_it_fell_asleep(self) -> None:
        """A writer that read the bell while the relay was awake rings nobody; the safety poll finds its event."""
        stop, moved = threading.Event(), threading.Event()
        pump = Pump(PRODUCER, stop, on_moved=moved.set, on_stir=lambda: None)
        thing = things.make_thing()
        pump.start()
        until(asleep)

        things.execute(
            PRODUCER,
            "insert into outbox_pending (event_id, name, aggregate, sequence, occurred_at, payload)"
            " values (gen_random_uuid(), 'inventory.thing_happened.v1', %s, 1, now(), '{}')",
            [thing.id],
        )

        assert moved.wait(10)
        stop.set()
        pump.join(10)

    def test_keeps_the_bell_silent_while_it_is_awake(self) -> None:
        things.execute(PRODUCER, "insert into event_bell (one, idle) values (true, false)")
        with connections[PRODUCER].cursor() as cursor:
            cursor.execute("listen ashlar_inventory")

        things.happen(things.make_thing(), 1)

        assert list(connections[PRODUCER].connection.notifies(timeout=0.05)) == []
