"""Repeatable commands over HTTP: two decorators, for commands of one transaction and of several steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from shared_kernel import call_context
from shared_kernel.errors import DomainError
from shared_kernel.http.claims import Claim, Refusal, purge, run_once
from shared_kernel.http.idempotency_keys import KeyUse, read_key
from shared_kernel.http.problems import Problem
from shared_kernel.http.translation import problem_of

__all__ = ["Claim", "IdempotencyRule", "idempotent", "idempotent_steps", "purge"]

Handler = Callable[..., HttpResponse]


@dataclass(frozen=True, kw_only=True)
class IdempotencyRule:
    """What the OpenAPI document says about the key of an operation."""

    required: bool


def idempotent(*, required: bool = False) -> Callable[[Handler], Handler]:
    """Make a view method of one transaction repeatable under the caller's Idempotency-Key.

    The method runs in `transaction.atomic(durable=True)` on the view's alias, opened here; key, effect and answer
    commit together. Successes and domain refusals (409) are stored; whatever else is raised rolls back and frees the
    key.
    """

    def decorate(method: Handler) -> Handler:
        @wraps(method)
        def handler(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            use = read_key(request, required=required)

            def run() -> HttpResponse:
                try:
                    return method(view, request, *args, **kwargs)
                except DomainError as error:
                    if answer := _refusal(error, request):
                        raise Refusal(answer) from error
                    raise

            with _keyed(use):
                return run_once(request, using=view.alias, use=use, run=run)

        return _marked(handler, required=required)

    return decorate


def idempotent_steps(*, required: bool = False) -> Callable[[Handler], Handler]:
    """Make a view method of several transactions repeatable; it gets a `Claim` after the request.

    No transaction is open when it runs. It names what it makes by `claim.resource_id` and stores its answer with
    `claim.store` in its last transaction. A domain refusal (409) is stored for it. After anything else the claim stays
    open: a repeat drives the same steps again under the same id; where no id was asked for, the key is free again.
    """

    def decorate(method: Handler) -> Handler:
        @wraps(method)
        def handler(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            use = read_key(request, required=required)
            claim = Claim.take(request, using=view.alias, use=use)
            if claim.replay is not None:
                return claim.replay
            with _keyed(use):
                try:
                    response = method(view, request, claim, *args, **kwargs)
                except Exception as error:  # noqa: BLE001 - raised again unless it is the answer
                    return _settle(claim, error, request)
            return response if claim.answer is not None else claim.store(response)

        return _marked(handler, required=required)

    return decorate


def _settle(claim: Claim, error: Exception, request: Request) -> HttpResponse:
    """Answer for a run that raised; a committed answer stands, whatever went wrong after it.

    Raises:
        Exception: the error itself, unless it is an answer.
    """
    if claim.answer is not None:
        # The transaction that stored it may have been rolled back; only the table knows.
        if committed := claim.stored():
            return committed.response()
        claim.answer = None
    if isinstance(error, DomainError) and (answer := _refusal(error, request)):
        return claim.store(answer)
    # A lost database must not hide the error; the lease runs out by itself.
    with suppress(DatabaseError):
        if problem_of(error).code.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            claim.leave_open()
        else:
            claim.release()
    raise error


def _refusal(error: DomainError, request: Request) -> HttpResponse | None:
    """The problem document of a domain refusal that counts as the outcome, None for other errors."""
    problem: Problem = problem_of(error)
    if problem.code.status != HTTPStatus.CONFLICT:
        return None
    plain: HttpRequest = request._request  # noqa: SLF001 - DRF offers no other way
    plain.error_code = problem.code.code  # type: ignore[attr-defined]
    return problem.response(plain)


def _keyed(use: KeyUse | None) -> Any:
    """The call context with this key, so that calls to other contexts carry it."""
    key = use.scope.hex() if use else None
    return call_context.entered(replace(call_context.current(), idempotency_key=key))


def _marked(handler: Handler, *, required: bool) -> Handler:
    handler.idempotency = IdempotencyRule(required=required)  # type: ignore[attr-defined]
    return handler
