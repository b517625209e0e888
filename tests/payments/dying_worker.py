"""A worker process that kills itself with SIGKILL right after the provider has answered; run by test_kills."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import django

if TYPE_CHECKING:
    from payments.gateways.port import Gateway


class DyingGateway:
    """Passes every call on, and dies before anybody learns the answer."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> None:
            getattr(self._gateway, name)(**arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        return call


def main(row_id: UUID) -> None:
    """Carry one transaction out, and die on the way."""
    django.setup()
    from payments import tasks
    from payments.gateways import registry

    real = registry.gateway_of
    registry.gateway_of = lambda provider: cast("Gateway", DyingGateway(real(provider)))
    tasks.execute_transaction(row_id)


if __name__ == "__main__":
    main(UUID(sys.argv[1]))
