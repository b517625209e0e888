"""The commands of the saga as facade calls, each named by an id saved before, so that a repeat has no second effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from inventory.api import InventoryApi, ReservationEnded, ReservationState, ReservationSummary
from orders.checkout.definition import Command
from orders.models import CheckoutSaga, Order, Stock
from payments.api import PaymentMethod, PaymentsApi, PaymentStatus
from shared_kernel.errors import DomainError, ErrorKind
from shared_kernel.facades.binding import bound

T = TypeVar("T")

DONE = "done"

_UNKNOWN = (ErrorKind.UNAVAILABLE, ErrorKind.DEADLINE_EXCEEDED, ErrorKind.CONFLICT)
_STOCK_OF = {
    ReservationState.ACTIVE: Stock.HELD,
    ReservationState.HELD: Stock.HELD,
    ReservationState.COMMITTED: Stock.COMMITTED,
    ReservationState.CONSUMED: Stock.CONSUMED,
    ReservationState.RELEASED: Stock.RELEASED,
    ReservationState.EXPIRED: Stock.RELEASED,
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a command: an outcome of the definition, or `unknown`, and then it must be sent again.

    `stock` is what inventory told about the order's stock on the way.
    """

    outcome: str
    unknown: bool = False
    detail: str | None = None
    stock: Stock | None = None


def send(command: Command, *, order: Order, saga: CheckoutSaga) -> Answer:
    """Send one command, with no transaction open; refusals are answers, and no answer is not a failure."""
    try:
        return _call(command, order, saga)
    except ReservationEnded as refusal:
        return Answer(outcome=refusal.code, detail=refusal.state, stock=_STOCK_OF[refusal.state])
    except DomainError as refusal:
        return Answer(outcome=refusal.code, unknown=refusal.kind in _UNKNOWN)


def _call(command: Command, order: Order, saga: CheckoutSaga) -> Answer:
    match command:
        case Command.COMMIT_STOCK:
            return _told(bound(InventoryApi).commit_stock(order_id=order.id))
        case Command.RELEASE_STOCK:
            return _told(bound(InventoryApi).release_stock(order_id=order.id, reason=_reason(saga)))
        case _:
            return Answer(outcome=_call_payments(command, order, saga))


def _call_payments(command: Command, order: Order, saga: CheckoutSaga) -> str:
    payments = bound(PaymentsApi)
    payment_id = _saved(saga.payment_id)
    match command:
        case Command.CREATE_PAYMENT:
            payments.create_payment(
                payment_id=payment_id,
                order_id=order.id,
                amount=order.total_money,
                method=PaymentMethod(**_saved(saga.payment_method)),
                customer_id=order.customer_id,
            )
        case Command.CAPTURE_PAYMENT:
            payments.capture_payment(
                payment_id=payment_id,
                capture_id=_saved(saga.capture_id),
                amount=order.money(_saved(saga.capture_amount)),
            )
        case Command.VOID_PAYMENT:
            payment = payments.void_payment(payment_id=payment_id, reason=_reason(saga))
            return payment.status if payment.status is PaymentStatus.CANCELED else DONE
        case Command.REFUND_PAYMENT:
            payments.refund_payment(
                payment_id=payment_id,
                refund_id=_saved(saga.refund_id),
                amount=order.money(_saved(saga.refund_amount)),
                reason=_reason(saga),
            )
        case Command.GET_PAYMENT:
            return payments.get_payment(payment_id=payment_id).status
        case _:
            raise NotImplementedError(command)
    return DONE


def _told(reservation: ReservationSummary) -> Answer:
    return Answer(outcome=DONE, stock=_STOCK_OF[reservation.state])


def _reason(saga: CheckoutSaga) -> str:
    return saga.reason or "capture_failed"


def _saved(value: T | None) -> T:
    if value is None:
        raise RuntimeError("the effect of a command must be named before the command is sent")
    return value
