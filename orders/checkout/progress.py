"""Moving a saga: every outcome, wherever it comes from, goes through `advance`, under the locks of order and saga."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from orders.checkout import log, messages
from orders.checkout.definition import TIME_UP, Arrow, Command, Definition, Effect, Facts, State
from orders.checkout.versions import definition_of
from orders.events import OrderConfirmed, OrderExpired, OrderPaymentChanged
from orders.models import ORDERS, CheckoutSaga, Order
from orders.policies import OrderPaymentStatus
from shared_kernel import transactions
from shared_kernel.events import outbox
from shared_kernel.ids import new_id

ANOTHER_PAYMENT = "another_payment"

# News move a saga whenever they come; that it asks by itself is for the rare case, and need not fill its log for days.
LONGEST_PATIENCE = timedelta(hours=1)


def facts_of(order: Order, saga: CheckoutSaga) -> Facts:
    """What the guards of the definition may ask."""
    return Facts(
        has_payment=saga.payment_id is not None,
        due=order.total,
        captured=saga.captured,
        refunded=saga.refunded,
    )


def begin(saga: CheckoutSaga, *, order: Order, state: str, now: datetime, head_start: timedelta | None = None) -> None:
    """Save a new saga at the beginning of its way; for `head_start` its first step is left to the caller."""
    _enter(saga, order=order, state=definition_of(saga.definition).state(state), now=now)
    if head_start is not None:
        saga.leased_until = now + head_start
    saga.save(using=ORDERS, force_insert=True)


def advance(
    *,
    order: Order,
    saga: CheckoutSaga,
    outcome: str,
    step: str,
    now: datetime,
    detail: str | None = None,
    actor: str = "system",
) -> bool:
    """Let an outcome take effect: on the saga, on the order, on what the buyer is told.

    `step` is the command that was sent or the news that came, `detail` a code. Both rows are locked. False, and nothing
    is written, if the outcome leads nowhere from here.
    """
    transactions.require(ORDERS)
    definition = definition_of(saga.definition)
    origin = saga.state
    arrow = definition.state(origin).arrow(outcome, facts_of(order, saga))
    if arrow is None:
        return False
    rounds = _rounds_in_vain(saga, definition.state(origin), outcome)
    _follow(arrow, definition, order=order, saga=saga, now=now, rounds=rounds)
    log.write(saga, at=now, step=step, from_state=origin, outcome=outcome, detail=detail, actor=actor)
    if arrow.order is not None:
        log.write(saga, at=now, step=f"{arrow.order}_order", from_state=origin, outcome="done", detail=arrow.reason)
    if saga.waiting_for == ANOTHER_PAYMENT:
        order.note_payment(
            told=OrderPaymentStatus.REQUIRES_PAYMENT_METHOD, error=order.payment_error or detail or outcome, at=now
        )
    return True


def announce_payment(order: Order, *, former: tuple[object, ...], version: int) -> None:
    """Record what the buyer sees of the payment, if it is not `former` and no event since `version` implies it."""
    if order.payment_view() == former or order.version != version:
        return
    outbox.record(
        OrderPaymentChanged(
            order_id=order.id,
            payment_id=order.payment_id,
            payment_status=order.payment_status,
            captured=order.money(order.captured),
            refunded=order.money(order.refunded),
        ),
        aggregate=order,
    )


def _rounds_in_vain(saga: CheckoutSaga, state: State, outcome: str) -> int:
    """How often the saga has asked again without any news; counted with its failures, where the audit looks."""
    if outcome == TIME_UP and state.patience is not None:
        return saga.attempts + 1
    return saga.attempts if state.sends is not None else 0


def _follow(
    arrow: Arrow, definition: Definition, *, order: Order, saga: CheckoutSaga, now: datetime, rounds: int
) -> None:
    saga.reason = arrow.reason or saga.reason
    if arrow.order == "confirm":
        order.confirm(at=now)
        outbox.record(OrderConfirmed(order_id=order.id), aggregate=order)
    elif arrow.order == "expire":
        reason = arrow.reason or "expired"
        order.expire(reason=reason, at=now)
        outbox.record(OrderExpired(order_id=order.id, reason=reason), aggregate=order)
    if arrow.message is not None:
        messages.intend(order, arrow.message, now=now)
    if arrow.forgets is Effect.REFUND:
        saga.refund_id = saga.refund_amount = None
    elif arrow.forgets is Effect.CAPTURE:
        saga.capture_id = saga.capture_amount = None
    _enter(saga, order=order, state=definition.state(arrow.to), now=now, rounds=rounds)
    saga.save()


def _enter(saga: CheckoutSaga, *, order: Order, state: State, now: datetime, rounds: int = 0) -> None:
    """Take the saga into a state: with a new step, its timer, and the name of the effect it is about to ask for."""
    saga.state = state.name
    saga.step_id = new_id()
    saga.moved_at = now
    saga.waiting_for = state.waits_for
    saga.is_over = state.is_final
    saga.attempts = rounds
    saga.last_error = None
    saga.due_at = _due_at(saga, state, now)
    saga.leased_until = None
    if state.names is Effect.CAPTURE and saga.capture_id is None:
        saga.capture_id, saga.capture_amount = _named(order.total - saga.captured)
    if state.names is Effect.REFUND and saga.refund_id is None:
        saga.refund_id, saga.refund_amount = _named(saga.captured - saga.refunded)
    if state.sends is not Command.CREATE_PAYMENT:
        saga.payment_method = None


def _due_at(saga: CheckoutSaga, state: State, now: datetime) -> datetime | None:
    if state.sends is not None:
        return now
    if state.windowed:
        return saga.deadline
    if state.patience is None:
        return None
    return now + min(state.patience * (1 << min(saga.attempts, 10)), LONGEST_PATIENCE)


def _named(amount: int) -> tuple[UUID, int]:
    return new_id(), amount
