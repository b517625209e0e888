"""The credential of a program."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

from shared_kernel.errors import NotFound
from shared_kernel.identity.api_keys import PLAIN_PREFIX, SHOWN_CHARACTERS
from shared_kernel.models import Aggregate


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Ways to find keys."""

    def locked(self, key_id: UUID) -> ApiKey:
        """The key, its row locked until the transaction ends.

        Raises:
            NotFound: no key has this id.
        """
        key = self.select_for_update().filter(pk=key_id).first()
        if key is None:
            raise NotFound
        return key


class ApiKey(Aggregate):
    """A scoped key of a program, shown once; afterwards only its SHA-256 and its first letters are known.

    `name` says which program holds it, never a person: it names the principal in logs and events. One program may
    hold several keys, so that a new one can be brought out before the old one is revoked.
    """

    PREFIX_LENGTH = len(PLAIN_PREFIX) + SHOWN_CHARACTERS
    pii_fields: ClassVar[tuple[str, ...]] = ()

    name = models.SlugField(max_length=63, db_index=False)
    prefix = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    @property
    def owner(self) -> str:
        """The principal that this key stands for."""
        return f"service:{self.name}"

    def revoke(self, at: datetime) -> bool:
        """Stop the key from working; answers whether it still did."""
        if self.revoked_at is not None:
            return False
        self.revoked_at = self.updated_at = at
        self.save(update_fields=["revoked_at", "updated_at"])
        return True
