"""What staff and services do with orders."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from orders.api import OrderNotFound, OrderStatus
from orders.checkout import log
from orders.models import ORDERS, Order
from orders.policies import CancelReason, OrderPaymentStatus
from orders.rest.documents import CheckoutTimelineView, OrderDetailView, OrderView
from orders.rest.rendering import describe
from orders.rest.requests import CancelOrderRequest
from orders.rest.views import detail, show
from orders.usecases import cancellation
from shared_kernel import clock
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.http.idempotency import idempotent
from shared_kernel.http.listing import IdIs, Listing, Moments, OneOf, TextIs
from shared_kernel.http.openapi import operation
from shared_kernel.http.serializers import EmptyRequest
from shared_kernel.http.views import ApiView, Surface, parse
from shared_kernel.identity.permissions import HasScope


class AdminOrderCollection(ApiView):
    """All orders."""

    alias = ORDERS
    surface = Surface.ADMIN
    access = {"GET": HasScope("orders:read")}
    listings = {
        "GET": Listing(
            filters={
                "status": OneOf(OrderStatus),
                "payment_status": OneOf(OrderPaymentStatus),
                "customer_id": IdIs("cus"),
                "number": TextIs(max_length=32),
                "created_at": Moments(),
            },
            sort=("created_at",),
            default="-created_at",
        )
    }

    @operation("List orders", answers={200: OrderView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of orders, the newest first."""
        now = clock.now(ORDERS)
        page = self.paginate(Order.objects.whole())
        documents = [describe(order, principal=self.principal, now=now) for order in page.rows]
        return page.response(OrderView(documents, many=True).data)


class AdminOrderDetail(ApiView):
    """One order."""

    alias = ORDERS
    surface = Surface.ADMIN
    access = {"GET": HasScope("orders:read")}
    listings = {"GET": Listing(expand=("payments",), paged=False)}

    @operation("Show any order", answers={200: OrderDetailView}, errors=(OrderNotFound,), etag=True)
    def get(self, request: Request, order_id: UUID) -> Response:
        """The order with its entity tag."""
        order = Order.objects.whole().known(order_id)
        return detail(request, order, self.principal, with_payments="payments" in self.expands)


class AdminOrderCancellation(ApiView):
    """Calling off any order."""

    alias = ORDERS
    surface = Surface.ADMIN
    access = {"POST": HasScope("orders:write")}

    @operation(
        "Cancel any order",
        request=CancelOrderRequest,
        answers={200: OrderView},
        errors=(OrderNotFound, InvalidStateTransition),
        etag=True,
    )
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID) -> Response:
        """Call it off; stock and money find their way back by themselves."""
        body = parse(CancelOrderRequest, request)
        now = clock.database_now(ORDERS)
        order = cancellation.cancel_order(
            order_id=order_id, reason=CancelReason(body["reason"]), actor=self.principal.kind, now=now
        )
        return show(request, order, self.principal, now=now)


class AdminMoneyReturn(ApiView):
    """Trying again to send back money that a provider refused to take back."""

    alias = ORDERS
    surface = Surface.ADMIN
    access = {"POST": HasScope("orders:write")}

    @operation(
        "Return the money of a canceled order again",
        request=EmptyRequest,
        answers={200: OrderView},
        errors=(OrderNotFound, InvalidStateTransition),
        etag=True,
    )
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID) -> Response:
        """Have the checkout look at the payment again and void or refund what is left."""
        parse(EmptyRequest, request)
        now = clock.database_now(ORDERS)
        order = cancellation.return_money_again(order_id=order_id, actor=self.principal.kind, now=now)
        return show(request, order, self.principal, now=now)


class AdminOrderTimeline(ApiView):
    """Where an order is, and why."""

    alias = ORDERS
    surface = Surface.ADMIN
    access = {"GET": HasScope("orders:read")}

    @operation("Show the checkout of an order", answers={200: CheckoutTimelineView}, errors=(OrderNotFound,))
    def get(self, request: Request, order_id: UUID) -> Response:
        """Every step of its checkout, and what it waits for now."""
        order = Order.objects.whole().known(order_id)
        checkouts = sorted(order.sagas.all(), key=lambda saga: saga.started_at)
        return Response(CheckoutTimelineView({"checkouts": checkouts, "steps": log.entries(order_id)}).data)
