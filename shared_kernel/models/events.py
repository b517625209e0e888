"""The tables of the event kernel: what is pending, the log, its head and bell, and how far each subscription is."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class PendingEvent(models.Model):
    """An event recorded by a business transaction and not yet numbered by the sequencer.

    Ids are drawn under the aggregate's row lock, so within one aggregate they follow its sequence.
    """

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT", "DELETE")

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField()
    name = models.TextField()
    aggregate = models.UUIDField()
    sequence = models.IntegerField()
    occurred_at = models.DateTimeField()
    correlation_id = models.UUIDField(null=True)
    causation_id = models.UUIDField(null=True)
    traceparent = models.TextField(null=True)
    payload = models.JSONField()

    class Meta:
        db_table = "outbox_pending"
        constraints = (
            models.UniqueConstraint(fields=["aggregate", "sequence"], name="outbox_pending_aggregate_sequence"),
        )


class LoggedEvent(models.Model):
    """An event at its final place: `seq` counts without gaps, and a row never changes."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT")

    seq = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField()
    name = models.TextField()
    aggregate = models.UUIDField()
    sequence = models.IntegerField()
    occurred_at = models.DateTimeField()
    logged_at = models.DateTimeField()
    correlation_id = models.UUIDField(null=True)
    causation_id = models.UUIDField(null=True)
    traceparent = models.TextField(null=True)
    payload = models.JSONField()

    class Meta:
        db_table = "event_log"
        ordering = ("seq",)


class EventHead(models.Model):
    """The one row that serialises sequencers and says how far the log reaches.

    `epoch` names this log: a restored one gets another, so that cursors into the lost future are noticed. Events up to
    `archived_seq` have left the log for an archive file. The sequencer's own columns (`floor_id`, `probe_id`,
    `probe_xid`) are known to its SQL only.
    """

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "UPDATE")

    one = models.BooleanField(primary_key=True, default=True)
    last_seq = models.BigIntegerField(db_default=0)
    archived_seq = models.BigIntegerField(db_default=0)
    epoch = models.UUIDField(db_default=models.Func(function="gen_random_uuid"))

    class Meta:
        db_table = "event_head"
        constraints = (models.CheckConstraint(condition=models.Q(one=True), name="event_head_has_one_row"),)


class Bell(models.Model):
    """Whether a relay sleeps and wants to be notified; an unlogged table, empty after a crash of the server."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT", "UPDATE")

    one = models.BooleanField(primary_key=True, default=True)
    idle = models.BooleanField()

    class Meta:
        db_table = "event_bell"
        constraints = (models.CheckConstraint(condition=models.Q(one=True), name="event_bell_has_one_row"),)


class SubscriptionCursor(models.Model):
    """How far one partition of a subscription has taken effect: everything up to `cursor`, and nothing after it."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT", "UPDATE")

    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    partition = models.SmallIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    epoch = models.UUIDField(null=True)
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "event_subscription"
        constraints = (models.UniqueConstraint(fields=["name", "partition"], name="event_subscription_name_partition"),)


class ParkedEvent(models.Model):
    """An event whose handler failed, or that waits behind such an event of the same aggregate.

    `next_at` is when it is tried again, None while it waits behind another; `dead_at` says that only an operator moves
    it.
    """

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT", "UPDATE", "DELETE")

    id = models.BigAutoField(primary_key=True)
    subscription = models.TextField()
    partition = models.SmallIntegerField(default=0)
    seq = models.BigIntegerField()
    name = models.TextField()
    aggregate = models.UUIDField()
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField()
    dead_at = models.DateTimeField(null=True)
    last_error = models.TextField(null=True)

    class Meta:
        db_table = "event_parked"
        constraints = (models.UniqueConstraint(fields=["subscription", "seq"], name="event_parked_subscription_seq"),)
        indexes = (models.Index(fields=["subscription", "aggregate", "seq"], name="event_parked_queue"),)
