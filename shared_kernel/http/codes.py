"""The closed list of problem codes: those of HTTP itself here, those of the domain from its error classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from shared_kernel import contexts
from shared_kernel.errors import DomainError, ErrorKind


@dataclass(frozen=True, kw_only=True)
class ProblemCode:
    """What a client may conclude from a code: its HTTP status, its meaning, and whether repeating can help."""

    code: str
    status: int
    title: str
    retryable: bool = False


def _code(code: str, status: int, title: str, *, retryable: bool = False) -> ProblemCode:
    return ProblemCode(code=code, status=status, title=title, retryable=retryable)


MALFORMED_REQUEST = _code("malformed_request", 400, "The request is malformed")
MALFORMED_JSON = _code("malformed_json", 400, "The body is not well-formed JSON")
IDEMPOTENCY_KEY_REQUIRED = _code("idempotency_key_required", 400, "An Idempotency-Key header is required")
IDEMPOTENCY_KEY_INVALID = _code("idempotency_key_invalid", 400, "The Idempotency-Key is not acceptable")
NOT_AUTHENTICATED = _code("not_authenticated", 401, "Credentials are required")
INVALID_CREDENTIALS = _code("invalid_credentials", 401, "The credentials are not valid")
PERMISSION_DENIED = _code("permission_denied", 403, "This principal may not do that")
CSRF_FAILED = _code("csrf_failed", 403, "The form was not sent from this site")
NOT_FOUND = _code("not_found", 404, "There is no such resource")
METHOD_NOT_ALLOWED = _code("method_not_allowed", 405, "The resource has no such method")
NOT_ACCEPTABLE = _code("not_acceptable", 406, "Only JSON is offered")
REQUEST_IN_PROGRESS = _code(
    "request_in_progress", 409, "The first request with this key is still running", retryable=True
)
LENGTH_REQUIRED = _code("length_required", 411, "The body must come with its length")
PRECONDITION_FAILED = _code("precondition_failed", 412, "The resource has changed since it was read")
BODY_TOO_LARGE = _code("body_too_large", 413, "The body is too large")
URI_TOO_LONG = _code("uri_too_long", 414, "The path with its query is too long")
UNSUPPORTED_MEDIA_TYPE = _code("unsupported_media_type", 415, "The body must be JSON")
EXPECTATION_FAILED = _code("expectation_failed", 417, "The Expect header cannot be met")
VALIDATION_FAILED = _code("validation_failed", 422, "The input is not valid")
IDEMPOTENCY_KEY_REUSED = _code("idempotency_key_reused", 422, "The key was used with another request")
PRECONDITION_REQUIRED = _code("precondition_required", 428, "An If-Match header is required")
RATE_LIMITED = _code("rate_limited", 429, "Too many requests", retryable=True)
HEADERS_TOO_LARGE = _code("headers_too_large", 431, "The headers are too large or too many")
INTERNAL_ERROR = _code("internal_error", 500, "Something went wrong on our side")
NOT_IMPLEMENTED = _code("not_implemented", 501, "The transfer coding is not known")
BUSY = _code("busy", 503, "Somebody else is at work on the same thing", retryable=True)
OVERLOADED = _code("overloaded", 503, "More requests arrived than can be worked on", retryable=True)

HTTP_CODES = (
    MALFORMED_REQUEST,
    MALFORMED_JSON,
    IDEMPOTENCY_KEY_REQUIRED,
    IDEMPOTENCY_KEY_INVALID,
    NOT_AUTHENTICATED,
    INVALID_CREDENTIALS,
    PERMISSION_DENIED,
    CSRF_FAILED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    REQUEST_IN_PROGRESS,
    LENGTH_REQUIRED,
    PRECONDITION_FAILED,
    BODY_TOO_LARGE,
    URI_TOO_LONG,
    UNSUPPORTED_MEDIA_TYPE,
    EXPECTATION_FAILED,
    VALIDATION_FAILED,
    IDEMPOTENCY_KEY_REUSED,
    PRECONDITION_REQUIRED,
    RATE_LIMITED,
    HEADERS_TOO_LARGE,
    INTERNAL_ERROR,
    NOT_IMPLEMENTED,
    BUSY,
    OVERLOADED,
)

STATUS_OF_KIND = {
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.INVALID: 422,
    ErrorKind.REJECTED: 409,
    ErrorKind.CONFLICT: 409,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.DEADLINE_EXCEEDED: 503,
}

# What `errors[].code` may say about one field or parameter.
FIELD_CODES = {
    "blank": "The text is empty.",
    "date_in_past": "The date has passed.",
    "does_not_match": "The value does not fit the other ones.",
    "empty": "The list is empty.",
    "invalid": "The value has the wrong type or form.",
    "invalid_choice": "The value is none of those allowed.",
    "invalid_cursor": "The cursor was not made by this list with these filters.",
    "invalid_id": "The value is not an id of the expected kind.",
    "invalid_text": "The text holds characters that are not accepted.",
    "max_length": "The text or list is too long.",
    "max_value": "The number is too large.",
    "min_length": "The text or list is too short.",
    "min_value": "The number is too small.",
    "not_a_list": "The value must be a list.",
    "null": "The value may not be null.",
    "repeated": "The value or parameter is given more than once.",
    "required": "The field is missing.",
    "too_deep": "The body is nested too deeply.",
    "unknown_field": "There is no such field.",
    "unknown_parameter": "There is no such query parameter.",
}


def error_classes() -> Iterator[type[DomainError]]:
    """Every domain error class of the kernel and of the contexts, imported so far, with a code of its own."""
    packages = {__name__.partition(".")[0], *(context.name for context in contexts.known())}
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        for child in waiting.pop().__subclasses__():
            waiting.append(child)
            if "code" in vars(child) and child.__module__.partition(".")[0] in packages:
                yield child


def code_of(error: type[DomainError]) -> ProblemCode:
    """The problem code of a domain error class."""
    status = STATUS_OF_KIND[error.kind]
    title = (error.__doc__ or error.code).strip().partition("\n")[0].rstrip(".")
    return ProblemCode(code=error.code, status=status, title=title, retryable=status == HTTPStatus.SERVICE_UNAVAILABLE)


def all_codes() -> list[ProblemCode]:
    """Every code this process can answer with, by status and name.

    Raises:
        RuntimeError: two meanings share one code.
    """
    codes = {code.code: code for code in HTTP_CODES}
    for error in error_classes():
        found = code_of(error)
        if codes.setdefault(found.code, found).status != found.status:
            raise RuntimeError(f"the problem code {found.code!r} stands for two statuses")
    return sorted(codes.values(), key=lambda code: (code.status, code.code))
