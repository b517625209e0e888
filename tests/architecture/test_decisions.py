"""The records of decisions: each has its four parts and its line in the index."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))


class TestEachRecord:
    @pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
    def test_says_what_it_must_on_one_screen(self, record: Path) -> None:
        lines = record.read_text(encoding="utf-8").splitlines()

        parts = [line for line in lines if line.startswith("## ")]
        assert parts == ["## Context", "## Decision", "## Consequences", "## Rejected"]
        assert lines[0].startswith(f"# {record.name[:4]}. ")
        assert len(lines) <= 60

    def test_is_in_the_index_under_its_title(self) -> None:
        index = (FOLDER / "README.md").read_text(encoding="utf-8")

        missing = [
            record.name
            for record in RECORDS
            if f"- [{record.read_text(encoding='utf-8').splitlines()[0][2:]}]({record.name})" not in index
        ]
        assert RECORDS
        assert missing == []
