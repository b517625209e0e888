"""The one implementation of inventory's front door: opens the transaction, makes one use-case call, maps to DTOs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from inventory import api
from inventory.api import ReservationState, ReservationSummary, ReservedLine
from inventory.models import INVENTORY, Reservation
from inventory.usecases import audit, reservations
from shared_kernel import clock
from shared_kernel.api import AuditFactPage, AuditFinding
from shared_kernel.facades.operations import KernelOperations


class InventoryFacade:
    """What orders asks of inventory."""

    def reserve_stock(
        self, *, order_id: UUID, currency: str, lines: list[api.ReservationLine], hold_seconds: int
    ) -> ReservationSummary:
        with transaction.atomic(using=INVENTORY, durable=True):
            now = clock.database_now(INVENTORY)
            reservation = reservations.reserve_stock(
                order_id=order_id, currency=currency, lines=lines, hold_seconds=hold_seconds, now=now
            )
        return _summary(reservation, now)

    def commit_stock(self, *, order_id: UUID) -> ReservationSummary:
        with transaction.atomic(using=INVENTORY, durable=True):
            now = clock.database_now(INVENTORY)
            reservation = reservations.commit_stock(order_id=order_id, now=now)
        return _summary(reservation, now)

    def release_stock(self, *, order_id: UUID, reason: str) -> ReservationSummary:
        with transaction.atomic(using=INVENTORY, durable=True):
            now = clock.database_now(INVENTORY)
            reservation = reservations.release_stock(order_id=order_id, reason=reason, now=now)
        return _summary(reservation, now)

    def consume_stock(self, *, order_id: UUID) -> ReservationSummary:
        with transaction.atomic(using=INVENTORY, durable=True):
            now = clock.database_now(INVENTORY)
            reservation = reservations.consume_stock(order_id=order_id, now=now)
        return _summary(reservation, now)

    def get_reservation(self, *, order_id: UUID) -> ReservationSummary:
        return _summary(Reservation.objects.of_order(order_id), clock.database_now(INVENTORY))


class InventoryOperations(KernelOperations):
    """What the composition root asks of inventory."""

    def __init__(self) -> None:
        super().__init__(INVENTORY)

    def audit_findings(self, *, limit: int) -> list[AuditFinding]:
        with self.unhurried():
            found = audit.list_findings(now=clock.database_now(INVENTORY), limit=limit)
            return [*found, *self.log_findings(limit=limit)][:limit]

    def audit_facts(self, *, after: UUID | None, limit: int) -> AuditFactPage:
        with self.unhurried():
            return audit.list_facts(after=after, limit=limit, now=clock.database_now(INVENTORY))


def _summary(reservation: Reservation, now: datetime) -> ReservationSummary:
    # Read after the commit: lines never change, and a hot stock level waits for nobody's answer.
    state = reservation.state_at(now)
    return ReservationSummary(
        reservation_id=reservation.id,
        order_id=reservation.order_id,
        state=state,
        currency=reservation.currency,
        lines=[
            ReservedLine(
                variant_id=line.variant_id,
                product_id=line.product_id,
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in reservation.lines.order_by("position")
        ],
        expires_at=reservation.expires_at if state is ReservationState.HELD else None,
    )
