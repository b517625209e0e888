"""The checkout saga as rows: where each order is on its way, and the log that says why."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from orders.models.order import Order
from shared_kernel.ids import new_id
from shared_kernel.models import DueRow


class Purpose(models.TextChoices):
    """What a saga row carries to its end: an order, or money of one of its former payments back to the buyer."""

    CHECKOUT = "checkout"
    MONEY_RETURN = "money_return"


class Stock(models.TextChoices):
    """What inventory last told about the stock of an order."""

    HELD = "held"
    COMMITTED = "committed"
    CONSUMED = "consumed"
    RELEASED = "released"


class CheckoutSagaQuerySet(models.QuerySet["CheckoutSaga"]):
    """The ways in which sagas are looked up."""

    def of(self, order: Order) -> CheckoutSaga:
        """The checkout of an order that is locked, locked."""
        return self.select_for_update(no_key=True).get(order=order, purpose=Purpose.CHECKOUT)


class CheckoutSaga(DueRow):
    """Where one order is. A step is the state with its `step_id`, drawn anew whenever the state is entered.

    `waiting_for` names what a waiting state waits for; without it and with `due_at` the driver is at work. The ids name
    the effects of commands and are saved before the command is sent. Sums are minor units and those of `payment_id`
    alone. `payment_method` is the provider's token, kept only until payments has it.
    """

    pii_fields: ClassVar[tuple[str, ...]] = ("payment_method",)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="sagas")
    purpose = models.CharField(max_length=16, choices=Purpose, default=Purpose.CHECKOUT)
    definition = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=40)
    waiting_for = models.CharField(max_length=40, null=True, blank=True)
    is_over = models.BooleanField(default=False)
    step_id = models.UUIDField(default=new_id)
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    deadline = models.DateTimeField()
    reason = models.CharField(max_length=64, null=True, blank=True)
    stock = models.CharField(max_length=16, choices=Stock, default=Stock.HELD)
    payment_id = models.UUIDField(null=True, blank=True)
    payment_method = models.JSONField(null=True, blank=True)
    capture_id = models.UUIDField(null=True, blank=True)
    capture_amount = models.BigIntegerField(null=True, blank=True)
    refund_id = models.UUIDField(null=True, blank=True)
    refund_amount = models.BigIntegerField(null=True, blank=True)
    captured = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)

    objects = CheckoutSagaQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["order"], condition=Q(purpose=Purpose.CHECKOUT), name="checkout_saga_is_one_per_order"
            ),
            models.UniqueConstraint(
                fields=["payment_id"],
                condition=Q(purpose=Purpose.MONEY_RETURN),
                name="checkout_saga_returns_a_payment_once",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")),
                name="checkout_saga_refunds_only_what_was_captured",
            ),
            models.CheckConstraint(
                condition=Q(is_over=True) | Q(waiting_for__isnull=False) | Q(due_at__isnull=False),
                name="checkout_saga_has_an_owner",
            ),
        )
        indexes = (models.Index(fields=["deadline"], condition=Q(is_over=False), name="checkout_saga_by_deadline"),)

    def step(self) -> tuple[str, UUID]:
        """What identifies the present step: an answer that belongs to another one comes too late."""
        return self.state, self.step_id


class CheckoutLogEntry(models.Model):
    """One line of the answer to "where is this order, and why": never changed, never removed.

    `step` is what was tried or told. `outcome` is how it ended (`done`, a refusal's code, a status, the news itself),
    `unknown` if no answer came, `noted` if it changed nothing, `late` if the saga had moved on; `detail` is a code.
    `actor` is the kind of principal behind it.
    """

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT")

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="checkout_log")
    saga_id = models.UUIDField()
    at = models.DateTimeField()
    step = models.CharField(max_length=40)
    from_state = models.CharField(max_length=40)
    to_state = models.CharField(max_length=40)
    outcome = models.CharField(max_length=64)
    detail = models.CharField(max_length=64, null=True, blank=True)
    actor = models.CharField(max_length=16)

    class Meta:
        verbose_name_plural = "checkout log entries"
        ordering = ("id",)
        indexes = (models.Index(fields=["order", "id"], name="checkout_log_entry_by_order"),)
