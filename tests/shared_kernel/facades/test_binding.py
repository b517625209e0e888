"""A process binds each facade exactly once, or does not start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured

from shared_kernel.api import AuditFactPage, AuditFinding, EventPage
from shared_kernel.contexts import Context
from shared_kernel.facades import binding
from shared_kernel.facades.adapters import CodecAdapter, LocalAdapter
from shared_kernel.facades.contract import ContractViolation
from tests.shared_kernel.facades.library import LibraryApi

HERE = __name__
LIBRARY = Context(
    name="library",
    protocol="tests.shared_kernel.facades.library.LibraryApi",
    facade="tests.shared_kernel.facades.library.Library",
    operations=f"{HERE}.Operations",
    urls="",
    url_prefixes=(),
)
READER = replace(
    LIBRARY,
    name="reader",
    protocol="orders.api.OrdersApi",
    facade=f"{HERE}.Orders",
    calls=("library",),
)


class Operations:
    """The operations of a context that has nothing to tell."""

    def audit_findings(self, *, limit: int) -> list[AuditFinding]:
        """Find nothing."""
        return []

    def audit_facts(self, *, after: UUID | None, limit: int) -> AuditFactPage:
        """State nothing."""
        return AuditFactPage(facts=[])

    def list_events(self, *, after: int, limit: int, names: list[str]) -> EventPage:
        """List nothing."""
        return EventPage(events=[], last_seq=0)

    def advance_clock(self, *, seconds: int) -> datetime:
        """Have no clock."""
        raise NotImplementedError


class Orders:
    """An implementation that forgot its methods."""


class TestBuild:
    @pytest.mark.parametrize(("through_codec", "adapter"), [(True, CodecAdapter), (False, LocalAdapter)])
    def test_binds_what_is_hosted(self, through_codec: bool, adapter: type) -> None:
        bindings = binding.build([LIBRARY], [LIBRARY], through_codec=through_codec)

        assert type(bindings.facades[LibraryApi].adapter) is adapter
        assert list(bindings.operations) == ["library"]

    def test_refuses_two_bindings_of_one_facade(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="two contexts"):
            binding.build([LIBRARY, replace(LIBRARY, name="annex")], [LIBRARY], through_codec=False)

    def test_refuses_an_implementation_that_breaks_its_promise(self) -> None:
        with pytest.raises(ContractViolation, match="does not implement get_order"):
            binding.build([READER], [READER], through_codec=False)

    def test_refuses_a_caller_whose_callee_is_bound_to_nothing(self) -> None:
        caller = replace(LIBRARY, name="reader", calls=("orders",))

        with pytest.raises(ImproperlyConfigured, match="reader calls orders"):
            binding.build([caller], [caller, READER], through_codec=False)


class TestBound:
    def test_refuses_a_facade_that_nobody_bound(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="LibraryApi"):
            binding.bound(LibraryApi)
