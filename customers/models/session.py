"""A log-in and its chain of refresh tokens."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models

from customers.models.customer import Customer
from customers.policies import SessionEnd
from shared_kernel.ids import new_id


class SessionQuerySet(models.QuerySet["Session"]):
    """Ways to find sessions, and to end many."""

    def locked(self, session_id: UUID) -> Session:
        """The session, its row locked until the transaction ends."""
        return self.select_for_update().get(pk=session_id)

    def running(self) -> SessionQuerySet:
        """Those that have not ended."""
        return self.filter(ended_at=None)

    def end(self, *, reason: SessionEnd, at: datetime) -> int:
        """End all that still run; answers with their number."""
        return self.running().update(ended_at=at, end_reason=reason)


class Session(models.Model):
    """One log-in: the family of the refresh tokens that follow from it, all dead once it has ended."""

    pii_fields: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="sessions")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(
        max_length=30, null=True, blank=True, choices=[(end.value, end.value) for end in SessionEnd]
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason=None)
                | models.Q(ended_at__isnull=False, end_reason__isnull=False),
                name="session_ended_has_time_and_reason",
            ),
        )

    @property
    def is_over(self) -> bool:
        """Whether its tokens are dead."""
        return self.ended_at is not None

    def end(self, *, reason: SessionEnd, at: datetime) -> None:
        """End this session; one that has ended keeps its reason."""
        if not self.is_over:
            self.ended_at, self.end_reason = at, reason
            self.save(update_fields=["ended_at", "end_reason"])


class RefreshToken(models.Model):
    """One link of the chain, known by the SHA-256 of its text; at most one link of a session is unused."""

    pii_fields: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(used_at=None), name="refresh_token_is_one_unused_per_session"
            ),
        )

    def use(self, at: datetime) -> None:
        """Mark it as exchanged for its successor."""
        self.used_at = at
        self.save(update_fields=["used_at"])
