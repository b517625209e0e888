from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import override_settings

from shared_kernel.identity.access_tokens import InvalidToken, issue, verify
from shared_kernel.identity.principals import PrincipalKind

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
CUSTOMER = UUID(int=1)
SESSION = UUID(int=2)
KNOWN_HEADER = {"kid": settings.ASHLAR_ACCESS_TOKEN_KEY_ID, "typ": "at+jwt"}


def fresh() -> str:
    return issue(customer_id=CUSTOMER, session_id=SESSION, now=NOW).text


def claims(**changed: Any) -> dict[str, Any]:
    known: dict[str, Any] = jwt.decode(fresh(), options={"verify_signature": False, "verify_exp": False})
    return {name: value for name, value in {**known, **changed}.items() if value is not None}


def signed(payload: dict[str, Any], *, key: Any = None, **header: Any) -> str:
    own: Any = settings.ASHLAR_ACCESS_TOKEN_PRIVATE_KEY
    return jwt.encode(payload, key or own, algorithm="EdDSA", headers={**KNOWN_HEADER, **header})


def refuses(text: str, now: datetime = NOW) -> bool:
    try:
        verify(text, now=now)
    except InvalidToken:
        return True
    return False


class TestAnAccessToken:
    def test_speaks_for_its_customer_and_session(self) -> None:
        principal = verify(fresh(), now=NOW)

        assert (principal.kind, principal.customer_id, principal.session_id) == (
            PrincipalKind.CUSTOMER,
            CUSTOMER,
            SESSION,
        )
        assert principal.id == "cus_00000000000000000000000001"
        assert principal.scopes == frozenset()

    def test_lives_ten_minutes_and_thirty_seconds_of_leeway(self) -> None:
        token = issue(customer_id=CUSTOMER, session_id=SESSION, now=NOW)

        assert token.expires_at == NOW + timedelta(minutes=10)
        assert not refuses(token.text, now=NOW + timedelta(minutes=10, seconds=30))
        assert refuses(token.text, now=NOW + timedelta(minutes=10, seconds=31))

    def test_may_come_from_a_clock_slightly_ahead(self) -> None:
        assert not refuses(fresh(), now=NOW - timedelta(seconds=30))
        assert refuses(fresh(), now=NOW - timedelta(seconds=31))

    def test_holds_no_personal_data(self) -> None:
        assert claims().keys() == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}


class TestAForgedToken:
    @pytest.mark.parametrize(
        "changed",
        [
            {"iss": "somebody"},
            {"iss": None},
            {"aud": "another-api"},
            {"aud": None},
            {"sub": None},
            {"sub": "cus_x"},
            {"sub": "key_00000000000000000000000001"},
            {"sid": None},
            {"sid": "x"},
            {"exp": None},
            {"exp": int(NOW.timestamp()) + 3600},
            {"exp": "soon"},
            {"exp": True},
            {"exp": 10**30},
            {"iat": None},
            {"iat": int(NOW.timestamp()) + 3600, "exp": int(NOW.timestamp()) + 4000},
        ],
        ids=str,
    )
    def test_with_claims_that_do_not_hold_is_refused(self, changed: dict[str, Any]) -> None:
        assert refuses(signed(claims(**changed)))

    @pytest.mark.parametrize(
        "header",
        [
            {"kid": "unknown"},
            {"kid": "../../etc/passwd"},
            {"kid": "https://evil.example/jwks.json"},
            {"kid": ""},
            {"typ": "JWT"},
            {"typ": None},
            {"kid": "unknown", "jku": "https://evil.example/jwks.json"},
        ],
        ids=str,
    )
    def test_with_another_header_is_refused(self, header: dict[str, Any]) -> None:
        assert refuses(signed(claims(), **header))

    def test_without_a_signature_is_refused(self) -> None:
        unsigned = jwt.encode(claims(), None, algorithm="none", headers={**KNOWN_HEADER, "alg": "none"})  # type: ignore[arg-type]

        assert refuses(unsigned)
        assert refuses(fresh().rpartition(".")[0] + ".")

    def test_signed_symmetrically_with_the_public_key_is_refused(self) -> None:
        (public,) = settings.ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS.values()
        head, body, _ = fresh().split(".")
        header = json.loads(base64.urlsafe_b64decode(head + "=="))
        header["alg"] = "HS256"
        head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            f"{head}.{body}".encode(), public.encode()
        )

        assert refuses(f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}")

    def test_signed_with_another_key_is_refused(self) -> None:
        assert refuses(signed(claims(), key=Ed25519PrivateKey.generate()))

    def test_with_a_key_of_its_own_in_the_header_is_refused(self) -> None:
        key = Ed25519PrivateKey.generate()
        jwk = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)

        assert refuses(signed(claims(), key=key, jwk=jwk))

    @pytest.mark.parametrize("text", ["", ".", "a.b.c", "x" * 5000, "..", "é.é.é"])
    def test_that_is_no_token_at_all_is_refused(self, text: str) -> None:
        assert refuses(text)

    def test_changed_by_a_letter_is_refused(self) -> None:
        head, body, signature = fresh().split(".")
        changed = body[:10] + ("A" if body[10] != "A" else "B") + body[11:]

        assert refuses(f"{head}.{changed}.{signature}")


class TestKeys:
    def test_can_be_exchanged_without_a_pause(self) -> None:
        old = fresh()
        new_key = Ed25519PrivateKey.generate()
        public = {**settings.ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS, "next": new_key.public_key()}

        with override_settings(
            ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS=public,
            ASHLAR_ACCESS_TOKEN_PRIVATE_KEY=new_key,
            ASHLAR_ACCESS_TOKEN_KEY_ID="next",
        ):
            assert not refuses(old)
            assert not refuses(fresh())

    def test_that_sign_are_needed_only_where_tokens_are_issued(self) -> None:
        text = fresh()

        with override_settings(ASHLAR_ACCESS_TOKEN_PRIVATE_KEY=None):
            assert not refuses(text)
            with pytest.raises(RuntimeError):
                fresh()
