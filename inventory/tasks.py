"""Work that is due at a time, called by the relay."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from inventory.models import INVENTORY
from inventory.usecases import expiry
from shared_kernel import clock
from shared_kernel.due import due_work


@due_work("inventory.expire_reservation", model="inventory.Reservation", where="relay")
def expire_reservation(row_id: UUID) -> None:
    """End a hold whose time is up."""
    with transaction.atomic(using=INVENTORY, durable=True):
        expiry.expire_reservation(reservation_id=row_id, now=clock.database_now(INVENTORY))
