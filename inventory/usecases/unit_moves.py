"""Moving units between the buckets of stock levels, each move with its line in the movement journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections

from inventory.models import INVENTORY, StockLevel
from inventory.policies import AdjustmentReason, Bucket, MovementReason
from shared_kernel import call_context, transactions
from shared_kernel.ids import new_id

# One statement, because the levels it changes are the hottest rows of the shop and stay locked until the commit:
# counters and journal cannot differ, and nothing is asked in between.
_MOVE = """
with move as (
  select m.id, m.level_id, m.bucket, m.delta, m.reason, m.reference
  from unnest(%(ids)s::uuid[], %(levels)s::uuid[], %(buckets)s::text[], %(deltas)s::int[], %(reasons)s::text[],
              %(references)s::uuid[]) as m (id, level_id, bucket, delta, reason, reference)
),
per_level as (
  select level_id,
         coalesce(sum(delta) filter (where bucket = 'on_hand'), 0) as on_hand,
         coalesce(sum(delta) filter (where bucket = 'reserved'), 0) as reserved,
         coalesce(sum(delta) filter (where bucket = 'committed'), 0) as committed
  from move group by level_id
),
counted as (
  update inventory_stocklevel as l
  set on_hand = l.on_hand + p.on_hand, reserved = l.reserved + p.reserved, committed = l.committed + p.committed,
      version = l.version + 1, updated_at = %(at)s
  from per_level as p where l.id = p.level_id
)
insert into inventory_stockmovement (id, level_id, bucket, delta, reason, reference, actor, at)
select id, level_id, bucket, delta, reason, reference, %(actor)s, %(at)s from move
"""


@dataclass(frozen=True, kw_only=True)
class UnitMove:
    """`delta` units into (or, negative, out of) one bucket of one stock level; `reference` is what asked for it."""

    level_id: UUID
    bucket: Bucket
    delta: int
    reason: MovementReason | AdjustmentReason
    reference: UUID


def lock_and_move(moves: Sequence[UnitMove], *, at: datetime) -> None:
    """Lock the stock levels in their order, then move; for units that are known to be in the bucket they leave."""
    list(StockLevel.objects.filter(pk__in={move.level_id for move in moves}).locked())
    move_units(moves, at=at)


def move_units(moves: Sequence[UnitMove], *, at: datetime) -> None:
    """Change the counters and write the journal; the caller has locked the levels and seen that the units are there.

    Raises:
        IntegrityError: a bucket would break a constraint, so the caller looked wrongly.
    """
    transactions.require(INVENTORY)
    moves = [move for move in moves if move.delta]
    if not moves:
        return
    with connections[INVENTORY].cursor() as cursor:
        cursor.execute(
            _MOVE,
            {
                "ids": [new_id() for _ in moves],
                "levels": [move.level_id for move in moves],
                "buckets": [str(move.bucket) for move in moves],
                "deltas": [move.delta for move in moves],
                "reasons": [str(move.reason) for move in moves],
                "references": [move.reference for move in moves],
                "actor": str(call_context.current().actor),
                "at": at,
            },
        )
