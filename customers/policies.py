"""What customers decides: which addresses and passwords it takes, when a session ends, when a message is given up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from customers.api import MessageStatus, MessageTemplate
from shared_kernel.errors import Invalid
from shared_kernel.state_machine import StateMachine, Transition

# E-mail addresses

# RFC 5321 4.5.3.1: a path has at most 256 characters with its brackets, a local part 64.
MAX_EMAIL_LENGTH = 254
MAX_LOCAL_PART_LENGTH = 64
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PRINTABLE_ASCII = re.compile(r"[ -~]+")


@dataclass(kw_only=True, eq=False)
class InvalidEmail(Invalid):
    """The text is not an e-mail address."""

    code = "invalid_email"
    summary = "This is not an e-mail address."


def normalized_email(text: str) -> str:
    """The one spelling of an address that is stored and compared: lower case, the domain in ASCII (IDNA).

    Only ASCII local parts, so that Python and PostgreSQL agree on what lower case is; no mailbox provider tells them
    apart by case.

    Raises:
        InvalidEmail: the text is not an address that mail can be sent to.
    """
    local, at, domain = text.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}".lower()
    except UnicodeError:
        raise InvalidEmail from None
    local, _, domain = address.rpartition("@")
    if not at or len(address) > MAX_EMAIL_LENGTH or len(local) > MAX_LOCAL_PART_LENGTH:
        raise InvalidEmail
    if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise InvalidEmail
    return address


def guest_email(text: str) -> str:
    """Where mail to a guest goes: normalized if that is possible, else as typed (quoted local part, address literal).

    Raises:
        InvalidEmail: it cannot be an address, or would break a mail header.
    """
    try:
        return normalized_email(text)
    except InvalidEmail:
        address = text.strip()
        local, _, domain = address.rpartition("@")
        if not local or not domain or len(address) > MAX_EMAIL_LENGTH or not _PRINTABLE_ASCII.fullmatch(address):
            raise
        return address


# Passwords

MIN_PASSWORD_LENGTH = 12
# Bounds the work of one hash; far above any pass phrase.
MAX_PASSWORD_BYTES = 1024


class PasswordFault(StrEnum):
    """Why a password is not taken; the values are field codes of the API."""

    TOO_SHORT = "min_length"
    TOO_LONG = "max_length"


def canonical_password(text: str) -> str:
    """The form that is hashed: NFKC, so that the same keys pressed elsewhere match (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", text)


def password_fault(text: str) -> PasswordFault | None:
    """What is wrong with a password somebody wants to set: at least 12 characters, at most 1024 bytes of UTF-8."""
    if len(text.encode()) > MAX_PASSWORD_BYTES:
        return PasswordFault.TOO_LONG
    return PasswordFault.TOO_SHORT if len(text) < MIN_PASSWORD_LENGTH else None


# Sessions

REFRESH_TOKEN_LIFETIME = timedelta(days=30)
# A client gives up on an answer after 15 s and asks again; a second tab asks in the same moment.
REFRESH_REPEAT_WINDOW = timedelta(seconds=30)


class SessionEnd(StrEnum):
    """Why a session is over."""

    LOGGED_OUT = "logged_out"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    TOKEN_REUSED = "token_reused"  # noqa: S105 - a reason, not a token


class RefreshVerdict(StrEnum):
    """What a presented refresh token leads to."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    REFUSE = "refuse"
    REVOKE = "revoke"


def refresh_verdict(
    *, session_over: bool, expires_at: datetime, used_at: datetime | None, successor_unused: bool, now: datetime
) -> RefreshVerdict:
    """Decide about one refresh token of a session.

    A used token means that somebody holds a copy, so the whole family dies. The exception is the token used last,
    shown again within 30 s while its successor has not been used: that is a lost answer or a second tab, and gets the
    same successor. A thief gains nothing by it: one chain stays one chain, and its second holder is noticed at the
    next rotation.
    """
    if session_over:
        return RefreshVerdict.REFUSE
    if used_at is not None:
        repeated = successor_unused and now - used_at <= REFRESH_REPEAT_WINDOW
        return RefreshVerdict.REPEAT if repeated else RefreshVerdict.REVOKE
    return RefreshVerdict.REFUSE if expires_at <= now else RefreshVerdict.ROTATE


# Messages


class AccountTemplate(StrEnum):
    """The messages that customers sends of its own accord."""

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_EXISTS = "account_exists"


# Account mail goes to an address that nobody has proven yet, so it holds nothing that the sender of the request chose.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    MessageTemplate.ORDER_CONFIRMED: ("order_number", "total"),
    MessageTemplate.ORDER_CANCELED: ("order_number",),
    MessageTemplate.PAYMENT_FAILED: ("order_number",),
    AccountTemplate.ACCOUNT_CREATED: (),
    AccountTemplate.ACCOUNT_EXISTS: (),
}


def missing_placeholders(template: str, data: dict[str, str]) -> list[str]:
    """The placeholders of `template` that `data` does not fill."""
    return [name for name in PLACEHOLDERS[template] if not data.get(name, "").strip()]


MESSAGE = StateMachine(
    resource="message",
    initial=MessageStatus.PENDING,
    transitions=(
        Transition(command="send", sources=(MessageStatus.PENDING,), target=MessageStatus.SENT),
        Transition(command="give_up", sources=(MessageStatus.PENDING,), target=MessageStatus.FAILED),
        Transition(
            command="resend",
            sources=(MessageStatus.SENT, MessageStatus.FAILED),
            target=MessageStatus.PENDING,
            actors=("staff",),
        ),
    ),
)


class DeliveryOutcome(StrEnum):
    """What is known after a message was handed to the mail server."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


# With delays that double from 1 s up to 1 h this is about a day and a half.
MAX_DELIVERY_FAILURES = 48
# A send whose outcome was never recorded may have reached its reader; it is repeated once and no more.
MAX_UNKNOWN_DELIVERIES = 2


def may_send_again(*, failures: int, unknown_deliveries: int) -> bool:
    """Whether a message that was not recorded as sent is worth another try."""
    return failures < MAX_DELIVERY_FAILURES and unknown_deliveries < MAX_UNKNOWN_DELIVERIES
