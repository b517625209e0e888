from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.payments.simulator import RunningSimulator, running
from tests.scenarios.shop import Shop


@pytest.fixture(scope="session")
def provider(django_db_setup: None) -> Iterator[RunningSimulator]:
    """The provider of the whole session; its tables are emptied with all others after each test."""
    with running() as simulator:
        yield simulator


@pytest.fixture
def shop(provider: RunningSimulator, committed: None, settings: Settings) -> Iterator[Shop]:
    """A shop on real databases with a real provider; when the test is over, its books must be in order."""
    settings.ASHLAR_SIM_PROVIDER_URL = provider.url
    settings.ASHLAR_SIM_PROVIDER_SECRET = provider.secret
    shop = Shop(provider)
    yield shop
    shop.must_be_in_order()
