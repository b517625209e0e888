"""One running shop for all acceptance tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.shopfront import Shopfront
from tests.stack import Stack


@pytest.fixture(scope="session")
def shopfront(running_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopfront]:
    """The running shop, with a service key for everything."""
    shopfront = Shopfront(running_stack, tmp_path_factory.mktemp("shopfront"))
    yield shopfront
    shopfront.close()
