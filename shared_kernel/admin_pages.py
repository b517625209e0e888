"""What all admin pages have in common: everything to look at, nothing to edit, and actions that call use cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from shared_kernel import call_context
from shared_kernel.call_context import Actor, ActorKind
from shared_kernel.errors import DomainError


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs, not at run time
    """Pages to look at: rows are made and changed by use cases only. `secret` columns are shown to nobody."""

    secret: ClassVar[tuple[str, ...]] = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Every column but the secret ones."""
        return [field.name for field in self.opts.fields if field.name not in self.secret]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """All that is shown."""
        return self.get_fields(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether an address may filter by this: by a secret column it would guess its content bit by bit."""
        return lookup.partition("__")[0] not in self.secret and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes; actions ask for the permission by name."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes."""
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may run the actions of the page."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def label(self, row: Any) -> str:
        """How a refusal names its row."""
        return str(row.pk)

    def run(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object], done: str) -> None:
        """Call a use case for each row, each in a transaction of its own, and tell what came of it.

        `done` is the sentence at the end, with `{count}` for how many rows it holds.
        """
        actor = Actor(kind=ActorKind.STAFF, id=f"admin:{request.user.pk}")
        count = 0
        with call_context.entered(replace(call_context.current(), actor=actor)):
            for row in rows:
                try:
                    with transaction.atomic(using=rows.db, durable=True):
                        act(row)
                        # Before the commit: no act without its entry in the log of the admin.
                        self.log_change(request, row, request.POST.get("action", ""))
                    count += 1
                except DomainError as refusal:
                    self.message_user(request, f"{self.label(row)}: {refusal}", messages.WARNING)
        self.message_user(request, done.format(count=count))
