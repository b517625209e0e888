"""What can be sold and at which price: products, their variants, and prices with a period of validity."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Deferrable, F, Func, Prefetch, Q, Value
from django.db.models.functions import Cast, Lower

from inventory.policies import PRODUCT, ProductNotFound, Publication, VariantNotFound
from shared_kernel.clock import AshlarNow
from shared_kernel.ids import new_id
from shared_kernel.models import Aggregate
from shared_kernel.money import MAX_AMOUNT, Money


class ProductQuerySet(models.QuerySet["Product"]):
    """Questions asked of the catalog."""

    def published(self) -> ProductQuerySet:
        """Only what buyers see."""
        return self.filter(publication=Publication.PUBLISHED)

    def get_one(self, product_id: UUID) -> Product:
        """One product.

        Raises:
            ProductNotFound: none of these has this id.
        """
        product = self.filter(pk=product_id).first()
        if product is None:
            raise ProductNotFound
        return product

    def with_variants(self, at: datetime | None = None) -> ProductQuerySet:
        """With their variants in order, each `with_prices(at)`; two more queries, however many products."""
        variants = Variant.objects.order_by("position", "id").with_prices(at)
        return self.prefetch_related(Prefetch("variants", variants))

    def locked(self, product_id: UUID) -> Product:
        """One product, locked until the transaction ends.

        Raises:
            ProductNotFound: none has this id.
        """
        return self.select_for_update(no_key=True).get_one(product_id)


class Product(Aggregate):
    """Something the shop offers, in one or more variants; the unit of catalog changes and their events."""

    handle = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    # An index on an expression needs an app of Django's that nothing else here does; a generated column needs none.
    search_title = models.GeneratedField(
        expression=Lower("title"), output_field=models.TextField(), db_persist=True, editable=False
    )
    description = models.TextField(default="", blank=True)
    publication = models.CharField(max_length=20)

    objects = ProductQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["search_title"], opclasses=["text_pattern_ops"], name="product_by_title_prefix"),
            models.Index(fields=["created_at", "id"], name="product_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["handle"], name="product_handle_is_unique"),
            models.CheckConstraint(condition=~Q(handle="") & ~Q(title=""), name="product_is_named"),
            models.CheckConstraint(
                condition=Q(publication__in=list(map(str, PRODUCT.states))), name="product_publication_is_known"
            ),
        ]

    def publish(self, *, at: datetime) -> None:
        """Show it to buyers.

        Raises:
            InvalidStateTransition: they see it already.
        """
        self._follow("publish", at)

    def unpublish(self, *, at: datetime) -> None:
        """Hide it from buyers; what they hold or ordered stays theirs.

        Raises:
            InvalidStateTransition: it is hidden already.
        """
        self._follow("unpublish", at)

    def _follow(self, command: str, at: datetime) -> None:
        self.publication = PRODUCT.target(self.publication, command)
        self.updated_at = at
        self.save(update_fields=["publication", "updated_at"])


class VariantQuerySet(models.QuerySet["Variant"]):
    """Questions asked of variants."""

    def with_prices(self, at: datetime | None = None) -> VariantQuerySet:
        """With the prices that hold at that moment, as `current_prices`.

        By default it is the start of the transaction, which is before any price that the transaction sets.
        """
        prices = Price.objects.valid(AshlarNow() if at is None else at).order_by("currency")
        return self.prefetch_related(Prefetch("prices", prices, to_attr="current_prices"))

    def get_visible(self, variant_id: UUID) -> Variant:
        """One variant that buyers see, with its product.

        Raises:
            VariantNotFound: none has this id, or its product is hidden.
        """
        seen = self.filter(pk=variant_id, product__publication=Publication.PUBLISHED)
        variant = seen.select_related("product").first()
        if variant is None:
            raise VariantNotFound
        return variant


class Variant(models.Model):
    """One form in which a product is sold; `options` says which, by option name ("Size": "L"). It has the SKU."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants", db_index=False)
    sku = models.CharField(max_length=100)
    title = models.CharField(max_length=300, default="", blank=True)
    options = models.JSONField(default=dict, blank=True)
    position = models.PositiveIntegerField(default=1)

    objects = VariantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["product", "position", "id"], name="variant_by_product")]
        constraints = [
            models.UniqueConstraint(fields=["sku"], name="variant_sku_is_unique"),
            models.CheckConstraint(condition=~Q(sku=""), name="variant_has_sku"),
            # Deferred, so that two variants may swap their options in one transaction.
            models.UniqueConstraint(
                fields=["product", "options"], deferrable=Deferrable.DEFERRED, name="variant_options_differ"
            ),
        ]


def _price_key() -> Func:
    """Variant and currency as a range of one text, which an exclusion constraint compares without any extension."""
    # Options in alphabetical order, as migrations write them: Django takes another order for another constraint.
    key = Func(Cast("variant_id", models.TextField()), F("currency"), arg_joiner=" || ", template="(%(expressions)s)")
    return Func(key, key.copy(), Value("[]"), function="text_span", output_field=models.TextField())


class PriceQuerySet(models.QuerySet["Price"]):
    """Questions asked of prices."""

    def valid(self, now: datetime | AshlarNow) -> PriceQuerySet:
        """Only the prices that hold at `now`, at most one per variant and currency."""
        return self.filter(valid_from__lte=now).filter(Q(valid_to=None) | Q(valid_to__gt=now))


class Price(models.Model):
    """What one unit of a variant costs in one currency, in minor units, from `valid_from` until before `valid_to`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="prices", db_index=False)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    objects = PriceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["variant", "currency", "valid_from"], name="price_by_time")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0, amount__lte=MAX_AMOUNT), name="price_amount_is_possible"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="price_has_currency"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="price_lasts"),
            ExclusionConstraint(
                name="price_periods_do_not_overlap",
                expressions=[
                    (_price_key(), "&&"),
                    (Func(F("valid_from"), F("valid_to"), function="tstzrange"), "&&"),
                ],
            ),
        ]

    @property
    def money(self) -> Money:
        """The price of one unit."""
        return Money(amount=self.amount, currency=self.currency)
