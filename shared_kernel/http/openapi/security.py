"""Credentials in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from shared_kernel.identity.authentication import ORDER_TOKEN_HEADER
from shared_kernel.identity.permissions import Access
from shared_kernel.identity.principals import PrincipalKind

SCHEMES: dict[str, dict[str, Any]] = {
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A customer's access token, good for ten minutes.",
    },
    "api_key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sk_…",
        "description": "The API key of a service or a member of staff; its scopes decide.",
    },
    "order_token": {
        "type": "apiKey",
        "in": "header",
        "name": ORDER_TOKEN_HEADER,
        "description": "The token of one order, for guests.",
    },
}
_SCHEME_OF_KIND = {
    PrincipalKind.CUSTOMER: "access_token",
    PrincipalKind.GUEST: "order_token",
    PrincipalKind.SERVICE: "api_key",
    PrincipalKind.STAFF: "api_key",
}


def requirements(access: Access) -> list[dict[str, list[str]]]:
    """The credentials of which any one can meet a demand; the empty one stands for none at all."""
    names = dict.fromkeys(_SCHEME_OF_KIND[kind] for kind in _SCHEME_OF_KIND if kind in access.kinds)
    scopes = [access.scope] if access.scope else []
    found: list[dict[str, list[str]]] = [{name: scopes if name == "api_key" else []} for name in names]
    if PrincipalKind.ANONYMOUS in access.kinds:
        found.append({})
    return found
