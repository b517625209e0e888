"""A shop in which two customers and two guests have ordered, and keys of every kind."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import shopfront
from tests.databases import TestDatabase
from tests.scenarios.conftest import provider, shop
from tests.scenarios.shop import Shop
from tests.security.world import World

__all__ = ["provider", "shop", "shopfront"]


@pytest.fixture
def world(shop: Shop, test_database: TestDatabase) -> World:
    """The shop and all who come to it."""
    return World.build(shop, test_database)
