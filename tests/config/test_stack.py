"""The running stack answers over HTTP and survives the loss of its processes."""

from __future__ import annotations

import httpx
import pytest

from config.processes import wait_until
from tests.stack import Stack

pytestmark = pytest.mark.slow


class TestTheRunningStack:
    def test_answers_over_http(self, live_server_url: str) -> None:
        answer = httpx.get(f"{live_server_url}/nothing-here", timeout=10)

        assert answer.status_code == 404

    @pytest.mark.parametrize("name", ["web", "relay", "worker"])
    def test_starts_a_killed_process_again(self, running_stack: Stack, name: str) -> None:
        running_stack.kill(name)
        running_stack.start(name)

        assert not wait_until(lambda: running_stack.processes[name].poll() is not None, seconds=2)
