"""Recomputing from raw rows what must always hold of orders, and stating per order what its saga was told."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from uuid import UUID

from django.db import connections
from django.db.models import Prefetch

from orders.models import ORDERS, CheckoutSaga, Order, Purpose
from shared_kernel.api import AuditFact, AuditFactPage, AuditFinding
from shared_kernel.ids import encode_id

# Where no command about money is under way, so that payments must agree with what we were told.
_MONEY_AT_REST = ("another_payment", "payment_authorization", "staff")

# One statement each, so that orders moving meanwhile do not look like mistakes. Each names an order and what disagrees.
_SUMS = """
select o.id, format('total is %%s, its %%s lines make %%s', o.total, count(l.id), coalesce(sum(l.total), 0))
from orders_order o left join orders_orderline l on l.order_id = o.id
group by o.id having o.total <> coalesce(sum(l.total), 0) or count(l.id) = 0
order by o.id limit %s
"""
_CHECKOUTS = """
select o.id, format('is %%s, its checkout is %%s', o.status, coalesce(s.state, 'missing'))
from orders_order o left join orders_checkoutsaga s on s.order_id = o.id and s.purpose = 'checkout'
where s.id is null
   or (o.status in ('confirmed', 'completed')) <> (s.state = 'confirmed')
   or (o.status = 'pending_payment' and s.is_over)
order by o.id limit %s
"""
_CONFIRMED_UNPAID = """
select o.id, format('is %%s with %%s of %%s captured', o.status, o.captured, o.total) from orders_order o
where o.status in ('confirmed', 'completed') and o.captured < o.total
order by o.id limit %s
"""
_KEPT_MONEY = """
select o.id, format('is %%s, closed, and keeps %%s', o.status, o.captured - o.refunded) from orders_order o
where o.status in ('canceled', 'expired') and o.captured > o.refunded
  and not exists (select 1 from orders_checkoutsaga s where s.order_id = o.id and not s.is_over)
order by o.id limit %s
"""
_UNATTENDED = """
select s.order_id, format('%%s since %%s, %%s tries: %%s', s.state, s.moved_at, s.attempts, s.last_error)
from orders_checkoutsaga s
where not s.is_over and (s.due_at < ashlar_now() - interval '10 minutes' or s.attempts >= 20)
order by s.order_id limit %s
"""
_UNSENT = """
select m.order_id, format('%%s is not handed over, %%s tries: %%s', m.template, m.attempts, m.last_error)
from orders_ordermessage m
where m.due_at < ashlar_now() - interval '10 minutes' or m.attempts >= 20
order by m.order_id limit %s
"""

_INVARIANTS = {
    "order_total_is_the_sum_of_its_lines": _SUMS,
    "order_agrees_with_its_checkout": _CHECKOUTS,
    "confirmed_order_is_paid": _CONFIRMED_UNPAID,
    "dead_order_keeps_no_money": _KEPT_MONEY,
    "checkout_has_an_owner": _UNATTENDED,
    "buyer_is_told": _UNSENT,
}


def list_findings(*, limit: int) -> list[AuditFinding]:
    """At most `limit` violations of what must always hold of orders; empty when all is well."""
    found = chain.from_iterable(_violations(name, statement, limit) for name, statement in _INVARIANTS.items())
    return list(islice(found, limit))


def list_facts(*, after: UUID | None, limit: int) -> AuditFactPage:
    """What at most `limit` orders whose id follows `after` imply of stock and money; nothing of what is in flight."""
    orders = Order.objects.order_by("id").prefetch_related(Prefetch("sagas", CheckoutSaga.objects.order_by("id")))
    page = list((orders.filter(id__gt=after) if after else orders)[:limit])
    return AuditFactPage(
        facts=[fact for order in page for fact in _facts(order)],
        next_after=page[-1].id if len(page) == limit else None,
    )


def _violations(invariant: str, statement: str, limit: int) -> Iterator[AuditFinding]:
    with connections[ORDERS].cursor() as cursor:
        cursor.execute(statement, [limit])
        rows = cursor.fetchall()
    for order_id, detail in rows:
        yield AuditFinding(invariant=invariant, subject=encode_id("ord", order_id), detail=detail)


def _facts(order: Order) -> Iterator[AuditFact]:
    sagas = list(order.sagas.all())
    changed_at = max([order.updated_at, *(saga.moved_at for saga in sagas)])

    def fact(topic: str, value: str) -> AuditFact:
        return AuditFact(order_id=order.id, topic=topic, value=value, changed_at=changed_at)

    # Stated of every order: whoever holds something for it must find that it exists.
    yield fact("status", order.status)
    for saga in sagas:
        if saga.purpose == Purpose.CHECKOUT and (saga.is_over or saga.waiting_for):
            yield fact("stock", saga.stock)
    if all(saga.is_over or saga.waiting_for in _MONEY_AT_REST for saga in sagas):
        yield fact("captured", f"{order.captured} {order.currency}")
        yield fact("refunded", f"{order.refunded} {order.currency}")
