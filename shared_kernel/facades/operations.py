"""What every context answers the same way to the composition root: its event log, its clock, the audit of both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connections, transaction

from shared_kernel import clock
from shared_kernel.api import AuditFinding, EventPage, EventSummary
from shared_kernel.errors import Forbidden
from shared_kernel.models import EventHead, LoggedEvent

# The log is a gapless prefix in itself and per aggregate; what left it for an archive was a prefix too.
_LOG_FINDINGS = """
with log as (select seq, aggregate, sequence from event_log),
gaps as (
  select 'log_is_gapless' as invariant, 'event_log' as subject,
         format('%%s events in (%%s, %%s]', count(l.seq), h.archived_seq, h.last_seq) as detail
  from event_head h left join log l on true group by h.archived_seq, h.last_seq
  having count(l.seq) <> h.last_seq - h.archived_seq
      or coalesce(max(l.seq), h.archived_seq) <> h.last_seq
), aggregates as (
  select 'aggregate_is_gapless', aggregate::text,
         format('%%s events, sequences %%s to %%s', count(*), min(sequence), max(sequence))
  from log group by aggregate
  having count(*) <> max(sequence) - min(sequence) + 1 or count(distinct sequence) <> count(*)
), stuck as (
  select 'events_are_sequenced', 'outbox_pending', format('%%s events pending for over 60 s', count(*))
  from outbox_pending where occurred_at < ashlar_now() - interval '60 s' having count(*) > 0
), dead as (
  select 'events_take_effect', format('%%s:%%s', subscription, seq),
         format('dead after %%s attempts: %%s', attempts, last_error)
  from event_parked where dead_at is not null
)
select * from gaps union all select * from aggregates union all select * from stuck union all select * from dead
limit %s
"""


class KernelOperations:
    """The part of a context's operations that the kernel answers; a context adds its own audit."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def list_events(self, *, after: int, limit: int, names: list[str]) -> EventPage:
        """Read the log of this context."""
        last_seq = EventHead.objects.using(self._alias).get().last_seq
        logged = LoggedEvent.objects.using(self._alias).filter(seq__gt=after, seq__lte=last_seq).order_by("seq")
        if names:
            logged = logged.filter(name__in=names)
        return EventPage(events=[_summary(event) for event in logged[:limit]], last_seq=last_seq)

    def advance_clock(self, *, seconds: int) -> datetime:
        """Move the test clock of this context forward."""
        try:
            return clock.advance(self._alias, seconds)
        except clock.TestClockOff as refusal:
            raise Forbidden from refusal

    @contextmanager
    def unhurried(self) -> Iterator[None]:
        """A transaction whose statements may read whole tables: the role's limit is raised to 30 s."""
        with transaction.atomic(using=self._alias, durable=True):
            with connections[self._alias].cursor() as cursor:
                cursor.execute("set local statement_timeout = '30s'")
            yield

    def log_findings(self, *, limit: int) -> list[AuditFinding]:
        """Gaps in the log or in an aggregate, events that nobody numbers, events that found no effect."""
        with connections[self._alias].cursor() as cursor:
            cursor.execute(_LOG_FINDINGS, [limit])
            rows = cursor.fetchall()
        return [
            AuditFinding(invariant=invariant, subject=subject, detail=detail) for invariant, subject, detail in rows
        ]


def _summary(event: LoggedEvent) -> EventSummary:
    return EventSummary(
        seq=event.seq,
        event_id=event.event_id,
        name=event.name,
        aggregate=event.aggregate,
        sequence=event.sequence,
        occurred_at=event.occurred_at,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        payload=json.dumps(event.payload, separators=(",", ":")),
    )
