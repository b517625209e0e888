"""Messages to the buyer as intents: written with the fact they tell of, handed to customers afterwards."""

from __future__ import annotations

from django.db import models

from orders.models.order import Order
from shared_kernel.ids import new_id
from shared_kernel.models import DueRow


class OrderMessage(DueRow):
    """One message about an order, sent once per `key`; who gets it is read from the order when it is sent.

    `refused` is the code with which customers turned it down for good.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="messages")
    key = models.CharField(max_length=128, unique=True)
    template = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    refused = models.CharField(max_length=64, null=True, blank=True)
