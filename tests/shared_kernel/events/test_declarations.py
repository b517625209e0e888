from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from shared_kernel import discovery
from shared_kernel.events import delivery, event, registry, subscribe
from shared_kernel.events.feed import NoFeed, feed_of
from shared_kernel.events.registry import DeclarationError


@pytest.fixture(autouse=True)
def scratch() -> Iterator[None]:
    with registry.scratch():
        yield


@dataclass(frozen=True, kw_only=True)
class Happened:
    thing_id: UUID


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    thing_id: UUID


class TestAnEvent:
    @pytest.mark.parametrize(
        "name", ["thing_happened.v1", "orders.ThingHappened.v1", "orders.thing_happened", "a.b.v0"]
    )
    def test_needs_a_name_with_context_and_version(self, name: str) -> None:
        with pytest.raises(DeclarationError, match="is not of the form"):
            event(name)

    def test_needs_a_name_of_its_own(self) -> None:
        event("orders.thing_happened.v1")(Happened)

        with pytest.raises(DeclarationError, match="declared twice"):
            event("orders.thing_happened.v1")(Elsewhere)

    def test_is_frozen(self) -> None:
        @dataclass
        class Loose:
            thing_id: UUID

        with pytest.raises(DeclarationError, match="frozen dataclass"):
            event("orders.thing_happened.v1")(Loose)


class TestASubscription:
    def test_follows_one_producer(self) -> None:
        event("orders.thing_happened.v1")(Happened)
        event("payments.thing_happened.v1")(Elsewhere)

        with pytest.raises(DeclarationError, match="exactly one producer"):
            subscribe("inventory.follow", Happened, Elsewhere)

    def test_follows_declared_events_only(self) -> None:
        with pytest.raises(DeclarationError, match="not declared"):
            subscribe("inventory.follow", Happened)

    def test_needs_a_stable_name_of_its_own(self) -> None:
        event("orders.thing_happened.v1")(Happened)
        subscribe("inventory.follow", Happened)(print)

        with pytest.raises(DeclarationError, match="declared twice"):
            subscribe("inventory.follow", Happened)
        with pytest.raises(DeclarationError, match="is not of the form"):
            subscribe("inventory.handlers.follow", Happened)

    def test_is_declared_by_the_context_it_is_named_after(self) -> None:
        event("orders.thing_happened.v1")(Happened)
        subscribe("inventory.follow", Happened)(print)

        with pytest.raises(DeclarationError, match="is declared by builtins"):
            discovery.discover()


class TestAFeed:
    def test_leads_to_hosted_producers_only(self) -> None:
        with pytest.raises(NoFeed, match="shipping is not hosted"):
            feed_of("shipping")


class TestTheEnvelope:
    def test_is_there_only_while_an_event_is_handled(self) -> None:
        with pytest.raises(LookupError):
            delivery.current()
