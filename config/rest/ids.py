"""Which TypeID prefix belongs to an id by its name, for problem documents and events of any context."""

PREFIXES = {
    "customer_id": "cus",
    "key_id": "key",
    "location_id": "loc",
    "message_id": "msg",
    "order_id": "ord",
    "payment_id": "pay",
    "product_id": "prd",
    "refund_id": "ref",
    "reservation_id": "res",
    "transaction_id": "txn",
    "variant_id": "var",
}
