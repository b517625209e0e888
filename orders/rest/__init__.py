"""The REST surface of orders: parse, one call, render."""
