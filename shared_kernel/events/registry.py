"""Which events exist and who follows them, filled by decorators when contexts are imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from typing import Any, TypeVar
from uuid import UUID

EventT = TypeVar("EventT")
HandlerT = TypeVar("HandlerT", bound=Callable[[Any], None])

_EVENT_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\.v[1-9][0-9]*")
_SUBSCRIPTION_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


class DeclarationError(TypeError):
    """An event or a subscription is declared in a way that cannot work."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One reaction of a consumer to events of one producer; its name is stable, the handler's path is not."""

    name: str
    producer: str
    events: Mapping[str, type]
    handler: Callable[[Any], None]
    replayable: bool
    partitions: int

    @property
    def consumer(self) -> str:
        """The context whose tables the handler writes."""
        return self.name.partition(".")[0]

    def partition_of(self, aggregate: UUID) -> int:
        """The partition that handles an aggregate; the low bits of a UUIDv7 are random."""
        return aggregate.int % self.partitions


_events: dict[str, type] = {}
_names: dict[type, str] = {}
_subscriptions: dict[str, Subscription] = {}


def event(name: str) -> Callable[[type[EventT]], type[EventT]]:
    """Declare a frozen, keyword-only dataclass as the event `<context>.<noun_participle>.v<n>`.

    Raises:
        DeclarationError: the name is malformed or taken, or the class is no frozen dataclass.
    """
    if not _EVENT_NAME.fullmatch(name):
        raise DeclarationError(f"{name!r} is not of the form context.something_happened.v1")

    def declare(cls: type[EventT]) -> type[EventT]:
        if not (is_dataclass(cls) and cls.__dataclass_params__.frozen):  # type: ignore[attr-defined]
            raise DeclarationError(f"{cls.__qualname__} must be a frozen dataclass")
        if name in _events:
            raise DeclarationError(f"{name} is declared twice: {_events[name].__qualname__}, {cls.__qualname__}")
        _events[name] = cls
        _names[cls] = name
        return cls

    return declare


def subscribe(
    name: str, *events: type, replayable: bool = False, partitions: int = 1
) -> Callable[[HandlerT], HandlerT]:
    """Follow events of one producer under the stable name `<consumer>.<verb_reason>`, in order per aggregate.

    The handler runs in the consumer's transaction, calls nothing remote, and may see an event again only when an
    operator replays it, which `replayable` allows.

    Raises:
        DeclarationError: the name is malformed or taken, or the events are none, undeclared or of two producers.
    """
    if not _SUBSCRIPTION_NAME.fullmatch(name):
        raise DeclarationError(f"{name!r} is not of the form context.verb_reason")
    if name in _subscriptions:
        raise DeclarationError(f"{name} is declared twice")
    if partitions < 1:
        raise DeclarationError(f"{name} needs at least one partition")
    by_name = {name_of(cls): cls for cls in events}
    producers = {event_name.partition(".")[0] for event_name in by_name}
    if len(producers) != 1:
        raise DeclarationError(f"{name} must follow events of exactly one producer, not of {sorted(producers)}")

    def declare(handler: HandlerT) -> HandlerT:
        _subscriptions[name] = Subscription(
            name=name,
            producer=producers.pop(),
            events=by_name,
            handler=handler,
            replayable=replayable,
            partitions=partitions,
        )
        return handler

    return declare


def name_of(cls: type) -> str:
    """The name under which an event class was declared.

    Raises:
        DeclarationError: it was not.
    """
    try:
        return _names[cls]
    except KeyError:
        raise DeclarationError(f"{cls.__qualname__} is not declared with @event") from None


def declared_events() -> dict[str, type]:
    """Every event class by name."""
    return dict(_events)


def subscriptions(consumer: str | None = None) -> list[Subscription]:
    """The subscriptions of one consumer, or all, in order of name."""
    return [
        subscription
        for _, subscription in sorted(_subscriptions.items())
        if consumer is None or subscription.consumer == consumer
    ]


def get_subscription(name: str) -> Subscription:
    """The subscription of this name.

    Raises:
        LookupError: none has it.
    """
    try:
        return _subscriptions[name]
    except KeyError:
        raise LookupError(f"no subscription is called {name!r}") from None


@contextmanager
def scratch() -> Iterator[None]:
    """Forget what is declared inside the block, and see no subscription made outside it; for tests of the kernel."""
    kept = dict(_events), dict(_names), dict(_subscriptions)
    _subscriptions.clear()
    try:
        yield
    finally:
        for registry, content in zip((_events, _names, _subscriptions), kept, strict=True):
            registry.clear()  # type: ignore[attr-defined]
            registry.update(content)  # type: ignore[attr-defined]
