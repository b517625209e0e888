"""The generated documents, where they are kept, and whether the kept copies are stale."""

from __future__ import annotations

import json
from pathlib import Path

from config.contextmap.machines import state_machines
from config.contextmap.page import page
from config.contextmap.survey import kernel_tables, survey

CONTEXT_MAP = Path("docs/context-map.md")
STATE_MACHINES = Path("docs/state-machines.json")


def documents() -> dict[Path, str]:
    """The text of each generated document by its path in the repository.

    Raises:
        IncompleteSurvey: some contexts are not hosted here.
    """
    return {
        CONTEXT_MAP: page(survey(), kernel_tables()),
        STATE_MACHINES: json.dumps({"data": state_machines()}, indent=2) + "\n",
    }


def stale(root: Path) -> list[Path]:
    """The documents whose copy below `root` is missing or differs from what the code says now."""
    return [
        path
        for path, text in documents().items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    ]


def write(root: Path) -> list[Path]:
    """Bring the copies below `root` up to date and name those that were not."""
    changed = stale(root)
    texts = documents()
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(texts[path], encoding="utf-8")
    return changed
