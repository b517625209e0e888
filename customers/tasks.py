"""What workers do for customers: send mail."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from customers.models import CUSTOMERS
from customers.usecases import delivery
from shared_kernel import clock
from shared_kernel.due import due_work


@due_work("customers.send_message", model="customers.Message", where="worker")
def send_message(row_id: UUID) -> None:
    """Send one message, with no transaction open while the mail server is spoken to.

    Two workers rung for one message send it once: the second finds it taken. A worker that dies between sending and
    recording leaves an unknown outcome, after which the mail is sent at most once more.
    """
    with transaction.atomic(using=CUSTOMERS, durable=True):
        letter = delivery.begin_delivery(message_id=row_id, now=clock.database_now(CUSTOMERS))
    if letter is None:
        return
    outcome = delivery.hand_over(letter)
    with transaction.atomic(using=CUSTOMERS, durable=True):
        delivery.record_delivery(letter=letter, delivery=outcome, now=clock.database_now(CUSTOMERS))
