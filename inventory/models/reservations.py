"""Holds on stock: one reservation per order, its lines as they were sold, and the shelves the units stand on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

from inventory.api import ReservationNotFound, ReservationState
from inventory.models.catalog import Variant
from inventory.models.stock import StockLevel
from inventory.policies import RESERVATION, ReservationUnknown, state_at
from shared_kernel.ids import new_id
from shared_kernel.models import Aggregate, DueRow
from shared_kernel.money import MAX_AMOUNT, Money

HELD = ReservationState.HELD.value


class ReservationQuerySet(models.QuerySet["Reservation"]):
    """Questions asked of reservations."""

    def of_order(self, order_id: UUID) -> Reservation:
        """The hold of one order.

        Raises:
            ReservationNotFound: nothing was ever held for it.
        """
        reservation = self.filter(order_id=order_id).first()
        if reservation is None:
            raise ReservationNotFound(order_id=order_id)
        return reservation

    def with_lines(self) -> ReservationQuerySet:
        """With their lines in order; one more query, however many reservations."""
        return self.prefetch_related(Prefetch("lines", ReservationLine.objects.order_by("position")))

    def get_one(self, reservation_id: UUID) -> Reservation:
        """One reservation.

        Raises:
            ReservationUnknown: none has this id.
        """
        reservation = self.filter(pk=reservation_id).first()
        if reservation is None:
            raise ReservationUnknown
        return reservation

    def locked(self) -> ReservationQuerySet:
        """Lock the reservations in order of id; stock levels are locked after them, never before."""
        return self.select_for_update(no_key=True).order_by("id")

    def lapsed(self, now: datetime) -> ReservationQuerySet:
        """Holds that have run out by `now` and still count as reserved."""
        return self.filter(state=HELD, expires_at__lte=now)

    def on_variants(self, variant_ids: Collection[UUID]) -> ReservationQuerySet:
        """Holds with a line on one of these variants, each once.

        Not a list of ids of the same rows: statistics know nothing of holds that just ran out, and the planner then
        looks all of them up anew for each.
        """
        return self.filter(Exists(ReservationLine.objects.filter(reservation=OuterRef("pk"), variant__in=variant_ids)))


class Reservation(Aggregate, DueRow):
    """Stock set aside for one order; due when its hold runs out."""

    order_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state=HELD), name="reservation_by_expiry"),
            models.Index(fields=["created_at", "id"], name="reservation_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=list(map(str, RESERVATION.states))), name="reservation_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=HELD) | Q(expires_at__isnull=False),
                name="reservation_held_has_an_end",
            ),
        ]

    def state_at(self, now: datetime) -> ReservationState:
        """The state as it reads at `now`; a hold that has run out is expired before anybody tidied it up."""
        return state_at(ReservationState(self.state), self.expires_at, now)

    def commit(self, *, at: datetime) -> None:
        """Promise the held units to the order, which has no time limit any more.

        Raises:
            InvalidStateTransition: it is not held.
        """
        self._follow("commit", at)

    def consume(self, *, at: datetime) -> None:
        """Note that the promised units have left.

        Raises:
            InvalidStateTransition: it is not committed.
        """
        self._follow("consume", at)

    def release(self, *, at: datetime) -> None:
        """Give the units back by command.

        Raises:
            InvalidStateTransition: it is over.
        """
        self._follow("release", at)

    def expire(self, *, at: datetime) -> None:
        """Give the units back because the time is up.

        Raises:
            InvalidStateTransition: it is not held.
        """
        self._follow("expire", at)

    def _follow(self, command: str, at: datetime) -> None:
        self.state = RESERVATION.target(self.state, command)
        self.updated_at = at
        # Whatever happens to a hold ends its timer.
        self.due_at = self.leased_until = None
        self.save(update_fields=["state", "updated_at", "due_at", "leased_until"])


class ReservationLine(models.Model):
    """Units of one variant in a reservation, with SKU, title and price as they were when they were held."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="lines", db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_index=False)
    product_id = models.UUIDField()
    position = models.PositiveIntegerField()
    sku = models.CharField(max_length=100)
    title = models.CharField(max_length=605)
    quantity = models.IntegerField()
    unit_amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation", "variant"], name="reservation_line_variant_is_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_line_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(unit_amount__gte=0, unit_amount__lte=MAX_AMOUNT), name="reservation_line_price_is_possible"
            ),
        ]

    @property
    def unit_price(self) -> Money:
        """The price of one unit."""
        return Money(amount=self.unit_amount, currency=self.reservation.currency)


class ReservationAllocation(models.Model):
    """How many units of a line stand on one stock level; the allocations of a line add up to its quantity."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    line = models.ForeignKey(ReservationLine, on_delete=models.PROTECT, related_name="allocations", db_index=False)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="allocations")
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "level"], name="reservation_allocation_level_is_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_allocation_quantity_is_positive"),
        ]
