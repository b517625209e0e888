"""Inventory knows what can be sold, at which price, and how many are there."""
