"""What orders decides: the life of an order as data, sums, the payment window, and what a payment's news means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from orders.api import OrderStatus
from shared_kernel.money import CURRENCY_DIGITS, MAX_AMOUNT, Money
from shared_kernel.state_machine import StateMachine, Transition

ANYBODY = ("customer", "guest", "service", "staff", "system")

ORDER_MACHINE = StateMachine(
    resource="order",
    initial=OrderStatus.PENDING_PAYMENT,
    transitions=(
        Transition(command="confirm", sources=(OrderStatus.PENDING_PAYMENT,), target=OrderStatus.CONFIRMED),
        Transition(command="expire", sources=(OrderStatus.PENDING_PAYMENT,), target=OrderStatus.EXPIRED),
        Transition(
            command="cancel",
            sources=(OrderStatus.PENDING_PAYMENT, OrderStatus.CONFIRMED),
            target=OrderStatus.CANCELED,
            actors=ANYBODY,
        ),
        Transition(command="complete", sources=(OrderStatus.CONFIRMED,), target=OrderStatus.COMPLETED),
    ),
)


class CancelReason(StrEnum):
    """Why an order was called off; a closed list, because events carry it and must hold no personal data."""

    CUSTOMER_REQUEST = "customer_request"
    ORDERED_BY_MISTAKE = "ordered_by_mistake"
    FOUND_CHEAPER = "found_cheaper"
    DELIVERY_TOO_SLOW = "delivery_too_slow"
    OUT_OF_STOCK = "out_of_stock"
    FRAUD_SUSPECTED = "fraud_suspected"
    OTHER = "other"


class OrderPaymentStatus(StrEnum):
    """How an order is paid for; derived from what payments tells, never set by hand."""

    NOT_REQUIRED = "not_required"
    PROCESSING = "processing"
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    AUTHORIZED = "authorized"
    PARTIALLY_CAPTURED = "partially_captured"
    CAPTURED = "captured"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CANCELED = "canceled"


def payment_status(*, told: OrderPaymentStatus, total: int, captured: int, refunded: int) -> OrderPaymentStatus:
    """The payment status of an order by its sums, in minor units; before money moved, what its payment last said.

    Older news about an authorization therefore never hides money that has moved since.
    """
    if captured == 0:
        return told
    if refunded >= captured:
        return OrderPaymentStatus.REFUNDED
    if refunded:
        return OrderPaymentStatus.PARTIALLY_REFUNDED
    return OrderPaymentStatus.CAPTURED if captured >= total else OrderPaymentStatus.PARTIALLY_CAPTURED


# How long the buyer may take to pay, by type of payment method.
PAYMENT_WINDOWS = {"card": timedelta(minutes=30)}

# The hold on stock outlives the window, so that a payment of the last second still finds its stock.
HOLD_MARGIN = timedelta(minutes=5)

# Digits in the number of a payment card (ISO/IEC 7812-1).
CARD_NUMBER_LENGTHS = range(12, 20)

# How long a guest can act on an order with the token given at placing.
ORDER_TOKEN_LIFETIME = timedelta(days=90)


def hold_seconds(method: str) -> int:
    """How long stock is held for an order that is paid by this type of method, in seconds."""
    return int((PAYMENT_WINDOWS[method] + HOLD_MARGIN).total_seconds())


def payable_until(*, method: str, now: datetime, held_until: datetime | None) -> datetime:
    """The end of the payment window of an order placed `now`: never later than the hold on its stock allows."""
    end = now + PAYMENT_WINDOWS[method]
    return end if held_until is None else min(end, held_until - HOLD_MARGIN)


def line_total(*, unit_price: Money, quantity: int) -> Money:
    """What a line costs."""
    return unit_price * quantity


def order_total(currency: str, line_totals: Iterable[Money]) -> Money:
    """What an order costs: the sum of its lines, exactly.

    Raises:
        ValueError: a line is in another currency.
    """
    return sum(line_totals, start=Money(amount=0, currency=currency))


def is_too_large(total: Money) -> bool:
    """Whether a total is beyond what a single figure may be."""
    return total.amount > MAX_AMOUNT


def written(money: Money) -> str:
    """Money for a reader, in major units: "19.99 EUR"."""
    digits = CURRENCY_DIGITS[money.currency]
    whole, rest = divmod(money.amount, 10**digits)
    return f"{whole}.{rest:0{digits}d} {money.currency}" if digits else f"{whole} {money.currency}"


def allowed_actions(*, status: str, actor: str, payable: bool) -> list[str]:
    """What this kind of principal may do with an order now; `pay` while the order waits for another payment."""
    actions = ORDER_MACHINE.commands(status, [actor])
    return [*actions, "pay"] if payable and actor in ("customer", "guest") else actions


def looks_like_card_number(text: str) -> bool:
    """Whether `text` is 12 to 19 digits, blanks and dashes aside, with a valid check digit (ISO/IEC 7812-1, Luhn)."""
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) in CARD_NUMBER_LENGTHS):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0
