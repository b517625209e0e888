"""What the REST surface of orders takes."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from orders.policies import PAYMENT_WINDOWS, CancelReason, looks_like_card_number
from shared_kernel.http.fields import (
    ChoiceField,
    CountryField,
    CurrencyField,
    EmailField,
    MoneyField,
    QuantityField,
    TextField,
    TypeIdField,
)
from shared_kernel.http.serializers import StrictSerializer

MOST_LINES = 100
A_GUESTS_ORDER = {
    "currency": "EUR",
    "lines": [{"variant_id": "var_01hzy3v7q8e9f0g1h2j3k4m5n6", "quantity": 2}],
    "email": "ada@example.com",
    "shipping_address": {
        "name": "Ada",
        "line1": "1 Stone Street",
        "city": "Bath",
        "postal_code": "BA1 1AA",
        "country": "GB",
    },
    "payment_method": {"type": "card", "token": "sim_ok"},
}


class OrderLineRequest(StrictSerializer):
    """What to order, and at which price per unit the buyer saw it."""

    variant_id = TypeIdField("var")
    quantity = QuantityField()
    expected_unit_price = MoneyField(required=False)


class AddressRequest(StrictSerializer):
    """A postal address."""

    name = TextField(max_length=200)
    line1 = TextField(max_length=200)
    line2 = TextField(max_length=200, required=False, allow_null=True)
    city = TextField(max_length=100)
    postal_code = TextField(max_length=20, required=False, allow_null=True)
    region = TextField(max_length=100, required=False, allow_null=True)
    country = CountryField()


class PaymentMethodRequest(StrictSerializer):
    """How to pay: the type of method, and the provider's token for it; never card data."""

    type = ChoiceField(sorted(PAYMENT_WINDOWS))
    token = TextField(max_length=255)

    def validate_token(self, token: str) -> str:
        """Refuse a card number: it must never be stored here, not even by a client's mistake."""
        if looks_like_card_number(token):
            raise serializers.ValidationError("This is a card number; send the provider's token.", code="invalid")
        return token


@extend_schema_serializer(
    examples=[
        OpenApiExample("Guest", value=A_GUESTS_ORDER),
        OpenApiExample("Customer", value={k: v for k, v in A_GUESTS_ORDER.items() if k != "email"}),
    ]
)
class PlaceOrderRequest(StrictSerializer):
    """A whole order in one call; guests give an e-mail address, customers have one."""

    currency = CurrencyField()
    lines = serializers.ListField(child=OrderLineRequest(), min_length=1, max_length=MOST_LINES)
    email = EmailField(required=False)
    shipping_address = AddressRequest()
    billing_address = AddressRequest(required=False)
    payment_method = PaymentMethodRequest()
    expected_total = MoneyField(required=False)


class CancelOrderRequest(StrictSerializer):
    """Why the order is called off."""

    reason = ChoiceField(CancelReason, required=False, default=CancelReason.CUSTOMER_REQUEST.value)


class PayOrderRequest(StrictSerializer):
    """Another way to pay."""

    payment_method = PaymentMethodRequest()
