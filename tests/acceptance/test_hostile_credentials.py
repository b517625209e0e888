"""Forged, expired and borrowed credentials open nothing, and somebody else's order is as good as none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared_kernel.identity.access_tokens import AUDIENCE, ISSUER, TOKEN_TYPE
from shared_kernel.ids import decode_id, encode_id, new_id
from tests.acceptance.refusals import DOCUMENT, nothing_written, refusal
from tests.acceptance.shopfront import Shopfront

pytestmark = pytest.mark.slow

ORDERS = "/v1/orders"
STRANGERS_KEY = Ed25519PrivateKey.generate()
Json = dict[str, Any]


@dataclass(frozen=True)
class Party:
    """Somebody with an order of their own."""

    credentials: dict[str, str]
    order_id: str
    payment_id: str


@dataclass(frozen=True)
class Scene:
    """A product on sale, and who has ordered it."""

    variant_id: str
    customer: Party
    other_customer: Party
    guest: Party
    other_guest: Party


@pytest.fixture(scope="module")
def scene(shopfront: Shopfront) -> Scene:
    variant_id = shopfront.stock_up(100)

    def customer() -> Party:
        credentials = shopfront.customer()
        body = shopfront.order_body(variant_id)
        del body["email"]
        placed = shopfront.post(ORDERS, body, credentials).json()
        return Party(credentials, placed["id"], placed["payment"]["id"])

    def guest() -> Party:
        placed = shopfront.place(variant_id).json()
        return Party({"Order-Token": placed["order_token"]}, placed["id"], placed["payment"]["id"])

    return Scene(variant_id, customer(), customer(), guest(), guest())


@pytest.fixture(autouse=True)
def _nothing_is_written(shopfront: Shopfront, scene: Scene) -> Iterator[None]:
    with nothing_written(shopfront):
        yield


def coded(part: bytes | Json) -> str:
    """base64url without padding."""
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Forger:
    """Makes access tokens as the shop would, with its own keys, but for what is asked to be different."""

    def __init__(self, shopfront: Shopfront) -> None:
        keys = shopfront.stack.environment.token_keys
        assert keys.private is not None
        self.kid = str(keys.private_kid)
        self.private = keys.private
        self.public = keys.public[self.kid]
        self.header: Json = {"alg": "EdDSA", "kid": self.kid, "typ": TOKEN_TYPE}
        now = int(time.time())
        self.claims: Json = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": encode_id("cus", new_id()),
            "sid": str(new_id()),
            "jti": str(new_id()),
            "iat": now,
            "exp": now + 600,
        }

    def signed(self, key: Any = None, header: Json | None = None, **claims: Any) -> str:
        """A token with a true signature of `key`; a claim of None is left out."""
        chosen = {name: value for name, value in {**self.claims, **claims}.items() if value is not None}
        return jwt.encode(chosen, key or self.private, algorithm="EdDSA", headers={**self.header, **(header or {})})

    def unsigned(self, algorithm: str) -> str:
        """A token that says it needs no signature."""
        return f"{coded({**self.header, 'alg': algorithm})}.{coded(self.claims)}."

    def keyed(self, secret: bytes, algorithm: str = "HS256") -> str:
        """A token whose signature is a hash with a secret that everybody knows."""
        body = f"{coded({**self.header, 'alg': algorithm})}.{coded(self.claims)}"
        return f"{body}.{coded(hmac.digest(secret, body.encode(), hashlib.sha256))}"

    def changed(self) -> str:
        """A true token whose claims were changed afterwards."""
        header, _, signature = self.signed().split(".")
        return f"{header}.{coded({**self.claims, 'sub': encode_id('cus', new_id())})}.{signature}"


FORGERIES: dict[str, Callable[[Forger], str]] = {
    "garbage": lambda _: "garbage",
    "dots": lambda _: "..",
    "three parts of nothing": lambda _: "a.b.c",
    "no algorithm": lambda forger: forger.unsigned("none"),
    "no algorithm in capitals": lambda forger: forger.unsigned("NONE"),
    "a true algorithm without a signature": lambda forger: forger.unsigned("EdDSA"),
    "the public key as a secret": lambda forger: forger.keyed(forger.public.encode()),
    "the public key as a secret of EdDSA": lambda forger: forger.keyed(forger.public.encode(), "EdDSA"),
    "an empty secret": lambda forger: forger.keyed(b""),
    "changed claims": lambda forger: forger.changed(),
    "a stranger's key": lambda forger: forger.signed(STRANGERS_KEY),
    "a stranger's key under its own name": lambda forger: forger.signed(STRANGERS_KEY, {"kid": "stranger"}),
    "a key brought along": lambda forger: forger.signed(
        STRANGERS_KEY,
        {"jwk": jwt.algorithms.OKPAlgorithm.to_jwk(STRANGERS_KEY.public_key(), as_dict=True), "kid": "stranger"},
    ),
    "a key to be fetched": lambda forger: forger.signed(
        STRANGERS_KEY, {"jku": "http://127.0.0.1:9/keys", "kid": "stranger"}
    ),
    "a key file": lambda forger: forger.signed(header={"kid": "../../../../dev/null"}),
    "a key number": lambda forger: forger.signed(STRANGERS_KEY, {"kid": "0"}),
    "another type": lambda forger: forger.signed(header={"typ": "JWT"}),
    "expired": lambda forger: forger.signed(iat=forger.claims["iat"] - 700, exp=forger.claims["iat"] - 100),
    "of the future": lambda forger: forger.signed(iat=forger.claims["iat"] + 400, exp=forger.claims["iat"] + 900),
    "that lives too long": lambda forger: forger.signed(exp=forger.claims["iat"] + 86_400),
    "without an end": lambda forger: forger.signed(exp=None),
    "with an end nobody lives to see": lambda forger: forger.signed(exp=10**30),
    "with an end in words": lambda forger: forger.signed(exp="tomorrow"),
    "with a fractional end": lambda forger: forger.signed(exp=forger.claims["exp"] + 0.5),
    "of another issuer": lambda forger: forger.signed(iss="https://elsewhere.example"),
    "for another audience": lambda forger: forger.signed(aud="somebody-else"),
    "of nobody": lambda forger: forger.signed(sub=None),
    "of an order": lambda forger: forger.signed(sub=encode_id("ord", new_id())),
    "of an injected customer": lambda forger: forger.signed(sub="cus_' OR 1=1 --"),
    "of no session": lambda forger: forger.signed(sid=None),
    "of a session that is none": lambda forger: forger.signed(sid="1"),
    "too long": lambda forger: forger.signed(padding="a" * 3_000),
    "an unknown API key": lambda _: "sk_" + "a" * 43,
    "the start of an API key": lambda _: "sk_",
}


def refused_everywhere(shopfront: Shopfront, scene: Scene, headers: dict[str, str]) -> None:
    """Bad credentials are refused even where none are needed: nobody with an expired token shops as a stranger."""
    for path in ("/v1/me", ORDERS, f"{ORDERS}/{scene.customer.order_id}", "/v1/products", "/v1/admin/orders"):
        answer = shopfront.get(path, headers)
        refusal(answer, 401, "invalid_credentials")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    refusal(shopfront.post(ORDERS, shopfront.order_body(scene.variant_id), headers), 401, "invalid_credentials")


class TestAnAccessToken:
    def test_made_by_the_rules_is_taken(self, shopfront: Shopfront) -> None:
        forger = Forger(shopfront)

        answer = shopfront.get(ORDERS, {"Authorization": f"Bearer {forger.signed()}"})

        assert (answer.status_code, answer.json()["data"]) == (200, [])

    @pytest.mark.parametrize("name", FORGERIES)
    def test_that_is_forged_opens_nothing(self, shopfront: Shopfront, scene: Scene, name: str) -> None:
        token = FORGERIES[name](Forger(shopfront))

        refused_everywhere(shopfront, scene, {"Authorization": f"Bearer {token}"})

    @pytest.mark.parametrize(
        "header",
        ["", "Bearer", "Basic YTpi", "bearer\tx", "Bearer \xff\xfe", "Token x", "Bearer a, Bearer b"],
    )
    def test_comes_as_a_bearer_token_only(self, shopfront: Shopfront, scene: Scene, header: str) -> None:
        answer = httpx.get(f"{shopfront.stack.url}{ORDERS}", headers={b"Authorization": header.encode("latin-1")})

        refusal(answer, 401, "invalid_credentials")

    def test_is_not_taken_from_anywhere_else(self, shopfront: Shopfront, scene: Scene) -> None:
        token = Forger(shopfront).signed()

        refusal(shopfront.get("/v1/me", {"Cookie": f"access_token={token}"}), 401, "not_authenticated")
        refusal(shopfront.get("/v1/me", access_token=token), 401, "not_authenticated")


class TestAnApiKey:
    def test_that_was_revoked_opens_nothing(self, shopfront: Shopfront, scene: Scene) -> None:
        plain = shopfront.manage("create_api_key", "--name", "gone", "--scopes", "orders:read").stdout.strip()
        headers = {"Authorization": f"Bearer {plain}"}
        paths = ("/v1/products", "/v1/admin/orders", "/v1/admin/payments", "/v1/admin/customers")

        def answers() -> set[int]:
            return {shopfront.get(path, headers).status_code for path in paths}

        shopfront.await_that(lambda: answers() == {200, 403}, "the key is not known everywhere")

        shopfront.manage("revoke_api_key", plain)

        shopfront.await_that(lambda: answers() == {401}, "the key still opens a door")


class TestAnOrderToken:
    def forged(self, shopfront: Shopfront, scene: Scene, *, seconds: int = 3600, key: str | None = None) -> str:
        """The guest's token as the shop makes it, but for its end and its key."""
        body = decode_id("ord", scene.guest.order_id).bytes + (int(time.time()) + seconds).to_bytes(8)
        secret = key or shopfront.stack.environment.secrets.order_token
        return "ot1_" + coded(body + hmac.digest(secret.encode(), b"ashlar order token\0" + body, "sha256"))

    def test_made_by_the_rules_is_taken(self, shopfront: Shopfront, scene: Scene) -> None:
        headers = {"Order-Token": self.forged(shopfront, scene)}

        assert shopfront.get(f"{ORDERS}/{scene.guest.order_id}", headers).status_code == 200

    def test_that_is_forged_opens_nothing(self, shopfront: Shopfront, scene: Scene) -> None:
        true = scene.guest.credentials["Order-Token"]
        forged = [
            "",
            "garbage",
            "ot1_",
            "ot1_" + "A" * 75,
            "ot1_" + "A" * 5_000,
            true[:-1],
            true + "A",
            true.swapcase(),
            true.removeprefix("ot1_"),
            true[:30] + ("A" if true[30] != "A" else "B") + true[31:],
            self.forged(shopfront, scene, seconds=-1),
            self.forged(shopfront, scene, key="guessed"),
        ]

        for token in forged:
            answer = shopfront.get(f"{ORDERS}/{scene.guest.order_id}", {"Order-Token": token})
            refusal(answer, 401, "invalid_credentials")

    def test_is_no_bearer_token(self, shopfront: Shopfront, scene: Scene) -> None:
        headers = {"Authorization": f"Bearer {scene.guest.credentials['Order-Token']}"}

        refusal(shopfront.get(f"{ORDERS}/{scene.guest.order_id}", headers), 401, "invalid_credentials")

    def test_opens_one_order_and_nothing_else(self, shopfront: Shopfront, scene: Scene) -> None:
        for path in (ORDERS, "/v1/me", "/v1/admin/orders"):
            refusal(shopfront.get(path, scene.guest.credentials), 403, "permission_denied")


class TestSomebodyElsesOrder:
    @pytest.mark.parametrize(("intruder", "owner"), [
        ("customer", "other_customer"), ("customer", "guest"), ("guest", "customer"), ("guest", "other_guest"),
    ])  # fmt: skip
    def test_is_as_good_as_none(self, shopfront: Shopfront, scene: Scene, intruder: str, owner: str) -> None:
        credentials = getattr(scene, intruder).credentials
        found: Party = getattr(scene, owner)
        method = {"payment_method": {"type": "card", "token": "sim_ok"}}
        commands: list[tuple[str, str, Json | None]] = [
            (ORDERS, "", None),
            (ORDERS, "/timeline", None),
            (ORDERS, "/cancel", {}),
            (ORDERS, "/payments", method),
            ("/v1/payments", "", None),
        ]

        for path, command, body in commands:
            prefix, known = ("pay", found.payment_id) if "payments" in path else ("ord", found.order_id)
            seen = []
            for id_ in (known, encode_id(prefix, new_id())):
                url = f"{path}/{id_}{command}"
                answer = shopfront.get(url, credentials) if body is None else shopfront.post(url, body, credentials)
                document = refusal(answer, 404, "payment_not_found" if prefix == "pay" else "order_not_found")
                seen.append(json.dumps({**document, "request_id": None}).replace(id_, "id"))
            assert seen[0] == seen[1]
        order = shopfront.order(found.order_id)
        assert order["status"] in {"pending_payment", "confirmed"}

    def test_is_in_no_list_of_ones_own(self, shopfront: Shopfront, scene: Scene) -> None:
        listed = shopfront.get(ORDERS, scene.customer.credentials).json()["data"]

        assert [order["id"] for order in listed] == [scene.customer.order_id]


class TestWhatIsForStaff:
    def operations(self) -> list[tuple[str, str]]:
        """Each operation of staff and services, with ids that nothing has."""
        found = []
        for path, methods in DOCUMENT["paths"].items():
            for method, operation in methods.items():
                if path.startswith("/v1/admin/"):
                    url = path
                    for parameter in operation.get("parameters", []):
                        if parameter["in"] == "path":
                            prefix = parameter["schema"]["pattern"].removeprefix("^").partition("_")[0]
                            url = url.replace(f"{{{parameter['name']}}}", encode_id(prefix, new_id()))
                    found.append((method.upper(), url))
        assert len(found) > 20
        return found

    def test_is_for_nobody_else(self, shopfront: Shopfront, scene: Scene) -> None:
        callers: list[tuple[dict[str, str], int, str]] = [
            ({}, 401, "not_authenticated"),
            (scene.customer.credentials, 403, "permission_denied"),
            (scene.guest.credentials, 403, "permission_denied"),
        ]

        for method, url in self.operations():
            for credentials, status, code in callers:
                headers = {**credentials, "Idempotency-Key": str(new_id())}
                refusal(shopfront.http.request(method, url, json={}, headers=headers), status, code)

    def test_needs_the_scope_that_names_it(self, shopfront: Shopfront) -> None:
        plain = shopfront.manage("create_api_key", "--name", "narrow", "--scopes", "customers:write").stdout.strip()
        credentials = {"Authorization": f"Bearer {plain}"}
        operations = self.operations()
        shopfront.await_that(
            lambda: all(
                shopfront.http.request(method, url, headers=credentials).status_code != 401
                for method, url in operations
            ),
            "the key is not known everywhere",
        )

        for method, url in operations:
            headers = {**credentials, "Idempotency-Key": str(new_id())}
            refusal(shopfront.http.request(method, url, json={}, headers=headers), 403, "permission_denied")

    @pytest.mark.parametrize(
        "path",
        ["/v1/admin/orders/", "/v1/ADMIN/orders", "/v1//admin/orders", "/v1/admin/../admin/orders", "/V1/admin/orders",
         "/admin/orders", "/v1/orders/../admin/orders", "/v1/admin%2forders", "/v1/admin/orders;a=b",
         "/v2/admin/orders", "/internal/v1/orders"],
    )  # fmt: skip
    def test_has_no_other_way_in(self, shopfront: Shopfront, scene: Scene, path: str) -> None:
        with httpx.Client() as client:
            request = client.build_request("GET", shopfront.stack.url, headers=scene.customer.credentials)
            # As it stands, without the normalizing that a client does.
            request.url = request.url.copy_with(raw_path=path.encode())
            answer = client.send(request)

        assert answer.status_code in {302, 403, 404}
