"""Handling a subscription: effects and cursor in one transaction, so each event takes effect once, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import structlog
from django.db import transaction

from shared_kernel import call_context, failures
from shared_kernel.events import codec, delivery, parking, position
from shared_kernel.events.envelope import Envelope
from shared_kernel.events.feed import Feed, FeedPage
from shared_kernel.events.parking import Parked
from shared_kernel.events.position import NotOwner, Position
from shared_kernel.events.registry import Subscription

BATCH = 100

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)


class LogReplaced(RuntimeError):
    """The producer's log is not the one this cursor speaks of: it was restored, or archived too far.

    Only an operator can say from where to go on: `manage.py events replay`.
    """


class HandlerFailed(Exception):
    """A handler raised on the event at `index` of the batch."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What one step did: events that took effect, events parked or queued, and whether another step may find more."""

    handled: int = 0
    parked: int = 0
    more: bool = False

    @property
    def moved(self) -> bool:
        """Whether anything happened."""
        return bool(self.handled or self.parked or self.more)


class Consumer:
    """One partition of one subscription, worked on step by step; several processes may run the same one."""

    def __init__(self, subscription: Subscription, feed: Feed, *, partition: int = 0, batch: int = BATCH) -> None:
        self._subscription = subscription
        self._feed = feed
        self._partition = partition
        self._batch = batch

    @property
    def name(self) -> str:
        """The subscription and the partition, for operators."""
        return f"{self._subscription.name}/{self._partition}"

    def step(self) -> Progress:
        """Try the parked events whose time has come, then handle the next batch.

        Raises:
            LogReplaced: the cursor does not fit the producer's log.
            NotOwner: another process works on this partition.
        """
        here = position.read(self._subscription, self._partition)
        retried = self._retry_parked()
        page = self._feed.read(after_seq=here.cursor, limit=self._batch, names=self._subscription.events.keys())
        here = self._fitting(here, page)
        if page.last_seq <= here.cursor:
            return retried
        events = [event for event in page.events if self._is_mine(event)]
        handled, parked = self._advance(here, events, Position(cursor=page.last_seq, epoch=page.epoch))
        return Progress(
            handled=retried.handled + handled,
            parked=retried.parked + parked,
            more=retried.more or page.last_seq < page.head_seq,
        )

    def _is_mine(self, event: Envelope) -> bool:
        return self._subscription.partition_of(event.aggregate) == self._partition

    def _fitting(self, here: Position, page: FeedPage) -> Position:
        if here.epoch is None:
            # A new subscription takes the log as it finds it, from the first event that is still there.
            return Position(cursor=here.cursor, epoch=page.epoch)
        if here.epoch != page.epoch or here.cursor > page.head_seq or here.cursor < page.archived_seq:
            raise LogReplaced(
                f"{self._subscription.name} is at {here.cursor} of log {here.epoch}; the log now is {page.epoch},"
                f" from {page.archived_seq + 1} to {page.head_seq}"
            )
        return here

    def _advance(self, here: Position, events: Sequence[Envelope], target: Position) -> tuple[int, int]:
        """Handle `events` and move to `target`, splitting the batch where a handler fails."""
        handled = parked = start = 0
        end = len(events)
        failed: dict[int, BaseException] = {}
        while True:
            reached = target if end == len(events) else Position(cursor=events[end - 1].seq, epoch=target.epoch)
            try:
                queued = _twice_if_victim(self._handle_batch, here, events[start:end], reached)
            except NotOwner:
                raise
            except Exception as failure:  # noqa: BLE001 - whatever a handler raises is its event's fault
                error = _cause(failure)
                if failures.is_outage(error) or start == end:
                    raise error from None
                # A failed commit (a deferred constraint, say) names no event: halve the batch until one is left.
                index = failure.index if isinstance(failure, HandlerFailed) else (end - start) // 2
                if isinstance(failure, HandlerFailed) or end - start == 1:
                    failed[start + index] = error
                end = start + index
            else:
                handled += end - start - queued
                parked += queued
                here, start, end = reached, end, len(events)
            if start in failed:
                here = self._park(here, events[start], failed[start])
                parked, start, end = parked + 1, start + 1, len(events)
            if here.cursor == target.cursor:
                return handled, parked

    def _handle_batch(self, here: Position, events: Sequence[Envelope], reached: Position) -> int:
        """One transaction: effects of `events` and the cursor at `reached`; returns how many were queued instead."""
        queued = 0
        with transaction.atomic(using=self._subscription.consumer, durable=True):
            position.own(self._subscription, self._partition, here)
            blocked = parking.blocked(self._subscription, {event.aggregate for event in events}) if events else set()
            for index, event in enumerate(events):
                if event.aggregate in blocked:
                    parking.queue(self._subscription, event)
                    queued += 1
                    continue
                try:
                    self._handle(event)
                except Exception as error:
                    raise HandlerFailed(index) from error
            position.move(self._subscription, self._partition, here, reached)
        for event in events:
            if event.aggregate not in blocked:
                self._report_handled(event)
        return queued

    def _report_handled(self, event: Envelope) -> None:
        with call_context.entered(event.call_context()):
            log.info(
                "event_handled",
                subscription=self._subscription.name,
                seq=event.seq,
                event_id=str(event.id),
                event_name=event.name,
            )

    def _handle(self, event: Envelope) -> None:
        fact = codec.decode(self._subscription.events[event.name], event.payload)
        with delivery.entered(event):
            self._subscription.handler(fact)

    def _park(self, here: Position, event: Envelope, error: BaseException) -> Position:
        log.warning(
            "event_parked",
            subscription=self._subscription.name,
            seq=event.seq,
            event_id=str(event.id),
            correlation_id=str(event.call_context().correlation_id),
            error=failures.describe(error),
            exc_info=error,
        )
        reached = Position(cursor=event.seq, epoch=here.epoch)
        with transaction.atomic(using=self._subscription.consumer, durable=True):
            position.own(self._subscription, self._partition, here)
            parking.park(self._subscription, event, error)
            position.move(self._subscription, self._partition, here, reached)
        return reached

    def _retry_parked(self) -> Progress:
        handled = failed = 0
        for parked in parking.ready(self._subscription, self._partition):
            page = self._feed.read(after_seq=parked.seq - 1, limit=1, names=[parked.name])
            if not parking.claim(self._subscription, parked):
                continue
            try:
                _twice_if_victim(self._handle_parked, parked, page)
            except NotOwner:
                continue
            except Exception as failure:  # noqa: BLE001 - whatever a handler raises is its event's fault
                self._fail_again(parked, _cause(failure))
                failed += 1
            else:
                handled += 1
        return Progress(handled=handled, parked=failed, more=handled > 0)

    def _handle_parked(self, parked: Parked, page: FeedPage) -> None:
        if not page.events or page.events[0].seq != parked.seq:
            raise LogReplaced(f"event {parked.seq} is no longer in the log")
        with transaction.atomic(using=self._subscription.consumer, durable=True):
            parking.settle(self._subscription, parked)
            self._handle(page.events[0])
        self._report_handled(page.events[0])

    def _fail_again(self, parked: Parked, error: BaseException) -> None:
        if failures.is_outage(error):
            raise error
        dead = parking.fail(self._subscription, parked, error)
        log.warning(
            "parked_event_failed",
            subscription=self._subscription.name,
            seq=parked.seq,
            attempts=parked.attempts + 1,
            state="dead" if dead else "waiting",
            error=failures.describe(error),
            exc_info=error,
        )


def _twice_if_victim(run: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a transaction, and once more if it lost to another one."""
    try:
        return run(*args, **kwargs)
    except Exception as failure:
        if not failures.is_victim(_cause(failure)):
            raise
        return run(*args, **kwargs)


def _cause(failure: BaseException) -> BaseException:
    return failure.__cause__ if isinstance(failure, HandlerFailed) and failure.__cause__ else failure
