"""The base of every view: who may, what comes in, what goes out; a method only parses, makes one call and renders."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import structlog
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from shared_kernel import call_context
from shared_kernel.http.json_input import MergePatchParser
from shared_kernel.http.listing import Listing, ListingRequest, refuse_parameters
from shared_kernel.http.pagination import Page, paginate
from shared_kernel.http.throttling import throttle
from shared_kernel.identity.permissions import Access
from shared_kernel.identity.principals import ANONYMOUS, Principal, PrincipalKind

Row = TypeVar("Row", bound=Model)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
INTERNAL_KINDS = frozenset({PrincipalKind.SERVICE, PrincipalKind.STAFF})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Surface(StrEnum):
    """For whom a view is; decides about rate limits and who is turned away at once."""

    SHOP = "shop"
    ADMIN = "admin"
    AUTH = "auth"


class ApiView(APIView):
    """A view of the API.

    `alias` is the database alias of its context, None for views of the composition root. `access` is the demand on the
    principal, one for all methods or one per method. `listings` declares the query parameters per method. `personal`
    answers are never stored by anybody (`no-store`); public ones may be kept and revalidated.
    """

    alias: ClassVar[str | None] = None
    surface: ClassVar[Surface] = Surface.SHOP
    access: ClassVar[Access | Mapping[str, Access]]
    listings: ClassVar[Mapping[str, Listing]] = {}
    personal: ClassVar[bool] = True

    # OPTIONS would describe a view in a form of DRF's own; the OpenAPI document is the description.
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    query: ListingRequest

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a view that leaves a method open by omission."""
        super().__init_subclass__(**options)
        for method in cls.methods():
            demand = access_for(cls, method)
            if cls.surface is Surface.ADMIN and not demand.kinds <= INTERNAL_KINDS:
                raise TypeError(f"{cls.__name__} is for staff and services, but lets others {method}")

    @classmethod
    def methods(cls) -> list[str]:
        """The methods this view has, in capitals."""
        return [method for method in METHODS if hasattr(cls, method.lower())]

    @property
    def principal(self) -> Principal:
        """Who sends the request."""
        user: Any = self.request.user
        return user if isinstance(user, Principal) else ANONYMOUS

    @property
    def customer_id(self) -> UUID:
        """The customer who asks.

        Raises:
            NotAuthenticated: it is somebody else.
        """
        if self.principal.customer_id is None:
            raise NotAuthenticated
        return self.principal.customer_id

    @property
    def expands(self) -> frozenset[str]:
        """The expands that were asked for."""
        return self.query.expands

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the declared query parameters that were sent, each a list."""
        return self.query.values

    def paginate(self, rows: QuerySet[Row]) -> Page[Row]:
        """The page of `rows` that the query string asks for, its filters applied."""
        return paginate(rows, self.query, self.request)

    def get_permissions(self) -> list[BasePermission]:
        """The demand on the principal for this method."""
        method = "GET" if self.request.method == "HEAD" else str(self.request.method)
        if method not in self.methods():
            raise MethodNotAllowed(method)
        return [access_for(type(self), method)]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer inside the call context of the principal, which `initial` enters once it is known."""
        with ExitStack() as self._entered:
            return super().dispatch(request, *args, **kwargs)

    def get_parsers(self) -> list[Any]:
        """What may be read: JSON, and as a PATCH its merge patches too."""
        parsers = super().get_parsers()
        # The generator of the OpenAPI document looks at views that have no request.
        if getattr(self.request, "method", None) == "PATCH":
            return parsers
        return [parser for parser in parsers if not isinstance(parser, MergePatchParser)]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Wrap the request; the body, whose size is bounded, is kept so that it can be read twice."""
        request.body  # noqa: B018 - reading it is the point
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything that can refuse a request before its method runs, cheapest first."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            # Whoever guesses credentials is counted as a caller without any.
            self.rate_headers = throttle(request, ANONYMOUS, surface=self.surface.value)
            raise
        self._enter(request)
        self.rate_headers = throttle(request, self.principal, surface=self.surface.value)
        self.check_permissions(request)
        self._read_query(request)
        if request.method in WITH_BODY:
            request.data  # noqa: B018 - a malformed body is refused, whether or not the view looks at it

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what every answer carries."""
        final = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(self, "rate_headers", {}).items():
            final.headers[name] = value
        if final.status_code < HTTPStatus.BAD_REQUEST and request.method in {"GET", "HEAD"} and not self.personal:
            final.headers.setdefault("Cache-Control", "no-cache")
        return final

    def _enter(self, request: Request) -> None:
        principal = self.principal
        request._request.principal = principal  # type: ignore[attr-defined]  # noqa: SLF001 - for the access log
        context = replace(call_context.current(), actor=principal.actor)
        self._entered.enter_context(call_context.entered(context))
        self._entered.enter_context(
            structlog.contextvars.bound_contextvars(
                context=self.alias, actor_type=str(principal.kind), actor_id=principal.id
            )
        )

    def _read_query(self, request: Request) -> None:
        listing = self.listings.get("GET" if request.method == "HEAD" else str(request.method))
        if listing is None:
            refuse_parameters(request.query_params)
            self.query = ListingRequest()
        else:
            self.query = listing.read(request.query_params, path=request.path)


def access_for(view: type[ApiView], method: str) -> Access:
    """The demand that a view makes on the principal for one method.

    Raises:
        TypeError: it names none.
    """
    access = getattr(view, "access", None)
    if isinstance(access, Mapping):
        access = access.get(method)
    if not isinstance(access, Access):
        raise TypeError(f"{view.__name__} does not say who may {method}: set `access`")
    return access


def parse(serializer: type[BaseSerializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """The validated values of the request's body; `partial=True` for a merge patch.

    Raises:
        ValidationError: 422, with every field that is wrong.
    """
    reader = serializer(data=request.data, **options)
    reader.is_valid(raise_exception=True)
    values: dict[str, Any] = reader.validated_data
    return values


def no_content() -> Response:
    """The answer of a command that leaves nothing to show."""
    return Response(status=204)
