"""Every route by every method for every kind of caller, taken from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from orders.models import Order
from orders.rest import administration, views
from shared_kernel.identity.api_keys import SCOPES
from shared_kernel.identity.permissions import Anyone
from tests.security.operations import ANONYMOUS, METHODS, OPERATIONS, Operation
from tests.security.world import Headers, Visitors, World, call, code_of, key_with, send

rolled_back = pytest.mark.django_db(databases="__all__")

BAD_CREDENTIALS: list[Headers] = [
    {"Authorization": "Bearer sk_" + "a" * 43},
    {"Authorization": "Bearer a.b.c"},
    {"Authorization": "Basic YTpi"},
    {"Order-Token": "ot1_" + "A" * 75},
]
# Other spellings of the way to what is for staff.
SPELLINGS = [
    ("/v1/admin/", "/v1/ADMIN/"),
    ("/v1/", "/V1/"),
    ("/v1/", "/v2/"),
    ("/v1/admin/", "/admin/"),
    ("/v1/admin/", "/v1//admin/"),
    ("/v1/admin/", "/v1/x/../admin/"),
    ("/v1/admin/", "/v1%2fadmin/"),
    ("/v1/admin/", "/%76%31/admin/"),
    ("/v1/admin/", "/internal/v1/"),
]
ENDINGS = ("", "/", ";a=b", ".json", "%20")


def let_in(visitors: Visitors, ids: Mapping[str, str] | None = None) -> list[str]:
    """Who gets further than the credentials they have allow; without `ids` they ask for things that do not exist."""
    found = []
    for operation in OPERATIONS:
        for caller, (scheme, headers) in visitors.callers(operation).items():
            if scheme in operation.schemes and not (caller == "key" and operation.scopes):
                continue
            expected = "not_authenticated" if caller == ANONYMOUS else "permission_denied"
            answer = call(operation, ids or operation.random_ids(), headers)
            if code_of(answer) != expected:
                found.append(f"{caller}: {operation} {answer.status_code} {code_of(answer)}")
            if operation.method == "GET":
                head = call(operation, ids or operation.random_ids(), headers, method="HEAD")
                if head.status_code != answer.status_code:
                    found.append(f"{caller}: HEAD {operation.path} {head.status_code}")
    return found


def shown_to_strangers(visitors: Visitors, theirs: Mapping[str, str]) -> list[str]:
    """Which objects answer somebody they do not belong to otherwise than objects that do not exist."""
    found = []
    for operation in OPERATIONS:
        if not operation.names or operation.is_for_staff:
            continue
        for scheme, headers in (("access_token", visitors.customer), ("order_token", visitors.guest)):
            if scheme in operation.schemes:
                ways = [theirs, operation.random_ids()]
                answers = [call(operation, ids, headers) for ids in ways]
                bodies = [without_ids(operation, *pair) for pair in zip(ways, answers, strict=True)]
                if answers[0].status_code != 404 or bodies[0] != bodies[1]:
                    found.append(f"{scheme}: {operation} {answers[0].status_code} {bodies}")
    return found


def without_ids(operation: Operation, ids: Mapping[str, str], answer: Any) -> str:
    """The body of an answer but for what names the request."""
    text = json.dumps({**answer.json(), "request_id": None})
    for name in operation.names:
        text = text.replace(ids[name], name)
    return text


class TestEachOperation:
    def test_is_only_for_whom_it_says(self, world: World) -> None:
        with world.unchanged():
            assert let_in(world.visitors, world.theirs) == []

    def test_treats_what_is_somebody_elses_like_nothing(self, world: World) -> None:
        with world.unchanged():
            assert shown_to_strangers(world.visitors, world.theirs) == []

    @rolled_back
    def test_takes_bad_credentials_for_no_anonymous_caller(self) -> None:
        for headers in BAD_CREDENTIALS:
            for operation in OPERATIONS:
                answer = call(operation, operation.random_ids(), headers)
                assert code_of(answer) == "invalid_credentials", (operation, headers)

    @rolled_back
    def test_is_the_only_way_to_use_its_path(self) -> None:
        customer, key = Visitors.new().customer, key_with(SCOPES)
        offered = {(operation.path, operation.method) for operation in OPERATIONS}

        for operation in {each.path: each for each in OPERATIONS}.values():
            for method in (*METHODS, "OPTIONS", "TRACE"):
                if (operation.path, method) not in offered:
                    headers = key if operation.is_for_staff else customer
                    answer = send(method, operation.url(operation.random_ids()), headers)
                    assert code_of(answer) == "method_not_allowed", (method, operation.path)


@rolled_back
class TestWhatIsForStaff:
    def test_has_no_back_door_in_another_spelling(self) -> None:
        customer = Visitors.new().customer
        urls = {operation.url(operation.random_ids()) for operation in OPERATIONS if operation.is_for_staff}

        for url in urls:
            for before, after in SPELLINGS:
                for end in ENDINGS:
                    other = url.replace(before, after, 1) + end
                    assert send("GET", other, customer).status_code in {302, 403, 404, 405}, other

    def test_has_no_twin_for_customers(self) -> None:
        customer = Visitors.new().customer
        public = {(operation.method, operation.path) for operation in OPERATIONS}

        for operation in OPERATIONS:
            twin = operation.path.replace("/admin/", "/", 1)
            if operation.is_for_staff and (operation.method, twin) not in public:
                url = operation.url(operation.random_ids()).replace("/admin/", "/", 1)
                assert send(operation.method, url, customer).status_code in {403, 404, 405}, url

    def test_is_not_reached_by_an_overridden_method(self) -> None:
        key = key_with({scope for scope in SCOPES if scope.endswith(":read")})

        for operation in OPERATIONS:
            if operation.is_for_staff and operation.method != "GET":
                override = dict.fromkeys(("X-HTTP-Method-Override", "X-Method-Override"), operation.method)
                for method in ("GET", "POST"):
                    answer = send(method, operation.url(operation.random_ids()), {**key, **override})
                    assert answer.status_code in {200, 403, 404, 405}, operation


class TestTheMatrix:
    """It sees the holes it is meant to see."""

    @rolled_back
    def test_names_an_operation_that_lets_everybody_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(administration.AdminOrderDetail, "access", {"GET": Anyone()})

        assert {line.split()[0] for line in let_in(Visitors.new())} == {"anonymous:", "customer:", "guest:", "key:"}

    def test_names_an_operation_that_forgets_whose_order_it_is(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "own_order", lambda order_id, _: Order.objects.whole().known(order_id))

        found = shown_to_strangers(world.visitors, world.theirs)

        assert any(line.startswith("access_token: GET /v1/orders/{order_id} 200") for line in found)
        assert any(line.startswith("order_token: POST /v1/orders/{order_id}/cancel 200") for line in found)
