"""kill -9 at the worst moment, of real processes: nothing is charged twice and nothing that was answered is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from config.environment import environment
from payments.api import PaymentStatus
from payments.models import PaymentTransaction
from tests.payments.driving import authorized, capture, created, now_of, operations, settle_later, void
from tests.payments.simulator import SECRET, RunningSimulator

pytestmark = pytest.mark.slow


class TestAKilledWorker:
    def kill_while_executing(self, simulator: RunningSimulator) -> None:
        row = PaymentTransaction.objects.order_by("created_at", "id").reverse()[0]
        worker = subprocess.run(
            [sys.executable, "-m", "tests.payments.dying_worker", str(row.id)],
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "SIM_PROVIDER_URL": simulator.url,
                "SIM_PROVIDER_SECRET": simulator.secret,
            },
            check=False,
            timeout=60,
        )
        assert worker.returncode == -signal.SIGKILL

    @pytest.mark.parametrize("command", ["create", "capture", "void"])
    def test_charges_once(self, simulator: RunningSimulator, command: str) -> None:
        payment = created() if command == "create" else authorized()
        if command == "capture":
            capture(payment, 100)
        elif command == "void":
            void(payment)

        self.kill_while_executing(simulator)
        done = simulator.effects()
        self.kill_while_executing(simulator)
        settle_later()

        expected = {"create": "authorized", "capture": "captured", "void": "canceled"}[command]
        now_of(payment, PaymentStatus(expected))
        assert simulator.effects() == done
        assert len(done) == (1 if command == "create" else 2)
        assert operations.audit_findings(limit=10) == []


@contextmanager
def gunicorn(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The simulator as `up` runs it."""
    described = environment().simulator
    assert described is not None
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "payments.simulator.wsgi:application"),
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8"),
            *("--log-level", "warning", "--no-control-socket"),
        ],
        env={**os.environ, "SIM_DATABASE_URL": described.database.conninfo, "SIM_PROVIDER_SECRET": SECRET},
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/livez", trust_env=False).raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class TestAKilledSimulator:
    def free_port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def test_keeps_all_it_has_answered(self, committed: None) -> None:
        port = self.free_port()
        answered: dict[str, str] = {}

        def authorize(number: int) -> None:
            client = RunningSimulator(f"http://127.0.0.1:{port}")
            try:
                answer = client.authorize(f"key-{number}", amount=number + 1)
                answered[f"key-{number}"] = answer.json()["reference"]
            except httpx.TransportError:
                pass
            finally:
                client.client.close()

        with gunicorn(port) as process, ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(authorize, number) for number in range(200)]
            while len(answered) < 40:
                time.sleep(0.005)
            os.killpg(process.pid, signal.SIGKILL)
            for call in calls:
                call.result()

        with gunicorn(port):
            simulator = RunningSimulator(f"http://127.0.0.1:{port}")
            kept = {line["key"]: line["reference"] for line in simulator.ledger}
            repeated = {key: simulator.client.get(f"/v1/operations/{key}").json()["reference"] for key in answered}
            simulator.client.close()
        assert len(answered) >= 40
        assert answered.items() <= kept.items()
        assert repeated == answered

    def test_cuts_connections_under_gunicorn_too(self, committed: None) -> None:
        port = self.free_port()
        with gunicorn(port):
            simulator = RunningSimulator(f"http://127.0.0.1:{port}")
            for token in ("sim_timeout_before", "sim_timeout_after"):
                with pytest.raises(httpx.TransportError):
                    simulator.authorize(token, token=token)
            effects = simulator.effects()
            simulator.client.close()

        assert effects == [("authorization", 100)]
