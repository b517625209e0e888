"""The operations that the kernel answers for every context."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from pytest_django import Settings

from shared_kernel import clock
from shared_kernel.errors import Forbidden
from shared_kernel.facades.operations import KernelOperations
from shared_kernel.ids import new_id
from shared_kernel.models import EventHead, LoggedEvent, ParkedEvent, PendingEvent

pytestmark = pytest.mark.django_db(databases=["inventory", "orders"])

AGGREGATE = new_id()


def log_event(seq: int, *, sequence: int, name: str = "inventory.tried.v1") -> None:
    moment = clock.now("inventory")
    LoggedEvent.objects.using("inventory").create(
        seq=seq,
        event_id=new_id(),
        name=name,
        aggregate=AGGREGATE,
        sequence=sequence,
        occurred_at=moment,
        logged_at=moment,
        payload={"n": seq},
    )


def set_head(last_seq: int) -> None:
    EventHead.objects.using("inventory").update(last_seq=last_seq)


@pytest.fixture
def operations() -> KernelOperations:
    return KernelOperations("inventory")


class TestListEvents:
    def test_pages_through_the_log_by_name(self, operations: KernelOperations) -> None:
        log_event(1, sequence=1)
        log_event(2, sequence=2, name="inventory.other.v1")
        log_event(3, sequence=3)
        set_head(3)

        first = operations.list_events(after=0, limit=1, names=["inventory.tried.v1"])
        second = operations.list_events(after=1, limit=10, names=["inventory.tried.v1"])

        assert [(event.seq, event.payload) for event in first.events] == [(1, '{"n":1}')]
        assert [event.seq for event in second.events] == [3]
        assert second.last_seq == 3


class TestLogFindings:
    def test_are_none_on_a_whole_log(self, operations: KernelOperations) -> None:
        log_event(1, sequence=1)
        log_event(2, sequence=2)
        set_head(2)

        assert operations.log_findings(limit=10) == []

    def test_name_a_gap_in_the_log(self, operations: KernelOperations) -> None:
        log_event(1, sequence=1)
        set_head(2)

        assert [finding.invariant for finding in operations.log_findings(limit=10)] == ["log_is_gapless"]

    def test_name_a_gap_in_an_aggregate(self, operations: KernelOperations) -> None:
        log_event(1, sequence=1)
        log_event(2, sequence=3)
        set_head(2)

        [finding] = operations.log_findings(limit=10)
        assert (finding.invariant, finding.subject) == ("aggregate_is_gapless", str(AGGREGATE))

    def test_name_events_that_nobody_numbers(self, operations: KernelOperations) -> None:
        PendingEvent.objects.using("inventory").create(
            event_id=new_id(),
            name="inventory.tried.v1",
            aggregate=AGGREGATE,
            sequence=1,
            occurred_at=clock.now("inventory") - timedelta(minutes=2),
            payload={},
        )

        [finding] = operations.log_findings(limit=10)
        assert finding.invariant == "events_are_sequenced"

    def test_name_events_that_found_no_effect(self, operations: KernelOperations) -> None:
        moment = clock.now("inventory")
        ParkedEvent.objects.using("inventory").create(
            subscription="inventory.try",
            seq=7,
            name="inventory.tried.v1",
            aggregate=AGGREGATE,
            attempts=8,
            parked_at=moment,
            dead_at=moment,
            last_error="ValueError",
        )

        [finding] = operations.log_findings(limit=10)
        assert (finding.subject, finding.detail) == ("inventory.try:7", "dead after 8 attempts: ValueError")


class TestAdvanceClock:
    def test_moves_the_clock_of_its_context_only(self, operations: KernelOperations) -> None:
        before = clock.now("inventory")

        after = operations.advance_clock(seconds=3600)

        assert after >= before + timedelta(hours=1)
        assert clock.now("orders") < after

    def test_is_refused_outside_test_mode(self, operations: KernelOperations, settings: Settings) -> None:
        settings.ASHLAR_TEST_MODE = False

        with pytest.raises(Forbidden):
            operations.advance_clock(seconds=1)


def test_the_suite_runs_in_test_mode() -> None:
    assert settings.ASHLAR_TEST_MODE
    assert connections["inventory"].settings_dict["USER"] == "inventory_app"
