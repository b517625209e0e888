"""Clients that break HTTP itself, or never come to an end: refused or cut off, and the others are still served."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from shared_kernel.ids import new_id
from tests.acceptance.refusals import nothing_written, refusal
from tests.acceptance.shopfront import Shopfront

pytestmark = pytest.mark.slow

# More than all threads of the web processes together.
CROWD = 30
PATIENCE = 60


@pytest.fixture(scope="module")
def order(shopfront: Shopfront) -> bytes:
    """The body of an order that would be taken."""
    return json.dumps(shopfront.order_body(shopfront.stock_up(10))).encode()


@pytest.fixture(autouse=True)
def _nothing_is_written(shopfront: Shopfront, order: bytes) -> Iterator[None]:
    with nothing_written(shopfront):
        yield


def head(*fields: str, line: str = "POST /v1/orders HTTP/1.1") -> bytes:
    """The head of a request."""
    always = ("Host: 127.0.0.1", "Content-Type: application/json", f"Idempotency-Key: {new_id()}")
    return "\r\n".join([line, *always, *fields, "", ""]).encode("latin-1")


def connect(shopfront: Shopfront) -> socket.socket:
    """A connection to the shop."""
    return socket.create_connection(("127.0.0.1", shopfront.stack.environment.listeners.port), timeout=PATIENCE)


def exchange(shopfront: Shopfront, request: bytes) -> list[httpx.Response]:
    """Send bytes and end; every answer until the server ends, too."""
    with connect(shopfront) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return read(received)


def read(received: bytes) -> list[httpx.Response]:
    """The answers in what was received."""
    answers = []
    while received:
        start, _, received = received.partition(b"\r\n\r\n")
        status, *lines = start.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        if "Content-Length" in headers:
            size = int(headers["Content-Length"])
            body, received = received[:size], received[size:]
        else:
            body = b""
            while received:
                length, _, received = received.partition(b"\r\n")
                size = int(length, 16)
                body, received = body + received[:size], received[size + 2 :]
                if not size:
                    break
        del headers["Transfer-Encoding" if "Transfer-Encoding" in headers else "Content-Length"]
        answers.append(httpx.Response(int(status.split()[1]), headers=headers, content=body))
    return answers


class TestARequest:
    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            (["Content-Length: 5", "Transfer-Encoding: chunked"], 400, "malformed_request"),
            (["Transfer-Encoding: chunked", "Content-Length: 5"], 400, "malformed_request"),
            (["Content-Length: 5", "Transfer-Encoding : chunked"], 400, "malformed_request"),
            (["Content-Length: 5", "Transfer-Encoding: xchunked"], 501, "not_implemented"),
            (["Transfer-Encoding: chunked, identity"], 400, "malformed_request"),
            (["Content-Length: 5", "Content-Length: 6"], 400, "malformed_request"),
            (["Content-Length: 5, 6"], 400, "malformed_request"),
            (["Content-Length: -1"], 400, "malformed_request"),
            (["Content-Length: +5"], 400, "malformed_request"),
            (["Content-Length: 0x5"], 400, "malformed_request"),
            (["Content-Length: 99999999999999999999999"], 413, "body_too_large"),
            ([" folded: header"], 400, "malformed_request"),
            (["X-A: a\0b"], 400, "malformed_request"),
            (["X A: b"], 400, "malformed_request"),
            ([f"X-{number}: {number}" for number in range(200)], 431, "headers_too_large"),
            (["X-A: " + "a" * 20_000], 431, "headers_too_large"),
            (["Expect: 200-maybe", "Content-Length: 0"], 417, "expectation_failed"),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_of_doubtful_length_is_answered_once_and_the_last(
        self, shopfront: Shopfront, order: bytes, fields: list[str], status: int, code: str
    ) -> None:
        smuggled = head(f"Content-Length: {len(order)}") + order

        [answer] = exchange(shopfront, head(*fields) + b"0\r\n\r\n" + smuggled)

        refusal(answer, status, code)
        assert answer.headers["Connection"] == "close"

    @pytest.mark.parametrize(
        "line",
        ["nonsense", "POST /v1/orders", "POST  /v1/orders HTTP/1.1", "POST /v1/orders HTTP/9.9", "/v1/orders",
         "post /v1/orders HTTP/1.1", "\x16\x03\x01\x02\x00", "PRI * HTTP/2.0"],
    )  # fmt: skip
    def test_that_is_not_http_is_malformed(self, shopfront: Shopfront, line: str) -> None:
        [answer] = exchange(shopfront, head(line=line))

        refusal(answer, 400, "malformed_request")

    def test_with_an_endless_path_is_refused(self, shopfront: Shopfront) -> None:
        [answer] = exchange(shopfront, head(line=f"GET /v1/products?handle={'a' * 10_000} HTTP/1.1"))

        refusal(answer, 414, "uri_too_long")

    def test_for_another_host_is_malformed(self, shopfront: Shopfront) -> None:
        [answer] = exchange(shopfront, b"GET /v1/products HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")

        refusal(answer, 400, "malformed_request")

    def test_in_chunks_is_refused_for_want_of_a_length(self, shopfront: Shopfront, order: bytes) -> None:
        chunked = f"{len(order):x}\r\n".encode() + order + b"\r\n0\r\n\r\n"

        [answer] = exchange(shopfront, head("Transfer-Encoding: chunked") + chunked)

        refusal(answer, 411, "length_required")

    def test_whose_body_ends_early_is_none_even_when_it_reads_well(self, shopfront: Shopfront, order: bytes) -> None:
        [answer] = exchange(shopfront, head(f"Content-Length: {len(order) + 1}") + order)

        refusal(answer, 400, "malformed_request")

    def test_too_large_is_refused_before_it_is_sent(self, shopfront: Shopfront) -> None:
        with connect(shopfront) as connection:
            connection.sendall(head("Content-Length: 10000000"))
            received = b"".join(iter(lambda: connection.recv(65536), b""))

        refusal(read(received)[0], 413, "body_too_large")


class TestAnotherHeader:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-Forwarded-For", "' OR 1=1 --," * 50),
            ("X-Forwarded-Host", "elsewhere.example"),
            ("X-Forwarded-Proto", "gopher"),
            ("X-Request-Id", "../../etc/passwd"),
            ("traceparent", "00-" + "f" * 500),
            ("If-None-Match", '"' * 1_000),
            ("Accept-Language", "a" * 5_000),
            ("Cookie", "ashlar_admin_session=" + "a" * 4_000),
            ("Range", "bytes=0-,0-,0-"),
            ("Accept-Encoding", "gzip;q=nan"),
            ("User-Agent", "${jndi:ldap://127.0.0.1/a}"),
        ],
    )
    def test_of_nonsense_changes_nothing(self, shopfront: Shopfront, name: str, value: str) -> None:
        answer = shopfront.get("/v1/products", {name: value}, limit="1")

        assert answer.status_code == 200
        assert "elsewhere" not in answer.text + str(answer.headers)


class TestACrowd:
    @pytest.mark.parametrize("part", ["head", "body", "end"])
    def test_that_never_comes_to_an_end_keeps_nobody_else_from_being_served(
        self, shopfront: Shopfront, order: bytes, part: str
    ) -> None:
        whole = head(f"Content-Length: {len(order)}")
        sent = {
            "head": whole[:-2],
            "body": whole + order[:-1],
            "end": head("Connection: close", line="GET /v1/x HTTP/1.1"),
        }

        with ExitStack() as crowd:
            for _ in range(CROWD):
                crowd.enter_context(connect(shopfront)).sendall(sent[part])
            answers = [httpx.get(f"{shopfront.stack.url}/v1/products", timeout=PATIENCE) for _ in range(5)]

        assert [answer.status_code for answer in answers] == [200] * 5

    def test_is_told_when_its_time_is_up(self, shopfront: Shopfront, order: bytes) -> None:
        with connect(shopfront) as connection:
            connection.sendall(head(f"Content-Length: {len(order)}") + order[:-1])
            received = b"".join(iter(lambda: connection.recv(65536), b""))

        refusal(read(received)[0], 400, "malformed_request")
