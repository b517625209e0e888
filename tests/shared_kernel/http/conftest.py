"""Every test of this folder talks to the small API of `shop`."""

from __future__ import annotations

import pytest

SHOP = "tests.shared_kernel.http.shop"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Point the tests of this folder to the shop's paths."""
    for item in items:
        if "shared_kernel/http/" in str(item.path):
            item.add_marker(pytest.mark.urls(SHOP))
