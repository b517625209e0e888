"""The facade of customers, as orders meets it."""

from __future__ import annotations

from uuid import UUID

import pytest

from customers.api import (
    CustomerNotFound,
    CustomersApi,
    MessageDataMissing,
    MessageStatus,
    MessageSummary,
    MessageTemplate,
    Recipient,
    RecipientMissing,
)
from customers.models import Message
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from tests.customers.people import race, register

GUEST = Recipient(email="Guest@Example.test")
DATA = {"order_number": "A-1", "total": "19.99 EUR"}

pytestmark = pytest.mark.usefixtures("committed")


def send(key: str = "order_confirmed:1", *, to: Recipient = GUEST, data: dict[str, str] = DATA) -> MessageSummary:
    return bound(CustomersApi).send_message(key=key, template=MessageTemplate.ORDER_CONFIRMED, to=to, data=data)


class TestSendMessage:
    def test_writes_down_what_is_to_be_sent(self) -> None:
        summary = send()

        message = Message.objects.get()
        assert summary == MessageSummary(message_id=message.id, key="order_confirmed:1", status=MessageStatus.PENDING)
        assert message.address == "guest@example.test"
        assert message.data == DATA
        assert message.due_at is not None

    def test_looks_up_the_address_of_a_customer(self) -> None:
        customer = register()

        summary = send(to=Recipient(customer_id=customer.id))

        assert Message.objects.get(pk=summary.message_id).address == customer.email
        assert Message.objects.get(pk=summary.message_id).email is None

    def test_answers_a_repeat_with_the_first_message(self) -> None:
        first = send()

        assert send(to=Recipient(email="else@example.test"), data={}) == first
        assert Message.objects.count() == 1

    def test_gives_racing_repeats_one_message(self) -> None:
        answers = race(8, lambda _: send())

        assert len(set(answers)) == 1
        assert Message.objects.count() == 1

    @pytest.mark.parametrize(
        "to",
        [Recipient(), Recipient(customer_id=new_id(), email="guest@example.test"), Recipient(email="no address")],
    )
    def test_refuses_anything_but_one_recipient(self, to: Recipient) -> None:
        with pytest.raises(RecipientMissing):
            send(to=to)

        assert not Message.objects.exists()

    def test_refuses_a_customer_who_does_not_exist(self) -> None:
        with pytest.raises(CustomerNotFound) as refusal:
            send(to=Recipient(customer_id=UUID(int=7)))

        assert refusal.value.customer_id == UUID(int=7)

    def test_refuses_data_that_leaves_a_placeholder_open(self) -> None:
        with pytest.raises(MessageDataMissing) as refusal:
            send(data={"order_number": "A-1"})

        assert refusal.value.placeholders == ["total"]


class TestGetCustomer:
    def test_tells_who_a_customer_is(self) -> None:
        customer = register()

        summary = bound(CustomersApi).get_customer(customer_id=customer.id)

        assert (summary.customer_id, summary.email, summary.name) == (customer.id, "anna@example.test", "Anna")

    def test_knows_nobody_else(self) -> None:
        with pytest.raises(CustomerNotFound):
            bound(CustomersApi).get_customer(customer_id=new_id())
