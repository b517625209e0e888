"""The principal of a request: what its credentials prove, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared_kernel.call_context import Actor, ActorKind
from shared_kernel.ids import encode_id

CUSTOMER_PREFIX = "cus"
ORDER_PREFIX = "ord"
API_KEY_PREFIX = "key"


class PrincipalKind(StrEnum):
    """The kinds of principal that the REST surface knows."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    GUEST = "guest"
    SERVICE = "service"
    STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who sends a request.

    `id` is opaque text: a customer's or a key's TypeID; None for anonymous callers. `order_id` is the one order that a
    guest's token opens. `scopes` are those of an API key.
    """

    kind: PrincipalKind
    id: str | None = None
    customer_id: UUID | None = None
    order_id: UUID | None = None
    session_id: UUID | None = None
    scopes: frozenset[str] = frozenset()

    # Django and DRF ask these of `request.user`.
    is_active = True
    is_staff = False
    is_superuser = False

    @property
    def is_anonymous(self) -> bool:
        """Whether no credentials were sent."""
        return self.kind is PrincipalKind.ANONYMOUS

    @property
    def is_authenticated(self) -> bool:
        """Whether credentials were sent and hold."""
        return not self.is_anonymous

    @property
    def is_internal(self) -> bool:
        """Whether this is staff or a service: the only ones below /v1/admin."""
        return self.kind in (PrincipalKind.SERVICE, PrincipalKind.STAFF)

    @property
    def actor(self) -> Actor:
        """This principal as the actor of a call context."""
        return Actor(kind=ActorKind(self.kind.value), id=self.id)

    @property
    def key(self) -> str:
        """A text that is the same for two requests exactly when their principal is."""
        return f"{self.kind}:{self.id or ''}"


ANONYMOUS = Principal(kind=PrincipalKind.ANONYMOUS)


def anonymous() -> Principal:
    """The principal of a request without credentials (the setting `UNAUTHENTICATED_USER`)."""
    return ANONYMOUS


def customer(customer_id: UUID, *, session_id: UUID | None = None) -> Principal:
    """A customer who is logged in."""
    return Principal(
        kind=PrincipalKind.CUSTOMER,
        id=encode_id(CUSTOMER_PREFIX, customer_id),
        customer_id=customer_id,
        session_id=session_id,
    )


def guest(order_id: UUID) -> Principal:
    """Somebody who holds the token of one order."""
    return Principal(kind=PrincipalKind.GUEST, id=encode_id(ORDER_PREFIX, order_id), order_id=order_id)


def key_holder(key_id: UUID, *, owner: str, scopes: frozenset[str]) -> Principal:
    """The staff member or service behind an API key; `owner` is `staff:<name>` or `service:<name>`."""
    staff = owner.partition(":")[0] == "staff"
    return Principal(
        kind=PrincipalKind.STAFF if staff else PrincipalKind.SERVICE,
        id=encode_id(API_KEY_PREFIX, key_id),
        scopes=scopes,
    )
