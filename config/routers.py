"""Which app lives on which database: a context on its own, Django's own apps on `platform`, the kernel everywhere."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model

from config.database.addresses import PLATFORM

KERNEL = "shared_kernel"


class ContextRouter:
    """Send each model to the alias of its context.

    Kernel models have a table per context and therefore no route: without `.using(alias)` they reach the unusable
    `default` alias and fail loudly.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """The alias to read from, None for a kernel model (then Django takes the alias of a related instance)."""
        return self._alias_of(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """The alias to write to; the same as for reading."""
        return self._alias_of(model._meta.app_label)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Whether two rows may refer to each other: only inside one database alias."""
        return one._state.db == other._state.db

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Whether the tables of an app belong on this alias."""
        if app_label == KERNEL:
            return db in settings.ASHLAR_CONTEXTS
        return db == self._alias_of(app_label)

    def _alias_of(self, app_label: str) -> str | None:
        if app_label == KERNEL:
            return None
        return app_label if app_label in settings.ASHLAR_CONTEXTS else PLATFORM
