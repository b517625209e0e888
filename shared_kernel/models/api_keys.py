"""API keys as customers announced them: what a context needs to verify one without a call."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models


class KnownApiKey(models.Model):
    """One key by its hash; `last_used_at` is this context's own observation, the rest is news from customers."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT", "UPDATE")

    id = models.UUIDField(primary_key=True)
    key_hash = models.CharField(max_length=64, unique=True)
    owner = models.CharField(max_length=200)
    scopes = ArrayField(models.CharField(max_length=50), default=list)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "known_api_key"

    def is_valid(self, now: datetime) -> bool:
        """Whether the key opens anything at `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
