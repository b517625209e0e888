"""Stock for staff and services: what is where, what changed it, and what is set aside for whom."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api import UnknownVariants
from inventory.models import INVENTORY, Reservation, StockLevel, StockMovement
from inventory.policies import (
    RESERVATION,
    AdjustmentReason,
    Bucket,
    MovementReason,
    ReservationUnknown,
    StockLevelNotFound,
    StockPromised,
    TooManyUnits,
    UnknownLocation,
)
from inventory.rest.requests import AdjustStockRequest, SetStockLevelRequest
from inventory.rest.serializers import AdjustmentView, MovementView, ReservationView, StockLevelView
from inventory.usecases import stock_counts
from shared_kernel import clock
from shared_kernel.http.etags import answer, etag_of, require_if_match
from shared_kernel.http.idempotency import idempotent
from shared_kernel.http.listing import IdIs, Listing, Moments, OneOf, TextIs
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView, Surface, parse
from shared_kernel.identity.permissions import HasScope

READ = HasScope("stock:read")
WRITE = HasScope("stock:write")


class StockLevelCollection(ApiView):
    """The units of every variant at every location."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"GET": READ}
    listings = {
        "GET": Listing(
            filters={
                "variant_id": IdIs("var"),
                "location_id": IdIs("loc"),
                "sku": TextIs(max_length=100, column="variant__sku"),
            },
            sort=("id",),
            default="id",
        ),
    }

    @operation("List stock levels", answers={200: StockLevelView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of stock levels, the oldest first."""
        page = self.paginate(StockLevel.objects.select_related("variant", "location"))
        return page.response(StockLevelView(page.rows, many=True).data)


class StockLevelDetail(ApiView):
    """The units of one variant at one location."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"GET": READ, "PUT": WRITE}

    @operation("Show a stock level", answers={200: StockLevelView}, errors=(StockLevelNotFound,), etag=True)
    def get(self, request: Request, level_id: UUID) -> Response:
        """The level, with its version as entity tag."""
        level = StockLevel.objects.select_related("variant", "location").get_one(level_id)
        return answer(request, StockLevelView(level).data, etag=etag_of(level.version))

    @operation(
        "Set a stock level",
        request=SetStockLevelRequest,
        answers={200: StockLevelView},
        errors=(StockLevelNotFound, StockPromised, TooManyUnits),
        etag=True,
        if_match=True,
    )
    @idempotent()
    def put(self, request: Request, level_id: UUID) -> Response:
        """What was counted; refused when anything changed since the level was read."""
        body = parse(SetStockLevelRequest, request)
        level = StockLevel.objects.locked().get_one(level_id)
        require_if_match(request, etag_of(level.version))
        stock_counts.set_level(
            level, on_hand=body["on_hand"], safety_stock=body["safety_stock"], now=clock.database_now(INVENTORY)
        )
        return answer(request, StockLevelView(level).data, etag=etag_of(level.version))


class StockAdjustmentCollection(ApiView):
    """Changes of the units on hand."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"POST": WRITE}

    @operation(
        "Adjust stock",
        request=AdjustStockRequest,
        answers={201: AdjustmentView},
        errors=(UnknownVariants, UnknownLocation, StockPromised, TooManyUnits),
    )
    @idempotent(required=True)
    def post(self, request: Request) -> Response:
        """Units that came to or left a location; the level is made if there is none."""
        body = parse(AdjustStockRequest, request)
        adjustment = stock_counts.adjust_stock(
            variant_id=body["variant_id"],
            location_id=body["location_id"],
            delta=body["delta"],
            reason=AdjustmentReason(body["reason"]),
            now=clock.database_now(INVENTORY),
        )
        adjustment.level.refresh_from_db()
        return Response(AdjustmentView(adjustment).data, status=201)


class StockMovementCollection(ApiView):
    """The journal of all changes."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"GET": READ}
    listings = {
        "GET": Listing(
            filters={
                "level_id": IdIs("lvl"),
                "reservation_id": IdIs("res", column="reference"),
                "adjustment_id": IdIs("adj", column="reference"),
                "bucket": OneOf(Bucket),
                "reason": OneOf([*MovementReason, *AdjustmentReason]),
                "at": Moments(),
            },
            sort=("at",),
            default="-at",
        ),
    }

    @operation("List stock movements", answers={200: MovementView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of movements, the newest first."""
        page = self.paginate(StockMovement.objects.select_related("level"))
        return page.response(MovementView(page.rows, many=True).data)


class ReservationCollection(ApiView):
    """Stock set aside for orders."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"GET": READ}
    listings = {
        "GET": Listing(
            filters={
                "order_id": IdIs("ord"),
                "status": OneOf(RESERVATION.states, column="state"),
                "created_at": Moments(),
            },
            sort=("created_at",),
            default="-created_at",
        ),
    }

    @operation("List reservations", answers={200: ReservationView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of reservations, the newest first; `status` finds a hold that ran out as `held` until it is tidied."""
        page = self.paginate(Reservation.objects.with_lines())
        return page.response(ReservationView(page.rows, many=True, context={"now": clock.now(INVENTORY)}).data)


class ReservationDetail(ApiView):
    """Stock set aside for one order."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"GET": READ}

    @operation("Show a reservation", answers={200: ReservationView}, errors=(ReservationUnknown,), etag=True)
    def get(self, request: Request, reservation_id: UUID) -> Response:
        """The reservation as it reads now."""
        now = clock.now(INVENTORY)
        reservation = Reservation.objects.with_lines().get_one(reservation_id)
        tag = etag_of(reservation.version, reservation.state_at(now))
        return answer(request, ReservationView(reservation, context={"now": now}).data, etag=tag)
