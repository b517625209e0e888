from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from shared_kernel.http.etags import etag_of

pytestmark = pytest.mark.django_db(databases="__all__")
THING = "/v1/things/ord_00000000000000000000000007"


def read(tag: str | None = None) -> Any:
    return Client().get(THING, headers={"if-none-match": tag} if tag else {})


def write(tag: str | None = None, body: str = '{"name": "new"}', content_type: str = "application/json") -> Any:
    return Client().patch(THING, body, content_type=content_type, headers={"if-match": tag} if tag else {})


class TestAReader:
    def test_is_told_the_version(self) -> None:
        assert read().headers["ETag"] == '"v3"'

    @pytest.mark.parametrize("tag", ['"v3"', 'W/"v3"', '"v1", "v3"', "*"])
    def test_who_has_it_gets_no_body(self, tag: str) -> None:
        response = read(tag)

        assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", '"v3"')

    @pytest.mark.parametrize("tag", ['"v2"', "v3", "nonsense", '"v3'])
    def test_who_has_another_gets_all(self, tag: str) -> None:
        assert read(tag).status_code == 200

    def test_may_ask_for_the_headers_alone(self) -> None:
        response = Client().head(THING)

        assert (response.status_code, response.content, response.headers["ETag"]) == (200, b"", '"v3"')

    def test_may_keep_what_is_not_personal_and_asks_again(self) -> None:
        assert read().headers["Cache-Control"] == "no-cache"


class TestAWriter:
    def test_must_name_the_version_it_read(self) -> None:
        response = write()

        assert (response.status_code, response.json()["code"]) == (428, "precondition_required")

    @pytest.mark.parametrize("tag", ['"v2"', 'W/"v3"', "v3", '"v33"'])
    def test_with_an_outdated_version_is_refused(self, tag: str) -> None:
        response = write(tag)

        assert (response.status_code, response.json()["code"]) == (412, "precondition_failed")

    @pytest.mark.parametrize("tag", ['"v3"', '"v1", "v3"', "*"])
    def test_with_the_version_passes(self, tag: str) -> None:
        response = write(tag)

        assert (response.status_code, response.headers["ETag"]) == (200, '"v4"')

    def test_may_send_a_merge_patch(self) -> None:
        assert write('"v3"', content_type="application/merge-patch+json").status_code == 200


class TestATag:
    def test_differs_by_version_and_by_what_else_the_form_depends_on(self) -> None:
        tags = [etag_of(1), etag_of(2), etag_of(1, "lines"), etag_of(1, "lines", "payment")]

        assert len(set(tags)) == len(tags)
