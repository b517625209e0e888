"""The one implementation of orders' front door: opens the transaction, makes one use-case call, maps to DTOs."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from orders.api import OrderStatus, OrderSummary, UnknownCancelReason
from orders.models import ORDERS, Order
from orders.policies import CancelReason
from orders.usecases import audit, cancellation
from shared_kernel import call_context, clock
from shared_kernel.api import AuditFactPage, AuditFinding
from shared_kernel.facades.operations import KernelOperations


class OrdersFacade:
    """What the rest of the world asks of orders."""

    def get_order(self, *, order_id: UUID) -> OrderSummary:
        return _summary(Order.objects.known(order_id))

    def cancel_order(self, *, order_id: UUID, reason: str) -> OrderSummary:
        try:
            known = CancelReason(reason)
        except ValueError:
            raise UnknownCancelReason(allowed_reasons=list(CancelReason)) from None
        with transaction.atomic(using=ORDERS, durable=True):
            order = cancellation.cancel_order(
                order_id=order_id, reason=known, actor=call_context.current().actor.kind, now=clock.database_now(ORDERS)
            )
        return _summary(order)


class OrdersOperations(KernelOperations):
    """What the composition root asks of orders."""

    def __init__(self) -> None:
        super().__init__(ORDERS)

    def audit_findings(self, *, limit: int) -> list[AuditFinding]:
        with self.unhurried():
            return [*audit.list_findings(limit=limit), *self.log_findings(limit=limit)][:limit]

    def audit_facts(self, *, after: UUID | None, limit: int) -> AuditFactPage:
        with self.unhurried():
            return audit.list_facts(after=after, limit=limit)


def _summary(order: Order) -> OrderSummary:
    return OrderSummary(
        order_id=order.id,
        number=order.number,
        status=OrderStatus(order.status),
        total=order.total_money,
        placed_at=order.placed_at,
    )
