"""Read-only admin pages of customers, with actions that call use cases; no page shows a hash or what a mail says."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from customers.models import CUSTOMERS, ApiKey, Customer, Message, RefreshToken, Session
from customers.usecases import api_keys, sessions
from customers.usecases.messages import resend_message
from shared_kernel import clock
from shared_kernel.admin_pages import ReadOnlyAdmin


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
            lambda customer: sessions.end_all_sessions(customer_id=customer.id, now=clock.database_now(CUSTOMERS)),
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
            lambda key: api_keys.revoke_api_key(key_id=key.id, now=clock.database_now(CUSTOMERS)),
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
            lambda message: resend_message(message_id=message.id, now=clock.database_now(CUSTOMERS)),
            "{count} messages are sent again.",
        )
