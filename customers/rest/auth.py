"""Logging in and out; no answer tells whether an account exists.

None of these takes an Idempotency-Key into account: their bodies and answers hold secrets that must not be stored,
and each may be repeated anyway. Whoever registers, learns nothing; a second log-in is another session; a refresh
repeated within 30 s gives the same token; logging out twice is logging out.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import CUSTOMERS, Customer
from customers.rest.serializers import AcceptedView, LoginRequest, RefreshRequest, RegisterRequest, TokensView
from customers.usecases import accounts, sessions
from customers.usecases.passwords import hash_password, is_password
from customers.usecases.sessions import OpenSession
from shared_kernel import clock
from shared_kernel.http.openapi import operation
from shared_kernel.http.serializers import EmptyRequest
from shared_kernel.http.views import ApiView, Surface, no_content, parse
from shared_kernel.identity import access_tokens
from shared_kernel.identity.permissions import Anyone, CustomerRequired


class Registration(ApiView):
    """Opening an account."""

    alias = CUSTOMERS
    surface = Surface.AUTH
    access = {"POST": Anyone()}

    @operation("Open an account", request=RegisterRequest, answers={202: AcceptedView})
    def post(self, request: Request) -> Response:
        """Take the request; whoever owns the address learns by mail what came of it, the sender does not."""
        body = parse(RegisterRequest, request)
        # Before the transaction, for it takes long; and whether or not there is an account, for it shows in the time.
        password_hash = hash_password(body["password"])
        with transaction.atomic(using=CUSTOMERS, durable=True):
            accounts.register_customer(
                email=body["email"],
                password_hash=password_hash,
                name=body["name"],
                locale=body["locale"],
                now=clock.database_now(CUSTOMERS),
            )
        return Response({"status": "accepted"}, status=202)


class Login(ApiView):
    """Opening a session by password."""

    alias = CUSTOMERS
    surface = Surface.AUTH
    access = {"POST": Anyone()}

    @operation("Log in", request=LoginRequest, answers={200: TokensView})
    def post(self, request: Request) -> Response:
        """Answer with tokens, or with the same refusal for a wrong password and an unknown address."""
        body = parse(LoginRequest, request)
        customer = Customer.objects.filter(email=body["email"]).first()
        known_hash = customer.password_hash if customer else None
        if not is_password(body["password"], known_hash) or customer is None:
            raise AuthenticationFailed
        with transaction.atomic(using=CUSTOMERS, durable=True):
            opened = sessions.open_session(
                customer_id=customer.id, password_hash=customer.password_hash, now=clock.database_now(CUSTOMERS)
            )
        return _tokens(opened)


class Refresh(ApiView):
    """Going on with a session."""

    alias = CUSTOMERS
    surface = Surface.AUTH
    access = {"POST": Anyone()}

    @operation("Exchange a refresh token", request=RefreshRequest, answers={200: TokensView})
    def post(self, request: Request) -> Response:
        """Answer with new tokens; a token that was used before ends its session, also when the answer is a refusal."""
        body = parse(RefreshRequest, request)
        with transaction.atomic(using=CUSTOMERS, durable=True):
            opened = sessions.refresh_session(refresh_token=body["refresh_token"], now=clock.database_now(CUSTOMERS))
        return _tokens(opened)


class Logout(ApiView):
    """Ending a session; its refresh token is the credential."""

    alias = CUSTOMERS
    surface = Surface.AUTH
    access = {"POST": Anyone()}

    @operation("Log out", request=RefreshRequest, answers={204: None})
    def post(self, request: Request) -> Response:
        """End the session of the refresh token; an unknown one is as good as logged out."""
        body = parse(RefreshRequest, request)
        with transaction.atomic(using=CUSTOMERS, durable=True):
            sessions.end_session(refresh_token=body["refresh_token"], now=clock.database_now(CUSTOMERS))
        return no_content()


class LogoutEverywhere(ApiView):
    """Ending all sessions of the customer who asks."""

    alias = CUSTOMERS
    surface = Surface.AUTH
    access = {"POST": CustomerRequired()}

    @operation("Log out everywhere", request=EmptyRequest, answers={204: None})
    def post(self, request: Request) -> Response:
        """End every session; access tokens die by themselves within ten minutes."""
        parse(EmptyRequest, request)
        with transaction.atomic(using=CUSTOMERS, durable=True):
            sessions.end_all_sessions(customer_id=self.customer_id, now=clock.database_now(CUSTOMERS))
        return no_content()


def _tokens(opened: OpenSession | None) -> Response:
    if opened is None:
        raise AuthenticationFailed
    now = clock.database_now(CUSTOMERS)
    access = access_tokens.issue(customer_id=opened.customer_id, session_id=opened.session_id, now=now)
    body: dict[str, Any] = {
        "access_token": access.text,
        "token_type": "Bearer",
        "expires_in": int((access.expires_at - now.replace(microsecond=0)).total_seconds()),
        "refresh_token": opened.refresh_token,
        "refresh_expires_in": int((opened.refresh_expires_at - now).total_seconds()),
    }
    return Response(body)
