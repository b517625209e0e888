"""What buyers see: their payment, and the currencies of the shop."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from payments.api import PaymentNotFound
from payments.models import PAYMENTS, Payment
from payments.rest.rendering import payment_members
from payments.rest.serializers import CurrencyView, PaymentView
from shared_kernel.http.etags import answer, etag_of
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView
from shared_kernel.identity.permissions import Anyone, CustomerOrGuest
from shared_kernel.identity.principals import Principal
from shared_kernel.money import CURRENCY_DIGITS


class PaymentDetail(ApiView):
    """One payment."""

    alias = PAYMENTS
    access = CustomerOrGuest()

    @operation("Show a payment", answers={200: PaymentView}, errors=(PaymentNotFound,), etag=True)
    def get(self, request: Request, payment_id: UUID) -> Response:
        """The payment of an own order; `processing` until its provider has answered, so poll with the entity tag."""
        payment = _own_payment(payment_id, self.principal)
        data = PaymentView(payment_members(payment, self.principal.kind)).data
        return answer(request, data, etag=etag_of(payment.version))


class CurrencyCollection(ApiView):
    """The currencies."""

    alias = PAYMENTS
    access = Anyone()
    personal = False

    @operation("List currencies", answers={200: CurrencyView}, paged=True)
    def get(self, request: Request) -> Response:
        """Every currency the shop trades in, on one page."""
        rows = [{"code": code, "digits": digits} for code, digits in sorted(CURRENCY_DIGITS.items())]
        return Response({"data": CurrencyView(rows, many=True).data, "page": {"has_more": False, "next": None}})


def _own_payment(payment_id: UUID, principal: Principal) -> Payment:
    """A payment of this principal.

    Raises:
        PaymentNotFound: there is none, or it is somebody else's.
    """
    payment = Payment.objects.of_id(payment_id)
    is_customers = principal.customer_id is not None and payment.customer_id == principal.customer_id
    if not is_customers and principal.order_id != payment.order_id:
        raise PaymentNotFound(payment_id=payment_id)
    return payment
