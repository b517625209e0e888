"""Which contexts exist, and by which dotted paths they are reached."""

from __future__ import annotations

from shared_kernel.contexts import Context

CONTEXTS = (
    Context(
        name="inventory",
        protocol="inventory.api.InventoryApi",
        facade="inventory.facade.InventoryFacade",
        operations="inventory.facade.InventoryOperations",
        urls="inventory.rest.urls",
        id_prefixes={"product_id": "prd", "variant_id": "var", "location_id": "loc", "reservation_id": "res"},
        url_prefixes=(
            "products",
            "variants",
            "categories",
            "prices",
            "stock-levels",
            "stock-adjustments",
            "stock-movements",
            "reservations",
            "catalog-imports",
        ),
    ),
    Context(
        name="payments",
        protocol="payments.api.PaymentsApi",
        facade="payments.facade.PaymentsFacade",
        operations="payments.facade.PaymentsOperations",
        urls="payments.rest.urls",
        id_prefixes={"payment_id": "pay", "transaction_id": "txn", "refund_id": "ref", "entry_id": "jrn"},
        url_prefixes=("payments", "refunds", "disputes", "providers", "ledger", "reconciliations", "currencies"),
    ),
    Context(
        name="customers",
        protocol="customers.api.CustomersApi",
        facade="customers.facade.CustomersFacade",
        operations="customers.facade.CustomersOperations",
        urls="customers.rest.urls",
        id_prefixes={"customer_id": "cus", "key_id": "key", "message_id": "msg"},
        url_prefixes=("auth", "me", "customers", "staff", "api-keys", "messages", "usage", ".well-known"),
    ),
    Context(
        name="orders",
        protocol="orders.api.OrdersApi",
        facade="orders.facade.OrdersFacade",
        operations="orders.facade.OrdersOperations",
        urls="orders.rest.urls",
        id_prefixes={"order_id": "ord"},
        url_prefixes=("carts", "orders", "fulfillments", "returns", "vouchers", "shipping-methods", "countries"),
        calls=("inventory", "payments", "customers"),
    ),
)
