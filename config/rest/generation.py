"""Making the OpenAPI document from the views of every context."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from shared_kernel import contexts

INDENT = 1


class GenerationWarning(RuntimeError):
    """The document would leave something out or guess it."""


def generate() -> str:
    """The document as text, valid against the OpenAPI 3.1 schema.

    Raises:
        GenerationWarning: a context is not hosted here, or the generator had to guess.
    """
    missing = {context.name for context in contexts.known()} - {context.name for context in contexts.hosted()}
    if missing:
        raise GenerationWarning(
            f"the document needs every context, and this process lacks {', '.join(sorted(missing))}"
        )
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        generator: Any = SchemaGenerator
        document = generator().get_schema(request=None, public=True)
    guesses = [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]  # noqa: SLF001 - its public form prints
    if guesses:
        raise GenerationWarning("; ".join(str(guess) for guess in guesses))
    validate_schema(document)  # type: ignore[no-untyped-call]
    return json.dumps(document, indent=INDENT, ensure_ascii=False) + "\n"
