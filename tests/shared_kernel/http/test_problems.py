from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from shared_kernel.http import codes

pytestmark = pytest.mark.django_db(databases="__all__")
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id", "retryable", "errors"}


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The document of an answer that must be this problem."""
    document: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, document["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert document.keys() >= MEMBERS
    assert document["status"] == status
    assert document["type"] == f"urn:ashlar:problem:{code}"
    assert document["request_id"] == response.headers["X-Request-Id"]
    return document


class TestADomainErrorIsAnsweredByItsKind:
    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            ("not_found", 404, "test_nothing_there"),
            ("invalid", 422, "invalid"),
            ("conflict", 409, "conflict"),
            ("rejected", 409, "test_out_of_stock"),
            ("unavailable", 503, "service_unavailable"),
        ],
    )
    def test_with_its_status_and_code(self, client: Client, kind: str, status: int, code: str) -> None:
        response = client.get(f"/v1/failures/{kind}")

        document = problem(response, status, code)
        assert document["instance"] == f"/v1/failures/{kind}"
        assert document["retryable"] is (status == 503)

    def test_with_its_attributes_as_members_and_ids_as_type_ids(self, client: Client) -> None:
        response = client.get("/v1/failures/rejected")

        document = problem(response, 409, "test_out_of_stock")
        shortage = {"variant_id": "var_00000000000000000000000007", "requested": 3, "available": 1}
        assert document["shortages"] == [shortage]

    def test_but_its_attributes_neither_replace_members_nor_reveal_internal_ids(self, client: Client) -> None:
        document = client.get("/v1/failures/rejected").json()

        assert document["status"] == 409
        assert "secret_id" not in document

    def test_with_the_time_to_wait_when_unavailable(self, client: Client) -> None:
        response = client.get("/v1/failures/unavailable")

        assert response.headers["Retry-After"] == "7"
        assert "retry_after_seconds" not in response.json()


class TestAFaultOfOurs:
    @pytest.mark.parametrize("path", ["/v1/failures/bug", "/v1/plain"])
    def test_is_a_500_that_reveals_nothing(self, client: Client, path: str) -> None:
        response = client.get(path)

        problem(response, 500, "internal_error")
        assert b"hunter2" not in response.content

    def test_of_the_database_is_a_503_to_retry(self, client: Client) -> None:
        response = client.get("/v1/failures/database")

        document = problem(response, 503, "service_unavailable")
        assert document["retryable"] is True
        assert int(response.headers["Retry-After"]) > 0
        assert b"hunter2" not in response.content


class TestWhatDjangoRefuses:
    def test_an_unknown_path_is_a_404_problem(self, client: Client) -> None:
        problem(client.get("/v1/nothing"), 404, "not_found")

    def test_a_malformed_id_leads_nowhere(self, client: Client) -> None:
        problem(client.get("/v1/things/ord_zzzzzzzzzzzzzzzzzzzzzzzzzz"), 404, "not_found")

    def test_a_foreign_host_is_a_400_problem(self, client: Client) -> None:
        response = client.get("/v1/nothing", headers={"host": "evil.example"})

        problem(response, 400, "malformed_request")

    def test_a_plain_refusal_below_v1_becomes_a_problem(self, client: Client) -> None:
        problem(client.get("/v1/plain-refusal"), 403, "permission_denied")

    def test_an_odd_path_is_quoted_in_the_document(self, client: Client) -> None:
        response = client.get("/v1/%00%22<script>")

        assert problem(response, 404, "not_found")["instance"] == "/v1/%00%22%3Cscript%3E"


class TestWhatRestFrameworkRefuses:
    def test_an_unknown_method_is_a_405_that_names_the_others(self, client: Client) -> None:
        response = client.delete("/v1/echo")

        problem(response, 405, "method_not_allowed")
        assert response.headers["Allow"] == "POST"

    @pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "FOO"])
    def test_no_other_method_has_a_meaning(self, client: Client, method: str) -> None:
        problem(client.generic(method, "/v1/echo"), 405, "method_not_allowed")

    def test_a_method_is_not_overridden_by_a_header(self, client: Client) -> None:
        response = client.get("/v1/echo", headers={"x-http-method-override": "POST"})

        problem(response, 405, "method_not_allowed")

    def test_an_answer_in_html_is_not_offered(self, client: Client) -> None:
        problem(client.get("/v1/parked", headers={"accept": "text/html"}), 406, "not_acceptable")

    def test_missing_credentials_are_a_401_with_a_challenge(self, client: Client) -> None:
        response = client.get("/v1/private")

        problem(response, 401, "not_authenticated")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    def test_validation_names_each_place(self, api_client: APIClient) -> None:
        body = {"lines": [{"variant_id": "var_00000000000000000000000007", "quantity": 1}, {"quantity": 0, "a/b": 1}]}

        response = api_client.post("/v1/echo", body, format="json")

        errors = {(error["pointer"], error["code"]) for error in problem(response, 422, "validation_failed")["errors"]}
        assert errors == {
            ("/lines/1/variant_id", "required"),
            ("/lines/1/quantity", "min_value"),
            ("/lines/1/a~1b", "unknown_field"),
        }


class TestTheListOfCodes:
    def test_holds_each_code_once_with_one_status(self) -> None:
        listed = codes.all_codes()

        assert len({code.code for code in listed}) == len(listed)
        assert {"validation_failed", "invalid_state_transition"} <= {code.code for code in listed}

    def test_is_of_the_deployable_alone(self) -> None:
        assert not any(code.code.startswith("test_") for code in codes.all_codes())

    def test_is_written_in_snake_case(self) -> None:
        assert all(code.code.replace("_", "").isalnum() and code.code.islower() for code in codes.all_codes())
