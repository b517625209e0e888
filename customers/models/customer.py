"""The account of a person."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Lower

from customers.api import CustomerNotFound
from customers.policies import MAX_EMAIL_LENGTH
from shared_kernel.models import Aggregate

DEFAULT_LOCALE = "en"


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Ways to find an account."""

    def locked(self, customer_id: UUID) -> Customer:
        """The account, its row locked until the transaction ends.

        Raises:
            CustomerNotFound: no account has this id.
        """
        customer = self.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise CustomerNotFound(customer_id=customer_id)
        return customer

    def with_id(self, customer_id: UUID) -> Customer:
        """The account.

        Raises:
            CustomerNotFound: no account has this id.
        """
        customer = self.filter(pk=customer_id).first()
        if customer is None:
            raise CustomerNotFound(customer_id=customer_id)
        return customer


class Customer(Aggregate):
    """A person who can log in; `email` is in the spelling of `policies.normalized_email`, one account per address."""

    pii_fields: ClassVar[tuple[str, ...]] = ("email", "name")

    email = models.CharField(max_length=MAX_EMAIL_LENGTH, unique=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=200, blank=True)
    locale = models.CharField(max_length=35, default=DEFAULT_LOCALE)
    password_hash = models.TextField()

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="customer_email_is_lower_case"),
        )
        indexes = (models.Index(fields=["created_at", "id"], name="customer_by_time"),)

    def edit(self, *, name: str | None = None, locale: str | None = None, at: datetime) -> list[str]:
        """Take over what is given and save it; answers with the names of the fields that are different now."""
        wanted = {"name": name, "locale": locale}
        changed = [field for field, value in wanted.items() if value is not None and value != getattr(self, field)]
        for field in changed:
            setattr(self, field, wanted[field])
        if changed:
            self.updated_at = at
            self.save(update_fields=[*changed, "updated_at"])
        return changed
