"""What customers tells the composition root about itself."""

from __future__ import annotations

import pytest
from django.db import transaction

from customers.api import MessageTemplate, Recipient
from customers.facade import CustomersOperations
from customers.models import CUSTOMERS, Message
from customers.usecases import messages
from shared_kernel import clock
from shared_kernel.events import relay
from tests.customers.people import register

pytestmark = pytest.mark.usefixtures("committed")


class TestTheAudit:
    def test_finds_nothing_when_all_is_well(self) -> None:
        register()
        relay.drain([CUSTOMERS], run_worker_tasks=True)

        assert CustomersOperations().audit_findings(limit=10) == []

    def test_finds_a_message_that_lies_about(self) -> None:
        with transaction.atomic(using=CUSTOMERS):
            message = messages.request_message(
                key="order_confirmed:1",
                template=MessageTemplate.ORDER_CONFIRMED,
                to=Recipient(email="guest@example.test"),
                data={"order_number": "A-1", "total": "19.99 EUR"},
                now=clock.now(CUSTOMERS),
            )
        assert CustomersOperations().audit_findings(limit=10) == []

        clock.advance(CUSTOMERS, 16 * 60)

        (finding,) = CustomersOperations().audit_findings(limit=10)
        assert finding.subject == f"message {message.public_id}"
        assert "guest@example.test" not in finding.detail

    def test_finds_a_pending_message_that_is_never_due(self) -> None:
        register()
        Message.objects.update(due_at=None)
        relay.drain([CUSTOMERS], run_worker_tasks=True)

        assert len(CustomersOperations().audit_findings(limit=10)) == 1

    def test_states_no_facts_about_orders(self) -> None:
        page = CustomersOperations().audit_facts(after=None, limit=10)

        assert (page.facts, page.next_after) == ([], None)
