"""gunicorn's threaded worker, with deadlines for slow clients and problem documents for what it refuses itself."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from django.http import HttpRequest
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.http.body import LengthReader  # type: ignore[import-untyped]
from gunicorn.util import close, close_graceful, write_nonblock  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from shared_kernel.http import codes
from shared_kernel.http.codes import ProblemCode
from shared_kernel.http.problems import CONTENT_TYPE, Problem
from shared_kernel.http.settings import LARGEST_BODY
from shared_kernel.ids import new_id
from shared_kernel.observability.logging import get_logger

log = get_logger(__name__)

# A thread waits so long for all of a request, and so long for the client to take the answer.
READ_SECONDS = 10.0
ANSWER_SECONDS = 60.0
PART_SECONDS = 1.0

REFUSALS: tuple[tuple[type[Exception], ProblemCode], ...] = (
    # The application's own fault, though these are kinds of malformed headers.
    (errors.InvalidResponseHeader, codes.INTERNAL_ERROR),
    (errors.InvalidResponseHeaderName, codes.INTERNAL_ERROR),
    (errors.LimitRequestLine, codes.URI_TOO_LONG),
    (errors.LimitRequestHeaders, codes.HEADERS_TOO_LARGE),
    (errors.ExpectationFailed, codes.EXPECTATION_FAILED),
    (errors.UnsupportedTransferCoding, codes.NOT_IMPLEMENTED),
    (errors.ConfigurationProblem, codes.INTERNAL_ERROR),
    (errors.ParseException, codes.MALFORMED_REQUEST),
)


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers malformed requests like everything else, and logs neither their text nor the caller's address.

    A client that sends its request by and by would otherwise hold one of few threads for as long as it likes.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._busy: dict[TConn, float] = {}

    def handle(self, conn: TConn) -> Any:
        """Serve one request in a thread, under the deadlines."""
        self._busy[conn] = time.monotonic()
        try:
            keeps = super().handle(conn)
            if not keeps:
                part(conn)
            return keeps
        finally:
            del self._busy[conn]

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Serve a request; one whose body is refused unread is the last one on its connection, and is told so."""
        reader = req.body.reader
        if not isinstance(reader, LengthReader) or reader.length > LARGEST_BODY:
            req.force_close()
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Close what waits for too long; the main loop asks about once a second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, since in list(self._busy.items()):
            if now - since > READ_SECONDS:
                # Whoever still reads finds the end of the request; an answer can still be written.
                ended = socket.SHUT_RDWR if now - since > ANSWER_SECONDS else socket.SHUT_RD
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(ended)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Write a problem document in place of gunicorn's page; the connection is closed after it."""
        code = code_for(exc)
        if code is codes.INTERNAL_ERROR:
            log.error("request_failed", exc_info=exc)
        else:
            log.info("request_refused", error_code=code.code, error_type=type(exc).__name__)
        with contextlib.suppress(OSError):
            write_nonblock(client, answer(code))


def part(conn: TConn) -> None:
    """Let the client take the last answer and hang up (RFC 9112, 9.6), so that the main loop need not wait for it.

    There each client that does not hang up would stop everything for two seconds.
    """
    with contextlib.suppress(OSError):
        close_graceful(conn.sock.dup(), timeout=PART_SECONDS)
    conn.close = lambda **_: close(conn.sock)


def code_for(error: BaseException) -> ProblemCode:
    """The problem code of an exception that gunicorn raised while it read a request."""
    return next((code for kind, code in REFUSALS if isinstance(error, kind)), codes.INTERNAL_ERROR)


def answer(code: ProblemCode) -> bytes:
    """The whole HTTP answer."""
    request = HttpRequest()
    request.path = "/"
    request_id = str(new_id())
    request.request_id = request_id  # type: ignore[attr-defined]
    response = Problem(code=code, detail=f"{code.title}.").response(request)
    head = (
        f"HTTP/1.1 {response.status_code} {response.reason_phrase}\r\n"
        f"Connection: close\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(response.content)}\r\n"
        f"X-Request-Id: {request_id}\r\n"
        "\r\n"
    )
    return head.encode("latin-1") + response.content
