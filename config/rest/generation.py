"""Making the OpenAPI document and the list of problem codes from the code of every context."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from config.rest.kept import OPENAPI, PROBLEMS, ROOT
from shared_kernel import contexts
from shared_kernel.http import codes

INDENT = 1
HEAD = """# Problems

Every refusal is a problem document (RFC 9457, `application/problem+json`) with one of these codes. Its `type` is
`urn:ashlar:problem:<code>`. Written by `manage.py openapi --write`; a test fails when this copy is stale.

Retryable means: the same request may succeed later, unchanged; wait as long as `Retry-After` says.

| status | code | meaning | retryable |
|---|---|---|---|
"""
FIELDS_HEAD = """
`errors[]` names what is wrong with single members of the body (`pointer`, a JSON pointer) or query parameters
(`parameter`), with one of these codes:

| code | meaning |
|---|---|
"""


class GenerationWarning(RuntimeError):
    """The document would leave something out or guess it."""


def documents() -> dict[Path, str]:
    """The text of each generated document by its path in the repository.

    Raises:
        GenerationWarning: a context is not hosted here, or the generator had to guess.
    """
    return {OPENAPI: openapi(), PROBLEMS: problems()}


def stale() -> list[Path]:
    """The documents whose committed copy is missing or differs from what the code says now."""
    return [path for path, text in documents().items() if not _same(ROOT / path, text)]


def write() -> list[Path]:
    """Bring the committed copies up to date and name those that were not."""
    texts = documents()
    changed = [path for path, text in texts.items() if not _same(ROOT / path, text)]
    for path in changed:
        (ROOT / path).write_text(texts[path], encoding="utf-8")
    return changed


def problems() -> str:
    """The closed list of problem codes as a page."""
    # Loading the paths loads the error classes of every hosted context.
    get_resolver().url_patterns  # noqa: B018
    rows = [
        f"| {code.status} | `{code.code}` | {code.title} | {'yes' if code.retryable else ''} |\n"
        for code in codes.all_codes()
    ]
    fields = [f"| `{code}` | {meaning} |\n" for code, meaning in sorted(codes.FIELD_CODES.items())]
    return HEAD + "".join(rows) + FIELDS_HEAD + "".join(fields)


def openapi() -> str:
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


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
