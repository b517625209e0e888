"""Read-only admin pages of customers, with actions that call use cases; no page shows a hash or what a mail says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from customers.models import CUSTOMERS, ApiKey, Customer, Message, RefreshToken, Session, database_now
from customers.usecases import api_keys, sessions
from customers.usecases.messages import resend_message
from shared_kernel.errors import DomainError


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs, not at run time
    """Pages to look at: rows are made and changed by use cases only."""

    secret: ClassVar[tuple[str, ...]] = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Every column but the secret ones."""
        return [field.name for field in self.model._meta.fields if field.name not in self.secret]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """All that is shown."""
        return self.get_fields(request, obj)

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

    def run(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object], done: str) -> None:
        """Call a use case for each row, each in its own transaction, and tell what came of it."""
        count = 0
        for row in rows:
            try:
                with transaction.atomic(using=CUSTOMERS, durable=True):
                    act(row)
                count += 1
            except DomainError as refusal:
                self.message_user(request, f"{row.pk}: {refusal}", messages.WARNING)
        self.message_user(request, done.format(count=count))


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Accounts."""

    secret = ("password_hash",)
    list_display = ("id", "email", "name", "locale", "email_verified_at", "created_at")
    search_fields = ("=id", "=email")
    ordering = ("-created_at",)
    actions = ("log_out_everywhere",)

    @admin.action(description="Log out everywhere", permissions=["act"])
    def log_out_everywhere(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """End every session of the chosen customers."""
        self.run(
            request,
            queryset,
            lambda customer: sessions.end_all_sessions(customer_id=customer.id, now=database_now()),
            "{count} customers were logged out everywhere.",
        )


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Log-ins."""

    list_display = ("id", "customer_id", "started_at", "ended_at", "end_reason")
    list_filter = ("end_reason",)
    search_fields = ("=id", "=customer__id")
    ordering = ("-started_at",)


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin):
    """The chains of refresh tokens."""

    secret = ("token_hash",)
    list_display = ("id", "session_id", "issued_at", "used_at", "expires_at")
    search_fields = ("=session__id",)
    ordering = ("-issued_at",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys of programs."""

    secret = ("key_hash",)
    list_display = ("id", "name", "prefix", "scopes", "created_at", "expires_at", "revoked_at")
    search_fields = ("=id", "name", "=prefix")
    ordering = ("-created_at",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Make the chosen keys worthless."""
        self.run(
            request,
            queryset,
            lambda key: api_keys.revoke_api_key(key_id=key.id, now=database_now()),
            "{count} keys are revoked.",
        )


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Mail."""

    secret = ("data",)
    list_display = ("id", "template", "customer_id", "status", "attempts", "created_at", "sent_at", "last_error")
    list_filter = ("status", "template")
    search_fields = ("=id", "=key", "=customer__id")
    ordering = ("-created_at",)
    actions = ("resend",)

    @admin.action(description="Send again", permissions=["act"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Send the chosen messages again."""
        self.run(
            request,
            queryset,
            lambda message: resend_message(message_id=message.id, now=database_now()),
            "{count} messages are sent again.",
        )
