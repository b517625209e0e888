"""What the REST surface of orders shows."""

from __future__ import annotations

from rest_framework import serializers

from orders.api import OrderStatus
from orders.policies import OrderPaymentStatus
from payments.api import PaymentStatus
from shared_kernel.http.fields import MoneyField, TimestampField, TypeIdField


class OrderLineView(serializers.Serializer[object]):
    """One line as it was sold."""

    variant_id = TypeIdField("var")
    product_id = TypeIdField("prd")
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    total = MoneyField()


class AddressView(serializers.Serializer[object]):
    """An address as it was written."""

    name = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField(allow_null=True)
    city = serializers.CharField()
    postal_code = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True)
    country = serializers.CharField()


class OrderPaymentView(serializers.Serializer[object]):
    """How the order is paid for: its present payment, and the sums of all of its payments."""

    id = TypeIdField("pay", allow_null=True)
    status = serializers.ChoiceField([status.value for status in OrderPaymentStatus])
    last_error = serializers.CharField(allow_null=True)
    captured = MoneyField()
    refunded = MoneyField()


class PaymentView(serializers.Serializer[object]):
    """One payment of the order, as payments knows it."""

    id = TypeIdField("pay")
    status = serializers.ChoiceField([status.value for status in PaymentStatus])
    amount = MoneyField()
    captured = MoneyField()
    refunded = MoneyField()
    last_error = serializers.CharField(allow_null=True)


class WarningView(serializers.Serializer[object]):
    """A part that could not be delivered now, and is null."""

    code = serializers.CharField()
    detail = serializers.CharField()


class OrderView(serializers.Serializer[object]):
    """An order."""

    id = TypeIdField("ord")
    number = serializers.CharField()
    status = serializers.ChoiceField([status.value for status in OrderStatus])
    customer_id = TypeIdField("cus", allow_null=True)
    email = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    lines = OrderLineView(many=True)
    total = MoneyField()
    shipping_address = AddressView()
    billing_address = AddressView(allow_null=True)
    payment = OrderPaymentView()
    payable_until = TimestampField(allow_null=True)
    placed_at = TimestampField()
    confirmed_at = TimestampField(allow_null=True)
    canceled_at = TimestampField(allow_null=True)
    expired_at = TimestampField(allow_null=True)
    cancel_reason = serializers.CharField(allow_null=True)
    created_at = TimestampField()
    updated_at = TimestampField()
    allowed_actions = serializers.ListField(child=serializers.CharField())


class OrderDetailView(OrderView):
    """An order with the parts that were asked for."""

    payments = PaymentView(many=True, required=False, allow_null=True)
    warnings = WarningView(many=True, required=False)


class PlacedOrderView(OrderView):
    """An order just placed; a guest acts on it with the token, in the header `Order-Token`."""

    order_token = serializers.CharField(required=False)


class TimelineEntryView(serializers.Serializer[object]):
    """One turn in the life of an order: what happened, when, by whom, and why."""

    at = TimestampField()
    event = serializers.CharField()
    actor = serializers.CharField()
    detail = serializers.CharField(allow_null=True)


class TimelineView(serializers.Serializer[object]):
    """The life of an order, oldest first."""

    data = TimelineEntryView(many=True)  # type: ignore[assignment]


class CheckoutStepView(serializers.Serializer[object]):
    """One line of the log of the checkout: what was tried or told, what came of it, and where that led."""

    at = TimestampField()
    step = serializers.CharField()
    from_state = serializers.CharField()
    to_state = serializers.CharField()
    outcome = serializers.CharField()
    detail = serializers.CharField(allow_null=True)
    actor = serializers.CharField()


class CheckoutStateView(serializers.Serializer[object]):
    """Where a checkout is now: what it waits for by name, or what is tried again and when."""

    purpose = serializers.CharField()
    state = serializers.CharField()
    definition = serializers.IntegerField()
    waiting_for = serializers.CharField(allow_null=True)
    due_at = TimestampField(allow_null=True)
    deadline = TimestampField()
    attempts = serializers.IntegerField(help_text="Failed tries in a row; 0 again once one succeeds.")
    last_error = serializers.CharField(allow_null=True)


class CheckoutTimelineView(serializers.Serializer[object]):
    """Where an order is, and why."""

    checkouts = CheckoutStateView(many=True)
    steps = CheckoutStepView(many=True)
