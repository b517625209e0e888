"""What a customer sees and edits of the own account."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from customers.api import CustomerNotFound
from customers.models import CUSTOMERS, Customer
from customers.rest.serializers import EditProfileRequest, ProfileView
from customers.usecases import accounts
from shared_kernel import clock
from shared_kernel.http.etags import answer, etag_of, require_if_match
from shared_kernel.http.idempotency import idempotent
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView, parse
from shared_kernel.identity.permissions import CustomerRequired


class Profile(ApiView):
    """The account of the customer who asks."""

    alias = CUSTOMERS
    access = CustomerRequired()

    @operation("Show the own profile", answers={200: ProfileView}, errors=(CustomerNotFound,), etag=True)
    def get(self, request: Request) -> Response:
        """The profile, with its version as entity tag."""
        return _show(request, Customer.objects.with_id(self.customer_id))

    @operation(
        "Edit the own profile",
        request=EditProfileRequest,
        answers={200: ProfileView},
        errors=(CustomerNotFound,),
        etag=True,
    )
    @idempotent()
    def patch(self, request: Request) -> Response:
        """Take over what a JSON merge patch gives; with `If-Match` only from that version."""
        body = parse(EditProfileRequest, request)
        if "If-Match" in request.headers:
            require_if_match(request, etag_of(Customer.objects.locked(self.customer_id).version))
        return _show(
            request, accounts.edit_profile(customer_id=self.customer_id, **body, now=clock.database_now(CUSTOMERS))
        )


def _show(request: Request, customer: Customer) -> Response:
    return answer(request, ProfileView(customer).data, etag=etag_of(customer.version))
