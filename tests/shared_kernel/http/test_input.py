from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework import serializers
from rest_framework.test import APIClient

from shared_kernel.http.fields import TextField
from shared_kernel.http.json_input import DEEPEST
from shared_kernel.http.serializers import StrictSerializer
from shared_kernel.http.settings import LARGEST_BODY

pytestmark = pytest.mark.django_db(databases="__all__")
JSON = "application/json"
VARIANT = "var_00000000000000000000000007"


def send(body: str | bytes, content_type: str = JSON, **headers: str) -> Any:
    return Client().post("/v1/echo", body, content_type=content_type, headers=headers)


def errors_of(body: Any) -> set[tuple[str, str]]:
    response = APIClient().post("/v1/echo", body, format="json")
    assert response.status_code == 422, response.content
    return {(error["pointer"], error["code"]) for error in json.loads(response.content)["errors"]}


class TestTheBody:
    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"{'text': 'a'}",
            b'{"text": "a",}',
            b'{"text": "a"} {}',
            b'{"number": NaN}',
            b'{"number": Infinity}',
            b'{"number": -Infinity}',
            b'{"number": 1e400}',
            b'{"number": ' + b"9" * 5000 + b"}",
            b'{"text": "a", "text": "b"}',
            b'{"text": "\xff"}',
            '{"text": "a"}'.encode("utf-16"),
            b"\xef\xbb\xbf{}",
        ],
        ids=repr,
    )
    def test_that_is_not_strict_json_is_malformed(self, body: bytes) -> None:
        response = send(body)

        assert (response.status_code, response.json()["code"]) == (400, "malformed_json")

    def test_may_be_absent_where_nothing_is_required(self) -> None:
        assert send(b"").json() == {"seen": [], "lines": []}

    @pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "true"])
    def test_must_be_an_object(self, body: str) -> None:
        response = send(body)

        assert (response.status_code, response.json()["code"]) == (422, "validation_failed")

    @pytest.mark.parametrize(
        "content_type",
        [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "nonsense",
        ],
    )
    def test_of_another_type_is_refused(self, content_type: str) -> None:
        response = send("{}", content_type)

        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")

    def test_in_another_charset_is_refused(self) -> None:
        response = Client().generic("POST", "/v1/echo", "{}".encode("utf-16"), "application/json; charset=utf-16")

        assert response.status_code == 415

    def test_may_not_be_nested_without_end(self) -> None:
        fits, deeper, deepest = ("[" * depth + "]" * depth for depth in (DEEPEST, DEEPEST + 2, 100_000))

        assert send(fits).json()["errors"][0]["code"] == "invalid"
        assert [send(body).json()["errors"][0]["code"] for body in (deeper, deepest)] == ["too_deep", "too_deep"]

    @pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800", "\\udfff"])
    def test_holds_no_text_that_cannot_be_stored_even_where_nobody_looks(self, text: str) -> None:
        found = [send(f'{{"unknown": ["{text}"]}}'), send(f'{{"{text}": 1}}')]

        assert [response.json()["errors"][0]["code"] for response in found] == ["invalid_text", "invalid_text"]


class TestABodyTooLarge:
    def test_is_refused_by_its_length(self) -> None:
        response = send(b'{"text": "' + b"a" * 10_000_000 + b'"}')

        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")

    def test_begins_one_byte_past_the_limit(self) -> None:
        largest = b"{}".ljust(LARGEST_BODY)

        assert send(largest).json() == send(b"{}").json()
        assert send(largest + b" ").json()["max_bytes"] == LARGEST_BODY

    def test_is_not_even_read(self) -> None:
        class Unreadable:
            def read(self, *_: int) -> bytes:
                raise AssertionError("somebody reads the body")

            readline = read

        environ: dict[str, Any] = {"wsgi.input": Unreadable(), "CONTENT_LENGTH": "5000000", "CONTENT_TYPE": JSON}
        response = Client().generic("POST", "/v1/echo", **environ)

        assert response.status_code == 413

    @pytest.mark.parametrize(("length", "status"), [("-1", 400), ("x", 400), ("9" * 400, 413)])
    def test_or_of_a_nonsensical_length_is_refused(self, length: str, status: int) -> None:
        assert Client().generic("POST", "/v1/echo", CONTENT_LENGTH=length, CONTENT_TYPE=JSON).status_code == status

    def test_cannot_hide_in_chunks(self) -> None:
        response = send("{}", **{"transfer-encoding": "chunked"})

        assert (response.status_code, response.json()["code"]) == (411, "length_required")


class TestAField:
    @pytest.mark.parametrize("value", ["1", 1.0, 1.5, True, None, [1], {}, 0, -1, 2**31, 2**63, 10**30])
    def test_of_quantity_takes_integers_in_range_only(self, value: Any) -> None:
        assert errors_of({"lines": [{"variant_id": VARIANT, "quantity": value}]}) <= {
            ("/lines/0/quantity", code) for code in ("invalid", "null", "min_value", "max_value")
        }

    @pytest.mark.parametrize("value", [1, True, [], {}, 1.5])
    @pytest.mark.parametrize("name", ["text", "email", "choice", "moment", "country"])
    def test_of_text_takes_text_only(self, name: str, value: Any) -> None:
        ((pointer, code),) = errors_of({name: value})

        assert (pointer, code in {"invalid", "invalid_choice"}) == (f"/{name}", True)

    @pytest.mark.parametrize("value", ["true", "1", 0, 1, "yes", None])
    def test_of_a_flag_takes_booleans_only(self, value: Any) -> None:
        assert errors_of({"flag": value}) <= {("/flag", "invalid"), ("/flag", "null")}

    def test_of_text_has_bounds(self) -> None:
        assert errors_of({"text": "a" * 11}) == {("/text", "max_length")}
        assert errors_of({"text": "  "}) == {("/text", "blank")}

    @pytest.mark.parametrize(
        "value",
        [
            1999,
            "19.99",
            {"amount": "1999", "currency": "EUR"},
            {"amount": 19.99, "currency": "EUR"},
            {"amount": True, "currency": "EUR"},
            {"amount": 1999},
            {"amount": -1, "currency": "EUR"},
            {"amount": 10**13, "currency": "EUR"},
            {"amount": 1, "currency": "eur"},
            {"amount": 1, "currency": "XXX"},
            {"amount": 1, "currency": ["EUR"]},
            {"amount": 1, "currency": "EUR", "precision": 2},
        ],
        ids=str,
    )
    def test_of_money_takes_minor_units_of_a_known_currency_only(self, value: Any) -> None:
        assert all(pointer.startswith("/price") for pointer, _ in errors_of({"price": value}))

    @pytest.mark.parametrize(
        "value", ["2030-01-31", "2030-01-31T12:00:00", "2030-13-01T00:00:00Z", "now", "2030-01-31 12:00:00Z", "٢٠٣٠"]
    )
    def test_of_time_takes_moments_with_an_offset_only(self, value: str) -> None:
        assert errors_of({"moment": value}) == {("/moment", "invalid")}

    @pytest.mark.parametrize(
        "value", ["ord_00000000000000000000000007", "var_8zzzzzzzzzzzzzzzzzzzzzzzzz", "7", 7, None]
    )
    def test_of_an_id_takes_ids_of_its_kind_only(self, value: Any) -> None:
        found = errors_of({"lines": [{"variant_id": value, "quantity": 1}]})

        assert found <= {("/lines/0/variant_id", "invalid_id"), ("/lines/0/variant_id", "null")}

    def test_of_a_list_has_bounds(self) -> None:
        line = {"variant_id": VARIANT, "quantity": 1}

        assert errors_of({"lines": [line] * 4}) == {("/lines", "max_length")}
        assert errors_of({"lines": []}) == {("/lines", "min_length")}

    def test_that_nobody_declared_is_refused_beside_the_other_errors(self) -> None:
        assert errors_of({"text": 1, "is_staff": True}) == {("/text", "invalid"), ("/is_staff", "unknown_field")}


class TestAStrictSerializer:
    def test_refuses_field_types_that_convert(self) -> None:
        with pytest.raises(TypeError, match="use TextField"):
            type("Loose", (StrictSerializer,), {"name": serializers.CharField(max_length=5)})

    def test_refuses_lists_without_an_upper_bound(self) -> None:
        with pytest.raises(TypeError, match="without max_length"):
            type("Endless", (StrictSerializer,), {"names": serializers.ListField(child=TextField(max_length=5))})

    def test_refuses_loose_parts(self) -> None:
        loose = type("Part", (serializers.Serializer,), {})

        with pytest.raises(TypeError, match="not a StrictSerializer"):
            type("Whole", (StrictSerializer,), {"part": loose()})


class TestAQueryString:
    def test_of_a_view_that_declares_no_parameter_is_empty(self) -> None:
        response = Client().get("/v1/things/ord_00000000000000000000000007?debug=1")

        assert response.status_code == 422
        assert response.json()["errors"] == [
            {"parameter": "debug", "code": "unknown_parameter", "detail": "There is no such query parameter."}
        ]
