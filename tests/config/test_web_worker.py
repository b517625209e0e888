from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from gunicorn.http import errors  # type: ignore[import-untyped]

from config.web_worker import answer, code_for
from shared_kernel.http import codes
from tests.stack import Stack


def exchange(url: str, request: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Send raw bytes; status, headers and document of the answer."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return parsed(received)


def parsed(received: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, json.loads(body)


class TestARefusalByGunicorn:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (errors.LimitRequestLine(5000, 4094), codes.URI_TOO_LONG),
            (errors.LimitRequestHeaders("too many"), codes.HEADERS_TOO_LARGE),
            (errors.ExpectationFailed("200-maybe"), codes.EXPECTATION_FAILED),
            (errors.UnsupportedTransferCoding("gzip"), codes.NOT_IMPLEMENTED),
            (errors.InvalidRequestLine("x"), codes.MALFORMED_REQUEST),
            (errors.InvalidHeader("x"), codes.MALFORMED_REQUEST),
            (errors.InvalidChunkSize("x"), codes.MALFORMED_REQUEST),
            (errors.InvalidResponseHeader("x"), codes.INTERNAL_ERROR),
            (RuntimeError("a fault of ours"), codes.INTERNAL_ERROR),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_has_a_code(self, error: Exception, code: codes.ProblemCode) -> None:
        assert code_for(error) is code

    def test_is_a_whole_problem_document(self) -> None:
        status, headers, document = parsed(answer(codes.URI_TOO_LONG))

        assert (status, document["code"]) == (414, "uri_too_long")
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["X-Request-Id"] == document["request_id"]


@pytest.mark.slow
class TestOverARealConnection:
    @pytest.mark.parametrize(
        ("request_line", "headers", "status", "code"),
        [
            (b"GET /" + b"a" * 5000 + b" HTTP/1.1", b"", 414, "uri_too_long"),
            (b"GET / HTTP/1.1", b"X-A: a\r\n" * 200, 431, "headers_too_large"),
            (b"GET / HTTP/1.1", b"X-A: " + b"a" * 10_000 + b"\r\n", 431, "headers_too_large"),
            (b"GET / HTTP/9.9", b"", 400, "malformed_request"),
            (b"nonsense", b"", 400, "malformed_request"),
            (b"GET / HTTP/1.1", b"A B: c\r\n", 400, "malformed_request"),
            (b"POST / HTTP/1.1", b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400, "malformed_request"),
            (b"POST / HTTP/1.1", b"Content-Length: 5\r\nContent-Length: 6\r\n", 400, "malformed_request"),
        ],
    )
    def test_a_malformed_request_is_a_problem(
        self, running_stack: Stack, request_line: bytes, headers: bytes, status: int, code: str
    ) -> None:
        host = urlsplit(running_stack.url).netloc.encode()

        answered = exchange(running_stack.url, request_line + b"\r\nHost: " + host + b"\r\n" + headers + b"\r\n")

        assert (answered[0], answered[2]["code"]) == (status, code)
