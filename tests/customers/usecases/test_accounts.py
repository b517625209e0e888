"""Opening accounts and keeping profiles."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from customers.models import CUSTOMERS, Customer, Message
from customers.usecases import accounts
from customers.usecases.passwords import hash_password, is_password
from shared_kernel import clock
from shared_kernel.models import PendingEvent
from shared_kernel.transactions import NoTransaction
from tests.customers.people import PASSWORD, race, register

pytestmark = pytest.mark.usefixtures("committed")


def register_again(email: str = "anna@example.test") -> Customer | None:
    password_hash = hash_password("another password")
    with transaction.atomic(using=CUSTOMERS):
        return accounts.register_customer(email=email, password_hash=password_hash, now=clock.now(CUSTOMERS))


def templates() -> list[str]:
    return sorted(Message.objects.values_list("template", flat=True))


def events() -> list[str]:
    return sorted(PendingEvent.objects.using(CUSTOMERS).values_list("name", flat=True))


class TestRegistering:
    def test_opens_an_account_and_greets_its_owner(self) -> None:
        customer = register()

        assert customer.version == 1
        assert customer.email_verified_at is None
        assert customer.password_hash.startswith("argon2$argon2id$")
        assert is_password(PASSWORD, customer.password_hash)
        assert not is_password(PASSWORD + " ", customer.password_hash)
        assert templates() == ["account_created"]
        assert events() == ["customers.customer_registered.v1"]

    def test_an_address_again_changes_nothing_and_warns_its_owner_once_a_day(self) -> None:
        customer = register()

        assert register_again() is None
        assert register_again() is None
        assert Customer.objects.get().password_hash == customer.password_hash
        assert templates() == ["account_created", "account_exists"]
        assert events() == ["customers.customer_registered.v1"]

        clock.advance(CUSTOMERS, 24 * 3600)
        register_again()

        assert templates().count("account_exists") == 2

    def test_one_address_at_once_opens_one_account(self) -> None:
        answers = race(6, lambda _: register_again())

        assert len([answer for answer in answers if answer]) == 1
        assert Customer.objects.count() == 1

    def test_is_refused_outside_a_transaction(self) -> None:
        with pytest.raises(NoTransaction):
            accounts.register_customer(email="anna@example.test", password_hash="x", now=clock.now(CUSTOMERS))

    def test_stores_lower_case_only(self) -> None:
        now = clock.now(CUSTOMERS)

        with pytest.raises(IntegrityError, match="customer_email_is_lower_case"):
            Customer.objects.create(email="Anna@example.test", password_hash="x", created_at=now, updated_at=now)


class TestEditingAProfile:
    def edit(self, customer: Customer, **changes: str) -> Customer:
        with transaction.atomic(using=CUSTOMERS):
            return accounts.edit_profile(customer_id=customer.id, now=clock.now(CUSTOMERS), **changes)

    def test_records_which_fields_changed_but_not_to_what(self) -> None:
        edited = self.edit(register(), name="Anna B", locale="pt-BR")

        event = PendingEvent.objects.using(CUSTOMERS).get(sequence=2)
        assert (edited.name, edited.locale, edited.version) == ("Anna B", "pt-BR", 2)
        assert event.payload == {"customer_id": str(edited.id), "fields": ["name", "locale"]}

    def test_to_what_it_is_already_changes_nothing(self) -> None:
        customer = register()

        assert self.edit(customer, name=customer.name).version == customer.version
        assert events() == ["customers.customer_registered.v1"]
