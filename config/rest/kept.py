"""The documents that are made when Ashlar is built and that every process serves, whichever contexts it hosts."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from django.http import Http404

ROOT = Path(__file__).resolve().parent.parent.parent
OPENAPI = Path("docs/openapi.json")
PROBLEMS = Path("docs/problems.md")
STATE_MACHINES = Path("docs/state-machines.json")


class Document(NamedTuple):
    """The bytes of a document and a digest of them."""

    body: bytes
    digest: str


@cache
def document(path: Path) -> Document:
    """The committed document at `path`, read once.

    Raises:
        Http404: this build has none.
    """
    try:
        body = (ROOT / path).read_bytes()
    except FileNotFoundError as error:
        raise Http404 from error
    return Document(body, sha256(body).hexdigest()[:16])
