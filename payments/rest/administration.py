"""Payments and refunds for staff and services: look, capture, void, refund."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from payments.api import AmountExceedsPayment, InvalidAmount, PaymentNotFound, PaymentStatus, RefundStatus
from payments.models import PAYMENTS, Payment, Refund
from payments.policies import RefundNotFound
from payments.rest.rendering import admin_payment_members, latest_transactions, refund_members, transaction_members
from payments.rest.serializers import (
    AdminPaymentDetailView,
    AdminPaymentView,
    CaptureRequest,
    RefundRequest,
    RefundView,
    VoidRequest,
)
from payments.usecases import captures, refunds, voids
from shared_kernel import clock
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.http.etags import answer, etag_of
from shared_kernel.http.idempotency import idempotent
from shared_kernel.http.listing import IdIs, Listing, Moments, OneOf
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView, Surface, parse
from shared_kernel.identity.permissions import HasScope
from shared_kernel.ids import encode_id, new_id

READ = HasScope("payments:read")
WRITE = HasScope("payments:write")


class AdminPaymentCollection(ApiView):
    """All payments."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = READ
    listings = {
        "GET": Listing(
            filters={"order_id": IdIs("ord"), "status": OneOf(PaymentStatus), "created_at": Moments()},
            sort=("created_at",),
            default="-created_at",
        ),
    }

    @operation("List all payments", answers={200: AdminPaymentView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of payments, the newest first."""
        page = self.paginate(Payment.objects.all())
        return page.response(AdminPaymentView([admin_payment_members(row) for row in page.rows], many=True).data)


class AdminPaymentDetail(ApiView):
    """One payment."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = READ

    @operation("Show any payment", answers={200: AdminPaymentDetailView}, errors=(PaymentNotFound,), etag=True)
    def get(self, request: Request, payment_id: UUID) -> Response:
        """The payment with its transactions."""
        payment = Payment.objects.of_id(payment_id)
        rows = [transaction_members(row) for row in latest_transactions(payment)]
        data = AdminPaymentDetailView({**admin_payment_members(payment), "transactions": rows}).data
        # Tries at the provider change transactions without an event of the payment.
        tag = etag_of(payment.version, *[(row["status"], row["attempts"], row["next_try_at"]) for row in rows])
        return answer(request, data, etag=tag)


class PaymentCapture(ApiView):
    """Collecting."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = {"POST": WRITE}

    @operation(
        "Capture a payment",
        request=CaptureRequest,
        answers={202: AdminPaymentView},
        errors=(PaymentNotFound, AmountExceedsPayment, InvalidAmount, InvalidStateTransition),
    )
    @idempotent(required=True)
    def post(self, request: Request, payment_id: UUID) -> Response:
        """Ask the provider to collect authorized money; the payment tells when it has."""
        body = parse(CaptureRequest, request)
        payment = captures.capture_payment(
            payment_id=payment_id, capture_id=new_id(), amount=body.get("amount"), now=clock.database_now(PAYMENTS)
        )
        return _accepted(payment)


class PaymentVoid(ApiView):
    """Letting go."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = {"POST": WRITE}

    @operation(
        "Void a payment",
        request=VoidRequest,
        answers={202: AdminPaymentView},
        errors=(PaymentNotFound, InvalidStateTransition),
    )
    @idempotent(required=True)
    def post(self, request: Request, payment_id: UUID) -> Response:
        """Ask the provider to let go of the authorization; the payment is canceled when it has."""
        body = parse(VoidRequest, request)
        return _accepted(
            voids.void_payment(payment_id=payment_id, reason=body["reason"], now=clock.database_now(PAYMENTS))
        )


class PaymentRefunds(ApiView):
    """Sending back."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = {"POST": WRITE}

    @operation(
        "Refund a payment",
        request=RefundRequest,
        answers={201: RefundView},
        errors=(PaymentNotFound, AmountExceedsPayment, InvalidAmount, InvalidStateTransition),
    )
    @idempotent(required=True)
    def post(self, request: Request, payment_id: UUID) -> Response:
        """Send captured money back; the refund is `pending` until the provider has answered."""
        body = parse(RefundRequest, request)
        refund = refunds.refund_payment(
            payment_id=payment_id,
            refund_id=new_id(),
            amount=body.get("amount"),
            reason=body["reason"],
            now=clock.database_now(PAYMENTS),
        )
        headers = {"Location": f"/v1/admin/refunds/{encode_id('ref', refund.id)}"}
        return Response(RefundView(refund_members(refund)).data, status=201, headers=headers)


class RefundCollection(ApiView):
    """All refunds."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = READ
    listings = {
        "GET": Listing(
            filters={
                "payment_id": IdIs("pay"),
                "order_id": IdIs("ord", column="payment__order_id"),
                "status": OneOf(RefundStatus),
                "created_at": Moments(),
            },
            sort=("created_at",),
            default="-created_at",
        ),
    }

    @operation("List all refunds", answers={200: RefundView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of refunds, the newest first."""
        page = self.paginate(Refund.objects.select_related("payment"))
        return page.response(RefundView([refund_members(row) for row in page.rows], many=True).data)


class RefundDetail(ApiView):
    """One refund."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = READ

    @operation("Show a refund", answers={200: RefundView}, errors=(RefundNotFound,), etag=True)
    def get(self, request: Request, refund_id: UUID) -> Response:
        """The refund; it changes with its payment and shares the entity tag."""
        refund = Refund.objects.select_related("payment").of_id(refund_id)
        return answer(request, RefundView(refund_members(refund)).data, etag=etag_of(refund.payment.version))


def _accepted(payment: Payment) -> Response:
    return Response(AdminPaymentView(admin_payment_members(payment)).data, status=202)
