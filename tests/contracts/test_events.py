from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared_kernel import privacy
from shared_kernel.events import codec, registry, schemas
from shared_kernel.events.compatibility import breaking_changes
from shared_kernel.money import Money

SNAPSHOTS = Path(__file__).parent / "events"
EVENTS = registry.declared_events()
FILED = sorted(path.name.removesuffix(".sample.json") for path in SNAPSHOTS.glob("*.sample.json"))
HOW = "run `manage.py events schemas --write`; a change that it refuses needs a new version of the event"


class TestEveryEvent:
    @pytest.mark.parametrize("name", EVENTS)
    def test_has_the_shape_on_file(self, name: str) -> None:
        path = schemas.schema_path(SNAPSHOTS, name)

        assert path.exists(), HOW
        assert schemas.read(path) == schemas.schema_of(EVENTS[name]), HOW

    @pytest.mark.parametrize("name", FILED)
    def test_that_was_ever_written_is_still_read(self, name: str) -> None:
        sample = schemas.sample_path(SNAPSHOTS, name).read_text(encoding="utf-8")

        assert isinstance(codec.decode(EVENTS[name], sample), EVENTS[name])

    @pytest.mark.parametrize("name", EVENTS)
    def test_survives_the_way_to_json_and_back(self, name: str) -> None:
        event = codec.decode(EVENTS[name], schemas.sample_of(EVENTS[name]))

        assert codec.decode(EVENTS[name], codec.encode(event)) == event

    @pytest.mark.parametrize("name", EVENTS)
    def test_holds_no_personal_data(self, name: str) -> None:
        assert privacy.unfit_fields(EVENTS[name]) == []


class TestThePersonalDataCheck:
    @pytest.mark.parametrize(
        ("field", "hint", "why"),
        [
            ("email", str, "personal data of"),
            ("name", str, "personal data of"),
            ("note", str, "free text"),
            ("note", str | None, "free text"),
            ("tags", list[str], "free text"),
            ("extra", dict[str, str], "anything"),
            ("extra", Any, "anything"),
        ],
    )
    def test_bites(self, field: str, hint: Any, why: str) -> None:
        event = make_dataclass("Planted", [("order_id", UUID), (field, hint)], frozen=True)
        outer = make_dataclass("Outer", [("lines", list[event])], frozen=True)  # type: ignore[valid-type]

        [direct] = privacy.unfit_fields(event)
        [nested] = privacy.unfit_fields(outer)

        assert direct.startswith(f"{field} ")
        assert nested.startswith(f"lines.{field} ")
        assert why in direct

    def test_lets_ids_codes_and_figures_pass(self) -> None:
        fields = [("order_id", UUID), ("reason", str), ("decline_code", str), ("total", Money), ("at", datetime)]

        assert privacy.unfit_fields(make_dataclass("Fine", fields, frozen=True)) == []


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class FewerColors(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Before:
    order_id: UUID
    color: Color
    amounts: list[Money]
    at: datetime | None = None


def changed(**fields: Any) -> type:
    hints: dict[str, Any] = {"order_id": UUID, "color": Color, "amounts": list[Money], "at": (datetime | None, None)}
    hints |= fields
    return make_dataclass(
        "After",
        [(name, *hint) if isinstance(hint, tuple) else (name, hint) for name, hint in hints.items() if hint],
        frozen=True,
        kw_only=True,
    )


class TestAChangeOfAnEvent:
    @pytest.mark.parametrize(
        ("after", "problem"),
        [
            (changed(amounts=None), "amounts is gone"),
            (changed(number=int), "number is new and required"),
            (changed(order_id=(UUID, UUID(int=0))), "order_id is no longer required"),
            (changed(order_id=int), "order_id had the type 'string' and now has 'integer'"),
            (changed(order_id=str), "order_id had the format 'uuid' and now has None"),
            (changed(amounts=list[int]), "amounts.[] had the type 'object' and now has 'integer'"),
            (changed(color=FewerColors), "color no longer takes blue"),
            (changed(at=(datetime, datetime(2026, 1, 1, tzinfo=UTC))), "at takes other types"),
        ],
    )
    def test_that_others_cannot_follow_is_refused(self, after: type, problem: str, tmp_path: Path) -> None:
        schemas.write(tmp_path, {"orders.thing_happened.v1": Before})

        with pytest.raises(schemas.BreakingChange, match=r"orders\.thing_happened\.v1: ") as refusal:
            schemas.write(tmp_path, {"orders.thing_happened.v1": after})

        assert problem in str(refusal.value)

    def test_by_addition_is_written_and_leaves_the_old_sample(self, tmp_path: Path) -> None:
        schemas.write(tmp_path, {"orders.thing_happened.v1": Before})
        after = changed(note_code=(str | None, None))

        written = schemas.write(tmp_path, {"orders.thing_happened.v1": after})

        assert written == ["orders.thing_happened.v1.schema.json"]
        sample = schemas.sample_path(tmp_path, "orders.thing_happened.v1").read_text(encoding="utf-8")
        assert "note_code" not in sample
        assert codec.decode(after, sample).note_code is None

    def test_of_nothing_breaks_nothing(self) -> None:
        assert breaking_changes(schemas.schema_of(Before), schemas.schema_of(Before)) == []


class TestAReader:
    def test_ignores_fields_that_it_does_not_know(self) -> None:
        sample = schemas.sample_of(Before).replace("{", '{"of_next_year": [1, 2], ', 1)

        assert codec.decode(Before, sample) == codec.decode(Before, schemas.sample_of(Before))

    def test_says_so_when_a_required_field_is_missing(self) -> None:
        with pytest.raises(codec.UnreadableEvent, match="order_id"):
            codec.decode(Before, "{}")
