"""Placing an order over HTTP: hold the stock, write the order down, start its payment; each step may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from inventory.api import InventoryApi, ReservationLine
from orders.checkout import driver
from orders.models import ORDERS, Order
from orders.policies import hold_seconds
from orders.usecases import placing
from orders.usecases.placing import OrderTooLarge, OrderTotalChanged, Placement
from shared_kernel import clock
from shared_kernel.errors import DomainError
from shared_kernel.facades.binding import bound
from shared_kernel.http.claims import in_progress
from shared_kernel.http.idempotency import Claim
from shared_kernel.identity.principals import Principal, PrincipalKind


def read_placement(body: dict[str, Any], principal: Principal) -> Placement:
    """Who orders, to where, and paid how.

    Raises:
        ValidationError: a guest gives no e-mail address, or a customer gives one.
    """
    email = body.get("email")
    if principal.customer_id is None and email is None:
        raise serializers.ValidationError({"email": ["A guest gives an e-mail address."]}, code="required")
    if principal.customer_id is not None and email is not None:
        raise serializers.ValidationError(
            {"email": ["A customer's messages go to the address of the account."]}, code="does_not_match"
        )
    return Placement(
        customer_id=principal.customer_id,
        email=email,
        method=body["payment_method"]["type"],
        token=body["payment_method"]["token"],
        shipping_address=body["shipping_address"],
        billing_address=body.get("billing_address"),
        expected_total=body.get("expected_total"),
        actor=PrincipalKind.GUEST if principal.customer_id is None else PrincipalKind.CUSTOMER,
    )


def place(
    claim: Claim, *, body: dict[str, Any], placement: Placement, answer: Callable[[Order], Response]
) -> HttpResponse:
    """Place an order under the id that the claim keeps for it, and answer before any provider is asked.

    Driven again, each step finds what the former try left. A refusal leaves no order, no number and no event.

    Raises:
        DomainError: inventory or the order's own rules refuse it, or inventory cannot be reached.
        ProblemError: 409, another run under the same key was faster.
    """
    order_id = claim.resource_id
    reservation = bound(InventoryApi).reserve_stock(
        order_id=order_id,
        currency=body["currency"],
        lines=[ReservationLine(**line) for line in body["lines"]],
        hold_seconds=hold_seconds(placement.method),
    )
    try:
        with transaction.atomic(using=ORDERS, durable=True):
            order, saga = placing.place_order(
                order_id=order_id, reservation=reservation, placement=placement, now=clock.database_now(ORDERS)
            )
            stored = claim.store(answer(order))
    except (OrderTotalChanged, OrderTooLarge) as refusal:
        _give_back(order_id, refusal)
        raise
    except IntegrityError:
        # This run was given up for dead, and another one under the same key placed the order meanwhile.
        if Order.objects.filter(pk=order_id).exists():
            raise in_progress() from None
        raise
    driver.drive_at_once(saga)
    return stored


def _give_back(order_id: UUID, refusal: DomainError) -> None:
    # If this fails, the hold runs out by itself.
    with suppress(DomainError):
        bound(InventoryApi).release_stock(order_id=order_id, reason=refusal.code)
