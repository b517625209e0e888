"""Admin pages of the kernel's own tables; each context has a set of them, and a filter chooses whose rows are shown."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from shared_kernel import contexts
from shared_kernel.admin_pages import ReadOnlyAdmin
from shared_kernel.models import (
    Bell,
    ClockOffset,
    EventHead,
    IdempotencyKey,
    KnownApiKey,
    LoggedEvent,
    ParkedEvent,
    PendingEvent,
    SubscriptionCursor,
)

PARAMETER = "context"


def chosen_context(request: HttpRequest) -> str:
    """The hosted context that the page is about: as its address says, or that of the list it was opened from."""
    list_before = QueryDict(request.GET.get("_changelist_filters", ""))
    asked = request.GET.get(PARAMETER) or list_before.get(PARAMETER)
    hosted = [context.name for context in contexts.hosted()]
    return asked if asked in hosted else hosted[0]


class ContextFilter(admin.SimpleListFilter):
    """The choice of a context; there is no page of all, for each has a table of its own."""

    title = "context"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Every hosted context."""
        self.chosen = chosen_context(request)
        return [(context.name, context.name) for context in contexts.hosted()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows as they are: the page itself has gone to the right table."""
        return queryset

    def choices(self, changelist: Any) -> Any:
        """One link per context."""
        for name, title in self.lookup_choices:
            address = changelist.get_query_string({PARAMETER: name})
            yield {"selected": name == self.chosen, "query_string": address, "display": title}


class KernelAdmin(ReadOnlyAdmin):
    """Pages of a table that every context has."""

    list_filter: ClassVar[tuple[Any, ...]] = (ContextFilter,)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the chosen context."""
        return super().get_queryset(request).using(chosen_context(request))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page of one row; a form sent to it is refused before Django looks for the one database of the table."""
        _only_look(request)
        return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refused, as the rest of what would write."""
        _only_look(request)
        return super().delete_view(request, *args, **kwargs)


def _only_look(request: HttpRequest) -> None:
    if request.method == "POST":
        raise PermissionDenied


@admin.register(LoggedEvent)
class LoggedEventAdmin(KernelAdmin):
    """What happened, in order."""

    list_display = ("seq", "name", "aggregate", "sequence", "occurred_at", "logged_at")
    search_fields = ("=seq", "=event_id", "=name", "=aggregate", "=correlation_id")
    ordering = ("-seq",)


@admin.register(PendingEvent)
class PendingEventAdmin(KernelAdmin):
    """What happened and has no place in the log yet."""

    list_display = ("id", "name", "aggregate", "sequence", "occurred_at")
    ordering = ("id",)


@admin.register(EventHead)
class EventHeadAdmin(KernelAdmin):
    """How far the log reaches."""

    list_display = ("last_seq", "archived_seq", "epoch")


@admin.register(Bell)
class BellAdmin(KernelAdmin):
    """Whether a relay sleeps."""

    list_display = ("idle",)


@admin.register(SubscriptionCursor)
class SubscriptionCursorAdmin(KernelAdmin):
    """How far each subscription is."""

    list_display = ("name", "partition", "cursor", "moved_at")
    ordering = ("name", "partition")


@admin.register(ParkedEvent)
class ParkedEventAdmin(KernelAdmin):
    """Events that could not be handled, or wait behind one."""

    list_display = ("subscription", "seq", "name", "aggregate", "attempts", "next_at", "dead_at", "last_error")
    list_filter = (ContextFilter, ("dead_at", admin.EmptyFieldListFilter))
    search_fields = ("=subscription", "=seq", "=aggregate")
    ordering = ("-parked_at", "-id")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(KernelAdmin):
    """Which requests ran under a key; neither the key nor the answer is shown, so no row has a page of its own."""

    secret = ("scope", "fingerprint", "headers", "body")
    list_display = ("created_at", "resource_id", "status", "runs", "leased_until")
    list_display_links = None
    search_fields = ("=resource_id",)
    ordering = ("-created_at",)


@admin.register(KnownApiKey)
class KnownApiKeyAdmin(KernelAdmin):
    """Which API keys this context accepts."""

    secret = ("key_hash",)
    list_display = ("id", "owner", "scopes", "expires_at", "revoked_at", "last_used_at")
    search_fields = ("=id", "=owner")
    ordering = ("-id",)


@admin.register(ClockOffset)
class ClockOffsetAdmin(KernelAdmin):
    """How far the test clock is ahead."""

    list_display = ("shift",)
