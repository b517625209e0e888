"""Password hashing with the algorithm of production and the cost of a test."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 at its least cost."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
