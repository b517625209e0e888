"""Moving recorded events into the log; any number of processes may do it at once."""

from __future__ import annotations

from django.db import connections

BATCH = 1000

# The condition saves the head lock and a transaction id when nothing is pending, which is most polls. It is ordered so
# that it goes by the index, from the floor: the rest of the table may be dead rows that an old snapshot keeps.
_SEQUENCE = """
select moved from sequence_batch(%s::int)
where (select true from outbox_pending where id > (select floor_id from event_head) order by id limit 1)
"""


def sequence(using: str, *, batch: int = BATCH) -> int:
    """Move all that is pending in the schema of `using` into its log, and return how many events that were.

    Raises:
        RuntimeError: a transaction is open; the sequencer's proof needs it to be one of its own.
    """
    connection = connections[using]
    if connection.in_atomic_block:
        raise RuntimeError(f"the sequencer of {using} cannot run inside a transaction")
    total = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_SEQUENCE, [batch])
            row = cursor.fetchone()
            moved = row[0] if row else 0
            total += moved
            if moved < batch:
                return total
