"""Every exception as a problem: domain errors by kind, Django's and DRF's by type, the database's by SQLSTATE."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions as drf

from shared_kernel.errors import DomainError, Unavailable
from shared_kernel.http import codes
from shared_kernel.http.members import members
from shared_kernel.http.pointers import field_errors
from shared_kernel.http.problems import Problem, ProblemError

# Waiting for a lock, a deadlock victim, a serialization failure: the same request may pass a moment later.
CONTENTION = frozenset({"55P03", "40P01", "40001"})
# Read-only while a context moves away, and the sessions that time limits end, which Django calls internal errors.
FENCED = frozenset({"25006", "25P03", "25P04"})
RETRY_SOON = 1
RETRY_LATER = 2

FROM_DRF = {
    drf.ParseError: codes.MALFORMED_REQUEST,
    drf.NotAuthenticated: codes.NOT_AUTHENTICATED,
    drf.AuthenticationFailed: codes.INVALID_CREDENTIALS,
    drf.PermissionDenied: codes.PERMISSION_DENIED,
    drf.NotFound: codes.NOT_FOUND,
    drf.MethodNotAllowed: codes.METHOD_NOT_ALLOWED,
    drf.NotAcceptable: codes.NOT_ACCEPTABLE,
    drf.UnsupportedMediaType: codes.UNSUPPORTED_MEDIA_TYPE,
    drf.Throttled: codes.RATE_LIMITED,
}
DETAILS = {
    codes.NOT_AUTHENTICATED: "This needs credentials, and none were sent.",
    codes.INVALID_CREDENTIALS: "The credentials are not valid, or no longer.",
    codes.PERMISSION_DENIED: "These credentials do not allow that.",
    codes.NOT_ACCEPTABLE: "Answers are JSON; the Accept header rules that out.",
    codes.UNSUPPORTED_MEDIA_TYPE: "Send the body as application/json in UTF-8.",
}


def problem_of(error: BaseException) -> Problem:  # noqa: PLR0911 - one line per family
    """The problem that tells of `error`; what nobody foresaw is an `internal_error` that reveals nothing."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, DomainError):
        return of_domain(error)
    if isinstance(error, drf.APIException):
        return _of_drf(error)
    if isinstance(error, DatabaseError | InterfaceError):
        return _of_database(error)
    if isinstance(error, Http404):
        return Problem(code=codes.NOT_FOUND, detail="There is no such resource.")
    if isinstance(error, PermissionDenied):
        return Problem(code=codes.PERMISSION_DENIED, detail=DETAILS[codes.PERMISSION_DENIED])
    if isinstance(error, RequestDataTooBig):
        return Problem(code=codes.BODY_TOO_LARGE, detail="The body is too large.")
    if isinstance(error, SuspiciousOperation | MultiPartParserError | UnreadablePostError):
        return Problem(code=codes.MALFORMED_REQUEST, detail="The request is malformed.")
    return internal_error()


def internal_error() -> Problem:
    """The problem that says nothing but that the fault is ours."""
    return Problem(code=codes.INTERNAL_ERROR, detail="Something went wrong on our side; it was recorded.")


def of_domain(error: DomainError) -> Problem:
    """A domain error by its kind; its attributes become extension members."""
    code = codes.code_of(type(error))
    attributes = error.attributes
    retry_after = (
        attributes.pop("retry_after_seconds", RETRY_LATER) if code.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    )
    return Problem(code=code, detail=error.message, members=members(attributes), retry_after=retry_after)


def _of_drf(error: drf.APIException) -> Problem:
    challenge = getattr(error, "auth_header", None)
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    if isinstance(error, drf.ValidationError):
        found = field_errors(error.detail)
        detail = "The input is not valid; see errors."
        return Problem(code=codes.VALIDATION_FAILED, detail=detail, errors=found)
    for kind, code in FROM_DRF.items():
        if isinstance(error, kind):
            wait = getattr(error, "wait", None)
            return Problem(
                code=code,
                detail=DETAILS.get(code, str(error.detail)),
                headers=headers,
                retry_after=math.ceil(wait) if wait is not None else None,
            )
    return internal_error()


def _of_database(error: DatabaseError | InterfaceError) -> Problem:
    state = _sqlstate(error)
    if state in CONTENTION:
        detail = "Somebody else is at work on the same thing; try again in a moment."
        return Problem(code=codes.BUSY, detail=detail, retry_after=RETRY_SOON)
    fenced = isinstance(error, InternalError) and state in FENCED
    if fenced or isinstance(error, OperationalError | InterfaceError):
        # No connection, none free in the pool, server shutting down, disk full, statement cut: nothing was answered.
        return of_domain(Unavailable(retry_after_seconds=RETRY_LATER))
    return internal_error()


def _sqlstate(error: BaseException) -> str | None:
    cause: Any = error.__cause__
    return getattr(cause, "sqlstate", None)
