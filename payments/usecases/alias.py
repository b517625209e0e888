"""The database alias that the use cases of payments write to."""

PAYMENTS = "payments"
