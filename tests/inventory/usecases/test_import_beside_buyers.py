from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from inventory.api import InventoryApi, ReservationLine
from inventory.models import Variant
from inventory.usecases import audit
from shared_kernel import clock
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from tests.inventory.catalog import counters
from tests.inventory.files import run, write
from tests.inventory.races import at_once

COLUMNS = ["handle", "title", "published", "sku", "option1_name", "option1_value", "price:EUR", "stock:main"]


def rows(units: str) -> list[dict[str, str]]:
    return [
        {
            "handle": "mug",
            "title": "Mug",
            "published": "true",
            "sku": f"M-{number}",
            "price:EUR": "5",
            "option1_name": "No",
            "option1_value": str(number),
            "stock:main": units,
        }
        for number in range(4)
    ]


@pytest.mark.usefixtures("committed")
class TestImportingWhileBuyersBuy:
    def test_neither_loses_a_unit(self, tmp_path: Path) -> None:
        run(write(tmp_path, COLUMNS, rows("100")), create_locations=True)
        variants = list(Variant.objects.order_by("-sku").values_list("id", flat=True))
        more = write(tmp_path, COLUMNS, rows("120"))

        def buyer() -> Callable[[], Any]:
            return partial(
                bound(InventoryApi).reserve_stock,
                order_id=new_id(),
                currency="EUR",
                lines=[ReservationLine(variant_id=variant_id, quantity=1) for variant_id in variants],
                hold_seconds=60,
            )

        actions: list[Callable[[], Any]] = [partial(run, more), partial(run, more)]
        outcomes: list[Any] = at_once([*actions, *(buyer() for _ in range(12))])

        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        assert {counters(variant_id)["main"] for variant_id in variants} == {(120, 12, 0)}
        assert audit.list_findings(now=clock.now("inventory"), limit=5) == []
