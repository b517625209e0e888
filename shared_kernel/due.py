"""Due work: rows with a time, claimed under a lease by the relay, which runs them or rings a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import structlog
from django.apps import apps
from django.db import connections
from django.db.models.options import Options

from shared_kernel import call_context, failures, tasks
from shared_kernel.call_context import CallContext
from shared_kernel.ids import new_id
from shared_kernel.models import DueRow
from shared_kernel.models.due import RETRY_BACKOFF, wake

__all__ = [
    "LEASE",
    "Claimed",
    "DueWork",
    "Place",
    "claim",
    "due_work",
    "release",
    "run",
    "run_one",
    "seconds_until_due",
    "wake",
    "works",
]

# How long a claimed row is left to whoever claimed it; well above the longest step, well below anybody's patience.
LEASE = timedelta(seconds=90)

# How many rows may be in hand at once. A longer queue before the workers would outlast its leases: the relay would ring
# anew for rows already queued, faster than workers find out that the older rings are void, and nothing would get done.
WINDOW = 500

# How often a row whose worker died is taken up again at once. A worker that is stopped or replaced costs a row one.
DEATHS_IN_A_ROW = 3

FunctionT = TypeVar("FunctionT", bound=Callable[[UUID], None])

log = structlog.get_logger(__name__)


class WorkerDied(Exception):
    """The process that worked on a row was killed; what its row is said to have failed by."""


class Place(StrEnum):
    """Where due work runs: in the relay itself, or in a worker, because it calls a provider or sends mail."""

    RELAY = "relay"
    WORKER = "worker"


@dataclass(frozen=True, kw_only=True)
class DueWork:
    """What to do with the due rows of one model; the name is that of the Celery task, `<context>.<use_case>`."""

    name: str
    model: str | type[DueRow]
    where: Place
    function: Callable[[UUID], None]

    @property
    def context(self) -> str:
        """The context, and so the alias, of the rows."""
        return self.name.partition(".")[0]

    @property
    def table(self) -> str:
        """The quoted table of the model."""
        return self._quoted(self._options.db_table)

    @property
    def key(self) -> str:
        """The quoted column of the primary key, a UUID."""
        return self._quoted(self._options.pk.column)

    @property
    def _options(self) -> Options[DueRow]:
        model = apps.get_model(self.model) if isinstance(self.model, str) else self.model
        if not issubclass(model, DueRow):
            raise TypeError(f"{self.model} is no DueRow")
        return model._meta

    def _quoted(self, name: str | None) -> str:
        if name is None:
            raise TypeError(f"{self.model} has no primary key of one column")
        return connections[self.context].ops.quote_name(name)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A row under our lease; the lease doubles as the token that shows it still is ours."""

    row_id: UUID
    lease: datetime
    attempts: int
    correlation_id: UUID | None


_works: dict[str, DueWork] = {}


def due_work(name: str, *, model: str | type[DueRow], where: str) -> Callable[[FunctionT], FunctionT]:
    """Declare the function that works on a due row of `model` (or "app_label.Model"), in the "relay" or in a "worker".

    It gets the row's id, opens its own transactions, and in one of them calls `finish`, `schedule` or `retry` of the
    row. It may run twice for the same need. If it raises, the row is tried again later; if it dies, when the lease
    runs out.

    Raises:
        ValueError: the name or the model has work already, or they are of two contexts.
    """
    work_place = Place(where)
    label = model.partition(".")[0] if isinstance(model, str) else model._meta.app_label
    if name.partition(".")[0] != label:
        raise ValueError(f"{name} cannot work on rows of {label}: a context works on its own")
    if name in _works or any(work.model == model for work in _works.values()):
        raise ValueError(f"{name} or {model} has its due work declared already")

    def declare(function: FunctionT) -> FunctionT:
        _works[name] = DueWork(name=name, model=model, where=work_place, function=function)
        if work_place is Place.WORKER:
            tasks.register_entry(name, lambda row_id, lease: run_one(name, row_id, lease))
        return function

    return declare


@contextmanager
def scratch() -> Iterator[None]:
    """See no due work declared outside the block and forget what is declared inside; for tests of the kernel."""
    kept = dict(_works)
    _works.clear()
    try:
        yield
    finally:
        _works.clear()
        _works.update(kept)


def works(context: str) -> list[DueWork]:
    """The due work of one context, in order of name."""
    return [work for _, work in sorted(_works.items()) if work.context == context]


def claim(work: DueWork, *, limit: int) -> list[Claimed]:
    """Lease up to `limit` due rows, the longest overdue first; rows that others hold are passed over.

    Only the first `WINDOW` due rows are looked at, so no more than about that many are ever leased at once.
    """
    with connections[work.context].cursor() as cursor:
        # The window is a bound on the time, so that it holds whatever the planner believes of the queue.
        cursor.execute(
            f"update {work.table} set leased_until = ashlar_now() + make_interval(secs => %s::float8)"  # noqa: S608 - a table name
            f" where {work.key} = any(array("
            f" select {work.key} from {work.table} where due_at <= least(ashlar_now(),"
            f" (select due_at from {work.table} where due_at <= ashlar_now() order by due_at offset %s::int limit 1))"
            " and (leased_until is null or leased_until < ashlar_now())"
            " order by due_at for update skip locked limit %s::int))"
            f" returning due_at, {work.key}, leased_until, attempts, correlation_id",
            [LEASE.total_seconds(), WINDOW - 1, limit],
        )
        rows = sorted(cursor.fetchall(), key=lambda row: (row[0], row[1]))
    return [Claimed(row_id=row[1], lease=row[2], attempts=row[3], correlation_id=row[4]) for row in rows]


def seconds_until_due(context: str) -> dict[str, float]:
    """How long until each due work of a context has a row to claim, by name; not above zero if it has one now.

    Work that nothing asks for is left out.
    """
    probes = [
        f"(select '{work.name}', extract(epoch from due_at - ashlar_now())::float8 from {work.table}"  # noqa: S608
        " where due_at is not null and (leased_until is null or leased_until < ashlar_now()) order by due_at limit 1)"
        for work in works(context)
    ]
    if not probes:
        return {}
    with connections[context].cursor() as cursor:
        cursor.execute(" union all ".join(probes))
        return dict(cursor.fetchall())


def run(work: DueWork, claimed: Claimed) -> bool:
    """Do the work on a claimed row; False if it raised, and then the row is due again after a backoff.

    Raises:
        Exception: the database is away; nothing is known to be wrong with the row, whose lease is left as it is.
    """
    context = CallContext(correlation_id=claimed.correlation_id or new_id())
    with call_context.entered(context):
        try:
            work.function(claimed.row_id)
        except Exception as error:
            if failures.is_outage(error):
                raise
            log.warning(
                "due_work_failed",
                task=work.name,
                row_id=str(claimed.row_id),
                attempts=claimed.attempts + 1,
                error=failures.describe(error),
                exc_info=error,
            )
            _postpone(work, claimed, error)
            return False
        log.info("due_work_done", task=work.name, row_id=str(claimed.row_id))
    return True


def run_one(name: str, row_id: UUID, lease: datetime | None = None) -> bool:
    """Do the named work on one row for which a worker was rung under `lease`; False if it is not to be done, or failed.

    It is not when the row is no longer due, or when it has been leased again since: somebody else does it then. None is
    for whoever knows that nobody does, because the worker died; after a few deaths in a row the row is left for later,
    so that one which kills every worker does not keep them from everything else.
    """
    work = _works[name]
    died = lease is None
    with connections[work.context].cursor() as cursor:
        # The lease begins anew: the task may have waited long in the queue.
        cursor.execute(
            f"update {work.table} set leased_until = ashlar_now() + make_interval(secs => %s::float8),"  # noqa: S608 - a table name
            f" attempts = attempts + %s::int where {work.key} = %s::uuid and due_at <= ashlar_now()"
            " and (%s::timestamptz is null or leased_until = %s::timestamptz)"
            " returning leased_until, attempts, correlation_id",
            [LEASE.total_seconds(), int(died), row_id, lease, lease],
        )
        row = cursor.fetchone()
    if row is None:
        log.debug("due_work_no_longer_due", task=name, row_id=str(row_id))
        return False
    claimed = Claimed(row_id=row_id, lease=row[0], attempts=row[1], correlation_id=row[2])
    if died and claimed.attempts > DEATHS_IN_A_ROW:
        log.error("due_work_kills_workers", task=name, row_id=str(row_id), attempts=claimed.attempts)
        _postpone(work, claimed, WorkerDied())
        return False
    return run(work, claimed)


def release(work: DueWork, claimed: list[Claimed]) -> None:
    """Give claimed rows back untouched, so that they are claimed again at once."""
    with connections[work.context].cursor() as cursor:
        cursor.execute(
            f"update {work.table} t set leased_until = null"  # noqa: S608 - a table name
            " from unnest(%s::uuid[], %s::timestamptz[]) as c (id, lease)"
            f" where t.{work.key} = c.id and t.leased_until = c.lease",
            [[one.row_id for one in claimed], [one.lease for one in claimed]],
        )


def _postpone(work: DueWork, claimed: Claimed, error: BaseException) -> None:
    # Only while the lease is ours: meanwhile somebody may have asked for something else.
    with connections[work.context].cursor() as cursor:
        cursor.execute(
            f"update {work.table} set leased_until = null, attempts = attempts + 1, last_error = %s,"  # noqa: S608
            " due_at = ashlar_now() + make_interval(secs => %s::float8)"
            f" where {work.key} = %s::uuid and leased_until = %s::timestamptz",
            [
                failures.describe(error),
                RETRY_BACKOFF.delay(claimed.attempts + 1).total_seconds(),
                claimed.row_id,
                claimed.lease,
            ],
        )
