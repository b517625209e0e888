"""Payments as their callers drive them, in the words of the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar
from uuid import UUID

from django.db import connections

from payments.api import PaymentMethod, PaymentStatus, PaymentSummary, RefundSummary
from payments.facade import PaymentsFacade, PaymentsOperations
from shared_kernel import clock
from shared_kernel.events import relay
from shared_kernel.ids import new_id
from shared_kernel.money import Money

ResultT = TypeVar("ResultT")

payments = PaymentsFacade()
operations = PaymentsOperations()


def eur(amount: int) -> Money:
    """So many cents."""
    return Money(amount=amount, currency="EUR")


def card(token: str = "sim_ok") -> PaymentMethod:
    """A card, as the provider's token."""
    return PaymentMethod(type="card", token=token)


def created(token: str = "sim_ok", *, amount: int = 100, order_id: UUID | None = None) -> PaymentSummary:
    """A payment that nobody has carried to its provider yet."""
    return payments.create_payment(
        payment_id=new_id(), order_id=order_id or new_id(), amount=eur(amount), method=card(token)
    )


def authorized(token: str = "sim_ok", *, amount: int = 100, order_id: UUID | None = None) -> PaymentSummary:
    """A payment whose money the provider holds."""
    payment = created(token, amount=amount, order_id=order_id)
    settle()
    return now_of(payment, PaymentStatus.AUTHORIZED)


def captured(token: str = "sim_ok", *, amount: int = 100, order_id: UUID | None = None) -> PaymentSummary:
    """A payment whose money is ours."""
    payment = authorized(token, amount=amount, order_id=order_id)
    capture(payment, amount)
    settle()
    return now_of(payment, PaymentStatus.CAPTURED)


def capture(payment: PaymentSummary, amount: int, *, capture_id: UUID | None = None) -> PaymentSummary:
    """Ask for a capture."""
    return payments.capture_payment(
        payment_id=payment.payment_id, capture_id=capture_id or new_id(), amount=eur(amount)
    )


def refund(payment: PaymentSummary, amount: int, *, refund_id: UUID | None = None) -> RefundSummary:
    """Ask for a refund."""
    return payments.refund_payment(
        payment_id=payment.payment_id, refund_id=refund_id or new_id(), amount=eur(amount), reason="requested"
    )


def void(payment: PaymentSummary) -> PaymentSummary:
    """Ask for a void."""
    return payments.void_payment(payment_id=payment.payment_id, reason="order_canceled")


def settle() -> None:
    """Let workers and relay do all that is due now."""
    relay.drain(["payments"], run_worker_tasks=True)


def settle_later(seconds: int = 400) -> None:
    """Let backoffs pass, then let workers and relay do what is due."""
    clock.advance("payments", seconds)
    settle()


def now_of(payment: PaymentSummary, status: PaymentStatus | None = None) -> PaymentSummary:
    """The payment as it is, and as it should be."""
    found = payments.get_payment(payment_id=payment.payment_id)
    assert status is None or found.status == status
    return found


def events() -> list[str]:
    """The names of all events so far, without context and version, in order."""
    page = operations.list_events(after=0, limit=1000, names=[])
    return [event.name.split(".")[1] for event in page.events]


def all_at_once(calls: Sequence[Callable[[], ResultT]]) -> list[ResultT | Exception]:
    """Make every call on a connection of its own, released together; an exception is a result too."""
    barrier = Barrier(len(calls))

    def make(call: Callable[[], ResultT]) -> ResultT | Exception:
        try:
            barrier.wait()
            return call()
        except Exception as error:  # noqa: BLE001 - what came of a call is what the test asks
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))
