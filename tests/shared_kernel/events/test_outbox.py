from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction

from shared_kernel import call_context
from shared_kernel.call_context import CallContext
from shared_kernel.events import outbox, registry, relay
from shared_kernel.transactions import NoTransaction
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import PRODUCER, Thing

pytestmark = pytest.mark.usefixtures("stage")


class TestARecordedEvent:
    def test_is_numbered_by_the_version_of_its_aggregate(self) -> None:
        thing = things.make_thing()

        things.happen(thing, 1, 2)
        things.happen(thing, 3)
        relay.drain()

        assert things.logged() == [(1, 1), (2, 2), (3, 3)]
        assert thing.version == 3
        assert Thing.objects.using(PRODUCER).get(id=thing.id).version == 3

    def test_carries_the_context_of_the_call(self) -> None:
        context = CallContext(correlation_id=uuid4(), causation_id=uuid4(), traceparent="00-1-2-01")

        with call_context.entered(context):
            things.happen(things.make_thing(), 1)
        relay.drain()

        [row] = things.logged("correlation_id, causation_id, traceparent, name")
        assert row == (context.correlation_id, context.causation_id, "00-1-2-01", "inventory.thing_happened.v1")

    def test_vanishes_with_its_transaction(self) -> None:
        thing = things.make_thing()

        with transaction.atomic(using=PRODUCER):
            outbox.record(things.fact(thing, 1), aggregate=thing)
            transaction.set_rollback(True, using=PRODUCER)
        relay.drain()

        assert things.logged() == []


class TestRecording:
    def test_needs_an_open_transaction(self) -> None:
        thing = things.make_thing()

        with pytest.raises(NoTransaction):
            outbox.record(things.fact(thing, 1), aggregate=thing)

    def test_refuses_an_aggregate_that_somebody_changed_meanwhile(self) -> None:
        thing = things.make_thing()
        stale = Thing.objects.using(PRODUCER).get(id=thing.id)
        things.happen(thing, 1)

        with pytest.raises(outbox.ConcurrentUpdate):
            things.happen(stale, 2)

    def test_refuses_a_fact_of_another_context(self) -> None:
        foreign = type("Foreign", (things.ThingHappened,), {})
        registry.event("payments.thing_happened.v1")(foreign)
        thing = things.make_thing()

        with pytest.raises(ValueError, match="payments"), transaction.atomic(using=PRODUCER):
            outbox.record(foreign(thing_id=thing.id, number=1, at=thing.created_at), aggregate=thing)
