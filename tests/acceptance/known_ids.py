"""Hooks that Schemathesis loads: half of its requests name what exists, so that not all it sees is 404 and 412."""

from __future__ import annotations

import json
import os
import re
from random import Random
from typing import Any

import schemathesis

from shared_kernel.ids import new_id

# Ids by their prefix, as JSON, and the seed of the run.
VARIABLE = "SCHEMATHESIS_KNOWN_IDS"
SEED_VARIABLE = "SCHEMATHESIS_SEED"
TYPE_ID = re.compile(r"([a-z]{3})_[0-7][0-9a-hjkmnp-tv-z]{25}")

_known: dict[str, str] = json.loads(os.environ.get(VARIABLE, "{}"))
_chance = Random(os.environ.get(SEED_VARIABLE))  # noqa: S311 -- repeatable, not secret


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Put known ids in place of made-up ones, any version in place of a wrong one, and a fresh key for a used one."""
    # What is wrong on purpose stays as it is: Schemathesis knows why.
    if case.meta is None or not case.meta.generation.mode.is_positive or _chance.random() < 1 / 2:
        return
    for container in (case.path_parameters, case.body):
        if isinstance(container, dict):
            container.update(_with_known(container))
    for name, value in (("If-Match", "*"), ("Idempotency-Key", str(new_id()))):
        if name in case.headers:
            case.headers[name] = value


def _with_known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_known(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_known(member) for member in value]
    if isinstance(value, str) and (match := TYPE_ID.fullmatch(value)):
        return _known.get(match[1], value)
    return value
