"""Claims on idempotency keys: in the schema of the context, so that key and effect share a transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from shared_kernel.http import codes
from shared_kernel.http.answers import StoredAnswer, render
from shared_kernel.http.idempotency_keys import KeyUse
from shared_kernel.http.problems import ProblemError
from shared_kernel.ids import new_id
from shared_kernel.transactions import open_aliases

LEASE = timedelta(seconds=30)
KEPT = timedelta(hours=72)
ASK_AGAIN = 1

# Takes a free key, or one whose run broke off; leaves alone what runs, is answered, or was asked differently.
TAKE = """
insert into idempotency_key as k
  (scope, fingerprint, resource_id, holder, created_at, leased_until, runs, headers)
values (%(scope)s, %(fingerprint)s, %(resource_id)s, %(holder)s, ashlar_now(), ashlar_now() + %(lease)s, 1, '{}')
on conflict (scope) do update set holder = excluded.holder, leased_until = excluded.leased_until, runs = k.runs + 1
where k.status is null and k.fingerprint = excluded.fingerprint
  and (k.leased_until is null or k.leased_until < ashlar_now())
returning resource_id, runs
"""
FIND = "select fingerprint, status, headers, body from idempotency_key where scope = %(scope)s"
STORE = """
update idempotency_key set status = %(status)s, headers = %(headers)s, body = %(body)s, leased_until = null
where scope = %(scope)s and holder = %(holder)s and status is null
"""
LEAVE_OPEN = """
update idempotency_key set leased_until = null where scope = %(scope)s and holder = %(holder)s and status is null
"""
RELEASE = "delete from idempotency_key where scope = %(scope)s and holder = %(holder)s and status is null"
RECORD = """
insert into idempotency_key
  (scope, fingerprint, resource_id, holder, created_at, runs, status, headers, body)
values (%(scope)s, %(fingerprint)s, %(resource_id)s, %(holder)s, ashlar_now(), 1, %(status)s, %(headers)s, %(body)s)
"""
PURGE = """
delete from idempotency_key where scope in (
  select scope from idempotency_key where created_at < ashlar_now() - %(kept)s order by created_at limit %(limit)s)
"""


class Claim:
    """The right to run one request, held for a lease; or, when it was answered before, that answer as `replay`.

    A request without a key gets a claim as well, which stores nothing.
    """

    def __init__(
        self, *, using: str, use: KeyUse | None, resource_id: UUID, runs: int = 1, replay: HttpResponse | None = None
    ) -> None:
        self.using = using
        self.replay = replay
        self.answer: StoredAnswer | None = None
        self._use = use
        self._holder = new_id()
        self._resource_id = resource_id
        # After a first run that broke off, the id may be known elsewhere.
        self._resource_known = runs > 1

    @property
    def resource_id(self) -> UUID:
        """The id for what this request makes, the same when the request is driven again."""
        self._resource_known = True
        return self._resource_id

    def store(self, response: HttpResponse) -> HttpResponse:
        """Keep this answer for repeats, inside the caller's transaction if one is open, and return it rendered.

        Raises:
            ProblemError: 409, the lease ran out and another run holds the claim; the transaction must not commit.
        """
        self.answer = render(response)
        if self._use is not None and not self._execute(STORE, **_columns(self._use, self.answer)):
            raise in_progress()
        return self.answer.response()

    def leave_open(self) -> None:
        """Give the claim back so that the same request can be driven again, under the same `resource_id`."""
        self._execute(LEAVE_OPEN)

    def release(self) -> None:
        """Forget the claim: nothing happened. Once `resource_id` was asked for, it is left open instead."""
        self._execute(LEAVE_OPEN if self._resource_known else RELEASE)

    def stored(self) -> StoredAnswer | None:
        """The answer that is committed under this key, if any."""
        found = _find(self.using, self._use) if self._use else None
        return found.answer if found else None

    def _execute(self, statement: str, **values: Any) -> int:
        if self._use is None:
            return 0
        with connections[self.using].cursor() as cursor:
            cursor.execute(statement, {"scope": self._use.scope, "holder": self._holder, **values})
            changed: int = cursor.rowcount
        return changed

    @classmethod
    def take(cls, request: Request | HttpRequest, *, using: str, use: KeyUse | None) -> Claim:
        """Claim a key in a transaction of its own.

        Raises:
            ProblemError: 409 while the first request runs, 422 when the key was used with another request.
        """
        if open_aliases():
            raise RuntimeError("a claim is committed on its own; take it before opening a transaction")
        claim = cls(using=using, use=use, resource_id=new_id())
        if use is None:
            return claim
        values: dict[str, Any] = {"fingerprint": use.fingerprint, "resource_id": claim._resource_id, "lease": LEASE}
        with connections[using].cursor() as cursor:
            cursor.execute(TAKE, {"scope": use.scope, "holder": claim._holder, **values})
            taken = cursor.fetchone()
        if taken is not None:
            claim._resource_id, runs = taken
            claim._resource_known = runs > 1
            return claim
        answer = _check(_find(using, use), use)
        if answer is None:
            raise in_progress()
        claim.replay = answer.replay(request)
        return claim


def run_once(
    request: Request | HttpRequest, *, using: str, use: KeyUse | None, run: Callable[[], HttpResponse]
) -> HttpResponse:
    """Run a one-transaction command under its key: claim, effect and stored answer commit together or not at all.

    `run` is called in a savepoint and either returns the answer or raises `Refusal` with it; any other exception rolls
    the whole transaction back and so frees the key. While one run is under way the others are told so at once.

    Raises:
        ProblemError: 409 while the first request runs, 422 when the key was used with another request.
    """
    with transaction.atomic(using=using, durable=True):
        if use is not None:
            if not _try_lock(using, use.scope):
                raise in_progress()
            found = _find(using, use)
            answer = _check(found, use)
            if answer is not None:
                return answer.replay(request)
            if found is not None:
                raise in_progress()
        try:
            with transaction.atomic(using=using):
                response = run()
        except Refusal as refusal:
            response = refusal.response
        answer = render(response)
        if use is not None:
            _record(using, use, answer)
    return answer.response()


class Refusal(Exception):
    """A refusal that is the answer: the command's effects are rolled back, the answer is kept."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__("refused")


def purge(using: str, *, limit: int = 1000) -> int:
    """Delete at most `limit` keys older than 72 hours, oldest first, and tell how many."""
    parameters: dict[str, Any] = {"kept": KEPT, "limit": limit}
    with connections[using].cursor() as cursor:
        cursor.execute(PURGE, parameters)
        deleted: int = cursor.rowcount
    return deleted


def in_progress() -> ProblemError:
    """The answer to a repeat that comes while the first request still runs."""
    detail = "The first request with this key is still running; repeat this one in a moment."
    return ProblemError(codes.REQUEST_IN_PROGRESS, detail, retry_after=ASK_AGAIN)


@dataclass(frozen=True, kw_only=True)
class _Found:
    fingerprint: bytes
    answer: StoredAnswer | None


def _find(using: str, use: KeyUse) -> _Found | None:
    with connections[using].cursor() as cursor:
        cursor.execute(FIND, {"scope": use.scope})
        row = cursor.fetchone()
    if row is None:
        return None
    fingerprint, status, headers, body = row
    answer = None
    if status is not None:
        headers = json.loads(headers) if isinstance(headers, str) else headers
        answer = StoredAnswer(status=status, headers=headers, body=use.opened(bytes(body)))
    return _Found(fingerprint=bytes(fingerprint), answer=answer)


def _check(found: _Found | None, use: KeyUse) -> StoredAnswer | None:
    """The stored answer, None when there is none.

    Raises:
        ProblemError: 422, the key was used with another request.
    """
    if found is None:
        return None
    if found.fingerprint != use.fingerprint:
        detail = "This key was used with another body; a new intent needs a new key."
        raise ProblemError(codes.IDEMPOTENCY_KEY_REUSED, detail)
    return found.answer


def _try_lock(using: str, scope: bytes) -> bool:
    """Lock the key until the transaction ends; a collision of the 64 bits only makes somebody repeat."""
    number = int.from_bytes(scope[:8], signed=True)
    with connections[using].cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _record(using: str, use: KeyUse, answer: StoredAnswer) -> None:
    values: dict[str, Any] = {
        "scope": use.scope,
        "fingerprint": use.fingerprint,
        "resource_id": new_id(),
        "holder": new_id(),
    }
    with connections[using].cursor() as cursor:
        cursor.execute(RECORD, {**values, **_columns(use, answer)})


def _columns(use: KeyUse, answer: StoredAnswer) -> dict[str, Any]:
    return {"status": answer.status, "headers": json.dumps(answer.headers), "body": use.sealed(answer.body)}
