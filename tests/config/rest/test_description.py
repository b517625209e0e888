from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from config.rest import generation
from config.rest.kept import OPENAPI, PROBLEMS, ROOT
from shared_kernel.http.codes import all_codes
from shared_kernel.http.views import ApiView

pytestmark = pytest.mark.django_db(databases="__all__")
METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(generation.openapi())
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


class TestTheCommittedCopies:
    def test_are_what_the_code_says_now(self) -> None:
        assert generation.stale() == [], "run `manage.py openapi --write`"

    def test_of_the_document_are_generated_alike_every_time(self) -> None:
        assert generation.openapi() == generation.openapi() == (ROOT / OPENAPI).read_text(encoding="utf-8")

    def test_of_the_problems_name_every_code(self) -> None:
        page = (ROOT / PROBLEMS).read_text(encoding="utf-8")

        assert all(f"| `{code.code}` |" in page for code in all_codes())


class TestTheDocument:
    def test_is_openapi_3_1(self, document: dict[str, Any]) -> None:
        assert document["openapi"].startswith("3.1.")

    def test_tells_for_every_operation_what_any_request_may_be_answered(self, document: dict[str, Any]) -> None:
        for path, method, operation in operations(document):
            missing = {"400", "401", "406", "422", "429", "500", "503"} - operation["responses"].keys()
            assert not missing, (path, method, missing)

    def test_groups_operations_by_context_and_says_what_each_is(self, document: dict[str, Any]) -> None:
        described = [tag["name"] for tag in document["tags"] if tag["description"]]
        used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}

        assert set(described) == used
        assert described[:4] == ["inventory", "payments", "customers", "orders"]
        assert "orders for staff" in described[4:]

    def test_gives_an_example_of_every_refusal(self, document: dict[str, Any]) -> None:
        for name, response in document["components"]["responses"].items():
            example = response["content"]["application/problem+json"]["example"]
            assert example["type"] == f"urn:ashlar:problem:{example['code']}", name

    def test_names_no_operation_twice(self, document: dict[str, Any]) -> None:
        names = [operation["operationId"] for _, _, operation in operations(document)]

        assert len(set(names)) == len(names)

    def test_lets_no_body_have_members_it_does_not_name(self, document: dict[str, Any]) -> None:
        for path, method, operation in operations(document):
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rpartition("/")[2]
                assert document["components"]["schemas"][name]["additionalProperties"] is False, (path, method)

    def test_bounds_every_list_in_a_body(self, document: dict[str, Any]) -> None:
        for name, schema in document["components"]["schemas"].items():
            if schema.get("additionalProperties") is not False:
                continue
            for field, part in schema.get("properties", {}).items():
                assert part.get("type") != "array" or "maxItems" in part, (name, field)

    def test_asks_staff_and_services_for_a_scope(self, document: dict[str, Any]) -> None:
        for path, method, operation in operations(document):
            if path.startswith("/v1/admin/"):
                ((scheme, scopes),) = operation["security"][0].items()
                assert (scheme, len(scopes), len(operation["security"])) == ("api_key", 1, 1), (path, method)

    def test_holds_every_route_that_is_served(self, document: dict[str, Any]) -> None:
        described = {(path.replace("{", "<").replace("}", ">"), method) for path, method, _ in operations(document)}

        assert {route for route in routes() if not route[0].startswith(("/v1/test/", "/v1/openapi.json"))} == described


class TestServing:
    def test_gives_the_document_to_anyone(self) -> None:
        response = Client().get("/v1/openapi.json")

        assert response.status_code == 200
        assert response.json() == json.loads((ROOT / OPENAPI).read_text(encoding="utf-8"))
        assert Client().get("/v1/openapi.json", headers={"if-none-match": response.headers["ETag"]}).status_code == 304

    def test_gives_a_page_of_our_own_files_only(self) -> None:
        page, script = Client().get("/docs"), Client().get("/docs/start.js")

        assert (page.status_code, script.status_code) == (200, 200)
        assert "http" not in page.content.decode().replace("https://", "http://").replace('"http', "")
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert b"/v1/openapi.json" in script.content

    def test_is_switched_off_where_the_operator_says_so(self) -> None:
        with override_settings(ASHLAR_DOCS_ENABLED=False):
            answers = [Client().get(path) for path in ("/docs", "/docs/start.js", "/v1/openapi.json")]

        assert [answer.status_code for answer in answers] == [404, 404, 404]

    def test_gives_the_state_machines(self) -> None:
        machines = Client().get("/v1/meta/state-machines").json()["data"]

        assert {"orders", "payments", "inventory"} <= {machine["context"] for machine in machines}
        assert all(machine["transitions"] for machine in machines)


def routes() -> set[tuple[str, str]]:
    """Every path and method below /v1, with plain parameter names."""
    return {
        (path, method.lower())
        for path, view in _views(get_resolver().url_patterns, "/")
        if issubclass(view, ApiView)
        for method in view.methods()
    }


def _views(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, type]]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _views(entry.url_patterns, path)
        elif path.startswith("/v1/"):
            parts = [part.partition(":")[2] if ":" in part else part for part in path.split("<")]
            yield "<".join(parts), getattr(entry.callback, "cls", object)
