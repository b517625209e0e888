"""Tests of the use cases of customers."""
