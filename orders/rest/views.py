"""What customers and guests do with their own orders."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from inventory.api import CurrencyNotOffered, InsufficientStock, PriceChanged, ReservationEnded, UnknownVariants
from orders.api import OrderNotFound, OrderStatus
from orders.checkout import log
from orders.models import ORDERS, Order
from orders.policies import ORDER_TOKEN_LIFETIME, CancelReason
from orders.rest import placing
from orders.rest.documents import OrderDetailView, OrderView, PlacedOrderView, TimelineView
from orders.rest.rendering import describe, payments_of, turns
from orders.rest.requests import CancelOrderRequest, PayOrderRequest, PlaceOrderRequest
from orders.usecases import cancellation, paying
from orders.usecases.placing import OrderTooLarge, OrderTotalChanged
from shared_kernel import clock
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.http.etags import answer, etag_of
from shared_kernel.http.idempotency import Claim, idempotent, idempotent_steps
from shared_kernel.http.listing import Listing, Moments, OneOf
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView, parse
from shared_kernel.identity import order_tokens
from shared_kernel.identity.permissions import Access, CustomerOrGuest, CustomerRequired
from shared_kernel.identity.principals import Principal, PrincipalKind


class Buyer(Access):
    """Whoever may place an order: a customer, or anybody as a guest."""

    kinds = frozenset({PrincipalKind.ANONYMOUS, PrincipalKind.CUSTOMER, PrincipalKind.GUEST})


def own_order(order_id: UUID, principal: Principal) -> Order:
    """An order of this principal, whole.

    Raises:
        OrderNotFound: there is none, or it is somebody else's.
    """
    order = Order.objects.whole().known(order_id)
    is_customers = principal.customer_id is not None and order.customer_id == principal.customer_id
    if not is_customers and principal.order_id != order_id:
        raise OrderNotFound(order_id=order_id)
    return order


def show(request: Request, order: Order, principal: Principal, *, now: datetime) -> Response:
    """The order after a command, read again whole."""
    whole = Order.objects.whole().known(order.id)
    document = OrderView(describe(whole, principal=principal, now=now)).data
    return answer(request, document, etag=etag_of(whole.version))


def detail(request: Request, order: Order, principal: Principal, *, with_payments: bool) -> Response:
    """The order with the parts that were asked for; its tag covers them."""
    members = describe(order, principal=principal, now=clock.now(ORDERS))
    if not with_payments:
        return answer(request, OrderView(members).data, etag=etag_of(order.version))
    found = payments_of(order)
    return answer(request, OrderDetailView({**members, **found}).data, etag=etag_of(order.version, found))


class OrderCollection(ApiView):
    """Own orders."""

    alias = ORDERS
    access = {"GET": CustomerRequired(), "POST": Buyer()}
    listings = {
        "GET": Listing(
            filters={"status": OneOf(OrderStatus), "created_at": Moments()},
            sort=("created_at",),
            default="-created_at",
        )
    }

    @operation("List own orders", answers={200: OrderView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of own orders, the newest first."""
        now = clock.now(ORDERS)
        page = self.paginate(Order.objects.whole().filter(customer_id=self.principal.customer_id))
        documents = [describe(order, principal=self.principal, now=now) for order in page.rows]
        return page.response(OrderView(documents, many=True).data)

    @operation(
        "Place an order",
        request=PlaceOrderRequest,
        answers={201: PlacedOrderView},
        errors=(
            InsufficientStock,
            UnknownVariants,
            CurrencyNotOffered,
            PriceChanged,
            OrderTotalChanged,
            OrderTooLarge,
            ReservationEnded,
        ),
        etag=True,
    )
    @idempotent_steps(required=True)
    def post(self, request: Request, claim: Claim) -> HttpResponse:
        """Hold the stock and write the order down; whether it is paid comes later, on the order."""
        body = parse(PlaceOrderRequest, request)
        placement = placing.read_placement(body, self.principal)
        return placing.place(claim, body=body, placement=placement, answer=self._placed)

    def _placed(self, order: Order) -> Response:
        whole = Order.objects.whole().known(order.id)
        members = describe(whole, principal=self._owner(order), now=order.placed_at)
        if order.customer_id is None:
            expiry = order.placed_at + ORDER_TOKEN_LIFETIME
            members["order_token"] = order_tokens.issue(order_id=order.id, expires_at=expiry)
        headers = {"Location": reverse("order-detail", args=[order.id]), "ETag": etag_of(whole.version)}
        return Response(PlacedOrderView(members).data, status=201, headers=headers)

    def _owner(self, order: Order) -> Principal:
        if order.customer_id is not None:
            return self.principal
        return Principal(kind=PrincipalKind.GUEST, order_id=order.id)


class OrderDetail(ApiView):
    """One own order."""

    alias = ORDERS
    access = CustomerOrGuest()
    listings = {"GET": Listing(expand=("payments",), paged=False)}

    @operation("Show an order", answers={200: OrderDetailView}, errors=(OrderNotFound,), etag=True)
    def get(self, request: Request, order_id: UUID) -> Response:
        """The order; poll it with its entity tag until it is confirmed."""
        order = own_order(order_id, self.principal)
        return detail(request, order, self.principal, with_payments="payments" in self.expands)


class OrderCancellation(ApiView):
    """Calling off an own order."""

    alias = ORDERS
    access = CustomerOrGuest()

    @operation(
        "Cancel an order",
        request=CancelOrderRequest,
        answers={200: OrderView},
        errors=(OrderNotFound, InvalidStateTransition),
        etag=True,
    )
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID) -> Response:
        """Call it off; stock and money find their way back by themselves."""
        body = parse(CancelOrderRequest, request)
        own_order(order_id, self.principal)
        now = clock.database_now(ORDERS)
        order = cancellation.cancel_order(
            order_id=order_id, reason=CancelReason(body["reason"]), actor=self.principal.kind, now=now
        )
        return show(request, order, self.principal, now=now)


class OrderPayments(ApiView):
    """Paying an own order again."""

    alias = ORDERS
    access = CustomerOrGuest()

    @operation(
        "Pay an order again",
        request=PayOrderRequest,
        answers={201: OrderView},
        errors=(OrderNotFound, InvalidStateTransition),
        etag=True,
    )
    @idempotent(required=True)
    def post(self, request: Request, order_id: UUID) -> Response:
        """Start another payment after a decline; the answer is the order with its new payment."""
        body = parse(PayOrderRequest, request)
        own_order(order_id, self.principal)
        now = clock.database_now(ORDERS)
        method = body["payment_method"]
        order = paying.request_payment(
            order_id=order_id, method=method["type"], token=method["token"], actor=self.principal.kind, now=now
        )
        response = show(request, order, self.principal, now=now)
        response.status_code = 201
        return response


class OrderTimeline(ApiView):
    """The life of an own order."""

    alias = ORDERS
    access = CustomerOrGuest()

    @operation("Show the timeline of an order", answers={200: TimelineView}, errors=(OrderNotFound,))
    def get(self, request: Request, order_id: UUID) -> Response:
        """What happened, when, by whom and why."""
        own_order(order_id, self.principal)
        return Response(TimelineView({"data": turns(log.turns(order_id))}).data)
