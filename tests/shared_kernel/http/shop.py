"""A small API to try the kernel on; its effects are rows of the kernel's own tables in the schema of orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shared_kernel import call_context
from shared_kernel.errors import Conflict, Invalid, NotFound, Rejected, Unavailable
from shared_kernel.http.converters import id_converter
from shared_kernel.http.etags import answer, etag_of, require_if_match
from shared_kernel.http.fields import (
    ChoiceField,
    CountryField,
    EmailField,
    FlagField,
    MoneyField,
    QuantityField,
    TextField,
    TimestampField,
    TypeIdField,
    WholeNumberField,
)
from shared_kernel.http.idempotency import Claim, idempotent, idempotent_steps
from shared_kernel.http.listing import IdIs, Listing, Moments, OneOf, TextIs, WholeNumbers
from shared_kernel.http.openapi import operation
from shared_kernel.http.serializers import StrictSerializer
from shared_kernel.http.views import ApiView, Surface, parse
from shared_kernel.identity.permissions import Anyone, CustomerRequired, HasScope
from shared_kernel.models import KnownApiKey, ParkedEvent

ORDERS = "orders"
handler400 = "shared_kernel.http.django_errors.bad_request"
handler403 = "shared_kernel.http.django_errors.permission_denied"
handler404 = "shared_kernel.http.django_errors.not_found"
handler500 = "shared_kernel.http.django_errors.server_error"
id_converter("ord")


@dataclass(frozen=True, kw_only=True)
class Shortage:
    variant_id: UUID
    requested: int
    available: int


@dataclass(kw_only=True, eq=False)
class OutOfStock(Rejected):
    """A line asks for more than is left."""

    code = "test_out_of_stock"
    summary = "Not enough is left."

    shortages: list[Shortage]
    status: str = "not shown"
    secret_id: UUID


@dataclass(kw_only=True, eq=False)
class NothingThere(NotFound):
    """There is nothing of this id."""

    code = "test_nothing_there"
    summary = "There is nothing of this id."


VARIANT_ID = UUID(int=7)


class LineRequest(StrictSerializer):
    variant_id = TypeIdField("var")
    quantity = QuantityField()


class EverythingRequest(StrictSerializer):
    lines = serializers.ListField(child=LineRequest(), min_length=1, max_length=3, required=False)
    text = TextField(max_length=10, required=False)
    email = EmailField(required=False)
    number = WholeNumberField(required=False)
    flag = FlagField(required=False)
    choice = ChoiceField(["red", "green"], required=False)
    moment = TimestampField(required=False)
    price = MoneyField(required=False)
    country = CountryField(required=False)


class EverythingView(serializers.Serializer[Any]):
    text = serializers.CharField()


class NameRequest(StrictSerializer):
    name = TextField(max_length=50)


class Echo(ApiView):
    """What comes in, read strictly and written back."""

    alias = ORDERS
    access = Anyone()

    @operation("Echo", request=EverythingRequest, answers={200: EverythingView})
    def post(self, request: Request) -> Response:
        body = parse(EverythingRequest, request)
        return Response({"seen": sorted(body), "lines": [line["quantity"] for line in body.get("lines", [])]})


FAULTS: dict[str, Exception] = {
    "not_found": NothingThere(),
    "invalid": Invalid(),
    "conflict": Conflict(),
    "rejected": OutOfStock(
        shortages=[Shortage(variant_id=VARIANT_ID, requested=3, available=1)], secret_id=UUID(int=9)
    ),
    "unavailable": Unavailable(retry_after_seconds=7),
    "database": OperationalError("the connection is lost: password=hunter2"),
    "bug": RuntimeError("a secret: hunter2"),
}


class Failure(ApiView):
    """One of the ways to fail."""

    alias = ORDERS
    access = Anyone()

    @operation("Fail", answers={200: None})
    def get(self, request: Request, kind: str) -> Response:
        raise FAULTS[kind]


class Private(ApiView):
    """Who asks."""

    alias = ORDERS
    access = {"GET": CustomerRequired(), "PUT": Anyone()}

    @operation("Show the principal", answers={200: EverythingView})
    def get(self, request: Request) -> Response:
        context = call_context.current()
        assert context.deadline is not None
        return Response(
            {
                "customer_id": str(self.customer_id),
                "actor": str(context.actor),
                "correlation_id": str(context.correlation_id),
                "traceparent": context.traceparent,
            }
        )

    @operation("Show anyone", answers={200: EverythingView})
    def put(self, request: Request) -> Response:
        return Response({"actor": str(call_context.current().actor), "order_id": str(self.principal.order_id)})


class Stock(ApiView):
    """For staff and services."""

    alias = ORDERS
    surface = Surface.ADMIN
    access = HasScope("stock:read")

    @operation("Show stock", answers={200: EverythingView})
    def get(self, request: Request) -> Response:
        return Response({"kind": str(self.principal.kind)})


class Thing(ApiView):
    """A resource with a version."""

    alias = ORDERS
    access = Anyone()
    personal = False

    @operation("Show a thing", answers={200: EverythingView}, etag=True)
    def get(self, request: Request, order_id: UUID) -> Response:
        return answer(request, {"id": TypeIdField("ord").to_representation(order_id)}, etag=etag_of(3))

    @operation("Edit a thing", request=NameRequest, answers={200: EverythingView}, if_match=True)
    def patch(self, request: Request, order_id: UUID) -> Response:
        body = parse(NameRequest, request)
        require_if_match(request, etag_of(3))
        return answer(request, body, etag=etag_of(4))


class ParkedCollection(ApiView):
    """A list; rows of a kernel table stand for anything."""

    alias = ORDERS
    access = Anyone()
    listings = {
        "GET": Listing(
            filters={
                "name": OneOf(["a", "b", "c"]),
                "parked_at": Moments(),
                "seq": WholeNumbers(max_value=100),
                "subscription": TextIs(max_length=20),
                "aggregate": IdIs("ord"),
            },
            sort=("parked_at", "seq"),
            default="-parked_at",
            expand=("event", "event.order"),
        )
    }

    @operation("List parked things", answers={200: EverythingView}, paged=True)
    def get(self, request: Request) -> Response:
        page = self.paginate(ParkedEvent.objects.using(ORDERS))
        return page.response([{"seq": row.seq, "expands": sorted(self.expands)} for row in page.rows])


def leave_trace(name: str) -> UUID:
    """The effect of the commands below: one row."""
    row = KnownApiKey.objects.using(ORDERS).create(id=uuid4(), key_hash=uuid4().hex, owner=name)
    return row.id


class OneTransaction(ApiView):
    """A command of one transaction; its name says how it ends."""

    alias = ORDERS
    access = Anyone()

    @operation("Do it", request=NameRequest, answers={201: EverythingView})
    @idempotent(required=True)
    def post(self, request: Request) -> HttpResponse:
        name = parse(NameRequest, request)["name"]
        made = leave_trace(name)
        if name in FAULTS:
            raise FAULTS[name]
        headers = {"Location": f"/things/{made}", "ETag": etag_of(1), "X-Other": "not stored"}
        return Response({"made": str(made)}, status=201, headers=headers)


STEPS: list[UUID] = []


class ManySteps(ApiView):
    """A command of several transactions; `STEPS` stands for what it told another context."""

    alias = ORDERS
    access = Anyone()

    @operation("Do it in steps", request=NameRequest, answers={201: EverythingView})
    @idempotent_steps(required=True)
    def post(self, request: Request, claim: Claim) -> HttpResponse:
        name = parse(NameRequest, request)["name"]
        if name == "refused early":
            raise Invalid
        STEPS.append(claim.resource_id)
        fault = FAULTS.pop(f"steps {name}", FAULTS.get(name))
        if fault is not None:
            raise fault
        with transaction.atomic(using=ORDERS, durable=True):
            leave_trace(name)
            return claim.store(Response({"made": str(claim.resource_id)}, status=201))


def plain_view(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret: hunter2")


def plain_refusal(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>no</h1>", status=403)


urlpatterns = [
    path("v1/echo", Echo.as_view()),
    path("v1/failures/<slug:kind>", Failure.as_view()),
    path("v1/private", Private.as_view()),
    path("v1/admin/stock", Stock.as_view()),
    path("v1/things/<ord:order_id>", Thing.as_view()),
    path("v1/parked", ParkedCollection.as_view()),
    path("v1/one-transaction", OneTransaction.as_view()),
    path("v1/many-steps", ManySteps.as_view()),
    path("v1/plain", plain_view),
    path("v1/plain-refusal", plain_refusal),
]
