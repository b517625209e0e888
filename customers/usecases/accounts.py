"""Opening an account and keeping its profile."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from customers.api import Recipient
from customers.events import CustomerRegistered, CustomerUpdated
from customers.models import CUSTOMERS, Customer
from customers.models.customer import DEFAULT_LOCALE
from customers.policies import AccountTemplate
from customers.usecases import messages
from shared_kernel import transactions
from shared_kernel.events import outbox


def register_customer(
    *, email: str, password_hash: str, name: str = "", locale: str = DEFAULT_LOCALE, now: datetime
) -> Customer | None:
    """Open an account for a normalized address and greet its owner; None if the address has one already.

    Then the owner is told by mail, at most once a day, and nothing else happens. The caller must not let it show.
    """
    transactions.require(CUSTOMERS)
    customer = Customer(
        email=email, password_hash=password_hash, name=name, locale=locale, created_at=now, updated_at=now
    )
    # Not an IntegrityError to recover from: two who register one address at once wait here for each other.
    Customer.objects.bulk_create([customer], ignore_conflicts=True)
    if not Customer.objects.filter(pk=customer.pk).exists():
        _warn_owner(Customer.objects.get(email=email), now=now)
        return None
    outbox.record(CustomerRegistered(customer_id=customer.id), aggregate=customer)
    messages.request_message(
        key=f"{AccountTemplate.ACCOUNT_CREATED}:{customer.id}",
        template=AccountTemplate.ACCOUNT_CREATED,
        to=Recipient(customer_id=customer.id),
        data={},
        now=now,
    )
    return customer


def _warn_owner(customer: Customer, *, now: datetime) -> None:
    messages.request_message(
        key=f"{AccountTemplate.ACCOUNT_EXISTS}:{customer.id}:{now.date()}",
        template=AccountTemplate.ACCOUNT_EXISTS,
        to=Recipient(customer_id=customer.id),
        data={},
        now=now,
    )


def edit_profile(*, customer_id: UUID, name: str | None = None, locale: str | None = None, now: datetime) -> Customer:
    """Change what is given of a profile; what is the same already changes nothing, the version neither.

    Raises:
        CustomerNotFound: no customer has this id.
    """
    transactions.require(CUSTOMERS)
    customer = Customer.objects.locked(customer_id)
    changed = customer.edit(name=name, locale=locale, at=now)
    if changed:
        outbox.record(CustomerUpdated(customer_id=customer.id, fields=changed), aggregate=customer)
    return customer
