"""Orders as they were agreed: snapshots that no later change of the catalogue can touch."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cart.models import Substitution
from catalog.choices import SoldBy
from core.append_only import append_only
from core.money import plain
from orders.choices import DelayReason
from orders.frozen import frozen_lines, frozen_order


class OrderStatus(models.TextChoices):
    CREATED = "CREATED", _("received")
    IN_PROGRESS = "IN_PROGRESS", _("being picked")
    READY = "READY", pgettext_lazy("order", "ready")
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY", _("on its way")
    DELIVERED = "DELIVERED", _("delivered")
    CANCELED = "CANCELED", _("cancelled")
    DELAYED = "DELAYED", _("delayed")
    MISSING = "MISSING", _("items missing")


class FulfillmentType(models.TextChoices):
    DELIVERY = "DELIVERY", _("delivery")
    PICKUP = "PICKUP", _("pickup")


class PickedStatus(models.TextChoices):
    PENDING = "PENDING", _("to pick")
    PICKED = "PICKED", _("picked")
    MISSING = "MISSING", _("missing")


class Order(models.Model):
    """One agreed sale. `total_amount` is what was authorised: never more will be charged."""

    order_number = models.CharField(_("number"), max_length=11)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders"
    )
    cart = models.OneToOneField("cart.Cart", on_delete=models.PROTECT, related_name="order")
    payment = models.OneToOneField(
        "payments.Payment", on_delete=models.PROTECT, related_name="order"
    )
    branch = models.ForeignKey("branches.Branch", on_delete=models.PROTECT, related_name="orders")
    fulfillment_type = models.CharField(max_length=8, choices=FulfillmentType.choices)
    status = models.CharField(
        _("status"), max_length=16, choices=OrderStatus.choices, default=OrderStatus.CREATED
    )
    was_ready = models.BooleanField(
        default=False, help_text=_("Picked completely once: a delayed order may leave again.")
    )
    dated_slot = models.ForeignKey(
        "branches.DatedSlot", null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    due_at = models.DateTimeField(
        _("due"), help_text=_("Start of its slot; closing time of its day for a pickup without.")
    )
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    discount_total = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    delivery_fee = models.DecimalField(max_digits=12, decimal_places=2)
    fee_vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    vat_total = models.DecimalField(max_digits=12, decimal_places=2)
    charges_total = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, help_text=_("Deposits and bags.")
    )
    total_amount = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    captured_total = models.DecimalField(_("charged"), max_digits=12, decimal_places=2, default=0)
    charged_goods = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    charged_fee = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    charged_extras = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    refunded_fee = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    business_name = models.CharField(max_length=120, blank=True, default="")
    vat_id = models.CharField(_("VAT number"), max_length=9, blank=True, default="")
    notes = models.CharField(max_length=500, blank=True, default="")
    picker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="picked_orders",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    picked_at = models.DateTimeField(null=True, blank=True)
    bags = models.PositiveSmallIntegerField(_("bags"), null=True, blank=True)
    left_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When its goods first left the shop.")
    )
    leaving_to = models.CharField(
        max_length=16,
        blank=True,
        default="",
        help_text=_("The status that follows once the charge that was asked for is taken."),
    )
    leaving_actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    captured_at = models.DateTimeField(
        null=True, blank=True, help_text=_("From then on nothing of it changes any more.")
    )
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    version = models.PositiveIntegerField(
        default=1,
        db_default=1,
        help_text=_("One more with every change of lines, window, place or kind."),
    )
    is_being_changed = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("A change waits for its money: nobody begins to pick."),
    )
    moved_by_staff_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Staff chose another window for it.")
    )
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("Who of the staff placed it for its customer."),
    )
    created_at = models.DateTimeField(_("placed"))
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-created_at", "-id"]
        triggers = frozen_order()
        constraints = [
            models.UniqueConstraint(fields=["order_number"], name="order_number_unique"),
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values), name="order_status_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    total_amount=F("subtotal")
                    - F("discount_total")
                    + F("delivery_fee")
                    + F("charges_total")
                ),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    captured_total=F("charged_goods") + F("charged_fee") + F("charged_extras")
                ),
                name="order_charged_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(captured_at__isnull=False) | Q(captured_total=0),
                name="order_charged_when_captured",
            ),
            models.CheckConstraint(
                condition=Q(refunded_fee__gte=0, refunded_fee__lte=F("charged_fee")),
                name="order_refunded_fee_within_charged",
            ),
            models.CheckConstraint(
                condition=Q(subtotal__gte=0, discount_total__gte=0, delivery_fee__gte=0),
                name="order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(fulfillment_type="PICKUP") | Q(dated_slot__isnull=False),
                name="order_delivery_has_slot",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="order_user"),
            models.Index(fields=["status", "due_at", "id"], name="order_status_due"),
            models.Index(fields=["due_at", "id"], name="order_due"),
            models.Index(fields=["-created_at", "-id"], name="order_created"),
            models.Index(
                OpClass("order_number", "varchar_pattern_ops"), name="order_number_begins"
            ),
            models.Index(fields=["branch", "status", "due_at"], name="order_branch"),
            models.Index(
                fields=["due_at", "id"],
                name="order_open_due",
                condition=~Q(status__in=[OrderStatus.DELIVERED, OrderStatus.CANCELED]),
            ),
            models.Index(fields=["id"], name="order_leaving", condition=~Q(leaving_to="")),
        ]

    def __str__(self) -> str:
        return self.order_number


class OrderPickup(models.Model):
    """The code a customer shows at the counter, and since when they wait outside."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="pickup")
    code = models.CharField(max_length=6)
    arrived_at = models.DateTimeField(null=True, blank=True)
    bay = models.CharField(max_length=20, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("pickup details")
        verbose_name_plural = _("pickup details")
        indexes = [
            models.Index(
                fields=["arrived_at"],
                condition=Q(arrived_at__isnull=False),
                name="order_pickup_arrived",
            )
        ]

    def __str__(self) -> str:
        return f"pickup of {self.order_id}"


def private_storage() -> Storage:
    """Files that no address serves by itself."""
    return storages["private"]


class DeliveryProof(models.Model):
    """What the driver said or photographed at the door. For its customer and the staff only."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="proof")
    note = models.CharField(max_length=200, blank=True, default="")
    photo = models.FileField(upload_to="doors/", storage=private_storage, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("proof of delivery")
        verbose_name_plural = _("proofs of delivery")

    def __str__(self) -> str:
        return f"delivery of {self.order_id}"


class OrderItem(models.Model):
    """A line as it was agreed, and what became of it on the shelf."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    name_he = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    sku = models.CharField(max_length=40)
    sold_by = models.CharField(max_length=6, choices=SoldBy.choices)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    discount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    line_total = models.DecimalField(max_digits=12, decimal_places=2)
    vat_class = models.CharField(max_length=20, db_default="STANDARD")
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    charged = models.DecimalField(
        max_digits=12, decimal_places=2, db_default=0, help_text=_("What the capture took of it.")
    )
    refunded_amount = models.DecimalField(max_digits=12, decimal_places=2, db_default=0)
    refunded_quantity = models.DecimalField(max_digits=9, decimal_places=3, db_default=0)
    substitution = models.CharField(
        max_length=10, choices=Substitution.choices, default=Substitution.BEST_MATCH
    )
    substitute_for = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="substitutes"
    )
    version = models.PositiveIntegerField(
        default=1, db_default=1, help_text=_("Grows by one with every answer, substitute and undo.")
    )
    picked_status = models.CharField(
        max_length=8, choices=PickedStatus.choices, default=PickedStatus.PENDING
    )
    picked_quantity = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    note = models.CharField(max_length=200, blank=True, default="", db_default="")
    missing_reason = models.CharField(max_length=60, blank=True, default="")
    picked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["id"]
        triggers = frozen_lines()
        constraints = [
            models.CheckConstraint(
                condition=~Q(substitute_for=F("id")), name="order_item_not_its_own_substitute"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_item_quantity"),
            models.CheckConstraint(
                condition=Q(picked_quantity__isnull=True) | Q(picked_quantity__gte=0),
                name="order_item_picked_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(picked_status__in=PickedStatus.values),
                name="order_item_picked_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(picked_status=PickedStatus.PICKED) | Q(picked_quantity__gt=0),
                name="order_item_picked_has_quantity",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("charged")),
                name="order_item_refunded_within_charged",
            ),
            models.CheckConstraint(
                condition=Q(refunded_quantity=0)
                | Q(refunded_quantity__gt=0, refunded_quantity__lte=F("picked_quantity")),
                name="order_item_refunded_within_picked",
            ),
        ]
        indexes = [models.Index(fields=["order", "picked_status"], name="order_item_status")]

    def __str__(self) -> str:
        return f"{plain(self.quantity)} × {self.sku}"

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_he

    @property
    def left(self) -> Decimal:
        """What was ordered and is not packed, in units or kg."""
        return max(Decimal(0), self.quantity - self.packed)

    @property
    def packed(self) -> Decimal:
        """What of it was found, in units or kg."""
        picked = self.picked_status == PickedStatus.PICKED
        return (self.picked_quantity or Decimal(0)) if picked else Decimal(0)


class OrderStatusChange(models.Model):
    """The timeline of an order. Rows are only ever added."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="timeline")
    status = models.CharField(max_length=16, choices=OrderStatus.choices)
    reason = models.CharField(max_length=200, blank=True, default="")
    reason_code = models.CharField(
        max_length=14, choices=DelayReason.choices, blank=True, default="", db_default=""
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        triggers = append_only()
        indexes = [models.Index(fields=["order", "id"], name="order_timeline")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.status}"


# Their rows point at the ones above. Code imports them from their own module.
from orders import change_models, problem_models, refund_models, staff_models  # noqa: E402, F401
from orders.delivery_models import OrderDelivery as OrderDelivery  # noqa: E402
