"""Operators' commands of customers."""
