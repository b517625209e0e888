"""How far the test clock of a schema is ahead of the server's."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models


class ClockOffset(models.Model):
    """The one row that `ashlar_now()` adds to the server's time in test mode; unread in production."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT", "UPDATE")

    one = models.BooleanField(primary_key=True, default=True)
    shift = models.DurationField(default=timedelta)

    class Meta:
        db_table = "clock_offset"
        constraints = (models.CheckConstraint(condition=models.Q(one=True), name="clock_offset_has_one_row"),)
