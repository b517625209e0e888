"""What payments and inventory tell: it moves saga and order inside the consumer's transaction, and calls nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.api import OrderStatus
from orders.checkout import log, progress
from orders.checkout.versions import CURRENT
from orders.models import ORDERS, CheckoutSaga, Order, Purpose, Stock
from orders.policies import OrderPaymentStatus
from shared_kernel import transactions

# News that speaks of money which is with us, or at least held for us.
_MONEY = ("payment_authorized", "payment_captured")


@dataclass(frozen=True, kw_only=True)
class PaymentNews:
    """One fact about one payment; `captured` and `refunded` are what this fact adds, in minor units.

    `told` is where the payment stands now, None if the fact does not say. `error` is why the buyer could not pay,
    `detail` why something else failed; both are closed codes.
    """

    name: str
    order_id: UUID
    payment_id: UUID
    told: OrderPaymentStatus | None = None
    error: str | None = None
    detail: str | None = None
    captured: int = 0
    refunded: int = 0


def take_payment_news(news: PaymentNews, *, now: datetime) -> None:
    """Let payments' news take effect once; news that is late or of a former payment moves no state backwards.

    Raises:
        OrderNotFound: there is money without an order, which an operator must see.
    """
    transactions.require(ORDERS)
    order = Order.objects.locked(news.order_id)
    checkout = CheckoutSaga.objects.of(order)
    former, version = order.payment_view(), order.version
    order.captured += news.captured
    order.refunded += news.refunded
    is_present = checkout.payment_id == news.payment_id
    if is_present:
        order.note_payment(told=_told(order, news), error=news.error, at=now)
    else:
        order.note_payment(told=None, error=None, at=now)
    saga = checkout if is_present else _saga_of_former_payment(order, news, now)
    if saga is not None:
        saga.captured += news.captured
        saga.refunded += news.refunded
        _advance_or_note(order, saga, name=news.name, detail=news.error or news.detail, now=now)
    progress.announce_payment(order, former=former, version=version)


def take_reservation_expiry(*, order_id: UUID, now: datetime) -> None:
    """The hold ran out before it was committed: an order that still waits cannot be fulfilled any more.

    An expired hold of an order that was never placed concerns nobody.
    """
    transactions.require(ORDERS)
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        return
    saga = CheckoutSaga.objects.of(order)
    saga.stock = Stock.RELEASED
    former, version = order.payment_view(), order.version
    _advance_or_note(order, saga, name="reservation_expired", detail=None, now=now)
    progress.announce_payment(order, former=former, version=version)


def _told(order: Order, news: PaymentNews) -> OrderPaymentStatus | None:
    # A payment that ends leaves an order that still can be paid without one.
    if news.told is OrderPaymentStatus.CANCELED and order.status == OrderStatus.PENDING_PAYMENT:
        return OrderPaymentStatus.REQUIRES_PAYMENT_METHOD
    return news.told


def _advance_or_note(order: Order, saga: CheckoutSaga, *, name: str, detail: str | None, now: datetime) -> None:
    if not progress.advance(order=order, saga=saga, outcome=name, step=name, now=now, detail=detail):
        saga.save()
        log.write(saga, at=now, step=name, from_state=saga.state, outcome="noted", detail=detail)


def _saga_of_former_payment(order: Order, news: PaymentNews, now: datetime) -> CheckoutSaga | None:
    """The saga that sends back what a former payment of the order brings in; begun by the first such news."""
    own = {"order": order, "purpose": Purpose.MONEY_RETURN, "payment_id": news.payment_id}
    saga = CheckoutSaga.objects.select_for_update(no_key=True).filter(**own).first()
    if saga is None and news.name in _MONEY:
        saga = CheckoutSaga(
            **own,
            definition=CURRENT.version,
            started_at=now,
            deadline=now,
            reason="payment_orphaned",
            stock=Stock.RELEASED,
        )
        progress.begin(saga, order=order, state="closed", now=now)
    return saga
