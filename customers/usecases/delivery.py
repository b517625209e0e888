"""Sending a message: take it, hand it to the mail server with no transaction open, record what came of it.

A mail leaves once. The one exception cannot be closed from this side: when the worker dies, or the connection breaks,
between the server's taking the mail and our record of it, the outcome is unknown, and the mail is sent at most once
more. Both copies carry the same Message-ID, by which many mail systems show only one.
"""

from __future__ import annotations

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from customers.api import MessageStatus
from customers.models import CUSTOMERS, Message
from customers.policies import DeliveryOutcome, may_send_again
from shared_kernel import transactions
from shared_kernel.backoff import Backoff
from shared_kernel.observability.logging import get_logger

log = get_logger(__name__)

# Longer than a task may live (60 s), so that a lapsed one means a dead worker; shorter than the relay's lease (90 s),
# so that it has lapsed when the relay rings again.
SENDING_LEASE = timedelta(seconds=75)
# RFC 5321 4.2.1: 4yz asks to try again later, 5yz says that it will never work.
PERMANENT_FAILURE = 500
BACKOFF = Backoff(first=timedelta(seconds=2), limit=timedelta(hours=1))


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A rendered mail; `lease` says which worker has it in hand."""

    message_id: UUID
    lease: datetime
    address: str
    subject: str
    body: str
    header_id: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What came of handing a letter over; `error` names the failure without an address."""

    outcome: DeliveryOutcome
    error: str = ""


def begin_delivery(*, message_id: UUID, now: datetime) -> Letter | None:
    """Take a message in hand for 75 s; None when nothing is to be done: it is sent, in other hands, or given up now."""
    transactions.require(CUSTOMERS)
    message = Message.objects.locked(message_id)
    if message.status != MessageStatus.PENDING:
        return None
    if message.sending_until is not None and message.sending_until > now:
        return None
    message.begin_sending(now=now, lease=SENDING_LEASE)
    if not may_send_again(failures=message.attempts, unknown_deliveries=message.unknown_deliveries):
        _give_up(message, "the outcome of the last delivery is unknown")
        return None
    return Letter(
        message_id=message.id,
        lease=now + SENDING_LEASE,
        address=message.address,
        subject=" ".join(_render(message, "subject").split()),
        body=_render(message, "body"),
        header_id=f"<{message.public_id}.{message.edition}@{_own_domain()}>",
    )


def hand_over(letter: Letter) -> Delivery:
    """Give a letter to the mail server, with no transaction open, and tell what is known afterwards."""
    mail = EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.address],
        headers={"Message-ID": letter.header_id, "Auto-Submitted": "auto-generated"},
    )
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return Delivery(outcome=DeliveryOutcome.NOT_SENT, error=type(error).__name__)
    try:
        connection.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        return _answered(error, max(code for code, _ in error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        return _answered(error, error.smtp_code)
    except ValueError as error:
        # Django refuses to put the address or the subject into a header.
        return Delivery(outcome=DeliveryOutcome.REFUSED, error=type(error).__name__)
    except (OSError, smtplib.SMTPException) as error:
        return Delivery(outcome=DeliveryOutcome.UNKNOWN, error=type(error).__name__)
    finally:
        # The outcome is known by now; a quarrel about hanging up does not change it.
        with suppress(OSError, smtplib.SMTPException):
            connection.close()
    return Delivery(outcome=DeliveryOutcome.ACCEPTED)


def record_delivery(*, letter: Letter, delivery: Delivery, now: datetime) -> None:
    """Record what came of a letter: sent, to be tried again later, or given up."""
    transactions.require(CUSTOMERS)
    message = Message.objects.locked(letter.message_id)
    if message.status != MessageStatus.PENDING:
        return
    if delivery.outcome is DeliveryOutcome.ACCEPTED:
        message.complete(now)
        return
    if message.sending_until != letter.lease:
        # Our lease ran out and another worker has the message in hand; its outcome counts.
        return
    unknown = delivery.outcome is DeliveryOutcome.UNKNOWN
    again = may_send_again(failures=message.attempts + 1, unknown_deliveries=message.unknown_deliveries + unknown)
    if delivery.outcome is DeliveryOutcome.REFUSED or not again:
        _give_up(message, delivery.error)
    else:
        message.postpone(after=BACKOFF.delay(message.attempts + 1), error=delivery.error, unknown=unknown)


def _answered(error: smtplib.SMTPException, code: int) -> Delivery:
    outcome = DeliveryOutcome.REFUSED if code >= PERMANENT_FAILURE else DeliveryOutcome.NOT_SENT
    return Delivery(outcome=outcome, error=f"{type(error).__name__} {code}")


def _give_up(message: Message, error: str) -> None:
    log.error("message_given_up", row_id=str(message.id), error=error)
    message.give_up(error)


def _render(message: Message, part: str) -> str:
    return render_to_string(f"customers/messages/{message.template}/{part}.txt", message.data)


def _own_domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
