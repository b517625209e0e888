"""Version 1 of the checkout saga. To read it: state, what it sends or waits for, and what leads where.

creating_payment → awaiting_authorization → committing_stock → capturing → awaiting_capture → confirmed
from anywhere, when the order is canceled or expires: releasing_stock → voiding or refunding → … → closed
"""

from __future__ import annotations

from datetime import timedelta

from orders.checkout.definition import Arrow, Command, Definition, Effect, Guard, State

# News can only be late, never lost; asking again costs one call and shows when something upstream is stuck.
RECHECK = timedelta(minutes=1)
RECHECK_REFUND = timedelta(minutes=5)

_CANCELED = Arrow(on=("order_canceled",), to="releasing_stock", message="order_canceled")
_UNPAID_IN_TIME = Arrow(
    on=("time_up",), to="releasing_stock", order="expire", reason="payment_window_ended", message="order_canceled"
)
_STOCK_LOST = Arrow(
    on=("reservation_expired", "reservation_ended", "reservation_not_found"),
    to="releasing_stock",
    order="expire",
    reason="reservation_ended",
    message="order_canceled",
)
_AUTHORIZED = Arrow(on=("payment_authorized", "payment_captured"), to="committing_stock")
_NOT_PAID = Arrow(
    on=("payment_declined", "payment_canceled", "payment_method_not_supported"),
    to="awaiting_payment",
    message="payment_failed",
)
_PAID = Arrow(on=("payment_captured",), when=Guard.PAID, to="confirmed", order="confirm", message="order_confirmed")
_CAPTURE_FAILED = Arrow(on=("payment_capture_failed",), to="dropping_payment", forgets=Effect.CAPTURE)
_NO_LONGER_AUTHORIZED = Arrow(
    on=("payment_canceled", "canceled", "requires_payment_method", "payment_not_found"),
    to="awaiting_payment",
    message="payment_failed",
)
_MONEY_ARRIVED = Arrow(on=("payment_captured",), when=Guard.HOLDS_MONEY, to="refunding")
_NOTHING_HELD = Arrow(on=("payment_canceled", "canceled", "requires_payment_method", "payment_not_found"), to="closed")
_RETURNED = Arrow(on=("refund_succeeded",), when=Guard.RETURNED, to="closed", forgets=Effect.REFUND)
_RETURNED_IN_PART = Arrow(on=("refund_succeeded",), when=Guard.HOLDS_MONEY, to="refunding", forgets=Effect.REFUND)
_STAFF_MUST_LOOK = Arrow(on=("refund_failed", "payment_void_failed"), to="with_staff", forgets=Effect.REFUND)

FORWARD = (
    State(
        name="creating_payment",
        sends=Command.CREATE_PAYMENT,
        names=Effect.PAYMENT,
        windowed=True,
        # No arrow for `payment_in_progress`: the payment before this one is on its way out, so ask again.
        arrows=(
            Arrow(on=("done",), to="awaiting_authorization"),
            _AUTHORIZED,
            _NOT_PAID,
            _STOCK_LOST,
            _UNPAID_IN_TIME,
            _CANCELED,
        ),
    ),
    State(
        name="awaiting_authorization",
        waits_for="payment_authorization",
        windowed=True,
        arrows=(_AUTHORIZED, _NOT_PAID, _STOCK_LOST, _UNPAID_IN_TIME, _CANCELED),
    ),
    State(
        name="awaiting_payment",
        waits_for="another_payment",
        windowed=True,
        arrows=(
            Arrow(on=("payment_requested",), to="creating_payment"),
            _AUTHORIZED,
            _STOCK_LOST,
            _UNPAID_IN_TIME,
            _CANCELED,
        ),
    ),
    State(
        name="committing_stock",
        sends=Command.COMMIT_STOCK,
        names=Effect.ORDER,
        arrows=(
            Arrow(on=("done",), when=Guard.FREE, to="confirmed", order="confirm", message="order_confirmed"),
            Arrow(on=("done",), when=Guard.PAID, to="confirmed", order="confirm", message="order_confirmed"),
            Arrow(on=("done",), to="capturing"),
            Arrow(on=("payment_canceled",), to="awaiting_payment", message="payment_failed"),
            _STOCK_LOST,
            _CANCELED,
        ),
    ),
    State(
        name="capturing",
        sends=Command.CAPTURE_PAYMENT,
        names=Effect.CAPTURE,
        arrows=(
            Arrow(on=("done",), to="awaiting_capture"),
            # Somebody else collects a part; once its news is here, what is left is asked for under a name of its own.
            Arrow(on=("amount_exceeds_payment",), to="checking_capture", forgets=Effect.CAPTURE),
            Arrow(on=("invalid_state_transition",), to="checking_capture"),
            _PAID,
            _CAPTURE_FAILED,
            _NO_LONGER_AUTHORIZED,
            _CANCELED,
        ),
    ),
    State(
        name="awaiting_capture",
        waits_for="payment_capture",
        patience=RECHECK,
        arrows=(
            _PAID,
            # Somebody else's part has come, so that the rest can be asked for now.
            Arrow(on=("time_up", "payment_captured"), to="capturing"),
            _CAPTURE_FAILED,
            _NO_LONGER_AUTHORIZED,
            _CANCELED,
        ),
    ),
    State(
        # The capture was refused, so something else happened to the payment.
        name="checking_capture",
        sends=Command.GET_PAYMENT,
        names=Effect.PAYMENT,
        arrows=(
            Arrow(on=("processing", "authorized", "partially_captured", "captured"), to="awaiting_capture"),
            _PAID,
            _CAPTURE_FAILED,
            _NO_LONGER_AUTHORIZED,
            _CANCELED,
        ),
    ),
    State(
        # What was authorized cannot be collected: let go of it, so that the buyer can pay in another way.
        name="dropping_payment",
        sends=Command.VOID_PAYMENT,
        names=Effect.PAYMENT,
        arrows=(
            Arrow(on=("done",), to="awaiting_drop"),
            # A part was collected, so it is no payment to let go of, and the rest of it will not come.
            Arrow(
                on=("invalid_state_transition",),
                when=Guard.HOLDS_MONEY,
                to="releasing_stock",
                order="expire",
                reason="payment_failed",
                message="order_canceled",
            ),
            Arrow(on=("invalid_state_transition",), to="checking_capture"),
            _PAID,
            _NO_LONGER_AUTHORIZED,
            _CANCELED,
        ),
    ),
    State(
        # Another payment only once this one is gone; one that is neither collected nor let go of ends the order.
        name="awaiting_drop",
        waits_for="payment_void",
        windowed=True,
        arrows=(
            Arrow(
                on=("payment_void_failed",),
                to="releasing_stock",
                order="expire",
                reason="payment_failed",
                message="order_canceled",
            ),
            _PAID,
            _NO_LONGER_AUTHORIZED,
            _UNPAID_IN_TIME,
            _CANCELED,
        ),
    ),
    State(name="confirmed", arrows=(_CANCELED,)),
)

_STOCK_IS_BACK = ("done", "reservation_not_found", "reservation_ended")

BACKWARD = (
    State(
        name="releasing_stock",
        sends=Command.RELEASE_STOCK,
        names=Effect.ORDER,
        arrows=(
            Arrow(on=_STOCK_IS_BACK, when=Guard.FREE, to="closed"),
            Arrow(on=_STOCK_IS_BACK, when=Guard.HOLDS_MONEY, to="refunding"),
            Arrow(on=_STOCK_IS_BACK, when=Guard.RETURNED, to="closed"),
            Arrow(on=_STOCK_IS_BACK, to="voiding"),
        ),
    ),
    State(
        name="voiding",
        sends=Command.VOID_PAYMENT,
        names=Effect.PAYMENT,
        arrows=(
            Arrow(on=("done",), to="awaiting_void"),
            Arrow(on=("invalid_state_transition",), to="checking_money"),
            _MONEY_ARRIVED,
            _NOTHING_HELD,
        ),
    ),
    State(
        name="awaiting_void",
        waits_for="payment_void",
        patience=RECHECK,
        arrows=(
            Arrow(on=("time_up", "payment_capture_failed"), to="voiding"),
            Arrow(on=("payment_declined",), to="closed"),
            _MONEY_ARRIVED,
            _NOTHING_HELD,
            _STAFF_MUST_LOOK,
        ),
    ),
    State(
        # Neither void nor refund fits what we were told: ask what the payment is now. A capture may be under way.
        name="checking_money",
        sends=Command.GET_PAYMENT,
        names=Effect.PAYMENT,
        arrows=(
            Arrow(on=("partially_captured", "captured"), when=Guard.HOLDS_MONEY, to="refunding"),
            Arrow(on=("partially_captured", "captured"), when=Guard.RETURNED, to="closed"),
            Arrow(on=("processing", "authorized", "partially_captured", "captured"), to="awaiting_void"),
            Arrow(on=("payment_capture_failed",), to="voiding"),
            _MONEY_ARRIVED,
            _NOTHING_HELD,
        ),
    ),
    State(
        name="refunding",
        sends=Command.REFUND_PAYMENT,
        names=Effect.REFUND,
        arrows=(
            Arrow(on=("done",), to="awaiting_refund"),
            # Somebody else's refund is under way; its news tells what is left to do.
            Arrow(on=("amount_exceeds_payment",), to="awaiting_refund", forgets=Effect.REFUND),
            Arrow(on=("invalid_state_transition",), to="checking_money"),
            _RETURNED,
            _STAFF_MUST_LOOK,
        ),
    ),
    State(
        name="awaiting_refund",
        waits_for="payment_refund",
        patience=RECHECK_REFUND,
        arrows=(Arrow(on=("time_up",), to="refunding"), _RETURNED, _RETURNED_IN_PART, _STAFF_MUST_LOOK),
    ),
    State(
        name="with_staff",
        waits_for="staff",
        arrows=(
            Arrow(on=("return_requested",), when=Guard.HOLDS_MONEY, to="refunding"),
            Arrow(on=("return_requested",), to="voiding"),
            Arrow(on=("refund_succeeded",), when=Guard.RETURNED, to="closed"),
            Arrow(on=("payment_canceled",), to="closed"),
            _MONEY_ARRIVED,
        ),
    ),
    State(
        # Money that arrives for an order that is over is never kept.
        name="closed",
        arrows=(Arrow(on=("payment_authorized",), to="voiding"), _MONEY_ARRIVED),
    ),
)

VERSION_1 = Definition(
    version=1,
    initial="creating_payment",
    initial_when_free="committing_stock",
    states=(*FORWARD, *BACKWARD),
)
