"""Asking for a message, and asking for it again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from customers.api import MessageDataMissing, Recipient, RecipientMissing
from customers.models import CUSTOMERS, Customer, Message
from customers.policies import InvalidEmail, guest_email, missing_placeholders
from shared_kernel import transactions
from shared_kernel.models.due import wake


def request_message(*, key: str, template: str, to: Recipient, data: dict[str, str], now: datetime) -> Message:
    """Write down that a message is to be sent, once per `key`; a repeat answers with the first one.

    Raises:
        CustomerNotFound: the recipient is not a customer.
        MessageDataMissing: a placeholder of the template has no value.
        RecipientMissing: neither or both kinds of recipient, or text that is no e-mail address.
    """
    transactions.require(CUSTOMERS)
    known = Message.objects.filter(key=key).first()
    if known is not None:
        return known
    missing = missing_placeholders(template, data)
    if missing:
        raise MessageDataMissing(template=template, placeholders=missing)
    customer, email = _recipient(to)
    message = Message(key=key, template=template, customer=customer, email=email, data=data, created_at=now, due_at=now)
    # Not an IntegrityError to recover from: two who ask for one key at once wait here for each other.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    first = Message.objects.get(key=key)
    if first.pk == message.pk:
        wake(CUSTOMERS)
    return first


def resend_message(*, message_id: UUID, now: datetime) -> Message:
    """Send a message again that was sent or given up.

    Raises:
        InvalidStateTransition: it is on its way already.
    """
    transactions.require(CUSTOMERS)
    message = Message.objects.locked(message_id)
    message.resend(now)
    return message


def _recipient(to: Recipient) -> tuple[Customer | None, str | None]:
    if (to.customer_id is None) == (to.email is None):
        raise RecipientMissing
    if to.customer_id is not None:
        return Customer.objects.with_id(to.customer_id), None
    try:
        return None, guest_email(to.email or "")
    except InvalidEmail:
        raise RecipientMissing from None
