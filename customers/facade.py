"""The implementation of the doors of customers; the only place that opens transactions for other contexts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from customers.api import CustomerSummary, MessageStatus, MessageSummary, MessageTemplate, Recipient
from customers.models import CUSTOMERS, Customer, Message
from customers.usecases import messages
from shared_kernel import clock
from shared_kernel.api import AuditFactPage, AuditFinding
from shared_kernel.facades.operations import KernelOperations

# So long a due message may lie about: without Redis nobody is rung, which is an incident, not a lost mail.
MESSAGE_GRACE = timedelta(minutes=15)


class CustomersFacade:
    """Implements `customers.api.CustomersApi`."""

    def send_message(
        self, *, key: str, template: MessageTemplate, to: Recipient, data: dict[str, str]
    ) -> MessageSummary:
        """See `CustomersApi.send_message`."""
        with transaction.atomic(using=CUSTOMERS, durable=True):
            message = messages.request_message(
                key=key, template=template, to=to, data=data, now=clock.database_now(CUSTOMERS)
            )
        return MessageSummary(message_id=message.id, key=message.key, status=MessageStatus(message.status))

    def get_customer(self, *, customer_id: UUID) -> CustomerSummary:
        """See `CustomersApi.get_customer`."""
        customer = Customer.objects.with_id(customer_id)
        return CustomerSummary(customer_id=customer.id, email=customer.email, name=customer.name)


class CustomersOperations(KernelOperations):
    """Implements `shared_kernel.api.ContextApi` for customers."""

    def __init__(self) -> None:
        super().__init__(CUSTOMERS)

    def audit_findings(self, *, limit: int) -> list[AuditFinding]:
        """The log's own findings, messages that lie about although they are due, and pending ones never due."""
        with self.unhurried():
            overdue = Q(due_at=None) | Q(due_at__lt=clock.database_now(CUSTOMERS) - MESSAGE_GRACE)
            stuck = Message.objects.filter(overdue, status=MessageStatus.PENDING).order_by(
                F("due_at").asc(nulls_first=True)
            )
            found = [*self.log_findings(limit=limit), *(_stuck(message) for message in stuck[:limit])]
            return found[:limit]

    def audit_facts(self, *, after: UUID | None, limit: int) -> AuditFactPage:
        """No facts: customers knows nothing of orders."""
        return AuditFactPage(facts=[])


def _stuck(message: Message) -> AuditFinding:
    return AuditFinding(
        invariant="due_work_has_an_owner",
        subject=f"message {message.public_id}",
        detail=f"pending, due at {message.due_at}, {message.attempts} attempts, last error {message.last_error}",
    )
