"""What workers of payments do: carry transactions out at their providers."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from payments.gateways import calls, registry
from payments.models import PAYMENTS
from payments.usecases import execution
from shared_kernel import clock
from shared_kernel.due import due_work


@due_work("payments.execute_transaction", model="payments.PaymentTransaction", where="worker")
def execute_transaction(row_id: UUID) -> None:
    """Carry out one transaction: note that it leaves, ask the provider with no transaction open, apply the answer.

    A crash anywhere means that all of it runs again: the provider is then asked by the same key what became of it.
    """
    with transaction.atomic(using=PAYMENTS, durable=True):
        request = execution.begin(transaction_id=row_id, now=clock.database_now(PAYMENTS))
    if request is None:
        return
    outcome = calls.ask(registry.gateway_of(request.provider), request)
    with transaction.atomic(using=PAYMENTS, durable=True):
        execution.settle(transaction_id=row_id, outcome=outcome, now=clock.database_now(PAYMENTS))
