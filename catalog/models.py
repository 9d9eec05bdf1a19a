"""What the shop sells: departments, brands, products, what they cost and have cost."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import LPad, Round, Upper
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.choices import Allergen, DietaryTag, Passover, SizeUnit, SoldBy
from catalog.querysets import CategoryQuerySet, ProductQuerySet
from core.append_only import append_only
from core.gtin import VALID_DIGITS
from core.name_keys import key_of


class Named(models.Model):
    """A thing with a Hebrew and an English name; `name` is the reader's."""

    name_he = models.CharField(_("name (Hebrew)"), max_length=120)
    name_en = models.CharField(_("name (English)"), max_length=120)
    key_he = key_of("name_he", "he")
    key_en = key_of("name_en", "en")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_he


class Category(Named):
    """A department (no parent) or a category in one."""

    parent = models.ForeignKey(
        "self",
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    slug = models.SlugField(_("address"), max_length=60)
    aisle = models.CharField(_("aisle tint"), max_length=10, blank=True, default="")
    icon = models.CharField(_("picture"), max_length=30, blank=True, default="")
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    # Active, and so is every category above: the one thing to ask before showing or selling what
    # stands here. Kept by the category services for the whole subtree.
    is_open = models.BooleanField(default=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["position", "id"], name="category_place")]
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="category_slug_unique"),
            models.UniqueConstraint(
                fields=["parent", "name_he"], nulls_distinct=False, name="category_name_he_unique"
            ),
            models.UniqueConstraint(
                fields=["parent", "name_en"], nulls_distinct=False, name="category_name_en_unique"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="category_not_own_parent",
            ),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(is_active=True), name="category_open_is_active"
            ),
        ]


class Brand(Named):
    """A maker's name; `label` is the printed look of its packs (1–6)."""

    slug = models.SlugField(_("address"), max_length=60)
    label = models.PositiveSmallIntegerField(_("printed look"), default=1)
    is_house = models.BooleanField(_("house brand"), default=False)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["key_he"]
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="brand_slug_unique"),
            models.CheckConstraint(condition=Q(label__range=(1, 6)), name="brand_label_range"),
        ]


class VatClass(models.Model):
    """A class of goods that are taxed alike; the rate in force on a date is in `VatRate`."""

    STANDARD = "STANDARD"
    ZERO = "ZERO"

    code = models.CharField(_("class"), max_length=12, primary_key=True)
    name_he = models.CharField(_("name (Hebrew)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=60)

    class Meta:
        verbose_name = _("VAT class")
        verbose_name_plural = _("VAT classes")

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name_he


class VatRate(models.Model):
    """The rate in percent of a VAT class from a date on, until a later row replaces it."""

    vat_class = models.ForeignKey(VatClass, on_delete=models.PROTECT, related_name="rates")
    rate = models.DecimalField(_("percent"), max_digits=5, decimal_places=2)
    valid_from = models.DateField(pgettext_lazy("date", "from"))

    class Meta:
        verbose_name = _("VAT rate")
        verbose_name_plural = _("VAT rates")
        ordering = ["vat_class", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["vat_class", "valid_from"], name="vat_rate_unique"),
            models.CheckConstraint(condition=Q(rate__range=(0, 100)), name="vat_rate_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.vat_class_id} {self.rate} %"


class Product(Named):
    """Something on a shelf. Prices are ₪ including VAT, per unit or per kg (`sold_by`)."""

    sku = models.CharField(_("sku"), max_length=40)
    barcode = models.CharField(
        _("barcode"),
        max_length=14,
        null=True,
        blank=True,
        validators=[VALID_DIGITS],
    )
    # `barcode` as 14 digits, by which it is compared; none for an irregular one of older data.
    gtin14 = models.CharField(max_length=14, null=True, editable=False)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.PROTECT, related_name="products"
    )
    brand = models.ForeignKey(
        Brand,
        verbose_name=_("brand"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="products",
    )
    description_he = models.TextField(_("description (Hebrew)"), blank=True, default="")
    description_en = models.TextField(_("description (English)"), blank=True, default="")
    price = models.DecimalField(
        _("price"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    old_price = models.DecimalField(
        _("earlier price"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    sold_by = models.CharField(_("sold"), max_length=6, choices=SoldBy.choices, default=SoldBy.UNIT)
    quantity_step = models.DecimalField(
        _("step"),
        max_digits=8,
        decimal_places=3,
        default=Decimal(1),
        help_text=_("Units, or kg for goods sold by weight."),
    )
    size = models.DecimalField(
        _("pack content"),
        max_digits=10,
        decimal_places=3,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.001"))],
    )
    size_unit = models.CharField(
        _("in"), max_length=5, choices=SizeUnit.choices, default=SizeUnit.PIECE
    )
    unit_price = models.GeneratedField(
        verbose_name=_("unit price"),
        expression=Round(
            Case(
                When(size_unit__in=["G", "ML"], then=F("price") * Value(Decimal(100)) / F("size")),
                default=F("price") / F("size"),
            ),
            precision=2,
        ),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
    )
    vat_class = models.ForeignKey(
        VatClass, verbose_name=_("VAT class"), on_delete=models.PROTECT, default=VatClass.STANDARD
    )
    deposit = models.DecimalField(
        _("deposit"),
        max_digits=7,
        decimal_places=2,
        default=Decimal("0.00"),
        db_default=Decimal("0.00"),
        help_text=_("₪ for each unit, e.g. 1.80 for six cans; comes on top of the price."),
    )
    dietary_tags = ArrayField(
        models.CharField(max_length=20, choices=DietaryTag.choices),
        default=list,
        blank=True,
        verbose_name=_("dietary tags"),
    )
    allergens = ArrayField(
        models.CharField(max_length=20, choices=Allergen.choices),
        default=list,
        blank=True,
        verbose_name=_("allergens"),
    )
    passover = models.CharField(
        _("Passover"),
        max_length=8,
        choices=Passover.choices,
        null=True,
        blank=True,
        help_text=_("Chametz is neither shown nor sold on Passover."),
    )
    bin = models.CharField(
        _("shelf place"),
        max_length=20,
        blank=True,
        default="",
        help_text=_("Sorted as text it gives the walk through the warehouse, e.g. A03-2-14."),
    )
    icon = models.CharField(_("picture"), max_length=30, blank=True, default="")
    garnish = models.CharField(_("garnish"), max_length=30, blank=True, default="")
    accent = models.CharField(_("accent"), max_length=12, blank=True, default="")
    image = models.ImageField(_("photograph"), upload_to="products/", null=True, blank=True)
    price_controlled = models.BooleanField(_("price controlled"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(Upper("sku"), name="product_sku_unique"),
            models.UniqueConstraint(fields=["barcode"], name="product_barcode_unique"),
            models.UniqueConstraint(fields=["gtin14"], name="product_gtin14_unique"),
            models.CheckConstraint(
                condition=Q(gtin14__isnull=True)
                | Q(gtin14=LPad("barcode", 14, Value("0")), barcode__isnull=False),
                name="product_gtin14_is_barcode",
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="product_price_positive"),
            models.CheckConstraint(
                condition=Q(deposit=0) | Q(deposit__gt=0, sold_by="UNIT"),
                name="product_deposit_of_units",
            ),
            models.CheckConstraint(
                condition=Q(old_price__isnull=True) | Q(old_price__gt=F("price")),
                name="product_old_price_higher",
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="product_size_positive"),
            models.CheckConstraint(condition=Q(quantity_step__gt=0), name="product_step_positive"),
            models.CheckConstraint(
                condition=Q(sold_by="WEIGHT") | Q(sold_by="UNIT", quantity_step=1),
                name="product_unit_step_is_one",
            ),
        ]
        indexes = [
            models.Index(fields=["key_he"], name="product_key_he"),
            models.Index(fields=["key_en"], name="product_key_en"),
            models.Index(fields=["category", "is_active"], name="product_category"),
            # As categories are counted, in the index alone.
            models.Index(
                fields=["category"],
                include=["passover"],
                name="product_shown",
                condition=Q(is_active=True),
            ),
            models.Index(fields=["price", "id"], name="product_price"),
            models.Index(fields=["unit_price", "id"], name="product_unit_price"),
            models.Index(fields=["-created_at", "-id"], name="product_newest"),
            # Those on offer first, then the newest.
            models.Index(fields=["old_price", "-created_at", "-id"], name="product_featured"),
            models.Index(
                fields=["brand"], name="product_brand_active", condition=Q(is_active=True)
            ),
            models.Index(
                fields=["id"],
                name="product_on_sale",
                condition=Q(is_active=True, old_price__isnull=False),
            ),
            # As the home page asks for the largest savings.
            models.Index(
                ((F("old_price") - F("price")) / F("old_price")).desc(),
                F("id").asc(),
                name="product_saving",
                condition=Q(is_active=True, old_price__isnull=False),
            ),
            GinIndex(fields=["dietary_tags"], name="product_tags"),
            # As `icontains` and `iexact` ask: the staff's lists find a name, sku or barcode by them.
            GinIndex(OpClass(Upper("name_he"), "gin_trgm_ops"), name="product_name_he_part"),
            GinIndex(OpClass(Upper("name_en"), "gin_trgm_ops"), name="product_name_en_part"),
        ]

    @property
    def description(self) -> str:
        return self.description_en if get_language() == "en" else self.description_he

    @property
    def unit_price_per(self) -> str:
        """What `unit_price` buys: 100G, 100ML, KG, L or PIECE."""
        return price_per(self.size_unit)

    @property
    def is_on_sale(self) -> bool:
        return self.old_price is not None


def price_per(size_unit: str) -> str:
    """What the unit price of a product sized in `size_unit` buys: 100G, 100ML, KG, L or PIECE."""
    return f"100{size_unit}" if size_unit in {"G", "ML"} else size_unit


class PriceHistory(models.Model):
    """What a product cost from an instant on. Rows are only ever added."""

    product = models.ForeignKey(  # found by `price_history_product`
        Product, on_delete=models.PROTECT, related_name="prices", db_index=False
    )
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    old_price = models.DecimalField(
        _("earlier price"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    valid_from = models.DateTimeField(pgettext_lazy("date", "from"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("price history")
        ordering = ["-valid_from", "-id"]
        triggers = append_only()
        indexes = [models.Index(fields=["product", "-valid_from"], name="price_history_product")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price}"
