"""Recording events inside the business transaction that makes them true."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connections, models
from django.db.models import F

from shared_kernel import call_context, transactions
from shared_kernel.errors import Conflict
from shared_kernel.events import codec, registry
from shared_kernel.ids import new_id
from shared_kernel.models import Aggregate

__all__ = ["ConcurrentUpdate", "record", "record_all"]

# One statement: the doorbell rings only when a relay sleeps, because every NOTIFY takes a cluster-wide lock at commit.
_INSERT = """
with recorded as (
  insert into outbox_pending (event_id, name, aggregate, sequence, occurred_at,
                              correlation_id, causation_id, traceparent, payload)
  select e.id, e.name, %s::uuid, e.sequence, ashlar_now(), %s::uuid, %s::uuid, %s::text, e.payload::jsonb
  from unnest(%s::uuid[], %s::text[], %s::int[], %s::text[]) as e (id, name, sequence, payload)
  order by e.sequence
)
select pg_notify('ashlar_' || current_schema(), '') from event_bell where idle
"""


class ConcurrentUpdate(Conflict):
    """The aggregate was changed by another transaction since it was read."""

    code = "concurrent_update"


def record(event: object, *, aggregate: Aggregate) -> None:
    """Record one event of `aggregate`, which is saved, in the open transaction on its alias.

    Bumps `aggregate.version`, in the row and in memory: the event's sequence.

    Raises:
        ConcurrentUpdate: the version in memory is not the row's.
        NoTransaction: no transaction is open.
    """
    record_all([event], aggregate=aggregate)


def record_all(events: Sequence[object], *, aggregate: Aggregate) -> None:
    """Record several events of one aggregate, in this order; otherwise as `record`."""
    if not events:
        return
    alias = aggregate._state.db
    if alias is None:
        raise ValueError("an aggregate records events only once it is saved")
    transactions.require(alias)
    names = [_own_name(event, alias) for event in events]
    first = _bump(aggregate, alias, len(events)) + 1
    context = call_context.current()
    with connections[alias].cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                aggregate.pk,
                context.correlation_id,
                context.causation_id,
                context.traceparent,
                [new_id() for _ in events],
                names,
                list(range(first, first + len(events))),
                [codec.encode(event) for event in events],
            ],
        )


def _own_name(event: object, alias: str) -> str:
    name = registry.name_of(type(event))
    if name.partition(".")[0] != alias:
        raise ValueError(f"{alias} cannot record {name}: a fact is published by the context it happened in")
    return name


def _bump(aggregate: Aggregate, alias: str, by: int) -> int:
    """Raise the version by `by` and return the former one.

    Comes before the insert: the row lock makes the ids of one aggregate's pending events follow their sequence.
    """
    former = aggregate.version
    model: type[models.Model] = type(aggregate)
    rows = model._base_manager.using(alias)  # noqa: SLF001 - Django documents it; the default one may hide rows
    if not rows.filter(pk=aggregate.pk, version=former).update(version=F("version") + by):
        raise ConcurrentUpdate
    aggregate.version = former + by
    return former
