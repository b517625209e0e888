"""As many requests work at once as there are connections; the rest waits, and is refused when it waits too long."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.admission import AdmissionMiddleware

PLACES: int = settings.ASHLAR_ADMITTED_REQUESTS


@pytest.fixture
def request_() -> HttpRequest:
    return RequestFactory().get("/v1/products")


class TestAdmission:
    def test_never_lets_more_work_at_once(self, request_: HttpRequest) -> None:
        lock = threading.Lock()
        all_in = threading.Barrier(PLACES)
        working, most = 0, 0

        def respond(_: HttpRequest) -> HttpResponse:
            nonlocal working, most
            with lock:
                working += 1
                most = max(most, working)
            all_in.wait(timeout=10)
            with lock:
                working -= 1
            return HttpResponse()

        admission = AdmissionMiddleware(respond)
        with ThreadPoolExecutor(3 * PLACES) as threads:
            answers = list(threads.map(admission, [request_] * 3 * PLACES))

        assert [answer.status_code for answer in answers] == [200] * 3 * PLACES
        assert most == PLACES

    def test_refuses_who_waited_too_long(self, request_: HttpRequest) -> None:
        inside, leave = threading.Barrier(PLACES + 1), threading.Event()

        def respond(_: HttpRequest) -> HttpResponse:
            inside.wait(timeout=10)
            leave.wait(timeout=10)
            return HttpResponse()

        admission = AdmissionMiddleware(respond)
        admission.wait_seconds = 0.01
        with ThreadPoolExecutor(PLACES) as threads:
            admitted = [threads.submit(admission, request_) for _ in range(PLACES)]
            inside.wait(timeout=10)
            refused = admission(request_)
            leave.set()

        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert isinstance(refused, HttpResponse)
        assert json.loads(refused.content)["code"] == "overloaded"
        assert {each.result().status_code for each in admitted} == {200}

    def test_gives_the_place_back_after_an_error(self, request_: HttpRequest) -> None:
        def fail(_: HttpRequest) -> HttpResponse:
            raise RuntimeError("broken")

        admission = AdmissionMiddleware(fail)
        for _ in range(PLACES + 1):
            with pytest.raises(RuntimeError, match="broken"):
                admission(request_)
