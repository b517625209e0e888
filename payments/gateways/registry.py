"""Which provider takes which payment method, and the one adapter per provider and process."""

from __future__ import annotations

import os
from functools import cache

from django.conf import settings

from payments.api import PaymentMethodNotSupported
from payments.gateways.port import Gateway
from payments.gateways.sim import SimGateway

SIM = "sim"


def provider_of(method_type: str) -> str:
    """The name of the provider that takes a type of payment method.

    Raises:
        PaymentMethodNotSupported: none does in this deployment.
    """
    provider = _methods().get(method_type)
    if provider is None:
        raise PaymentMethodNotSupported(type=method_type)
    return provider


def gateway_of(provider: str) -> Gateway:
    """The adapter of a provider; its connections are shared by the threads of this process.

    Raises:
        LookupError: the provider is not configured (any more).
    """
    if provider != SIM or settings.ASHLAR_SIM_PROVIDER_URL is None:
        raise LookupError(f"no payment provider {provider!r} is configured")
    return _sim(settings.ASHLAR_SIM_PROVIDER_URL, settings.ASHLAR_SIM_PROVIDER_SECRET, os.getpid())


def _methods() -> dict[str, str]:
    return {"card": SIM} if settings.ASHLAR_SIM_PROVIDER_URL is not None else {}


@cache
def _sim(url: str, secret: str, _process_id: int) -> Gateway:
    # Keyed by process: sockets must not be shared with the parent of a fork.
    return SimGateway(url=url, secret=secret)
