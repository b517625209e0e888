"""A customer and a key to try Ashlar with; the same ones at every start, on a machine of a developer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.crypto import salted_hmac

from customers.models import CUSTOMERS, ApiKey, Customer
from customers.usecases import accounts, api_keys
from customers.usecases.passwords import hash_password, is_password
from shared_kernel import transactions
from shared_kernel.errors import Forbidden
from shared_kernel.identity.api_keys import PLAIN_PREFIX, SCOPES, NewApiKey, hash_of

DEMO_EMAIL = "demo@example.test"
DEMO_NAME = "demo"


@dataclass(frozen=True, kw_only=True)
class DemoPrincipals:
    """What a visitor needs to look around."""

    email: str
    password: str
    api_key: str


def demo_principals() -> DemoPrincipals:
    """The credentials of this machine, derived from its secret key: known without asking, worthless elsewhere.

    Raises:
        Forbidden: this is production.
    """
    if settings.ASHLAR_STAGE == "production":
        raise Forbidden
    return DemoPrincipals(
        email=DEMO_EMAIL,
        password=f"demo-{_derived('password')[:16]}",
        api_key=f"{PLAIN_PREFIX}{DEMO_NAME}_{_derived('api_key')}",
    )


def load_demo_principals(*, now: datetime) -> DemoPrincipals:
    """Make the demo customer and the demo key, with every scope, where they are missing.

    Raises:
        Forbidden: this is production.
    """
    transactions.require(CUSTOMERS)
    demo = demo_principals()
    customer = Customer.objects.filter(email=demo.email).first()
    if customer is None:
        accounts.register_customer(email=demo.email, password_hash=hash_password(demo.password), name="Demo", now=now)
    elif not is_password(demo.password, customer.password_hash):
        # The database outlived the secret key: what is printed must open the door.
        Customer.objects.filter(pk=customer.pk).update(password_hash=hash_password(demo.password), updated_at=now)
    if not ApiKey.objects.filter(key_hash=hash_of(demo.api_key)).exists():
        prefix = demo.api_key[: ApiKey.PREFIX_LENGTH]
        made = NewApiKey(plain=demo.api_key, key_hash=hash_of(demo.api_key), prefix=prefix)
        api_keys.create_api_key(name=DEMO_NAME, scopes=SCOPES, lifetime=None, now=now, made=made)
    return demo


def _derived(purpose: str) -> str:
    return salted_hmac("customers.demonstration", purpose, algorithm="sha256").hexdigest()
