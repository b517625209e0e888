"""What orders does, one module per topic; each function asserts the transaction that its caller opened."""
