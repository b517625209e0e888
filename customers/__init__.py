"""Customers owns the people and programs that use Ashlar: who they are, how they prove it, what is sent to them."""
