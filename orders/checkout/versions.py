"""The versions of the checkout saga that this code can carry to their end; one that no order uses can be dropped."""

from __future__ import annotations

from orders.checkout.definition import Definition, MalformedDefinition
from orders.checkout.version_1 import VERSION_1

CURRENT = VERSION_1
DEFINITIONS = {VERSION_1.version: VERSION_1}


def definition_of(version: int) -> Definition:
    """The rules of an order that began under `version`.

    Raises:
        MalformedDefinition: this code does not know that version: it is older, or dropped too early.
    """
    try:
        return DEFINITIONS[version]
    except KeyError:
        raise MalformedDefinition(f"this code does not know version {version} of the checkout saga") from None
