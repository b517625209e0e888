"""The management listener: a tiny HTTP server of its own, so that a probe never waits behind customers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from config.supervisor.health import Answer, Health
from config.variables import ConfigurationError

REQUEST_SECONDS = 5


class ManagementListener:
    """Answers `/livez`, `/readyz` and `/startupz` from a thread."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        routes = {"/livez": health.live, "/readyz": health.ready, "/startupz": health.startup}
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(routes))
        except OSError as error:
            raise ConfigurationError(f"MANAGEMENT_PORT is {port}, where we cannot listen: {error.strerror}.") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="management", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def _handler(routes: dict[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS

        def version_string(self) -> str:
            """Name the listener without a version."""
            return "ashlar"

        def do_GET(self) -> None:
            """Answer a probe."""
            route = routes.get(self.path.partition("?")[0])
            answer = route() if route else Answer(404, {"status": "not found"})
            body = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named so by the standard library
            """Say nothing: probes come every few seconds."""

    return Handler
