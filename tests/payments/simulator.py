"""The provider simulator as a real HTTP server on an ephemeral loopback port, and a client of the tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import httpx

from config.environment import environment
from payments.simulator.routes import Simulator
from payments.simulator.storage import Storage

SECRET = "a secret of the tests"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Keep the test output to the tests."""


class RunningSimulator:
    """A simulator that answers at `url`; `ledger` is the oracle of what the provider really did."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.secret = SECRET
        self.client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {SECRET}"}, trust_env=False, timeout=10
        )

    def post(self, path: str, key: str, **body: Any) -> httpx.Response:
        """One command."""
        return self.client.post(path, json=body, headers={"Idempotency-Key": key})

    def authorize(self, key: str = "a", token: str = "sim_ok", amount: int = 100) -> httpx.Response:
        """One authorization in EUR."""
        return self.post("/v1/authorizations", key, payment_method=token, amount=amount, currency="EUR")

    def script(self, mode: str, **details: Any) -> None:
        """Make the next calls misbehave."""
        self.client.post("/v1/script", json={"mode": mode, **details}).raise_for_status()

    def heal(self) -> None:
        """Make everything behave."""
        self.script("heal")

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """Every operation the provider carried out or declined, in order."""
        operations: list[dict[str, Any]] = self.client.get("/v1/ledger").json()["operations"]
        return operations

    def effects(self) -> list[tuple[str, int]]:
        """Kind and amount of everything that succeeded, in order."""
        return [(line["kind"], line["amount"]) for line in self.ledger if line["status"] == "succeeded"]


@contextmanager
def running() -> Iterator[RunningSimulator]:
    """Serve the simulator over the test database, as its own role, until the block ends."""
    described = environment().simulator
    if described is None:
        raise LookupError("the test environment describes no simulator")
    storage = Storage(described.database.conninfo)
    storage.open()
    server = _Server(("127.0.0.1", 0), _QuietHandler)
    server.set_app(Simulator(storage, secret=SECRET))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    simulator = RunningSimulator(f"http://127.0.0.1:{server.server_port}")
    try:
        yield simulator
    finally:
        simulator.client.close()
        server.shutdown()
        server.server_close()
        thread.join()
        storage.close()
