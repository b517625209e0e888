"""Inventory over HTTP: the catalog for everybody, catalog and stock for staff and services."""
