"""Rows of payments as the members of their views."""

from __future__ import annotations

from typing import Any

from payments.models import JournalEntry, Payment, PaymentTransaction, Refund

MOST_TRANSACTIONS = 100


def payment_members(payment: Payment, *actors: str) -> dict[str, Any]:
    """A payment, with the actions open to these kinds of principal."""
    return {
        "id": payment.id,
        "order_id": payment.order_id,
        "status": payment.status,
        "amount": payment.money(payment.amount),
        "captured": payment.money(payment.captured),
        "refunded": payment.money(payment.refunded),
        "last_error": payment.last_error,
        "allowed_actions": payment.allowed_actions(*actors),
        "created_at": payment.created_at,
        "updated_at": payment.updated_at,
    }


def admin_payment_members(payment: Payment) -> dict[str, Any]:
    """A payment for staff."""
    return {
        **payment_members(payment, "service", "staff"),
        "provider": payment.provider,
        "method": payment.method_type,
        "authorized": payment.money(payment.authorized),
        "capturing": payment.money(payment.capturing),
        "voided": payment.money(payment.voided),
        "refunding": payment.money(payment.refunding),
        "void_reason": payment.void_reason,
    }


def latest_transactions(payment: Payment) -> list[PaymentTransaction]:
    """The latest transactions of a payment, the oldest first."""
    return list(payment.transactions.order_by("-id")[:MOST_TRANSACTIONS])[::-1]


def transaction_members(row: PaymentTransaction) -> dict[str, Any]:
    """A transaction."""
    return {
        "id": row.id,
        "kind": row.kind,
        "status": row.state,
        "amount": row.money,
        "provider_reference": row.provider_reference,
        "failure_code": row.failure_code,
        "last_error": row.last_error,
        "attempts": row.attempts,
        "next_try_at": row.due_at,
        "created_at": row.created_at,
        "settled_at": row.settled_at,
    }


def refund_members(refund: Refund) -> dict[str, Any]:
    """A refund."""
    return {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "order_id": refund.payment.order_id,
        "status": refund.status,
        "amount": refund.money,
        "reason": refund.reason,
        "failure_code": refund.failure_code,
        "created_at": refund.created_at,
        "updated_at": refund.updated_at,
    }


def entry_members(entry: JournalEntry) -> dict[str, Any]:
    """A journal with its lines."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "transaction_id": entry.transaction_id,
        "payment_id": entry.payment_id,
        "order_id": entry.order_id,
        "lines": [{"account": line.account_id, "side": line.side, "amount": line.money} for line in entry.lines.all()],
        "created_at": entry.created_at,
    }
