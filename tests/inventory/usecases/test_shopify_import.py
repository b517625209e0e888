from __future__ import annotations

from pathlib import Path

import pytest

from inventory.models import Product, Variant
from tests.inventory.catalog import a_variant, counters
from tests.inventory.files import SHOPIFY, everything, run, shopify_row, write

pytestmark = pytest.mark.django_db(databases="__all__")

SHIRT = [
    shopify_row(
        "shirt",
        Title="Shirt",
        Published="true",
        **{"Body (HTML)": "<p>Soft &amp; warm</p><script>x()</script>"},
        Option1_Name="Size",
        Option1_Value="Small",
        Variant_Price="19.99",
        Variant_Inventory_Qty="3",
        Image_Src="https://example.test/1.jpg",
    ),
    shopify_row("shirt", Option1_Value="Large", Variant_Price="21", Variant_Inventory_Qty="0", Variant_SKU="'0042"),
    shopify_row("shirt", Image_Src="https://example.test/2.jpg"),
]
POT = [
    shopify_row(
        "pot", Title="Pot", Option1_Name="Title", Option1_Value="Default Title", Variant_Price="5", Published="FALSE"
    )
]


class TestImportingAShopifyExport:
    def test_makes_products_variants_prices_and_stock(self, tmp_path: Path) -> None:
        imported = run(write(tmp_path, SHOPIFY, SHIRT + POT), currency="USD", location="store")

        shirt, pot = Product.objects.get(handle="shirt"), Product.objects.get(handle="pot")
        small, large = shirt.variants.order_by("position")
        assert imported.lines == ["2 created, 0 updated, 0 unchanged, 0 refused."]
        assert (shirt.title, shirt.description, shirt.publication) == ("Shirt", "Soft & warm", "published")
        assert (pot.publication, pot.variants.get().options, pot.variants.get().sku) == ("draft", {}, "pot")
        assert [(one.sku, one.title, one.options) for one in (small, large)] == [
            ("shirt.small", "Small", {"Size": "Small"}),
            ("0042", "Large", {"Size": "Large"}),
        ]
        assert [(price.currency, price.amount) for price in (small.prices.get(), large.prices.get())] == [
            ("USD", 1999),
            ("USD", 2100),
        ]
        assert (counters(small.id), counters(large.id)) == ({"store": (3, 0, 0)}, {"store": (0, 0, 0)})

    def test_changes_nothing_the_second_time(self, tmp_path: Path) -> None:
        file = write(tmp_path, SHOPIFY, SHIRT + POT)
        run(file)
        before = everything()

        again = run(file)

        assert again.lines == ["0 created, 0 updated, 2 unchanged, 0 refused."]
        assert everything() == before

    def test_brings_up_to_date_what_differs_and_only_that(self, tmp_path: Path) -> None:
        run(write(tmp_path, SHOPIFY, SHIRT + POT))
        versions = {product.handle: product.version for product in Product.objects.all()}
        dearer = [
            {**SHIRT[0], "Variant Price": "25.00", "Variant Inventory Qty": "7", "Title": "Fine Shirt"},
            *SHIRT[1:],
        ]

        imported = run(write(tmp_path, SHOPIFY, dearer + POT))

        small = Variant.objects.get(sku="shirt.small")
        assert imported.lines == ["0 created, 1 updated, 1 unchanged, 0 refused."]
        assert small.prices.get(valid_to=None).amount == 2500
        assert counters(small.id) == {"main": (7, 0, 0)}
        assert Product.objects.get(handle="shirt").title == "Fine Shirt"
        assert Product.objects.get(handle="shirt").version == versions["shirt"] + 2
        assert Product.objects.get(handle="pot").version == versions["pot"]

    def test_follows_a_variant_whose_sku_is_filled_in_later(self, tmp_path: Path) -> None:
        run(write(tmp_path, SHOPIFY, SHIRT))
        variant = Variant.objects.get(sku="shirt.small")

        run(write(tmp_path, SHOPIFY, [{**SHIRT[0], "Variant SKU": "S-1"}, *SHIRT[1:]]))

        variant.refresh_from_db()
        assert (variant.sku, Variant.objects.count()) == ("S-1", 2)

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"Variant Price": "19,99"}, '2: Variant Price: is "19,99", which is not a price such as 19.99'),
            ({"Variant Price": ""}, "2: Variant Price: is empty"),
            ({"Variant Price": "1.999"}, "2: Variant Price: is 1.999, but EUR has 2 decimals"),
            (
                {"Variant Inventory Qty": "-1"},
                '2: Variant Inventory Qty: is "-1", which is not a whole number of units, 0 or more',
            ),
            ({"Option1 Value": ""}, "2: Option1 Value: is empty, but the product has the option Size"),
            ({"Option1 Value": "Large", "Variant SKU": "0042"}, "3: Variant SKU: is 0042, as on line 2"),
            ({"Option1 Value": "Large"}, "3: options: are those of another variant of the product"),
            ({"Option2 Value": "Red"}, "2: Option2 Value: is filled, but the product's first row names no such option"),
            ({"Title": ""}, "2: title: is empty, but the product is new"),
            ({"Published": "perhaps"}, '2: Published: is "perhaps", which is neither true nor false'),
            ({"Title": "x" * 301}, "2: Title: has 301 characters, 300 at most are taken"),
        ],
    )
    def test_leaves_out_the_whole_product_of_a_bad_line_and_says_why(
        self, tmp_path: Path, change: dict[str, str], problem: str
    ) -> None:
        imported = run(write(tmp_path, SHOPIFY, [{**SHIRT[0], **change}, *SHIRT[1:], *POT]))

        assert imported.failed
        assert imported.lines == [problem, "1 created, 0 updated, 0 unchanged, 1 refused."]
        assert [product.handle for product in Product.objects.all()] == ["pot"]
        assert Variant.objects.count() == 1

    def test_names_every_bad_cell_of_a_product(self, tmp_path: Path) -> None:
        bad = [{**row, "Variant Price": "x"} for row in SHIRT[:2]]

        imported = run(write(tmp_path, SHOPIFY, bad))

        assert [line[:17] for line in imported.lines[:2]] == ["2: Variant Price:", "3: Variant Price:"]

    def test_refuses_a_sku_of_another_product(self, tmp_path: Path) -> None:
        a_variant("0042")

        imported = run(write(tmp_path, SHOPIFY, SHIRT))

        assert imported.lines[0] == "3: SKU: is 0042, which belongs to a variant of another product"
        assert not Product.objects.filter(handle="shirt").exists()

    def test_keeps_a_product_together(self, tmp_path: Path) -> None:
        imported = run(write(tmp_path, SHOPIFY, [SHIRT[0], *POT, SHIRT[1]]))

        assert imported.lines[0].startswith("4: Handle: was the name of earlier rows")
        assert Variant.objects.filter(product__handle="shirt").count() == 1

    @pytest.mark.parametrize(
        ("status", "published", "publication"),
        [
            ("active", "true", "published"),
            ("active", "", "published"),
            ("active", "false", "draft"),
            ("draft", "true", "draft"),
        ],
    )
    def test_shows_only_what_both_columns_show(
        self, tmp_path: Path, status: str, published: str, publication: str
    ) -> None:
        run(write(tmp_path, [*SHOPIFY, "Status"], [{**POT[0], "Status": status, "Published": published}]))

        assert Product.objects.get().publication == publication
