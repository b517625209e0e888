from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import Error, connections

from shared_kernel.events import registry, relay, subscribe
from shared_kernel.events.consumer import Consumer
from shared_kernel.events.feed import LocalFeed
from shared_kernel.events.position import NotOwner
from shared_kernel.events.sequencer import sequence
from tests.databases import TestDatabase
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import CONSUMER, PRODUCER, ThingHappened
from tests.shared_kernel.events.waiting import until

pytestmark = pytest.mark.usefixtures("stage")
NAME = "orders.follow_things"
EVENTS = 200


def keep_consuming(done: threading.Event) -> Callable[[], None]:
    """A consumer that goes on when it is passed over or loses its connection."""

    def run() -> None:
        consumer = Consumer(registry.get_subscription(NAME), LocalFeed(PRODUCER), batch=5)
        while not done.is_set():
            try:
                if not consumer.step().moved:
                    time.sleep(0.001)
            except NotOwner:
                time.sleep(0.001)
            except Error:
                connections.close_all()

    return run


class TestSeveralConsumers:
    def test_of_one_subscription_bring_each_event_to_effect_once(self, test_database: TestDatabase) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        several = [things.make_thing() for _ in range(4)]
        for number in range(EVENTS // 4):
            for thing in several:
                things.happen(thing, number)
        sequence(PRODUCER)
        done = threading.Event()

        with things.threads(*[keep_consuming(done)] * 3):
            try:
                for _ in range(5):
                    time.sleep(0.02)
                    test_database.superuser().execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'orders_app'"
                        " and datname = current_database() and query like '%event_subscription%'"
                        " and xact_start is not null"
                    )
                until(lambda: len(things.effects()) == EVENTS)
            finally:
                done.set()

        assert all(things.effects(thing) == list(range(EVENTS // 4)) for thing in several)
        assert things.rows(CONSUMER, "select count(*) from event_parked") == [(0,)]

    def test_leave_a_partition_to_the_one_that_holds_it(self) -> None:
        inside, go_on = threading.Event(), threading.Event()

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            inside.set()
            go_on.wait(10)
            things.note_effect(event)

        things.happen(things.make_thing(), 1)
        sequence(PRODUCER)
        consumer = Consumer(registry.get_subscription(NAME), LocalFeed(PRODUCER))
        with things.threads(consumer.step):
            inside.wait(10)
            with pytest.raises(NotOwner):
                consumer.step()
            go_on.set()

        assert things.effects() == [1]


class TestTheCursor:
    def test_undoes_the_effects_of_whoever_it_left_behind(self) -> None:
        """As if the row lock were not there: the compare-and-set alone keeps the effect single."""

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            things.note_effect(event)
            # The same transaction moves the cursor, as another process would have.
            things.execute(CONSUMER, "update event_subscription set cursor = 7")

        things.happen(things.make_thing(), 1)
        sequence(PRODUCER)

        with pytest.raises(NotOwner):
            Consumer(registry.get_subscription(NAME), LocalFeed(PRODUCER)).step()

        assert things.effects() == []


class TestAParkedEvent:
    def test_is_handled_by_one_of_two_consumers_only(self) -> None:
        well = threading.Event()
        runs: list[int] = []

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            if not well.is_set():
                raise ValueError
            runs.append(event.number)
            time.sleep(0.05)
            things.note_effect(event)

        things.happen(things.make_thing(), 1, 2, 3)
        relay.drain()
        well.set()
        things.execute(CONSUMER, "update event_parked set next_at = now() where next_at is not null")
        done = threading.Event()
        with things.threads(*[keep_consuming(done)] * 2):
            try:
                until(lambda: len(things.effects()) == 3)
            finally:
                done.set()

        assert things.effects() == [1, 2, 3]
        assert runs == [1, 2, 3]
