"""Log-ins: opening a session, exchanging its refresh token, ending it here or everywhere.

A refresh token is 256 random bits at log-in. Each later one is derived (HMAC-SHA256 under Django's secret key) from
the text of the token it replaces and the id of its own row, which never leaves the database. So a repeated exchange
can give the same answer although only hashes are stored, and neither the secret key nor the database alone tells a
thief the next token.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.crypto import salted_hmac

from customers.models import CUSTOMERS, Customer, RefreshToken, Session
from customers.policies import REFRESH_TOKEN_LIFETIME, RefreshVerdict, SessionEnd, refresh_verdict
from shared_kernel import transactions
from shared_kernel.ids import new_id
from shared_kernel.observability.logging import get_logger

log = get_logger(__name__)

_PREFIX = "rt_"


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A session as its holder gets to know it; the text of the refresh token exists nowhere else."""

    customer_id: UUID
    session_id: UUID
    refresh_token: str
    refresh_expires_at: datetime


def open_session(*, customer_id: UUID, password_hash: str, now: datetime) -> OpenSession | None:
    """Start a session of a customer whose password was checked against `password_hash`; None if it has changed since.

    Raises:
        CustomerNotFound: no customer has this id.
    """
    transactions.require(CUSTOMERS)
    customer = Customer.objects.locked(customer_id)
    if customer.password_hash != password_hash:
        return None
    session = Session.objects.create(customer=customer, started_at=now)
    return _issue(session, new_id(), f"{_PREFIX}{secrets.token_urlsafe(32)}", now)


def refresh_session(*, refresh_token: str, now: datetime) -> OpenSession | None:
    """Exchange a refresh token for its successor; None if it is not good.

    A token that was used before ends its session, which the caller must commit although it refuses the request. The
    token used last may be shown again for 30 s, as `policies.refresh_verdict` explains.
    """
    transactions.require(CUSTOMERS)
    token = RefreshToken.objects.filter(token_hash=_hash(refresh_token)).first()
    if token is None:
        return None
    session = Session.objects.locked(token.session_id)
    # Only under the lock of the session is it certain what a racing exchange did.
    token.refresh_from_db()
    unused = RefreshToken.objects.filter(session=session, used_at=None).first()
    verdict = refresh_verdict(
        session_over=session.is_over,
        expires_at=token.expires_at,
        used_at=token.used_at,
        successor_unused=unused is not None and _hash(_successor(refresh_token, unused.id)) == unused.token_hash,
        now=now,
    )
    if verdict is RefreshVerdict.REPEAT and unused is not None:
        return _tell(unused, session, _successor(refresh_token, unused.id))
    if verdict is RefreshVerdict.ROTATE:
        token.use(now)
        successor_id = new_id()
        return _issue(session, successor_id, _successor(refresh_token, successor_id), now)
    if verdict is RefreshVerdict.REVOKE:
        log.warning("refresh_token_reused", resource_id=str(session.id))
        session.end(reason=SessionEnd.TOKEN_REUSED, at=now)
    return None


def end_session(*, refresh_token: str, now: datetime) -> None:
    """End the session that a refresh token belongs to, if there is one."""
    transactions.require(CUSTOMERS)
    token = RefreshToken.objects.filter(token_hash=_hash(refresh_token)).first()
    if token is not None:
        Session.objects.locked(token.session_id).end(reason=SessionEnd.LOGGED_OUT, at=now)


def end_all_sessions(*, customer_id: UUID, now: datetime) -> int:
    """End every session of a customer; answers with their number."""
    transactions.require(CUSTOMERS)
    # The lock keeps out a log-in that has checked the password and not yet opened its session.
    Customer.objects.locked(customer_id)
    return Session.objects.filter(customer_id=customer_id).end(reason=SessionEnd.LOGGED_OUT_EVERYWHERE, at=now)


def _issue(session: Session, token_id: UUID, text: str, now: datetime) -> OpenSession:
    token = RefreshToken.objects.create(
        id=token_id, session=session, token_hash=_hash(text), issued_at=now, expires_at=now + REFRESH_TOKEN_LIFETIME
    )
    return _tell(token, session, text)


def _tell(token: RefreshToken, session: Session, text: str) -> OpenSession:
    return OpenSession(
        customer_id=session.customer_id,
        session_id=session.id,
        refresh_token=text,
        refresh_expires_at=token.expires_at,
    )


def _successor(text: str, token_id: UUID) -> str:
    digest = salted_hmac("customers.refresh_token", f"{token_id}{text}", algorithm="sha256").digest()
    return _PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(text: str) -> str:
    # A fast hash is right for 256 random bits: there is nothing to guess.
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
