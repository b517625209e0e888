"""Answers hold what the OpenAPI document names and nothing else, and the document names nothing secret."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared_kernel.identity.api_keys import SCOPES
from tests.security.operations import DOCUMENT, OPERATIONS, Operation
from tests.security.world import World, call, key_with

# Parts of names that stand for what nobody may see, and the few names that are meant for their reader.
SECRET = (
    "hash",
    "password",
    "secret",
    "token",
    "lease",
    "holder",
    "fingerprint",
    "provider_key",
    "private",
    "cvc",
    "pan",
)
MEANT = {"order_token", "access_token", "refresh_token", "token_type"}
# Told by the methods of this list only; each is the answer to a proof of who asks.
WITH_TOKENS = {"POST /v1/auth/login", "POST /v1/auth/refresh", "POST /v1/orders"}


def closed(schema: Any) -> Any:
    """A copy in which no object may have members that it does not name."""
    if isinstance(schema, dict):
        found = {name: closed(part) for name, part in schema.items()}
        if isinstance(found.get("properties"), dict):
            found.setdefault("additionalProperties", False)
        return found
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


COMPONENTS = {"schemas": closed(deepcopy(DOCUMENT["components"]["schemas"]))}


def validator(operation: Operation) -> Any:
    """What checks an answer of this operation."""
    return Draft202012Validator({**closed(operation.answer), "components": COMPONENTS})


def names(schema: Any, seen: frozenset[str] = frozenset()) -> set[str]:
    """Every member that an answer may have, at any depth."""
    if isinstance(schema, list):
        return {name for part in schema for name in names(part, seen)}
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        return set() if target in seen else names(DOCUMENT["components"]["schemas"][target], seen | {target})
    own = set(schema.get("properties", {}))
    return own | {name for part in schema.values() for name in names(part, seen)}


class TestEveryAnswer:
    def test_has_only_members_that_are_described(self, world: World) -> None:
        key, ids, checked = key_with(SCOPES), {**world.mine, **world.on_sale()}, 0

        for operation in (each for each in OPERATIONS if each.method == "GET" and each.answer):
            headers = key if operation.is_for_staff else world.visitors.customer
            answer = call(operation, ids, headers)
            assert answer.status_code == 200, (str(operation), answer.content[:200])
            errors = [error.message[:200] for error in validator(operation).iter_errors(answer.json())]
            assert errors == [], str(operation)
            checked += bool(answer.json().get("data", True))

        assert checked > 20

    def test_would_be_found_out_with_one_more(self) -> None:
        [operation] = [each for each in OPERATIONS if str(each) == "GET /v1/me"]
        answer = dict.fromkeys(names(operation.answer), "x")

        found = [error.message for error in validator(operation).iter_errors({**answer, "password_hash": "argon2"})]

        assert any("password_hash" in message for message in found)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_document_names_nothing_secret(operation: Operation) -> None:
    told = {name for name in names(operation.answer) if any(part in name for part in SECRET)}

    assert told <= (MEANT if str(operation) in WITH_TOKENS else set())
