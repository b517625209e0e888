"""A small language for stories about a shop: told over HTTP and the facades, on real databases and a real provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework.test import APIClient

from config.audit.run import audit
from inventory.api import InventoryApi, ReservationState
from inventory.models import Variant
from orders.models import CheckoutLogEntry, CheckoutSaga, Order, OrderMessage
from payments.api import PaymentsApi, PaymentSummary
from shared_kernel import clock, contexts
from shared_kernel.events import relay
from shared_kernel.facades.binding import bound
from shared_kernel.ids import decode_id, encode_id, new_id
from tests.inventory.catalog import a_variant, counters
from tests.payments.simulator import RunningSimulator

ADDRESS = {"name": "Ada Buyer", "line1": "Main Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}


@dataclass
class PlacedOrder:
    """An order seen through its buyer's eyes, and through ours."""

    shop: Shop
    id: UUID
    headers: dict[str, str]
    answer: dict[str, Any] = field(repr=False)

    @property
    def path(self) -> str:
        """Where it is found."""
        return f"/v1/orders/{encode_id('ord', self.id)}"

    def read(self, **query: str) -> dict[str, Any]:
        """The order as its buyer sees it now."""
        response = self.shop.client.get(self.path, query, headers=self.headers)
        assert response.status_code == 200, response.content
        document: dict[str, Any] = response.json()
        return document

    @property
    def status(self) -> str:
        """Its status, as its buyer sees it."""
        return str(self.read()["status"])

    @property
    def payment_status(self) -> str:
        """How it is paid, as its buyer sees it."""
        return str(self.read()["payment"]["status"])

    @property
    def sums(self) -> tuple[int, int]:
        """What was captured and refunded, as its buyer sees it."""
        payment = self.read()["payment"]
        return payment["captured"]["amount"], payment["refunded"]["amount"]

    @property
    def stock(self) -> ReservationState:
        """What inventory holds for it."""
        return bound(InventoryApi).get_reservation(order_id=self.id).state

    @property
    def payments(self) -> list[PaymentSummary]:
        """Its payments, oldest first."""
        return bound(PaymentsApi).list_payments(order_ids=[self.id])

    @property
    def saga(self) -> CheckoutSaga:
        """Its checkout."""
        return CheckoutSaga.objects.get(order_id=self.id, purpose="checkout")

    @property
    def payment_id(self) -> UUID:
        """The id of its present payment."""
        return decode_id("pay", self.read()["payment"]["id"])

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """The log of its checkout: step, outcome, where it led."""
        entries = CheckoutLogEntry.objects.filter(order_id=self.id).order_by("id")
        return list(entries.values_list("step", "outcome", "to_state"))

    @property
    def messages(self) -> list[str]:
        """What its buyer was told, oldest first."""
        told = OrderMessage.objects.filter(order_id=self.id, sent_at__isnull=False).order_by("created_at", "id")
        return list(told.values_list("template", flat=True))

    def post(self, command: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        """Give a command."""
        headers = {**self.headers, "Idempotency-Key": key or str(new_id())}
        return self.shop.client.post(f"{self.path}/{command}", body or {}, format="json", headers=headers)

    def cancel(self, reason: str = "ordered_by_mistake") -> None:
        """Call it off, which must work."""
        response = self.post("cancel", {"reason": reason})
        assert response.status_code == 200, response.content

    def pay(self, token: str) -> None:
        """Pay again, which must be allowed."""
        response = self.post("payments", {"payment_method": {"type": "card", "token": token}})
        assert response.status_code == 201, response.content


class Shop:
    """The shop with its clock, its provider and its relay; nothing moves until `settle` lets it."""

    def __init__(self, provider: RunningSimulator) -> None:
        self.provider = provider
        self.client = APIClient()
        self.is_out_of_order = False

    def sells(self, sku: str = "mug", *, units: int = 10, price: int = 1999) -> Variant:
        """Put something on the shelf, priced in EUR cents."""
        return a_variant(sku, stock=units, prices={"EUR": price})

    def available(self, variant: Variant) -> int:
        """How many units of a variant are left."""
        on_hand, reserved, committed = counters(variant.id)["main"]
        return on_hand - reserved - committed

    def order_body(self, variant: Variant, *, quantity: int = 1, token: str = "sim_ok", **more: Any) -> dict[str, Any]:
        """A guest's order."""
        return {
            "currency": "EUR",
            "lines": [{"variant_id": encode_id("var", variant.id), "quantity": quantity}],
            "email": "ada@example.test",
            "shipping_address": ADDRESS,
            "payment_method": {"type": "card", "token": token},
            **more,
        }

    def try_to_place(self, body: dict[str, Any], *, key: str | None = None) -> Any:
        """Place an order as a guest; the answer as it came."""
        headers = {"Idempotency-Key": key or str(new_id())}
        return self.client.post("/v1/orders", body, format="json", headers=headers)

    def places(self, variant: Variant, *, quantity: int = 1, token: str = "sim_ok") -> PlacedOrder:
        """Place an order as a guest, which must work."""
        response = self.try_to_place(self.order_body(variant, quantity=quantity, token=token))
        assert response.status_code == 201, response.content
        return self.known(response.json())

    def known(self, answer: dict[str, Any], *, headers: dict[str, str] | None = None) -> PlacedOrder:
        """The order that an answer to placing tells of."""
        return PlacedOrder(
            shop=self,
            id=decode_id("ord", answer["id"]),
            headers=headers or {"Order-Token": answer["order_token"]},
            answer=answer,
        )

    def settle(self, names: Sequence[str] | None = None, *, workers: bool = True) -> None:
        """Let relay and workers do whatever is due now; no reaction may fail."""
        assert relay.drain(names, run_worker_tasks=workers).parked == 0

    def passes(self, **time: float) -> None:
        """Let time pass in every context while nothing happens."""
        for context in contexts.hosted():
            clock.advance(context.name, timedelta(**time).total_seconds())

    def later(self, **time: float) -> None:
        """Let time pass in every context, then let whatever is due happen."""
        self.passes(**time)
        self.settle()

    def later_without_workers(self, **time: float) -> None:
        """Let time pass in every context, then let whatever is due happen but for calls to the provider and mail."""
        self.passes(**time)
        self.settle(workers=False)

    def orders(self) -> list[Order]:
        """Every order there is."""
        return list(Order.objects.order_by("id"))

    def effects(self) -> list[tuple[str, int]]:
        """What the provider really did: kind and amount, in order."""
        return self.provider.effects()

    def out_of_step(self) -> None:
        """Say that this story told orders what did not happen, so that the books cannot agree."""
        self.is_out_of_order = True

    def must_be_in_order(self) -> None:
        """No context finds a mistake in its own rows, and none disagrees with another once all is quiet."""
        if self.is_out_of_order:
            return
        self.provider.heal()
        self.later(minutes=10)
        assert list(audit(quiet_for=timedelta(minutes=1), limit=20)) == []
