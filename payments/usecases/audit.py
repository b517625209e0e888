"""Recompute from raw rows what must be true of payments, and state what other contexts can compare."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connections

from payments.models import PAYMENTS
from payments.policies import Account, TransactionKind, TransactionState
from shared_kernel.api import AuditFact, AuditFactPage, AuditFinding
from shared_kernel.ids import encode_id

# How long an outcome may be open with nobody asked to find it out.
PATIENCE = timedelta(minutes=15)

_UNBALANCED_JOURNALS = """
select e.id, coalesce(l.currency, '-') as currency,
       coalesce(sum(l.amount) filter (where l.side = 'debit'), 0) as debit,
       coalesce(sum(l.amount) filter (where l.side = 'credit'), 0) as credit
from payments_journalentry e left join payments_journalline l on l.entry_id = e.id
group by e.id, l.currency
having coalesce(sum(l.amount) filter (where l.side = 'debit'), 0)
    <> coalesce(sum(l.amount) filter (where l.side = 'credit'), 0) or count(l.id) = 0
limit %s::int
"""

_TRIAL_BALANCE = """
select currency, sum(case side when 'debit' then amount else -amount end) as difference
from payments_journalline group by currency having sum(case side when 'debit' then amount else -amount end) <> 0
"""

_BROKEN_CAPS = """
select id, amount, authorized, capturing, captured, voided, refunding, refunded from payments_payment
where authorized > amount or captured + capturing + voided > authorized or refunded + refunding > captured
limit %s::int
"""

# The payment's own sums, its transactions and the ledger tell one story three times.
_DIFFERING_SUMS = """
select p.id, p.captured, p.refunded, p.capturing, p.refunding,
       coalesce(t.captured, 0) as captured_by_transactions, coalesce(t.refunded, 0) as refunded_by_transactions,
       coalesce(t.capturing, 0) as capturing_by_transactions, coalesce(t.refunding, 0) as refunding_by_transactions,
       coalesce(j.captured, 0) as captured_by_ledger, coalesce(j.refunded, 0) as refunded_by_ledger,
       coalesce(r.refunded, 0) as refunded_by_refunds, coalesce(r.refunding, 0) as refunding_by_refunds
from payments_payment p
left join (
  select payment_id,
         sum(amount) filter (where kind = 'capture' and state = 'succeeded') as captured,
         sum(amount) filter (where kind = 'refund' and state = 'succeeded') as refunded,
         sum(amount) filter (where kind = 'capture' and state in ('pending', 'unknown')) as capturing,
         sum(amount) filter (where kind = 'refund' and state in ('pending', 'unknown')) as refunding
  from payments_paymenttransaction group by payment_id) t on t.payment_id = p.id
left join (
  select e.payment_id,
         sum(l.amount) filter (where l.side = 'credit') as captured,
         sum(l.amount) filter (where l.side = 'debit') as refunded
  from payments_journalentry e join payments_journalline l on l.entry_id = e.id
  where l.account_id = %s group by e.payment_id) j on j.payment_id = p.id
left join (
  select payment_id,
         sum(amount) filter (where status = 'succeeded') as refunded,
         sum(amount) filter (where status = 'pending') as refunding
  from payments_refund group by payment_id) r on r.payment_id = p.id
where p.captured <> coalesce(t.captured, 0) or p.captured <> coalesce(j.captured, 0)
   or p.refunded <> coalesce(t.refunded, 0) or p.refunded <> coalesce(j.refunded, 0)
   or p.refunded <> coalesce(r.refunded, 0) or p.refunding <> coalesce(r.refunding, 0)
   or p.capturing <> coalesce(t.capturing, 0) or p.refunding <> coalesce(t.refunding, 0)
limit %s::int
"""

_FORGOTTEN = """
select id, kind, state, created_at from payments_paymenttransaction
where state = any(%s) and due_at is null and created_at < ashlar_now() - %s::interval
limit %s::int
"""

_FACTS = """
select o.order_id, o.currency, o.changed_at,
       coalesce(sum(l.amount) filter (where l.side = 'credit'), 0) as captured,
       coalesce(sum(l.amount) filter (where l.side = 'debit'), 0) as refunded
from (
  select order_id, max(currency) as currency, max(updated_at) as changed_at from payments_payment
  where %s::uuid is null or order_id > %s::uuid group by order_id order by order_id limit %s::int) o
left join payments_journalentry e on e.order_id = o.order_id
left join payments_journalline l on l.entry_id = e.id and l.account_id = %s
group by o.order_id, o.currency, o.changed_at order by o.order_id
"""


def find_violations(*, limit: int) -> list[AuditFinding]:
    """At most `limit` violations of the invariants of money."""
    return list(islice(_violations(limit), limit))


def state_facts(*, after: UUID | None, limit: int) -> AuditFactPage:
    """What the ledger says was captured and refunded for each of `limit` orders whose id follows `after`."""
    rows = _rows(_FACTS, [after, after, limit, Account.CUSTOMER_PAYMENTS])
    facts = [
        AuditFact(
            order_id=row["order_id"],
            topic=topic,
            value=f"{row[topic]} {row['currency']}",
            changed_at=row["changed_at"],
        )
        for row in rows
        for topic in ("captured", "refunded")
    ]
    return AuditFactPage(facts=facts, next_after=rows[-1]["order_id"] if len(rows) == limit else None)


def _violations(limit: int) -> Iterator[AuditFinding]:
    for row in _rows(_UNBALANCED_JOURNALS, [limit]):
        yield _finding("journals_balance", "jrn", row)
    for row in _rows(_TRIAL_BALANCE, []):
        yield AuditFinding(
            invariant="trial_balance_zero",
            subject=f"currency {row['currency']}",
            detail=f"difference={row['difference']}",
        )
    for row in _rows(_BROKEN_CAPS, [limit]):
        yield _finding("caps_hold", "pay", row)
    for row in _rows(_DIFFERING_SUMS, [Account.CUSTOMER_PAYMENTS, limit]):
        yield _finding("sums_agree", "pay", row)
    unsettled = [TransactionState.PENDING, TransactionState.UNKNOWN]
    for row in _rows(_FORGOTTEN, [unsettled, PATIENCE, limit]):
        kind = TransactionKind(row["kind"])
        yield AuditFinding(
            invariant="outcomes_are_sought",
            subject=encode_id("txn", row["id"]),
            detail=f"{kind} {row['state']} since {row['created_at'].isoformat()} and nobody is asked",
        )


def _finding(invariant: str, prefix: str, row: dict[str, Any]) -> AuditFinding:
    figures = " ".join(f"{name}={value}" for name, value in row.items() if name != "id")
    return AuditFinding(invariant=invariant, subject=encode_id(prefix, row["id"]), detail=figures)


def _rows(statement: str, parameters: list[Any]) -> list[dict[str, Any]]:
    with connections[PAYMENTS].cursor() as cursor:
        cursor.execute(statement, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
