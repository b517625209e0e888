"""The stage of the kernel's own tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared_kernel import due
from shared_kernel.events import event, registry
from tests.databases import TestDatabase
from tests.shared_kernel.events import things


@pytest.fixture
def stage(committed: None, test_database: TestDatabase) -> Iterator[None]:
    """Real commits, the tables of `things`, and no subscriptions but those the test declares."""
    with registry.scratch(), due.scratch(), things.tables(test_database):
        event("inventory.thing_happened.v1")(things.ThingHappened)
        yield
