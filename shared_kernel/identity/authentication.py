"""Authenticators: access token, API key, order token; none lets a bad credential pass as an anonymous caller."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from shared_kernel import clock
from shared_kernel.contexts import hosted
from shared_kernel.identity import access_tokens, api_keys, order_tokens, principals
from shared_kernel.identity.access_tokens import InvalidToken
from shared_kernel.identity.api_keys import PLAIN_PREFIX
from shared_kernel.identity.principals import Principal

CHALLENGE = 'Bearer realm="ashlar"'
LONGEST_HEADER = 4096
ORDER_TOKEN_HEADER = "Order-Token"  # noqa: S105 - the name of a header


class _Authenticator(BaseAuthentication):
    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401."""
        return CHALLENGE


class AccessTokenAuthentication(_Authenticator):
    """`Authorization: Bearer <JWT>`: a customer."""

    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        """The customer the token speaks for; None when another kind of credential was sent, or none."""
        text = _bearer(request)
        if text is None or text.startswith(PLAIN_PREFIX):
            return None
        try:
            return access_tokens.verify(text, now=clock.now(_alias(request))), "access_token"
        except InvalidToken as error:
            raise AuthenticationFailed from error


class ApiKeyAuthentication(_Authenticator):
    """`Authorization: Bearer sk_…`: staff or a service."""

    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        """The holder of the key, looked up in the schema of the view's own context."""
        text = _bearer(request)
        if text is None or not text.startswith(PLAIN_PREFIX):
            return None
        alias = _alias(request)
        principal = api_keys.lookup(alias, text, now=clock.now(alias))
        if principal is None:
            raise AuthenticationFailed
        return principal, "api_key"


class OrderTokenAuthentication(_Authenticator):
    """`Order-Token`: a guest who acts on one order; a bearer credential goes before it."""

    def authenticate(self, request: Request) -> tuple[Principal, str] | None:
        """The guest of the order that the token opens."""
        text = request.headers.get(ORDER_TOKEN_HEADER)
        if text is None:
            return None
        try:
            order_id = order_tokens.verify(text[:LONGEST_HEADER], now=clock.now(_alias(request)))
        except InvalidToken as error:
            raise AuthenticationFailed from error
        return principals.guest(order_id), "order_token"


def _bearer(request: Request) -> str | None:
    """The bearer credential; another scheme is refused, because it would otherwise pass as anonymous."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, credential = header[:LONGEST_HEADER].partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential.isascii() or not credential:
        raise AuthenticationFailed
    return credential


def _alias(request: Request) -> str:
    """The database alias of the view's context; views of the composition root use the first hosted one."""
    view: Any = (request.parser_context or {}).get("view")
    return getattr(view, "alias", None) or hosted()[0].name
