from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from shared_kernel import clock
from shared_kernel.identity import access_tokens

pytestmark = pytest.mark.django_db(databases="__all__")
TRACE = "0af7651916cd43dd8448eb211c80319c"


def ask(path: str = "/v1/parked", **headers: str) -> Any:
    return Client().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def bearer() -> str:
    token = access_tokens.issue(customer_id=UUID(int=3), session_id=uuid4(), now=clock.now("orders"))
    return f"Bearer {token.text}"


class TestARequestId:
    @pytest.mark.parametrize("given", ["a1b2c3d4", "A-Z-0-9-xyz", "x" * 64])
    def test_of_the_caller_is_kept(self, given: str) -> None:
        assert ask(x_request_id=given).headers["X-Request-Id"] == given

    @pytest.mark.parametrize("given", ["short", "x" * 65, "with space", "a;b;c;d;e", "line\tbreak", "é" * 10])
    def test_that_could_do_harm_is_replaced(self, given: str) -> None:
        answered = ask(x_request_id=given).headers["X-Request-Id"]

        assert answered != given
        assert UUID(answered).version == 7

    def test_that_is_a_uuid_is_the_correlation_id_too(self, bearer: str) -> None:
        given = str(uuid4())

        seen = ask("/v1/private", x_request_id=given, authorization=bearer).json()

        assert seen["correlation_id"] == given

    def test_is_on_refusals_too(self) -> None:
        assert ask("/v1/nothing", x_request_id="a1b2c3d4").json()["request_id"] == "a1b2c3d4"


class TestATrace:
    def test_is_continued_by_a_span_of_its_own(self, bearer: str) -> None:
        response = ask("/v1/private", traceparent=f"00-{TRACE}-b7ad6b7169203331-01", authorization=bearer)

        version, trace, span, flags = response.headers["traceparent"].split("-")
        assert (version, trace, flags) == ("00", TRACE, "01")
        assert span != "b7ad6b7169203331"
        assert response.json()["traceparent"] == response.headers["traceparent"]

    @pytest.mark.parametrize(
        "given", ["", "00-xyz", f"ff-{TRACE}-b7ad6b7169203331-01", f"00-{'0' * 32}-b7ad6b7169203331-01", "00-" * 100]
    )
    def test_that_is_not_one_is_begun_anew(self, given: str) -> None:
        assert ask(traceparent=given).headers["traceparent"].split("-")[1] not in {TRACE, "0" * 32}


class TestTheCallContext:
    def test_names_the_principal_as_the_actor(self, bearer: str) -> None:
        seen = ask("/v1/private", authorization=bearer).json()

        assert seen["actor"] == "customer:cus_00000000000000000000000003"

    def test_names_nobody_for_an_anonymous_caller(self) -> None:
        assert Client().put("/v1/private").json()["actor"] == "anonymous"


class TestTheHeadersOfAnAnswer:
    def test_keep_browsers_from_doing_anything_with_it(self) -> None:
        headers = ask("/v1/private").headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}

    @pytest.mark.parametrize("path", ["/v1/private", "/v1/parked", "/v1/nothing"])
    def test_forbid_to_store_what_may_be_personal(self, path: str) -> None:
        assert ask(path).headers["Cache-Control"] == "no-store"
