"""The intent to send somebody a mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db import models

from customers.api import MessageStatus
from customers.models.customer import Customer
from customers.policies import MESSAGE
from shared_kernel.ids import encode_id, new_id
from shared_kernel.models import DueRow


class MessageQuerySet(models.QuerySet["Message"]):
    """Ways to find messages."""

    def locked(self, message_id: UUID) -> Message:
        """The message, its row locked until the transaction ends."""
        return self.select_for_update().get(pk=message_id)


class Message(DueRow):
    """A mail to a customer or to a guest's address, sent once for its `key`.

    The address of a customer is looked up when the mail leaves. `sending_until` is set while a worker hands the mail
    over, apart from the relay's lease, which only says that a worker was rung. `unknown_deliveries` counts hand-overs
    whose outcome was never recorded; `edition` grows when staff have it sent again.
    """

    pii_fields: ClassVar[tuple[str, ...]] = ("email", "data")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=200, unique=True)
    template = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="messages", null=True, blank=True)
    email = models.CharField(max_length=254, null=True, blank=True)
    data = models.JSONField(default=dict)
    status = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in MessageStatus],
        default=MessageStatus.PENDING.value,
    )
    edition = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sending_until = models.DateTimeField(null=True, blank=True)
    unknown_deliveries = models.PositiveSmallIntegerField(default=0)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(customer=None, email__isnull=False) | models.Q(customer__isnull=False, email=None),
                name="message_has_one_recipient",
            ),
            models.CheckConstraint(
                condition=models.Q(status=MessageStatus.SENT.value, sent_at__isnull=False)
                | (~models.Q(status=MessageStatus.SENT.value) & models.Q(sent_at=None)),
                name="message_sent_has_a_time",
            ),
        )
        indexes = (models.Index(fields=["created_at", "id"], name="message_by_time"),)

    @property
    def address(self) -> str:
        """Where the mail goes."""
        return self.customer.email if self.customer else str(self.email)

    @property
    def public_id(self) -> str:
        """The id as it is shown."""
        return encode_id("msg", self.id)

    def begin_sending(self, *, now: datetime, lease: timedelta) -> None:
        """Note that a worker hands the mail over until `now + lease`; a former one without record is now unknown."""
        if self.sending_until is not None:
            self.unknown_deliveries += 1
        self.sending_until = now + lease
        self.save(update_fields=["sending_until", "unknown_deliveries"])

    def complete(self, at: datetime) -> None:
        """The mail server took it."""
        self._move("send", sent_at=at)
        self.finish()

    def give_up(self, error: str) -> None:
        """Stop trying; `error` says why, without an address."""
        self._move("give_up")
        self._due(due_at=None, last_error=error)

    def postpone(self, *, after: timedelta, error: str, unknown: bool) -> None:
        """Try again later; an unknown outcome counts on its own."""
        self.sending_until = None
        self.unknown_deliveries += unknown
        self.save(update_fields=["sending_until", "unknown_deliveries"])
        self.retry(after=after, error=error)

    def resend(self, at: datetime) -> None:
        """Send it again as a new edition, now.

        Raises:
            InvalidStateTransition: it is on its way already.
        """
        self.edition += 1
        self.unknown_deliveries = 0
        self._move("resend", sent_at=None)
        self.schedule(at)

    def _move(self, command: str, *, sent_at: datetime | None = None) -> None:
        self.status = MESSAGE.target(self.status, command)
        self.sent_at, self.sending_until = sent_at, None
        self.save(update_fields=["status", "sent_at", "sending_until", "edition", "unknown_deliveries"])
