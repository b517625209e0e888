"""An order as it was placed: a snapshot that later changes elsewhere never touch."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.db import connections, models
from django.db.models import F, Q

from orders.api import OrderNotFound, OrderStatus
from orders.policies import ORDER_MACHINE, OrderPaymentStatus, payment_status
from shared_kernel.ids import new_id
from shared_kernel.models import Aggregate
from shared_kernel.money import MAX_AMOUNT, Money


class OrderQuerySet(models.QuerySet["Order"]):
    """The ways in which orders are looked up."""

    def locked(self, order_id: UUID) -> Order:
        """The order, locked until the transaction ends; the saga of an order is locked after it, never before.

        Raises:
            OrderNotFound: no order has this id.
        """
        return self.select_for_update(no_key=True).known(order_id)

    def known(self, order_id: UUID) -> Order:
        """The order.

        Raises:
            OrderNotFound: no order has this id.
        """
        order = self.filter(pk=order_id).first()
        if order is None:
            raise OrderNotFound(order_id=order_id)
        return order

    def whole(self) -> Self:
        """With lines, addresses and saga, in a constant number of queries."""
        return self.prefetch_related("lines", "addresses", "sagas")

    def next_number(self) -> str:
        """Draw the next human order number. Gaps are left by transactions that roll back."""
        with connections[self.db].cursor() as cursor:
            cursor.execute("select nextval('order_number')")
            return f"A-{cursor.fetchone()[0]}"


class Order(Aggregate):
    """An order; sums are minor units of its currency.

    `customer_id` is None for guests, whose `email` is kept instead. `payment_id` names the present try to pay.
    `payment_status`, `payment_error`, `captured` and `refunded` follow the news of payments.
    """

    pii_fields: ClassVar[tuple[str, ...]] = ("email",)

    number = models.CharField(max_length=32, unique=True, editable=False)
    status = models.CharField(max_length=32, choices=[(status.value, status.value) for status in OrderStatus])
    customer_id = models.UUIDField(null=True, blank=True)
    email = models.EmailField(max_length=254, null=True, blank=True)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    placed_at = models.DateTimeField()
    payable_until = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=64, null=True, blank=True)
    payment_id = models.UUIDField(null=True, blank=True)
    payment_status = models.CharField(
        max_length=32, choices=[(status.value, status.value) for status in OrderPaymentStatus]
    )
    payment_error = models.CharField(max_length=64, null=True, blank=True)
    captured = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=list(OrderStatus)), name="order_status_is_known"),
            models.CheckConstraint(condition=Q(total__gte=0, total__lte=MAX_AMOUNT), name="order_total_is_possible"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")), name="order_refunds_only_what_was_captured"
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.CONFIRMED) | Q(confirmed_at__isnull=False),
                name="order_confirmed_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=OrderStatus.CANCELED) | Q(canceled_at__isnull=False, cancel_reason__isnull=False),
                name="order_canceled_has_time_and_reason",
            ),
        )
        indexes = (
            models.Index(fields=["-created_at", "-id"], name="order_by_time"),
            models.Index(fields=["status", "-created_at", "-id"], name="order_by_status"),
            models.Index(fields=["customer_id", "-created_at", "-id"], name="order_by_customer"),
        )

    @property
    def total_money(self) -> Money:
        """The total with its currency."""
        return self.money(self.total)

    def money(self, amount: int) -> Money:
        """An amount in the currency of this order."""
        return Money(amount=amount, currency=self.currency)

    def confirm(self, *, at: datetime) -> None:
        """Stock is promised and money is ours.

        Raises:
            InvalidStateTransition: it does not wait for payment.
        """
        self._move("confirm", at)
        self.confirmed_at = at
        self.save(update_fields=["status", "updated_at", "confirmed_at"])

    def expire(self, *, reason: str, at: datetime) -> None:
        """Nobody paid in time, or the stock is gone.

        Raises:
            InvalidStateTransition: it does not wait for payment.
        """
        self._move("expire", at)
        self.expired_at = at
        self.cancel_reason = reason
        self.save(update_fields=["status", "updated_at", "expired_at", "cancel_reason"])

    def cancel(self, *, reason: str, at: datetime) -> None:
        """Call the order off.

        Raises:
            InvalidStateTransition: it is over already.
        """
        self._move("cancel", at)
        self.canceled_at = at
        self.cancel_reason = reason
        self.save(update_fields=["status", "updated_at", "canceled_at", "cancel_reason"])

    def begin_payment(self, *, payment_id: UUID, at: datetime) -> None:
        """Start another try to pay."""
        self.payment_id = payment_id
        self.payment_error = None
        self.payment_status = OrderPaymentStatus.PROCESSING
        self.updated_at = at
        self.save(update_fields=["payment_id", "payment_error", "payment_status", "updated_at"])

    def note_payment(self, *, told: OrderPaymentStatus | None, error: str | None, at: datetime) -> None:
        """Take over what the present payment told (None if only sums changed), and the sums."""
        self.payment_status = payment_status(
            told=told or OrderPaymentStatus(self.payment_status),
            total=self.total,
            captured=self.captured,
            refunded=self.refunded,
        )
        self.payment_error = error or self.payment_error
        self.updated_at = at
        self.save(update_fields=["captured", "refunded", "payment_status", "payment_error", "updated_at"])

    def payment_view(self) -> tuple[object, ...]:
        """What the buyer sees of the payment, to tell whether it changed."""
        return self.payment_id, self.payment_status, self.payment_error, self.captured, self.refunded

    def _move(self, command: str, at: datetime) -> None:
        self.status = ORDER_MACHINE.target(self.status, command)
        self.updated_at = at


class OrderLine(models.Model):
    """One line as it was sold; `total` is quantity times unit price, in minor units of the order's currency."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    variant_id = models.UUIDField()
    product_id = models.UUIDField()
    sku = models.CharField(max_length=200)
    title = models.CharField(max_length=700)
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField()
    total = models.BigIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position_is_unique"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_has_a_quantity"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="order_line_price_is_not_negative"),
            models.CheckConstraint(
                condition=Q(total=F("unit_price") * F("quantity")), name="order_line_total_is_price_times_quantity"
            ),
        )


class OrderAddress(models.Model):
    """Where an order goes, or who is billed, as it was written then."""

    class Kind(models.TextChoices):
        """What the address is for."""

        SHIPPING = "shipping"
        BILLING = "billing"

    pii_fields: ClassVar[tuple[str, ...]] = ("name", "line1", "line2", "city", "postal_code", "region")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=200)
    line1 = models.CharField(max_length=200)
    line2 = models.CharField(max_length=200, null=True, blank=True)
    city = models.CharField(max_length=100)
    postal_code = models.CharField(max_length=20, null=True, blank=True)
    region = models.CharField(max_length=100, null=True, blank=True)
    country = models.CharField(max_length=2)

    class Meta:
        verbose_name_plural = "order addresses"
        constraints = (models.UniqueConstraint(fields=["order", "kind"], name="order_address_kind_is_unique"),)
