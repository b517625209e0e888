"""Rows that ask for work at a time: timers, saga steps, provider calls, mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connections, models

from shared_kernel.backoff import Backoff
from shared_kernel.call_context import current_correlation_id

RETRY_BACKOFF = Backoff(first=timedelta(seconds=1), limit=timedelta(minutes=5))


class DueRow(models.Model):
    """A row that the relay picks up once `due_at` has passed by `ashlar_now()`; None means nothing is asked.

    `leased_until` is set while somebody works on it; a lease that runs out is taken again. `attempts` counts failures
    since the last success. `last_error` names the failure without personal data. `correlation_id` is that of the
    customer action which made the row, and is restored for the work.
    """

    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    last_error = models.TextField(null=True, blank=True, editable=False)
    correlation_id = models.UUIDField(null=True, blank=True, default=current_correlation_id, editable=False)

    class Meta:
        abstract = True

    def finish(self) -> None:
        """Ask for nothing more; inside the transaction of the work's outcome."""
        self._due(due_at=None, attempts=0, last_error=None)

    def schedule(self, at: datetime) -> None:
        """Ask for work at `at`, a success so far, and wake the relay if that is now."""
        self._due(due_at=at, attempts=0, last_error=None)
        wake(self._saved_on)

    def retry(self, *, after: timedelta | None = None, error: str | None = None) -> None:
        """Ask for another try `after` that much time, by default a capped, jittered backoff over the attempts."""
        attempts = self.attempts + 1
        delay = RETRY_BACKOFF.delay(attempts) if after is None else after
        with connections[self._saved_on].cursor() as cursor:
            cursor.execute("select ashlar_now() + make_interval(secs => %s::float8)", [delay.total_seconds()])
            due_at: datetime = cursor.fetchone()[0]
        self._due(due_at=due_at, attempts=attempts, last_error=error)

    @property
    def _saved_on(self) -> str:
        if self._state.db is None:
            raise ValueError("a row asks for work only once it is saved")
        return self._state.db

    def _due(self, **values: Any) -> None:
        values["leased_until"] = None
        rows = type(self)._base_manager  # noqa: SLF001 - Django documents it; the default one may hide rows
        rows.using(self._saved_on).filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)


def wake(using: str) -> None:
    """Ring the doorbell of a sleeping relay, once the open transaction on `using` commits."""
    with connections[using].cursor() as cursor:
        cursor.execute("select pg_notify('ashlar_' || current_schema(), '') from event_bell where idle")
