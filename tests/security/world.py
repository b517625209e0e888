"""Who comes to the shop, what is theirs, and whether any row of it changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.test import Client
from psycopg import sql

from inventory.models import Reservation, StockLevel
from payments.models import Payment, Refund
from shared_kernel import clock, contexts
from shared_kernel.http.problems import CONTENT_TYPE
from shared_kernel.identity import api_keys, order_tokens
from shared_kernel.identity.api_keys import SCOPES
from shared_kernel.ids import decode_id, encode_id, new_id
from tests.customers.people import register
from tests.databases import TestDatabase
from tests.inventory.catalog import a_variant
from tests.orders.clients import customer_headers, place_as
from tests.scenarios.shop import PlacedOrder, Shop
from tests.security.operations import ANONYMOUS, Operation, example

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Visitors:
    """A customer and a guest by their credentials; anonymous callers and keys need no introduction."""

    customer: Headers
    guest: Headers

    @classmethod
    def new(cls) -> Visitors:
        """Two who have nothing here."""
        return cls(customer_headers(new_id()), {"Order-Token": guest_token(new_id())})

    def callers(self, operation: Operation) -> dict[str, tuple[str, Headers]]:
        """One caller of each kind: the kind of credentials, and the headers; the key has every scope but the right."""
        return {
            ANONYMOUS: (ANONYMOUS, {}),
            "customer": ("access_token", self.customer),
            "guest": ("order_token", self.guest),
            "key": ("api_key", key_with(SCOPES - operation.scopes)),
        }


@dataclass(frozen=True)
class World:
    """`mine` and `theirs` are ids by the names that paths give them: of the one customer, and of the other."""

    database: TestDatabase
    shop: Shop
    visitors: Visitors
    other_customer: Headers
    mine: dict[str, str]
    theirs: dict[str, str]

    @classmethod
    def build(cls, shop: Shop, database: TestDatabase) -> World:
        """Let two customers and a guest order, pay, and get some money back."""
        people = [register(f"{name}@example.test", name=name) for name in ("anna", "berta")]
        orders = [place_as(shop, person.id) for person in people]
        guest = shop.places(shop.sells("cup"))
        shop.settle()
        for order in orders:
            _refund_one_cent(order)
        shop.settle()
        mine, theirs = (_ids(order, person.id) for order, person in zip(orders, people, strict=True))
        visitors = Visitors(orders[0].headers, guest.headers)
        return cls(database, shop, visitors, orders[1].headers, mine, theirs)

    def another_order(self) -> None:
        """Let the other customer order once more."""
        place_as(self.shop, decode_id("cus", self.theirs["customer_id"]))

    def on_sale(self) -> dict[str, str]:
        """The ids of something that buyers can see."""
        variant = self.shop.sells("ink")
        return {"product_id": encode_id("prd", variant.product_id), "variant_id": encode_id("var", variant.id)}

    def guest_order(self) -> dict[str, Any]:
        """What an anonymous caller sends to order something."""
        return self.shop.order_body(self.shop.sells("pen"))

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fail when the block changes a row of any context."""
        before = self._rows()
        yield
        after = self._rows()
        assert [table for table in before if before[table] != after[table]] == []

    def _rows(self) -> dict[str, str]:
        connection = self.database.superuser()
        names = [context.name for context in contexts.hosted()]
        # A key remembers when it was used.
        found = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) AND tablename <> 'known_api_key'",
            [names],
        ).fetchall()
        digest = sql.SQL("SELECT {}, md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {} t")
        parts = [digest.format(sql.Literal(".".join(table)), sql.Identifier(*table)) for table in found]
        return dict(connection.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall())


def call(
    operation: Operation, ids: Mapping[str, str], headers: Headers, *, method: str | None = None, body: Any = None
) -> Any:
    """Call an operation as it wants to be called, with a body that it takes unless another is given."""
    if body is None and operation.body is not None:
        body = example(operation.body)
    return send(method or operation.method, operation.url(ids), headers, body=body)


def send(method: str, url: str, headers: Headers, *, body: Any = None, query: Any = None) -> Any:
    """Send one request with a fresh key."""
    data = "" if body is None else json.dumps(body)
    all_headers = {"Idempotency-Key": str(new_id()), "If-Match": '"1"', **headers}
    return _client().generic(method, url, data, "application/json", headers=all_headers, query_params=query)


@cache
def _client() -> Client:
    # One for all: each would load every middleware again.
    return Client(raise_request_exception=False)


def code_of(answer: Any) -> str | None:
    """The problem code of an answer, None when it is no problem."""
    if not answer.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
        return None
    return str(answer.json()["code"])


def key_with(scopes: frozenset[str] | set[str]) -> Headers:
    """The credentials of a service with these scopes, known in every context."""
    made = api_keys.generate()
    key_id = new_id()
    for context in contexts.hosted():
        api_keys.remember(
            context.name,
            key_id=key_id,
            key_hash=made.key_hash,
            owner="service:tests",
            scopes=scopes,
            expires_at=None,
            revoked_at=None,
        )
    return {"Authorization": f"Bearer {made.plain}"}


def guest_token(order_id: UUID) -> str:
    """The token of an order."""
    return order_tokens.issue(order_id=order_id, expires_at=clock.now("orders") + timedelta(hours=1))


def _refund_one_cent(order: PlacedOrder) -> None:
    staff = key_with({"payments:write"})
    url = f"/v1/admin/payments/{encode_id('pay', order.payment_id)}/refunds"
    body = {"amount": {"amount": 1, "currency": "EUR"}, "reason": "other"}
    assert send("POST", url, staff, body=body).status_code == 201


def _ids(order: PlacedOrder, customer_id: UUID) -> dict[str, str]:
    reservation = Reservation.objects.get(order_id=order.id)
    payment = Payment.objects.get(order_id=order.id)
    hidden = a_variant(f"hidden-{order.id}", published=False, stock=5)
    level = StockLevel.objects.get(variant=hidden)
    refund = Refund.objects.get(payment=payment)
    return {
        "order_id": encode_id("ord", order.id),
        "payment_id": encode_id("pay", payment.id),
        "refund_id": encode_id("ref", refund.id),
        "reservation_id": encode_id("res", reservation.id),
        "customer_id": encode_id("cus", customer_id),
        # Buyers know nothing of what is not published.
        "product_id": encode_id("prd", hidden.product_id),
        "variant_id": encode_id("var", hidden.id),
        "level_id": encode_id("lvl", level.id),
    }
