"""Keep the books."""

from __future__ import annotations

from datetime import datetime

from payments.models import PAYMENTS, JournalEntry, JournalLine, Payment, PaymentTransaction
from payments.policies import TransactionKind, postings
from shared_kernel import transactions


def post(*, payment: Payment, transaction: PaymentTransaction, now: datetime) -> JournalEntry | None:
    """Book a succeeded transaction as one balanced journal; None where no money moved.

    The database refuses a second journal of the same transaction, and at commit one that does not balance.
    """
    transactions.require(PAYMENTS)
    lines = postings(TransactionKind(transaction.kind), transaction.money)
    if not lines:
        return None
    entry = JournalEntry.objects.create(
        transaction=transaction,
        payment_id=payment.id,
        order_id=payment.order_id,
        kind=transaction.kind,
        created_at=now,
    )
    JournalLine.objects.bulk_create(
        JournalLine(
            entry=entry,
            account_id=line.account,
            side=line.side,
            amount=line.amount.amount,
            currency=line.amount.currency,
        )
        for line in lines
    )
    return entry
