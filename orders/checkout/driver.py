"""The driver: sends the command of a due saga with no transaction open, then records outcome and next intent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from orders.checkout import commands, log, progress
from orders.checkout.commands import Answer
from orders.checkout.definition import TIME_UP, State
from orders.checkout.versions import definition_of
from orders.models import ORDERS, CheckoutSaga, Order
from shared_kernel import clock
from shared_kernel.clock import AshlarNow
from shared_kernel.due import due_work

UNKNOWN = "unknown"
LATE = "late"


@due_work("orders.drive_checkout", model="orders.CheckoutSaga", where="relay")
def drive_checkout(saga_id: UUID) -> None:
    """Do the present step of a saga whose time has come; a crash anywhere means that it is done again."""
    saga = CheckoutSaga.objects.select_related("order").filter(pk=saga_id, due_at__lte=AshlarNow()).first()
    # Between claim and here, news may have moved the saga to where it waits.
    if saga is not None:
        _do(saga)


def drive_at_once(saga: CheckoutSaga) -> None:
    """Do the step that this thread has just saved, unless somebody else moved the saga meanwhile."""
    current = CheckoutSaga.objects.select_related("order").filter(pk=saga.pk, step_id=saga.step_id).first()
    if current is not None:
        _do(current)


def _do(saga: CheckoutSaga) -> None:
    state = definition_of(saga.definition).state(saga.state)
    if state.sends is None or _is_too_late(saga, state, clock.database_now(ORDERS)):
        answer, step = Answer(outcome=TIME_UP), saga.waiting_for or state.name
    else:
        answer, step = commands.send(state.sends, order=saga.order, saga=saga), state.sends
    with transaction.atomic(using=ORDERS, durable=True):
        _settle(saga, answer, step)


def _is_too_late(saga: CheckoutSaga, state: State, now: datetime) -> bool:
    return state.windowed and now >= saga.deadline


def _settle(sent: CheckoutSaga, answer: Answer, step: str) -> None:
    """Record the outcome of the step and the intent of the next one, together."""
    order = Order.objects.locked(sent.order_id)
    saga = CheckoutSaga.objects.select_for_update(no_key=True).get(pk=sent.pk)
    now = clock.database_now(ORDERS)
    if saga.step_id != sent.step_id:
        # News or a cancellation was faster. Whatever the command did is named by an id that the new state deals with.
        log.write(saga, at=now, step=step, from_state=sent.state, outcome=LATE, detail=answer.outcome)
        return
    saga.stock = answer.stock or saga.stock
    former, version = order.payment_view(), order.version
    if not answer.unknown and progress.advance(
        order=order, saga=saga, outcome=answer.outcome, step=step, now=now, detail=answer.detail
    ):
        progress.announce_payment(order, former=former, version=version)
        return
    _repeat(saga, answer, step, now)


def _repeat(saga: CheckoutSaga, answer: Answer, step: str, now: datetime) -> None:
    if saga.last_error != answer.outcome:
        outcome = UNKNOWN if answer.unknown else answer.outcome
        log.write(saga, at=now, step=step, from_state=saga.state, outcome=outcome, detail=answer.outcome)
    saga.retry(error=answer.outcome)
