"""What tests of payments share: the provider simulator, and payments driven through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.payments.simulator import RunningSimulator, running


@pytest.fixture(scope="session")
def simulator_server(django_db_setup: None) -> Iterator[RunningSimulator]:
    """One server for the session; its tables are emptied with all others after each test."""
    with running() as simulator:
        yield simulator


@pytest.fixture
def simulator(simulator_server: RunningSimulator, committed: None, settings: Settings) -> RunningSimulator:
    """The simulator as the provider that payments is configured with."""
    settings.ASHLAR_SIM_PROVIDER_URL = simulator_server.url
    settings.ASHLAR_SIM_PROVIDER_SECRET = simulator_server.secret
    return simulator_server
