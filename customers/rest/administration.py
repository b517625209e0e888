"""What staff and services see of customers and of the mail that was sent to them."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from customers.api import CustomerNotFound, MessageStatus
from customers.models import CUSTOMERS, Customer, Message
from customers.policies import PLACEHOLDERS
from customers.rest.serializers import MessageView, ProfileView
from shared_kernel.http.etags import answer, etag_of
from shared_kernel.http.listing import IdIs, Listing, Moments, OneOf
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView, Surface
from shared_kernel.identity.permissions import HasScope


class CustomerCollection(ApiView):
    """All accounts."""

    alias = CUSTOMERS
    surface = Surface.ADMIN
    access = {"GET": HasScope("customers:read")}
    listings = {
        "GET": Listing(filters={"created_at": Moments()}, sort=("created_at",), default="-created_at"),
    }

    @operation("List customers", answers={200: ProfileView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of accounts, the newest first. There is no search by address: it would end up in logs."""
        page = self.paginate(Customer.objects.all())
        return page.response(ProfileView(page.rows, many=True).data)


class CustomerDetail(ApiView):
    """One account."""

    alias = CUSTOMERS
    surface = Surface.ADMIN
    access = {"GET": HasScope("customers:read")}

    @operation("Show a customer", answers={200: ProfileView}, errors=(CustomerNotFound,), etag=True)
    def get(self, request: Request, customer_id: UUID) -> Response:
        """The account, with its version as entity tag."""
        customer = Customer.objects.with_id(customer_id)
        return answer(request, ProfileView(customer).data, etag=etag_of(customer.version))


class MessageCollection(ApiView):
    """The mail that was asked for."""

    alias = CUSTOMERS
    surface = Surface.ADMIN
    access = {"GET": HasScope("customers:read")}
    listings = {
        "GET": Listing(
            filters={
                "status": OneOf(MessageStatus),
                "template": OneOf(sorted(PLACEHOLDERS)),
                "customer_id": IdIs("cus"),
                "created_at": Moments(),
            },
            sort=("created_at",),
            default="-created_at",
        ),
    }

    @operation("List messages", answers={200: MessageView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of messages, the newest first, without addresses and without what they say."""
        page = self.paginate(Message.objects.all())
        return page.response(MessageView(page.rows, many=True).data)
