"""The rush is over: many holds run out at once, and the statistics of the table do not know it yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections, transaction

from inventory.models import Reservation
from inventory.usecases import expiry
from tests.databases import TestDatabase
from tests.inventory.catalog import a_variant

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LAPSED = 200

_RESERVATIONS = """
with made as (
  insert into inventory_reservation
    (id, version, created_at, updated_at, attempts, order_id, state, currency, expires_at)
  select gen_random_uuid(), 1, %(now)s, %(now)s, 0, gen_random_uuid(), %(state)s, 'EUR', %(now)s - interval '1 minute'
  from generate_series(1, %(count)s::int) returning id
)
insert into inventory_reservationline
  (id, product_id, position, sku, title, quantity, unit_amount, reservation_id, variant_id)
select gen_random_uuid(), gen_random_uuid(), 1, 'mug', 'Mug', 1, 1999, id, %(variant)s from made
"""


def reservations(state: str, count: int, variant: Any) -> None:
    with connections["inventory"].cursor() as cursor:
        cursor.execute(_RESERVATIONS, {"now": NOW, "state": state, "count": count, "variant": variant.id})


def steps(plan: dict[str, Any]) -> Iterator[int]:
    """How often each node of an executed plan was begun."""
    yield plan["Actual Loops"]
    for part in plan.get("Plans", []):
        yield from steps(part)


@pytest.mark.usefixtures("committed")
class TestManyLapsedHolds:
    def test_are_each_looked_at_once(self, test_database: TestDatabase) -> None:
        wanted, other = a_variant("mug"), a_variant("cup")
        reservations("committed", 5000, other)
        for table in ("inventory_reservation", "inventory_reservationline"):
            test_database.superuser().execute(f"analyze inventory.{table}".encode())
        reservations("held", LAPSED, other)

        with transaction.atomic(using="inventory"):
            rows = Reservation.objects.lapsed(NOW).on_variants([wanted.id]).locked()
            [plan] = json.loads(rows[:20].explain(format="json", analyze=True))

        assert sum(steps(plan["Plan"])) < 10 * LAPSED

    def test_are_given_batch_by_batch_and_each_once(self) -> None:
        wanted, other = a_variant("mug"), a_variant("cup")
        reservations("held", 45, wanted)
        reservations("held", 5, other)

        with transaction.atomic(using="inventory"):
            batches = [
                [hold.id for hold in batch] for batch in expiry.lapsed_holds(variant_ids=[wanted.id, other.id], now=NOW)
            ]

        found = [hold_id for batch in batches for hold_id in batch]
        assert [len(batch) for batch in batches] == [20, 20, 10]
        assert len(set(found)) == 50
        assert found == sorted(found)
