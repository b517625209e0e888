"""The public keys of access tokens, for verifiers outside."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from jwt.algorithms import OKPAlgorithm
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import CUSTOMERS
from customers.rest.serializers import KeySetView
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView
from shared_kernel.identity.access_tokens import ALGORITHM
from shared_kernel.identity.permissions import Anyone


class KeySet(ApiView):
    """A JSON Web Key Set (RFC 7517, 5)."""

    alias = CUSTOMERS
    access = Anyone()
    personal = False

    @operation("Show the public keys of access tokens", answers={200: KeySetView})
    def get(self, request: Request) -> Response:
        """Every key that a live token may be signed with."""
        keys: dict[str, str] = settings.ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS
        return Response(
            {"keys": [_jwk(kid, pem) for kid, pem in sorted(keys.items())]},
            # New keys are published well before they sign.
            headers={"Cache-Control": "public, max-age=300"},
        )


def _jwk(kid: str, pem: str) -> dict[str, Any]:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("access tokens are signed with Ed25519 keys only")
    return {**OKPAlgorithm.to_jwk(key, as_dict=True), "kid": kid, "use": "sig", "alg": ALGORITHM}
