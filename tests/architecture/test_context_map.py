"""The generated documents: their committed copies say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.contextmap.documents import CONTEXT_MAP, STATE_MACHINES, stale, write
from config.contextmap.survey import IncompleteSurvey, Portrait, promised_errors, survey
from shared_kernel import contexts, errors
from shared_kernel.facades.methods import methods_of

ROOT = Path(__file__).parents[2]


class TestTheGeneratedDocuments:
    def test_are_up_to_date(self) -> None:
        assert stale(ROOT) == [], "run `manage.py contextmap`"

    def test_are_stale_when_a_copy_differs_by_a_letter_or_is_missing(self, tmp_path: Path) -> None:
        write(tmp_path)
        (tmp_path / CONTEXT_MAP).write_text((tmp_path / CONTEXT_MAP).read_text().replace("orders", "order", 1))
        (tmp_path / STATE_MACHINES).unlink()

        assert stale(tmp_path) == [CONTEXT_MAP, STATE_MACHINES]

    def test_are_mended_by_writing_them_again(self, tmp_path: Path) -> None:
        changed = write(tmp_path)

        assert changed == [CONTEXT_MAP, STATE_MACHINES]
        assert stale(tmp_path) == []


class TestTheSurvey:
    @pytest.fixture
    def orders(self) -> Portrait:
        return next(portrait for portrait in survey() if portrait.name == "orders")

    def test_finds_what_orders_shows(self, orders: Portrait) -> None:
        assert orders.calls == ("inventory", "payments", "customers")
        assert ("get_order", "query", ("OrderNotFound",)) in [
            (door.name, door.kind, door.errors) for door in orders.doors
        ]
        assert ("orders.order_placed.v1", "order.placed") in [(one.name, one.public_name) for one in orders.published]
        assert "orders.follow_payments" in [followed.name for followed in orders.followed]
        assert "orders.drive_checkout" in [work.name for work in orders.works]

    def test_refuses_a_process_that_hosts_some_contexts_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contexts, "hosted", lambda: contexts.known()[:1])

        with pytest.raises(IncompleteSurvey, match="payments, customers, orders"):
            survey()


class TestEachErrorThatADoorPromises:
    def test_exists(self) -> None:
        promised = {
            (context.protocol, error)
            for context in contexts.known()
            for name in methods_of(context.load_protocol())
            for error in promised_errors(getattr(context.load_protocol(), name))
        }

        unknown = [
            f"{protocol}: {error}"
            for protocol, error in sorted(promised)
            if not hasattr(__import__(protocol.rpartition(".")[0], fromlist=["api"]), error)
            and not hasattr(errors, error)
        ]
        assert promised
        assert unknown == []
