"""Tests of Ashlar; they run on a real PostgreSQL and a real Redis of their own."""
