"""The stage of the kernel's tests of events and due work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import current_app

from shared_kernel import due
from shared_kernel.events import event, registry
from tests.databases import TestDatabase
from tests.shared_kernel.events import things


@pytest.fixture
def stage(committed: None, test_database: TestDatabase) -> Iterator[None]:
    """Real commits, the tables of `things`, and no subscriptions or due work but those the test declares."""
    with registry.scratch(), due.scratch(), things.tables(test_database):
        event("inventory.thing_happened.v1")(things.ThingHappened)
        yield
        for work in due.works(things.PRODUCER):
            current_app.tasks.pop(work.name, None)
