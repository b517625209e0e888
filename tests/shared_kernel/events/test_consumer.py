from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction

from shared_kernel import call_context, clock
from shared_kernel.call_context import CallContext
from shared_kernel.events import registry, relay, subscribe
from shared_kernel.events.consumer import Consumer, LogReplaced
from shared_kernel.events.feed import LocalFeed
from shared_kernel.events.position import PartitionsChanged
from shared_kernel.events.sequencer import sequence
from tests.databases import TestDatabase
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import CONSUMER, PRODUCER, ThingHappened

pytestmark = pytest.mark.usefixtures("stage")
NAME = "orders.follow_things"


def consumer(batch: int = 100) -> Consumer:
    return Consumer(registry.get_subscription(NAME), LocalFeed(PRODUCER), batch=batch)


def parked() -> list[tuple[int, int, bool]]:
    """Seq, number of tries and whether it is dead."""
    return things.rows(CONSUMER, "select seq, attempts, dead_at is not null from event_parked order by seq")


class TestASubscription:
    def test_sees_every_event_once_and_in_order(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        thing, other = things.make_thing(), things.make_thing()
        for number in range(5):
            things.happen(thing, 2 * number)
            things.happen(other, 2 * number + 1)

        done = relay.drain()
        again = relay.drain()

        assert things.effects() == list(range(10))
        assert (done.logged, done.handled) == (10, 10)
        assert (again.logged, again.handled) == (0, 0)

    def test_runs_in_the_context_that_the_event_carries(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        context = CallContext(correlation_id=uuid4())

        with call_context.entered(context):
            things.happen(things.make_thing(), 1)
        relay.drain()

        [(event_id,)] = things.logged("event_id")
        assert things.rows(CONSUMER, "select correlation_id, causation_id, event_id from kernel_effect") == [
            (context.correlation_id, None, event_id)
        ]

    def test_hands_its_cause_on_to_what_the_handler_records(self) -> None:
        seen: list[CallContext] = []

        @subscribe(NAME, ThingHappened)
        def follow(_: ThingHappened) -> None:
            seen.append(call_context.current())

        things.happen(things.make_thing(), 1)

        relay.drain()

        assert [context.causation_id for context in seen] == [row[0] for row in things.logged("event_id")]

    def test_passes_over_events_it_does_not_follow(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        things.happen(things.make_thing(), 1)
        sequence(PRODUCER)
        things.execute(
            PRODUCER,
            "insert into event_log select 2, gen_random_uuid(), 'inventory.unknown.v1', aggregate, 2, occurred_at,"
            " logged_at, null, null, null, '{}' from event_log",
        )
        things.execute(PRODUCER, "update event_head set last_seq = 2")

        relay.drain()

        assert things.effects() == [1]
        assert things.rows(CONSUMER, "select cursor from event_subscription") == [(2,)]

    def test_refuses_to_go_on_in_a_log_that_was_restored(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        things.happen(things.make_thing(), 1)
        relay.drain()

        things.execute(PRODUCER, "update event_head set epoch = gen_random_uuid()")

        with pytest.raises(LogReplaced, match=NAME):
            consumer().step()

    def test_spreads_aggregates_over_its_partitions(self) -> None:
        subscribe(NAME, ThingHappened, partitions=3)(things.note_effect)
        several = [things.make_thing() for _ in range(12)]
        for number in range(3):
            for thing in several:
                things.happen(thing, number)

        relay.drain()

        assert all(things.effects(thing) == [0, 1, 2] for thing in several)
        assert things.rows(CONSUMER, "select partition, cursor from event_subscription order by partition") == [
            (0, 36),
            (1, 36),
            (2, 36),
        ]

    def test_refuses_another_number_of_partitions_than_it_has_cursors(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        things.execute(
            CONSUMER,
            "insert into event_subscription (name, partition, cursor) values (%s, 0, 0), (%s, 1, 0)",
            [NAME] * 2,
        )

        with pytest.raises(PartitionsChanged):
            consumer().step()


class TestAFailingEvent:
    def test_is_parked_and_only_its_aggregate_waits(self) -> None:
        broken, fine = things.make_thing(), things.make_thing()

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            if event.thing_id == broken.id and event.number == 2:
                raise ValueError
            things.note_effect(event)

        for number in (1, 2, 3):
            things.happen(broken, number)
            things.happen(fine, number)
        done = relay.drain()

        assert things.effects(fine) == [1, 2, 3]
        assert things.effects(broken) == [1]
        assert parked() == [(3, 1, False), (5, 0, False)]
        assert (done.handled, done.parked) == (4, 2)

    def test_is_not_run_a_second_time_before_its_pause(self) -> None:
        runs: list[int] = []

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            runs.append(event.number)
            if event.number in {2, 4}:
                raise ValueError
            things.note_effect(event)

        for number in range(1, 6):
            things.happen(things.make_thing(), number)
        relay.drain()

        assert things.effects() == [1, 3, 5]
        assert (runs.count(2), runs.count(4)) == (1, 1)

    def test_is_tried_again_later_with_those_behind_it(self) -> None:
        thing = things.make_thing()
        well = False

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            if not well:
                raise ValueError
            things.note_effect(event)

        things.happen(thing, 1, 2, 3)
        relay.drain()
        well = True
        relay.drain()
        before = things.effects(thing)
        clock.advance(CONSUMER, 2)
        relay.drain()

        assert before == []
        assert things.effects(thing) == [1, 2, 3]
        assert parked() == []

    def test_is_dead_after_eight_tries(self) -> None:
        @subscribe(NAME, ThingHappened)
        def follow(_: ThingHappened) -> None:
            raise ValueError

        things.happen(things.make_thing(), 1)
        for _ in range(10):
            relay.drain()
            clock.advance(CONSUMER, 601)

        assert parked() == [(1, 8, True)]

    def test_counts_a_try_before_it_begins(self, test_database: TestDatabase) -> None:
        tries: list[int] = []

        @subscribe(NAME, ThingHappened)
        def follow(_: ThingHappened) -> None:
            seen_by_others = test_database.superuser().execute("select attempts from orders.event_parked")
            tries.extend(row[0] for row in seen_by_others)
            raise ValueError

        things.happen(things.make_thing(), 1)
        relay.drain()
        clock.advance(CONSUMER, 2)
        relay.drain()

        assert tries == [2]

    def test_leaves_no_trace_of_a_failure_s_text(self) -> None:
        @subscribe(NAME, ThingHappened)
        def follow(_: ThingHappened) -> None:
            raise ValueError("ann@example.test")

        things.happen(things.make_thing(), 1)
        relay.drain()

        [(error,)] = things.rows(CONSUMER, "select last_error from event_parked")
        assert error.startswith("ValueError at tests/shared_kernel/events/test_consumer.py:")

    def test_is_found_when_only_the_commit_fails(self) -> None:
        thing = things.make_thing()

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            things.note_effect(event)
            if event.number == 6:
                things.execute(CONSUMER, "insert into kernel_child values (1)")

        others = [things.make_thing() for _ in range(10)]
        for number, other in enumerate(others):
            things.happen(thing if number == 6 else other, number)
        relay.drain()

        assert things.effects() == [0, 1, 2, 3, 4, 5, 7, 8, 9]
        assert parked() == [(7, 1, False)]

    def test_is_run_once_more_at_once_when_it_was_the_victim_of_a_deadlock(self) -> None:
        runs: list[int] = []

        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            runs.append(event.number)
            if len(runs) == 1:
                things.execute(CONSUMER, "do $$ begin raise exception using errcode = '40P01'; end $$")
            things.note_effect(event)

        things.happen(things.make_thing(), 1)
        relay.drain()

        assert runs == [1, 1]
        assert things.effects() == [1]
        assert parked() == []


class TestTheConsumerOfALaggingSubscription:
    def test_moves_on_in_batches(self) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        things.happen(things.make_thing(), *range(25))
        sequence(PRODUCER)

        first = consumer(batch=10).step()

        assert (first.handled, first.more) == (10, True)
        assert things.effects() == list(range(10))

    def test_takes_a_new_subscription_through_all_of_history(self) -> None:
        things.happen(things.make_thing(), *range(25))
        relay.drain()

        subscribe(NAME, ThingHappened)(things.note_effect)
        relay.drain()

        assert things.effects() == list(range(25))

    def test_wraps_effects_and_cursor_in_one_transaction(self) -> None:
        @subscribe(NAME, ThingHappened)
        def follow(event: ThingHappened) -> None:
            things.note_effect(event)
            assert transaction.get_connection(CONSUMER).in_atomic_block
            [(cursor,)] = things.rows(CONSUMER, "select cursor from event_subscription")
            assert cursor == 0

        things.happen(things.make_thing(), 1, 2, 3)
        relay.drain()

        assert things.effects() == [1, 2, 3]
