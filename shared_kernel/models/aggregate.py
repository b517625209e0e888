"""The aggregate root: the unit of locking, versioning and event order."""

from __future__ import annotations

from django.db import models

from shared_kernel.ids import new_id


class Aggregate(models.Model):
    """A row that is locked as a whole and whose events are numbered.

    `version` is the sequence of its last recorded event: it grows by one with each, and is the strong ETag of
    the resource.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True
