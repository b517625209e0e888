"""The refusals in the OpenAPI document: one shared response per status, or an operation's own with its error codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from shared_kernel.errors import DomainError
from shared_kernel.http import codes
from shared_kernel.http.codes import ProblemCode
from shared_kernel.http.problems import CONTENT_TYPE

STATUS_NAMES = {
    400: "MalformedRequest",
    401: "NotAuthenticated",
    403: "PermissionDenied",
    404: "NotFound",
    406: "NotAcceptable",
    409: "Conflict",
    411: "LengthRequired",
    412: "PreconditionFailed",
    413: "BodyTooLarge",
    414: "UriTooLong",
    415: "UnsupportedMediaType",
    422: "ValidationFailed",
    428: "PreconditionRequired",
    429: "RateLimited",
    431: "HeadersTooLarge",
    500: "InternalError",
    503: "Unavailable",
}
ALWAYS = (400, 401, 406, 414, 422, 429, 431, 500, 503)
WITH_BODY = (411, 413, 415)
PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
REQUEST_ID_REF = {"$ref": "#/components/headers/X-Request-Id"}
RETRY_AFTER_REF = {"$ref": "#/components/headers/Retry-After"}


def shared_name(status: int) -> str:
    """The name of the shared response of one status."""
    return f"{STATUS_NAMES[status]}Problem"


def shared_ref(status: int) -> dict[str, str]:
    """A reference to it."""
    return {"$ref": f"#/components/responses/{shared_name(status)}"}


def shared_responses() -> dict[str, Any]:
    """The shared responses by name."""
    return {shared_name(status): _response(_http_codes(status), status) for status in STATUS_NAMES}


def refusal(status: int, errors: Iterable[type[DomainError]]) -> dict[str, Any]:
    """The response of an operation that names its own domain errors for `status`."""
    own = [codes.code_of(error) for error in errors]
    response = _response([*own, *_http_codes(status)], status)
    details = [_line(error) for error in errors]
    response["description"] += "\n\n" + "\n".join(details)
    return response


def problem_schema() -> dict[str, Any]:
    """The schema of a problem document, with the closed list of codes as far as this process knows it."""
    return {
        "type": "object",
        "description": "A refusal (RFC 9457). Further members carry the attributes of its code.",
        "required": ["type", "title", "status", "detail", "instance", "code", "request_id", "retryable", "errors"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "`urn:ashlar:problem:<code>`"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "instance": {"type": "string", "format": "uri-reference"},
            "code": {"type": "string", "enum": sorted(code.code for code in codes.all_codes())},
            "request_id": {"type": ["string", "null"]},
            "retryable": {"type": "boolean", "description": "Whether the same request may succeed later, unchanged."},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
        },
    }


def field_error_schema() -> dict[str, Any]:
    """The schema of one entry of `errors`."""
    return {
        "type": "object",
        "description": "What is wrong with one member of the body (`pointer`) or one query parameter (`parameter`).",
        "required": ["code", "detail"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the body"},
            "parameter": {"type": "string"},
            "code": {"type": "string", "examples": sorted(codes.FIELD_CODES)},
            "detail": {"type": "string"},
        },
    }


def _http_codes(status: int) -> list[ProblemCode]:
    return [code for code in codes.HTTP_CODES if code.status == status]


def _response(known: list[ProblemCode], status: int) -> dict[str, Any]:
    words = ", ".join(f"`{code}`" for code in dict.fromkeys(code.code for code in known))
    headers: dict[str, Any] = {"X-Request-Id": REQUEST_ID_REF}
    if status in {429, 503} or any(code.retryable for code in known):
        headers["Retry-After"] = RETRY_AFTER_REF
    return {
        "description": f"Refused; code: {words}." if words else "Refused; the code names the reason.",
        "headers": headers,
        "content": {CONTENT_TYPE: {"schema": PROBLEM_REF} | ({"example": _example(known[0])} if known else {})},
    }


def _example(code: ProblemCode) -> dict[str, Any]:
    return {
        "type": f"urn:ashlar:problem:{code.code}",
        "title": code.title,
        "status": code.status,
        "detail": f"{code.title}.",
        "instance": "/v1/orders",
        "code": code.code,
        "request_id": "01a1f806-e57e-72e9-bb29-c010675a1696",
        "retryable": code.retryable,
        "errors": [],
    }


def _line(error: type[DomainError]) -> str:
    names = [field.name for field in dataclasses.fields(error) if field.name != "retry_after_seconds"]
    title = codes.code_of(error).title
    return f"- `{error.code}`: {title}" + (f" (members: {', '.join(names)})" if names else "")
