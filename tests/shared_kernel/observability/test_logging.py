from __future__ import annotations

import io
import json
import logging as standard
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO
from uuid import UUID

import pytest
import structlog
from django.conf import settings
from django.test import Client

from shared_kernel import call_context
from shared_kernel.call_context import CallContext
from shared_kernel.observability import logging
from shared_kernel.observability.bounded_queue import BoundedQueue

CANARY = "canary-4711@example.test"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log of a production process so far."""
    stream = io.StringIO()
    logging.configure(
        service="ashlar", role="web", version="1", env="production", production=True, level="INFO", stream=stream
    )

    def read() -> list[dict[str, Any]]:
        logging.flush(5)
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    structlog.contextvars.clear_contextvars()
    logging.configure_from(settings.LOGGING)


class TestALine:
    def test_is_json_with_the_common_fields(self, lines: Lines) -> None:
        logging.get_logger("orders.checkout").info("step_done", order_id="ord_1", attempt=2)

        (line,) = lines()
        common = {"service": "ashlar", "role": "web", "version": "1", "env": "production", "level": "info"}
        assert line.items() >= {**common, "event": "step_done", "logger": "orders.checkout", "attempt": 2}.items()
        assert line["ts"].endswith("Z")

    def test_hashes_what_is_not_on_the_list(self, lines: Lines) -> None:
        log = logging.get_logger("x")
        log.info("a", email=CANARY)
        log.info("b", email=CANARY)

        first, second = lines()
        assert first["email"].startswith("sha256:")
        assert first["email"] == second["email"]

    def test_of_an_exception_tells_where_but_not_what_it_said(self, lines: Lines) -> None:
        try:
            int(CANARY)
        except ValueError:
            logging.get_logger("x").exception("failed")

        (line,) = lines()
        assert line["error_type"] == "builtins.ValueError"
        assert "test_logging.py" in line["error_stack"]
        assert CANARY not in json.dumps(line)

    def test_of_a_library_keeps_its_arguments_to_itself(self, lines: Lines) -> None:
        standard.getLogger("some.library").warning("no answer for %s", CANARY)

        (line,) = lines()
        assert (line["event"], line["logger"]) == ("no answer for %s", "some.library")

    def test_names_the_customer_action_behind_it(self, lines: Lines) -> None:
        with call_context.entered(CallContext(correlation_id=UUID(int=1), causation_id=UUID(int=2))):
            logging.get_logger("x").info("a")
            standard.getLogger("some.library").warning("b")

        assert [(line["correlation_id"], line["causation_id"]) for line in lines()] == 2 * [
            (str(UUID(int=1)), str(UUID(int=2)))
        ]

    def test_below_the_level_is_not_written(self, lines: Lines) -> None:
        logging.get_logger("x").debug("quiet")
        standard.getLogger("y").debug("quiet")

        assert lines() == []


@pytest.mark.django_db(databases="__all__")
@pytest.mark.urls("tests.shared_kernel.http.shop")
class TestTheAccessLog:
    def test_names_the_route_and_nothing_the_caller_wrote(self, lines: Lines) -> None:
        Client().get(
            f"/v1/things/ord_00000000000000000000000007?email={CANARY}",
            headers={"user-agent": CANARY, "x-request-id": "a1b2c3d4", "order-token": CANARY},
        )

        (line,) = lines()
        assert line["route"] == "/v1/things/<ord:order_id>"
        assert (line["method"], line["status"], line["request_id"]) == ("GET", 401, "a1b2c3d4")
        assert line["error_code"] == "invalid_credentials"
        assert line["duration_ms"] >= 0
        assert CANARY not in json.dumps(line)

    def test_and_every_other_line_of_a_request_carry_its_ids(self, lines: Lines) -> None:
        Client(raise_request_exception=False).get("/v1/failures/bug")

        failed, answered = lines()
        assert (failed["event"], answered["event"]) == ("request_failed", "request")
        assert failed["correlation_id"] == answered["correlation_id"]
        assert failed["trace_id"] == answered["trace_id"]
        assert "hunter2" not in json.dumps(failed)


class BlockedStream(io.StringIO):
    """A reader that has stopped reading."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()
        self.reached = threading.Event()

    def write(self, text: str) -> int:
        self.reached.set()
        self.goes_on.wait(10)
        return super().write(text)


class BrokenStream(io.StringIO):
    """A disk that is full."""

    def write(self, text: str) -> int:
        raise OSError("no space left on device")


class TestABoundedQueue:
    def test_drops_and_counts_while_nobody_reads(self) -> None:
        stream = BlockedStream()
        queue = BoundedQueue(stream, capacity=10)
        queue.put("first")
        stream.reached.wait(10)

        for number in range(100):
            queue.put(str(number))
        dropped = queue.dropped
        stream.goes_on.set()
        queue.put("after")
        queue.flush(10)

        assert dropped == 90
        assert stream.getvalue().splitlines()[:3] == ["first", "0", "1"]
        assert '"log_lines_dropped"' in stream.getvalue()

    def test_outlives_a_full_disk(self) -> None:
        queue = BoundedQueue(BrokenStream())

        queue.put("a")
        queue.flush(10)
        queue.put("b")
        queue.flush(10)

        assert queue.dropped >= 2

    def test_writes_in_a_forked_child_too(self) -> None:
        reader, writer = os.pipe()
        stream: TextIO = os.fdopen(writer, "w")
        queue = BoundedQueue(stream)
        queue.put("parent")
        queue.flush(10)

        child = os.fork()
        if child == 0:
            queue.put("child")
            queue.flush(10)
            os._exit(0)
        os.waitpid(child, 0)
        stream.close()

        with os.fdopen(reader) as received:
            assert received.read().splitlines() == ["parent", "child"]

    def test_writes_to_standard_output_as_it_is_at_the_moment(self, capsys: pytest.CaptureFixture[str]) -> None:
        queue = BoundedQueue()

        queue.put("line")
        queue.flush(10)

        assert sys.stdout is not None
        assert capsys.readouterr().out == "line\n"
