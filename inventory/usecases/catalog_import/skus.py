"""SKUs for variants that have none in the file: always the same for the same handle and options."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

from inventory.usecases.catalog_import.cells import LONGEST_SKU


def derived_sku(handle: str, values: Iterable[str]) -> str:
    """A SKU made of the handle and the option values: `classic-shirt.small.blue`.

    Where writing it so loses more than case and blanks, or the whole is too long, a digest of the exact values makes up
    for it.
    """
    chosen = list(values)
    parts = [_plain(value) for value in chosen]
    sku = ".".join([handle, *parts])
    # A dot in the handle would read like the start of the options.
    exact = "." not in handle and all(
        part == value.lower().replace(" ", "-") for part, value in zip(parts, chosen, strict=True)
    )
    if exact and len(sku) <= LONGEST_SKU:
        return sku
    digest = sha256("\x1f".join([handle, *chosen]).encode()).hexdigest()[:10]
    return f"{sku[: LONGEST_SKU - len(digest) - 1]}.{digest}"


def _plain(value: str) -> str:
    letters = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
