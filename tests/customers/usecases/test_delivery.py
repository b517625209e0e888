"""Mail leaves once, whatever happens around it."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_string
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from customers.api import MessageStatus, MessageTemplate, Recipient
from customers.models import CUSTOMERS, Message
from customers.policies import PLACEHOLDERS, DeliveryOutcome
from customers.usecases import delivery, messages
from customers.usecases.delivery import Delivery, Letter
from shared_kernel import clock, due
from shared_kernel.events import relay
from shared_kernel.models import DueRow
from tests.customers import mail_server
from tests.customers.mail_server import MailServer, Manner
from tests.customers.people import race, register

pytestmark = pytest.mark.usefixtures("committed")
TASK = "customers.send_message"


def request(key: str = "order_confirmed:1", *, to: Recipient | None = None, number: str = "A-1") -> Message:
    with transaction.atomic(using=CUSTOMERS):
        return messages.request_message(
            key=key,
            template=MessageTemplate.ORDER_CONFIRMED,
            to=to or Recipient(email="guest@example.test"),
            data={"order_number": number, "total": "19.99 EUR"},
            now=clock.now(CUSTOMERS),
        )


def work() -> None:
    relay.drain([CUSTOMERS], run_worker_tasks=True)


def lapse() -> None:
    """Let every lease run out."""
    clock.advance(CUSTOMERS, due.LEASE.total_seconds() + 1)


def begin(message: Message) -> Letter | None:
    with transaction.atomic(using=CUSTOMERS):
        return delivery.begin_delivery(message_id=message.id, now=clock.now(CUSTOMERS))


class TestAMessage:
    def test_reaches_its_reader_once(self) -> None:
        message = request()

        work()
        work()

        message.refresh_from_db()
        (letter,) = mail.outbox
        assert letter.to == ["guest@example.test"]
        assert letter.subject == "Order A-1 is confirmed"
        assert "Order A-1 over 19.99 EUR is paid and confirmed" in letter.body
        assert letter.extra_headers["Message-ID"].startswith(f"<{message.public_id}.1@")
        assert message.status == MessageStatus.SENT
        assert message.sent_at is not None
        assert message.due_at is None

    def test_goes_to_the_address_a_customer_has_when_it_leaves(self) -> None:
        customer = register()
        mail.outbox.clear()
        request(to=Recipient(customer_id=customer.id))
        type(customer).objects.update(email="moved@example.test")

        work()

        assert {letter.to[0] for letter in mail.outbox} == {"moved@example.test"}

    def test_shows_data_as_it_is_and_never_as_a_template_or_header(self) -> None:
        request(number="{{ total }} <b>&\r\nBcc: all@example.test")

        work()

        (letter,) = mail.outbox
        assert letter.subject == "Order {{ total }} <b>& Bcc: all@example.test is confirmed"
        assert letter.recipients() == ["guest@example.test"]

    @pytest.mark.parametrize("attempt", range(10))
    def test_is_sent_once_by_two_racing_workers(self, attempt: int) -> None:
        message = request()

        race(2, lambda _: due.run_one(TASK, message.id))

        message.refresh_from_db()
        assert len(mail.outbox) == 1
        assert message.status == MessageStatus.SENT

    def test_is_left_alone_by_a_second_worker_while_the_first_sends(self) -> None:
        message = request()
        first = begin(message)

        assert begin(message) is None
        due.run_one(TASK, message.id)

        assert first is not None
        assert mail.outbox == []

    def test_can_be_rendered_in_every_template(self) -> None:
        customer = register()
        for template, names in PLACEHOLDERS.items():
            with transaction.atomic(using=CUSTOMERS):
                messages.request_message(
                    key=f"test:{template}",
                    template=template,
                    to=Recipient(customer_id=customer.id),
                    data={name: f"[{name}]" for name in names},
                    now=clock.now(CUSTOMERS),
                )

        work()

        texts = "".join(f"{letter.subject}{letter.body}" for letter in mail.outbox)
        assert Message.objects.exclude(status=MessageStatus.SENT).count() == 0
        assert "{{" not in texts
        assert "{%" not in texts


class TestAWorkerThatDies:
    def test_after_sending_has_the_mail_sent_once_more_at_most(self) -> None:
        message = request()
        for _ in range(3):
            letter = begin(message)
            if letter is not None:
                delivery.hand_over(letter)
            lapse()
        work()

        message.refresh_from_db()
        assert len(mail.outbox) == 2
        assert len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == 1
        assert message.status == MessageStatus.FAILED
        assert message.last_error == "the outcome of the last delivery is unknown"

    def test_before_sending_delays_the_mail_until_its_lease_has_run_out(self) -> None:
        message = request()
        begin(message)
        due.claim(next(one for one in due.works(CUSTOMERS) if one.name == TASK), limit=1)

        work()
        assert mail.outbox == []

        lapse()
        work()
        message.refresh_from_db()
        assert len(mail.outbox) == 1
        assert message.status == MessageStatus.SENT

    def test_but_recorded_late_is_believed(self) -> None:
        message = request()
        slow = begin(message)
        assert slow is not None
        lapse()
        begin(message)

        with transaction.atomic(using=CUSTOMERS):
            accepted = Delivery(outcome=DeliveryOutcome.ACCEPTED)
            delivery.record_delivery(letter=slow, delivery=accepted, now=clock.now(CUSTOMERS))

        message.refresh_from_db()
        assert message.status == MessageStatus.SENT

    def test_and_failed_late_does_not_disturb_the_next(self) -> None:
        message = request()
        slow = begin(message)
        assert slow is not None
        lapse()
        begin(message)

        with transaction.atomic(using=CUSTOMERS):
            failed = Delivery(outcome=DeliveryOutcome.NOT_SENT, error="OSError")
            delivery.record_delivery(letter=slow, delivery=failed, now=clock.now(CUSTOMERS))

        message.refresh_from_db()
        assert message.sending_until is not None
        assert message.attempts == 0


class TestAMailServer:
    @pytest.fixture
    def server(self, settings: Any) -> Iterator[MailServer]:
        with mail_server.running() as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
            yield server

    def state_of(self, message: Message) -> tuple[str, int, str | None]:
        message.refresh_from_db()
        return message.status, message.attempts, message.last_error

    def test_gets_the_mail(self, server: MailServer) -> None:
        message = request()

        work()

        taken = message_from_string(server.taken[0])
        assert len(server.taken) == 1
        assert taken["To"] == "guest@example.test"
        assert taken["Auto-Submitted"] == "auto-generated"
        assert self.state_of(message) == (MessageStatus.SENT, 0, None)

    def test_that_is_away_is_tried_again(self, server: MailServer, settings: Any) -> None:
        settings.EMAIL_PORT = 1
        message = request()
        work()
        assert self.state_of(message) == (MessageStatus.PENDING, 1, "ConnectionRefusedError")

        settings.EMAIL_PORT = server.port
        clock.advance(CUSTOMERS, 3600)
        work()

        assert self.state_of(message)[0] == MessageStatus.SENT
        assert len(server.taken) == 1

    def test_that_asks_for_patience_is_tried_again_and_its_words_are_not_kept(self, server: MailServer) -> None:
        server.manner = Manner.REFUSE_FOR_NOW
        message = request()

        work()

        assert self.state_of(message) == (MessageStatus.PENDING, 1, "SMTPRecipientsRefused 451")
        assert message.unknown_deliveries == 0
        assert isinstance(message, DueRow)

    def test_that_refuses_the_address_ends_it(self, server: MailServer) -> None:
        server.manner = Manner.REFUSE
        message = request()

        work()

        assert self.state_of(message)[::2] == (MessageStatus.FAILED, "SMTPRecipientsRefused 550")
        assert message.due_at is None

    def test_that_breaks_off_after_taking_gets_it_once_more_at_most(self, server: MailServer) -> None:
        server.manner = Manner.TAKE_AND_BREAK_OFF
        message = request()
        for _ in range(4):
            work()
            clock.advance(CUSTOMERS, 3600)

        assert len(server.taken) == 2
        assert self.state_of(message)[::2] == (MessageStatus.FAILED, "SMTPServerDisconnected")


class TestSendingAgain:
    def test_is_a_new_edition_with_an_id_of_its_own(self) -> None:
        message = request()
        work()

        with transaction.atomic(using=CUSTOMERS):
            messages.resend_message(message_id=message.id, now=clock.now(CUSTOMERS))
        work()

        message.refresh_from_db()
        ids = [letter.extra_headers["Message-ID"].partition("@")[0] for letter in mail.outbox]
        assert ids == [f"<{message.public_id}.1", f"<{message.public_id}.2"]
        assert message.status == MessageStatus.SENT
