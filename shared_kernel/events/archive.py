"""Moving the oldest events out of a log into a file, once nobody needs them any more; as owner of the schema."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
from django.db import connections, transaction

from shared_kernel import contexts
from shared_kernel.events import registry
from shared_kernel.events.operations import Refused, slowest_cursor
from shared_kernel.models import EventHead, LoggedEvent

_PAGE = 1000


def archivable(producer: str, before: datetime) -> tuple[int, int] | None:
    """The first and last seq of the events logged before a moment, None if there are none."""
    found = LoggedEvent.objects.using(producer).filter(logged_at__lt=before).order_by("seq")
    first, last = found.first(), found.last()
    return (first.seq, last.seq) if first and last else None


def check(producer: str, last: int, *, remote_cursor: int | None = None, give_up_rebuild: bool = False) -> None:
    """Assert that nobody needs the events up to `last` any more; before connecting as owner.

    `remote_cursor` is the slowest cursor of the contexts this process does not host, as their operators report it.

    Raises:
        Refused: a subscription has not got so far, cannot be asked, or would have to be rebuilt from these events.
    """
    away = sorted({context.name for context in contexts.known()} - {context.name for context in contexts.hosted()})
    if away and remote_cursor is None:
        raise Refused(f"{', '.join(away)} may follow {producer} and cannot be asked here: say how far they are")
    if remote_cursor is not None and remote_cursor < last:
        raise Refused(f"{', '.join(away) or 'another service'} is at {remote_cursor}, before {last}")
    for subscription in registry.subscriptions():
        if subscription.producer != producer:
            continue
        reached = slowest_cursor(subscription)
        if reached < last:
            raise Refused(f"{subscription.name} needs the events after {reached}; the range goes up to {last}")
        if subscription.replayable and not give_up_rebuild:
            raise Refused(f"{subscription.name} can be rebuilt only from the whole log")


def archive(producer: str, first: int, last: int, directory: Path) -> Path:
    """Write the events `first` to `last` to a file of JSON lines, make it durable, then delete them; in this order.

    Raises:
        Refused: the log has not all of them.
    """
    target = directory / f"{producer}-{first:012}-{last:012}.ndjson"
    draft = target.with_suffix(".part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        written = _export(producer, first, last, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(target)
    if written != last - first + 1:
        raise Refused(f"{target} has {written} events instead of {last - first + 1}; nothing was deleted")
    with transaction.atomic(using=producer, durable=True), connections[producer].cursor() as cursor:
        cursor.execute("delete from event_log where seq between %s::bigint and %s::bigint", [first, last])
        EventHead.objects.using(producer).update(archived_seq=last)
    return target


def _export(producer: str, first: int, last: int, file: IO[bytes]) -> int:
    written = 0
    for event in _events(producer, first, last):
        file.write(msgspec.json.encode(event) + b"\n")
        written += 1
    return written


def _events(producer: str, first: int, last: int) -> Iterator[Mapping[str, object]]:
    rows = LoggedEvent.objects.using(producer).order_by("seq")
    while True:
        page = list(rows.filter(seq__gte=first, seq__lte=last).values()[:_PAGE])
        yield from page
        if len(page) < _PAGE:
            return
        first = page[-1]["seq"] + 1
