"""The generator of one operation: what the view declares, plus what the kernel does to every request."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import uritemplate
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from shared_kernel.http import codes
from shared_kernel.http.json_output import CONTENT_TYPE
from shared_kernel.http.openapi import parameters, problems
from shared_kernel.http.openapi.fields import list_bounds
from shared_kernel.http.openapi.operations import Operation
from shared_kernel.http.openapi.security import SCHEMES, requirements
from shared_kernel.http.openapi.tags import tag_of
from shared_kernel.http.serializers import StrictSerializer
from shared_kernel.http.views import ApiView, access_for
from shared_kernel.identity.permissions import Access
from shared_kernel.identity.principals import PrincipalKind

Json = dict[str, Any]
MERGE_PATCH = "application/merge-patch+json"
WORD = re.compile("[a-z]+")
ARTICLES = {"a", "an", "the"}


class ApiSchema(AutoSchema):
    """Describes the operations of an `ApiView`."""

    view: ApiView  # type: ignore[override]
    method: str
    path: str

    @property
    def handler(self) -> Any:
        """The view's method."""
        return getattr(self.view, self.method.lower())

    @property
    def described(self) -> Operation:
        """What the method says about itself.

        Raises:
            TypeError: it says nothing.
        """
        described = getattr(self.handler, "operation", None)
        if not isinstance(described, Operation):
            raise TypeError(f"{type(self.view).__name__}.{self.method.lower()} has no @operation")
        return described

    @property
    def access(self) -> Access:
        """The demand on the principal."""
        return access_for(type(self.view), self.method)

    @property
    def repeatable(self) -> bool:
        """Whether the operation takes an Idempotency-Key."""
        return hasattr(self.handler, "idempotency")

    def is_excluded(self) -> bool:
        """Whether the operation stays out of the document."""
        return self.described.hidden

    def get_operation_id(self) -> str:
        """The summary as the name of a function in generated clients: `place_order` for "Place an order"."""
        words = WORD.findall(self.described.summary.lower().replace("'s", ""))
        return "_".join(word for word in words if word not in ARTICLES)

    def get_summary(self) -> str:
        """The one line that names the operation."""
        return self.described.summary

    def get_description(self) -> str:  # type: ignore[override]
        """The method's own docstring."""
        return (self.handler.__doc__ or "").strip()

    def get_tags(self) -> list[str]:
        """The group it stands in."""
        return [tag_of(self.view)]

    def get_auth(self) -> list[Json]:
        """The credentials that can meet the view's demand."""
        for name, schema in SCHEMES.items():
            kind = ResolvedComponent.SECURITY_SCHEMA
            component = ResolvedComponent(name=name, type=kind, object=name, schema=schema)  # type: ignore[no-untyped-call]
            self.registry.register_on_missing(component)
        return list(requirements(self.access))

    def get_request_serializer(self) -> Any:
        """The body of the request."""
        return self.described.request

    def map_parsers(self) -> list[str]:
        """JSON, and merge patches for PATCH."""
        return [CONTENT_TYPE, MERGE_PATCH] if self.method == "PATCH" else [CONTENT_TYPE]

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """The class name; where two contexts have one of the same name, the second one's carries its context."""
        name: str = super().get_serializer_name(serializer, direction)
        owners: dict[str, type] = self.registry.__dict__.setdefault("serializer_names", {})
        kind = type(serializer)
        if owners.setdefault(name, kind) is kind:
            return name
        return f"{kind.__module__.partition('.')[0].title()}{name}"

    def _get_parameters(self) -> list[Json]:
        variables = list(uritemplate.variables(self.path))
        found: list[Json] = self._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        if listing := self.view.listings.get(self.method):
            found += parameters.of_listing(listing)
        if self.repeatable:
            anonymous = PrincipalKind.ANONYMOUS in self.access.kinds
            required = self.handler.idempotency.required
            found.append(parameters.idempotency_key(required=required, anonymous=anonymous))
        if self.described.if_match:
            found.append(parameters.if_match())
        if self._is_conditional:
            found.append(parameters.if_none_match())
        return found

    @property
    def _is_conditional(self) -> bool:
        return self.described.etag and self.method == "GET"

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Json:  # noqa: FBT001, FBT002 - the generator's signature
        schema: Json = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Json | None:  # noqa: FBT001, FBT002 - the generator's signature
        schema: Json | None = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        return {**schema, **list_bounds(field)} if schema else schema

    def _get_response_bodies(self, direction: Any = "response") -> Json:
        responses = {str(status): self._answer(status, body) for status, body in self.described.answers.items()}
        if self._is_conditional:
            responses["304"] = {"description": "Unchanged since the ETag that was sent.", "headers": self._headers(304)}
        for status in self._refusals():
            own = [error for error in self.described.errors if codes.code_of(error).status == status]
            responses[str(status)] = problems.refusal(status, own) if own else problems.shared_ref(status)
        return dict(sorted(responses.items()))

    def _refusals(self) -> set[int]:
        found = {*problems.ALWAYS, *(codes.code_of(error).status for error in self.described.errors)}
        if self.access.kinds != frozenset(PrincipalKind):
            found.add(403)
        if "{" in self.path:
            found.add(404)
        if self.method in {"POST", "PUT", "PATCH"}:
            found.update(problems.WITH_BODY)
        if self.repeatable:
            found.add(409)
        if self.described.if_match:
            found.update({412, 428})
        return found

    def _answer(self, status: int, body: Any) -> Json:
        answer: Json = {"description": self.described.summary, "headers": self._headers(status)}
        if body is not None:
            schema = self._body_schema(body)
            content = page_schema(schema) if self.described.paged else schema
            answer["content"] = {CONTENT_TYPE: {"schema": content}}
        return answer

    def _body_schema(self, body: Any) -> Json:
        if isinstance(body, dict):
            return body
        if isinstance(body, serializers.ListSerializer):
            child: Any = body.child
            return {"type": "array", "items": self.resolve_serializer(child, "response").ref}
        return dict(self.resolve_serializer(body, "response").ref)

    def _headers(self, status: int) -> Json:
        names = ["X-Request-Id", "RateLimit"]
        names += ["ETag"] if self.described.etag else []
        names += ["Link"] if self.described.paged else []
        names += ["Location"] if status == HTTPStatus.CREATED else []
        names += ["Idempotent-Replayed"] if self.repeatable else []
        return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def page_schema(item: Json) -> Json:
    """The envelope of a list."""
    return {
        "type": "object",
        "required": ["data", "page"],
        "properties": {
            "data": {"type": "array", "items": item},
            "page": {"$ref": "#/components/schemas/Page"},
            "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/Warning"}},
        },
    }
