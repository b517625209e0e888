"""Admission to a web process: few requests work at once, others wait a little, and the rest is told to come again."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from shared_kernel.http.codes import OVERLOADED
from shared_kernel.http.problems import Problem

WAIT_SECONDS = 5.0
RETRY_AFTER_SECONDS = 1


class AdmissionMiddleware:
    """Lets as many requests work as there are database connections per alias.

    So a request that is admitted never waits for a connection, and never holds one while it waits for another. Refusing
    here costs nothing; the same load met inside would end in timeouts that did half their work.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._places = threading.BoundedSemaphore(settings.ASHLAR_ADMITTED_REQUESTS)
        self.wait_seconds = WAIT_SECONDS

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self._places.acquire(timeout=self.wait_seconds):
            return self._refuse(request)
        try:
            return self.get_response(request)
        finally:
            self._places.release()

    def _refuse(self, request: HttpRequest) -> HttpResponseBase:
        detail = "More requests arrived than can be worked on."
        return Problem(code=OVERLOADED, detail=detail, retry_after=RETRY_AFTER_SECONDS).response(request)
