from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from inventory.api import InventoryApi, ReservationLine
from inventory.models import Product, StockMovement, Variant
from inventory.usecases import audit
from shared_kernel import clock
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from tests.inventory.catalog import a_location, a_variant, counters
from tests.inventory.files import everything, run, write

pytestmark = pytest.mark.django_db(databases="__all__")

COLUMNS = ["handle", "title", "description", "published", "sku", "option1_name", "option1_value"]
COLUMNS += ["price:EUR", "price:JPY", "stock:main", "stock:store"]
MUG = [
    {
        "handle": "mug",
        "title": "Mug",
        "description": "Two\nlines",
        "published": "yes",
        "sku": "M-1",
        "option1_name": "Color",
        "option1_value": "Rößle",
        "price:EUR": "19.99",
        "price:JPY": "3000",
        "stock:main": "4",
        "stock:store": "0",
    },
    {"handle": "mug", "sku": "M-2", "option1_value": "Blau", "price:EUR": "5", "stock:store": "2"},
]


@pytest.fixture(autouse=True)
def _locations() -> None:
    a_location("main", position=1)
    a_location("store", position=2)


class TestImportingAshlarsOwnColumns:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_makes_prices_in_several_currencies_and_stock_in_several_places(
        self, tmp_path: Path, encoding: str
    ) -> None:
        imported = run(write(tmp_path, COLUMNS, MUG, encoding))

        first, second = Variant.objects.order_by("position")
        assert imported.lines == ["1 created, 0 updated, 0 unchanged, 0 refused."]
        assert (first.product.description, first.title) == ("Two\nlines", "Rößle")
        assert {price.currency: price.amount for price in first.prices.all()} == {"EUR": 1999, "JPY": 3000}
        assert {price.currency: price.amount for price in second.prices.all()} == {"EUR": 500}
        assert counters(first.id) == {"main": (4, 0, 0), "store": (0, 0, 0)}
        assert counters(second.id) == {"store": (2, 0, 0)}
        assert audit.list_findings(now=clock.now("inventory"), limit=5) == []

    def test_changes_nothing_the_second_time(self, tmp_path: Path) -> None:
        file = write(tmp_path, COLUMNS, MUG)
        run(file)
        before = everything()

        again = run(file)

        assert (again.failed, everything()) == (False, before)

    def test_reads_semicolons_and_another_encoding(self, tmp_path: Path) -> None:
        file = tmp_path / "catalog.csv"
        file.write_bytes("handle;title;sku;price:EUR\npot;Töpfchen;P-1;3.50\n".encode("cp1252"))

        run(file, encoding="cp1252")

        assert Product.objects.get().title == "Töpfchen"

    def test_leaves_alone_what_the_file_has_no_column_for(self, tmp_path: Path) -> None:
        run(write(tmp_path, COLUMNS, MUG))

        imported = run(
            write(tmp_path, ["handle", "sku", "stock:main"], [{"handle": "mug", "sku": "M-1", "stock:main": "9"}])
        )

        variant = Variant.objects.get(sku="M-1")
        assert imported.lines == ["0 created, 1 updated, 0 unchanged, 0 refused."]
        assert (variant.options, variant.product.title) == ({"Color": "Rößle"}, "Mug")
        assert counters(variant.id)["main"] == (9, 0, 0)

    def test_never_takes_promised_units_away(self, tmp_path: Path) -> None:
        run(write(tmp_path, COLUMNS, MUG))
        variant = Variant.objects.get(sku="M-1")
        line = ReservationLine(variant_id=variant.id, quantity=3)
        bound(InventoryApi).reserve_stock(order_id=new_id(), currency="EUR", lines=[line], hold_seconds=60)

        imported = run(write(tmp_path, COLUMNS, [{**MUG[0], "stock:main": "2"}, MUG[1]]))

        assert imported.lines[0].startswith("2: stock: takes away units that are promised")
        assert counters(variant.id)["main"] == (4, 3, 0)

    def test_makes_places_only_when_told_to(self, tmp_path: Path) -> None:
        columns = ["handle", "title", "sku", "stock:moon"]
        file = write(tmp_path, columns, [{"handle": "pot", "title": "Pot", "sku": "P", "stock:moon": "1"}])

        refused = run(file)
        done = run(file, create_locations=True)

        assert (refused.failed, done.failed) == (True, False)
        assert "These locations do not exist: moon. --create-locations makes them." in refused.output
        assert counters(Variant.objects.get().id) == {"moon": (1, 0, 0)}

    @pytest.mark.parametrize(
        ("columns", "sentence"),
        [
            (["handle", "title"], "These columns are missing: sku."),
            (["handle", "sku", "color"], "These columns are not known: color."),
            (["handle", "sku", "price:XXX"], "These currencies are not known: XXX."),
            (["handle", "sku", "sku"], "The header names columns twice: sku."),
            ([""], "The file is empty"),
        ],
    )
    def test_refuses_a_file_it_does_not_understand(self, tmp_path: Path, columns: list[str], sentence: str) -> None:
        file = tmp_path / "catalog.csv"
        file.write_text(",".join(columns) + "\n")

        imported = run(file, format="ashlar")

        assert imported.failed
        assert sentence in imported.output

    def test_names_lines_of_a_wrong_form(self, tmp_path: Path) -> None:
        file = tmp_path / "catalog.csv"
        good = "pot,Pot,P-1\n"
        bad = b'cup,"Two\nlines",C-1,extra\n\njug,J\xffg,J-1\nlid,L\x00d,L-1\n,None,N-1\nspaced out,Pan,S-1\n'
        file.write_bytes(f"handle,title,sku\n{good}".encode() + bad + b"pan,Pan,K-1\n")

        imported = run(file)

        assert imported.lines == [
            "3: has 4 cells, but the header names 3 columns",
            "6: title: holds bytes that are not in the encoding of the file",
            "7: title: holds bytes that are not in the encoding of the file",
            "8: handle: is empty",
            "9: handle: has blanks or slashes, or more than 200 characters",
            "2 created, 0 updated, 0 unchanged, 5 refused.",
        ]
        assert sorted(Product.objects.values_list("handle", flat=True)) == ["pan", "pot"]

    def test_refuses_texts_that_contradict_the_first_row(self, tmp_path: Path) -> None:
        imported = run(write(tmp_path, COLUMNS, [MUG[0], {**MUG[1], "title": "Cup"}]))

        assert imported.lines[0] == "4: title: differs from the product's first row, line 2"

    def test_says_when_there_is_no_such_file(self, tmp_path: Path) -> None:
        imported = run(tmp_path / "catalog.csv")

        assert imported.failed
        assert "cannot be read: No such file or directory." in imported.output


class TestTheDemoCatalog:
    def test_is_made_once_and_left_alone_after_that(self) -> None:
        call_command("load_demo_catalog", verbosity=0)
        Product.objects.filter(handle="stoneware-mug").update(title="Ours now")
        before = everything()

        call_command("load_demo_catalog", verbosity=0)

        assert everything() == before
        assert Product.objects.published().count() == 13
        assert {price.currency for price in Variant.objects.get(sku="MUG-SAND").prices.all()} == {"EUR", "USD", "GBP"}
        assert audit.list_findings(now=clock.now("inventory"), limit=5) == []

    def test_has_a_last_unit_to_race_for_and_something_sold_out(self) -> None:
        call_command("load_demo_catalog", verbosity=0)

        left = {sku: counters(Variant.objects.get(sku=sku).id) for sku in ("OPENER-1", "GAUGE-40")}

        assert left["OPENER-1"]["main"] == (1, 0, 0)
        assert set(left["GAUGE-40"].values()) == {(0, 0, 0)}
        assert StockMovement.objects.exclude(reason="imported").count() == 0


def test_a_variant_keeps_its_place_beside_new_ones(tmp_path: Path) -> None:
    a_variant("old")
    columns = ["handle", "sku", "option1_name", "option1_value"]
    rows = [{"handle": "old", "sku": "new", "option1_name": "Size", "option1_value": "L"}]

    run(write(tmp_path, columns, rows))

    assert list(Variant.objects.order_by("position").values_list("sku", flat=True)) == ["old", "new"]
