"""Idempotency keys: which request ran under which key, and what it was answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class IdempotencyKey(models.Model):
    """One use of a key by one principal on one method and path.

    `scope` is SHA-256 over those four, so the key itself is not stored; `fingerprint` is SHA-256 of the request;
    `body` is the answer, encrypted under the key.
    Without a `status` the request is still running (until `leased_until`), or broke off and waits to be driven again
    under the same `resource_id`. `holder` names the run that may store the answer.
    """

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT", "UPDATE", "DELETE")
    pii_fields: ClassVar[tuple[str, ...]] = ("body",)

    scope = models.BinaryField(primary_key=True, max_length=32)
    fingerprint = models.BinaryField(max_length=32)
    resource_id = models.UUIDField()
    holder = models.UUIDField()
    created_at = models.DateTimeField(db_index=True)
    leased_until = models.DateTimeField(null=True)
    runs = models.PositiveIntegerField(default=1)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)

    class Meta:
        db_table = "idempotency_key"
