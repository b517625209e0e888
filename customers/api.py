"""The front door of customers: other contexts import this module and customers.events, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from shared_kernel.errors import Invalid, NotFound
from shared_kernel.facades import command, query

__all__ = [
    "CustomerNotFound",
    "CustomerSummary",
    "CustomersApi",
    "MessageDataMissing",
    "MessageStatus",
    "MessageSummary",
    "MessageTemplate",
    "Recipient",
    "RecipientMissing",
]


class MessageTemplate(StrEnum):
    """The messages that can be sent; `customers.policies.PLACEHOLDERS` says what data each of them needs.

    `order_confirmed` needs `order_number` and `total`; `order_canceled` and `payment_failed` need `order_number`. The
    total is text for a reader ("19.99 EUR"). Data that a template does not use is kept and ignored.
    """

    ORDER_CONFIRMED = "order_confirmed"
    ORDER_CANCELED = "order_canceled"
    PAYMENT_FAILED = "payment_failed"


class MessageStatus(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets a message: either a customer, whose address is known here, or a guest's e-mail address."""

    customer_id: UUID | None = None
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class MessageSummary:
    """A message on its way; `key` is what makes it be sent once."""

    message_id: UUID
    key: str
    status: MessageStatus


@dataclass(frozen=True, kw_only=True)
class CustomerSummary:
    """Who a customer is."""

    customer_id: UUID
    email: str
    name: str


@dataclass(kw_only=True, eq=False)
class CustomerNotFound(NotFound):
    """No customer has this id."""

    code = "customer_not_found"
    summary = "There is no such customer."

    customer_id: UUID


@dataclass(kw_only=True, eq=False)
class MessageDataMissing(Invalid):
    """The template has placeholders that the data does not fill."""

    code = "message_data_missing"
    summary = "The message {template} needs more data."

    template: str
    placeholders: list[str]


@dataclass(kw_only=True, eq=False)
class RecipientMissing(Invalid):
    """A message needs a customer or an e-mail address that can be one, and not both."""

    code = "recipient_missing"
    summary = "A message needs either a customer or an e-mail address."


class CustomersApi(Protocol):
    """What orders may ask of customers."""

    @command
    def send_message(
        self, *, key: str, template: MessageTemplate, to: Recipient, data: dict[str, str]
    ) -> MessageSummary:
        """Send a message once per `key`; a repeat answers with the first one.

        `data` fills the template and must hold the placeholders it names.

        Raises:
            CustomerNotFound: the recipient is not a customer.
            MessageDataMissing: a placeholder of the template has no value.
            RecipientMissing: neither or both kinds of recipient, or text that is no e-mail address.
        """

    @query
    def get_customer(self, *, customer_id: UUID) -> CustomerSummary:
        """One customer.

        Raises:
            CustomerNotFound: no customer has this id.
        """
