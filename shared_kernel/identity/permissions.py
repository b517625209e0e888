"""What a view demands of the principal; every method of every view names its demand."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shared_kernel.identity.principals import Principal, PrincipalKind


class Access(BasePermission):
    """A demand on the principal; `kinds` are those that can ever meet it."""

    kinds: frozenset[PrincipalKind] = frozenset()
    scope: str | None = None

    def allows(self, principal: Principal) -> bool:
        """Whether this principal meets the demand."""
        return principal.kind in self.kinds

    def has_permission(self, request: Request, view: Any) -> bool:
        """Answer Django REST framework."""
        principal: Any = request.user
        return isinstance(principal, Principal) and self.allows(principal)


class Nobody(Access):
    """Closed; the default of a view that names no demand."""


class Anyone(Access):
    """Open to all, also without credentials."""

    kinds = frozenset(PrincipalKind)


class CustomerRequired(Access):
    """A customer who is logged in."""

    kinds = frozenset({PrincipalKind.CUSTOMER})


class CustomerOrGuest(Access):
    """A customer who is logged in, or a guest with the token of an order."""

    kinds = frozenset({PrincipalKind.CUSTOMER, PrincipalKind.GUEST})


class HasScope(Access):
    """Staff or a service whose API key carries a scope."""

    kinds = frozenset({PrincipalKind.SERVICE, PrincipalKind.STAFF})

    def __init__(self, scope: str) -> None:
        """Demand `scope`, such as `orders:read`."""
        self.scope = scope

    def allows(self, principal: Principal) -> bool:
        """Whether it is staff or a service with this scope."""
        return super().allows(principal) and self.scope in principal.scopes
