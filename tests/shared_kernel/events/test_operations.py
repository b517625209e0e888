from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from shared_kernel import clock
from shared_kernel.events import operations, relay, subscribe
from shared_kernel.events.operations import Refused
from shared_kernel.events.sequencer import sequence
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import CONSUMER, PRODUCER, Thing, ThingHappened

pytestmark = pytest.mark.usefixtures("stage")
NAME = "orders.follow_things"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


class Health:
    """Whether the handler of the test works."""

    well = False


@pytest.fixture(autouse=True)
def sick() -> None:
    Health.well = False


def follow(event: ThingHappened) -> None:
    if event.number == 2 and not Health.well:
        raise ValueError
    things.note_effect(event)


def events(*arguments: str) -> str:
    """What `manage.py events` prints."""
    out = StringIO()
    call_command("events", *arguments, stdout=out)
    return out.getvalue()


def park() -> Thing:
    """A thing whose second of three facts is parked, and so the third."""
    subscribe(NAME, ThingHappened)(follow)
    thing = things.make_thing()
    things.happen(thing, 1, 2, 3)
    relay.drain()
    return thing


class TestLag:
    def test_tells_how_far_each_subscription_is(self) -> None:
        park()
        things.happen(things.make_thing(), 4, 5)
        sequence(PRODUCER)

        [lag] = operations.lags(CONSUMER)

        assert (lag.cursor, lag.head, lag.behind, lag.waiting, lag.dead) == (3, 5, 2, 2, 0)
        assert events("lag", "--context", CONSUMER).splitlines()[1].split()[:8] == [
            NAME,
            "0",
            PRODUCER,
            *("3", "5", "2", "2", "0"),
        ]

    def test_names_a_subscription_whose_log_was_replaced(self) -> None:
        park()
        things.execute(PRODUCER, "update event_head set epoch = gen_random_uuid()")

        assert f"{NAME} has halted" in events("lag")

    def test_refuses_a_context_that_is_not_here(self) -> None:
        with pytest.raises(CommandError, match="shipping is not hosted here"):
            events("lag", "--context", "shipping")


class TestParked:
    def test_lists_what_failed_and_what_waits_behind_it(self) -> None:
        thing = park()

        _, failed, behind = events("parked", "--subscription", NAME).splitlines()

        assert failed.split()[:5] == [NAME, "2", "inventory.thing_happened.v1", str(thing.id), "1"]
        assert "next at" in failed
        assert "ValueError" in failed
        assert "waits for an earlier one" in behind

    def test_lists_the_dead_alone(self) -> None:
        park()
        things.execute(CONSUMER, "update event_parked set dead_at = now() where seq = 2")

        assert len(events("parked", "--dead").splitlines()) == 2


class TestRetry:
    def test_brings_a_dead_event_and_those_behind_it_back(self) -> None:
        thing = park()
        things.execute(CONSUMER, "update event_parked set dead_at = now(), attempts = 8 where seq = 2")
        clock.advance(CONSUMER, 3600)
        relay.drain()
        before = things.effects(thing)
        Health.well = True

        said = events("retry", NAME)
        relay.drain()

        assert before == [1]
        assert said == "Events to be tried again: 1.\n"
        assert things.effects(thing) == [1, 2, 3]

    def test_refuses_an_unknown_subscription(self) -> None:
        with pytest.raises(CommandError, match=r"no subscription is called 'orders\.nothing'"):
            events("retry", "orders.nothing")


class TestSkip:
    def test_gives_up_one_event_and_lets_the_next_go_on(self) -> None:
        thing = park()

        events("skip", NAME, "--seq", "2")
        relay.drain()

        assert things.effects(thing) == [1, 3]

    def test_refuses_an_event_that_is_not_parked(self) -> None:
        park()

        with pytest.raises(CommandError, match="Event 1 is not parked"):
            events("skip", NAME, "--seq", "1")


class TestReplay:
    def test_handles_the_log_again_from_an_event_on(self) -> None:
        subscribe(NAME, ThingHappened, replayable=True)(follow)
        thing = things.make_thing()
        things.happen(thing, 1, 2, 3)
        relay.drain()
        Health.well = True
        things.execute(CONSUMER, "delete from kernel_effect")

        events("replay", NAME)
        relay.drain()

        assert things.effects(thing) == [1, 2, 3]
        assert things.rows(CONSUMER, "select count(*) from event_parked") == [(0,)]

    def test_refuses_a_subscription_whose_effects_would_happen_twice(self) -> None:
        park()

        with pytest.raises(CommandError, match="is not declared replayable"):
            events("replay", NAME)

        events("replay", NAME, "--from-seq", "4", "--insist")

    def test_takes_the_log_as_it_now_is(self) -> None:
        park()
        things.execute(PRODUCER, "update event_head set epoch = gen_random_uuid()")
        things.happen(things.make_thing(), 7)

        events("replay", NAME, "--from-seq", "4", "--insist")
        relay.drain()

        assert things.effects() == [1, 7]

    def test_refuses_an_event_beyond_the_log(self) -> None:
        park()

        with pytest.raises(Refused, match="5 is none of the events 1 to 3"):
            operations.replay(NAME, from_seq=5, insist=True)


class TestArchive:
    def archive(self, directory: Path, *more: str) -> str:
        return events("archive", "--context", PRODUCER, "--before", TOMORROW, "--to", str(directory), *more)

    def test_moves_events_from_the_log_to_a_private_file(self, tmp_path: Path) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        thing = things.make_thing()
        things.happen(thing, 1, 2, 3)
        relay.drain()

        said = self.archive(tmp_path)
        things.happen(thing, 4)
        relay.drain()

        [file] = tmp_path.iterdir()
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert said == f"Events 1 to 3 of {PRODUCER} are now in {file}.\n"
        assert [(line["seq"], line["payload"]["number"]) for line in lines] == [(1, 1), (2, 2), (3, 3)]
        assert file.stat().st_mode & 0o077 == 0
        assert things.logged() == [(4, 4)]
        assert things.effects() == [1, 2, 3, 4]
        assert "no event before 2020" in events(
            "archive", "--context", PRODUCER, "--before", "2020-01-01", "--to", str(tmp_path)
        )

    def test_refuses_above_the_slowest_cursor(self, tmp_path: Path) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        things.happen(things.make_thing(), 1, 2, 3)
        relay.drain()
        things.happen(things.make_thing(), 4)
        sequence(PRODUCER)

        with pytest.raises(CommandError, match=rf"{NAME} needs the events after 3; the range goes up to 4"):
            self.archive(tmp_path)

        assert len(things.logged()) == 4
        assert list(tmp_path.iterdir()) == []

    def test_refuses_an_event_that_is_parked(self, tmp_path: Path) -> None:
        park()

        with pytest.raises(CommandError, match="needs the events after 1"):
            self.archive(tmp_path)

    def test_refuses_what_a_read_model_would_be_rebuilt_from(self, tmp_path: Path) -> None:
        subscribe(NAME, ThingHappened, replayable=True)(things.note_effect)
        things.happen(things.make_thing(), 1)
        relay.drain()

        with pytest.raises(CommandError, match="rebuilt only from the whole log"):
            self.archive(tmp_path)

        self.archive(tmp_path, "--give-up-rebuild")
        assert things.logged() == []

    def test_lets_a_new_subscription_begin_after_it(self, tmp_path: Path) -> None:
        thing = things.make_thing()
        things.happen(thing, 1, 2)
        relay.drain()
        self.archive(tmp_path)
        things.happen(thing, 3)

        subscribe(NAME, ThingHappened)(things.note_effect)
        relay.drain()

        assert things.effects() == [3]

    def test_halts_a_subscription_that_it_left_behind(self, tmp_path: Path) -> None:
        subscribe(NAME, ThingHappened)(things.note_effect)
        things.happen(things.make_thing(), 1, 2)
        relay.drain()
        self.archive(tmp_path)
        things.execute(CONSUMER, "update event_subscription set cursor = 0")

        with pytest.raises(Exception, match="from 3 to 2"):
            relay.drain()
