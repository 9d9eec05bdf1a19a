"""Standing orders: the rule, what is in it, and each date that comes of it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import DeliveryPreference
from cart.models import NOTE_LENGTH, Substitution
from orders.models import FulfillmentType
from standing.status import FAILED, Moved, State


class Cadence(models.TextChoices):
    WEEKLY = "WEEKLY", _("every week")
    BIWEEKLY = "BIWEEKLY", _("every two weeks")
    MONTHLY = "MONTHLY", _("once a month")
    WEEKDAYS = "WEEKDAYS", _("on several days of the week")


class HolidayRule(models.TextChoices):
    """What happens to a date on which we are closed."""

    MOVE_EARLIER = "MOVE_EARLIER", _("come earlier")
    MOVE_LATER = "MOVE_LATER", _("come later")
    SKIP = "SKIP", _("skip it")


class StandingOrder(models.Model):
    """“Every Tuesday between four and six, the usual.”"""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        PAUSED = "PAUSED", _("paused")
        ENDED = "ENDED", _("ended")

    class Reason(models.TextChoices):
        """Why the shop paused it."""

        NO_CARD = "NO_CARD", _("there is no card")
        NO_ADDRESS = "NO_ADDRESS", _("there is no address")
        FAILING = "FAILING", _("three dates in a row failed")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="standing_orders"
    )
    name = models.CharField(max_length=60, blank=True, default="")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="")
    paused_until = models.DateField(null=True, blank=True)
    cadence = models.CharField(max_length=8, choices=Cadence.choices)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text=_("0 is Sunday."))
    start_time = models.TimeField(null=True, blank=True)
    fulfillment_type = models.CharField(max_length=8, choices=FulfillmentType.choices)
    branch = models.ForeignKey(
        "branches.Branch", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    address = models.ForeignKey(
        "accounts.Address", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    payment_token = models.ForeignKey(
        "payments.PaymentToken", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lead_days = models.PositiveSmallIntegerField(default=2)
    price_limit_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        default=10,
        help_text=_("Empty: never ask."),
    )
    holiday_rule = models.CharField(
        max_length=12, choices=HolidayRule.choices, default=HolidayRule.MOVE_EARLIER
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    delivery_preference = models.CharField(
        max_length=16, choices=DeliveryPreference.choices, default=DeliveryPreference.HAND_OVER
    )
    delivery_note = models.CharField(max_length=200, blank=True, default="")
    planned_on = models.DateField(
        null=True, blank=True, help_text=_("The day on which its dates were last looked at.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("standing order")
        verbose_name_plural = _("standing orders")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lead_days__gte=1, lead_days__lte=6), name="standing_lead_days"
            ),
            models.CheckConstraint(
                condition=Q(price_limit_percent__isnull=True)
                | Q(price_limit_percent__gte=0, price_limit_percent__lte=100),
                name="standing_price_limit",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "planned_on"], name="standing_to_plan"),
            models.Index(
                fields=["-id"], condition=~Q(status_reason=""), name="standing_paused_by_us"
            ),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="standing_name_part"),
        ]

    def __str__(self) -> str:
        return f"standing order {self.pk}"

    @property
    def is_delivery(self) -> bool:
        return self.fulfillment_type == FulfillmentType.DELIVERY


class StandingItem(models.Model):
    """A product of every date, and the unit price (₪) it is compared with."""

    standing = models.ForeignKey(StandingOrder, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    substitution = models.CharField(
        max_length=10, choices=Substitution.choices, default=Substitution.BEST_MATCH
    )
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="")
    reference_price = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["standing", "product"], name="standing_item_product_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, quantity__lte=999), name="standing_item_quantity_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"


class Occurrence(models.Model):
    """One date of a standing order. `date` is the day the rule names, for ever; `window_date` the
    day on which it comes."""

    standing = models.ForeignKey(
        StandingOrder, on_delete=models.CASCADE, related_name="occurrences"
    )
    date = models.DateField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    reason = models.CharField(max_length=40, blank=True, default="")
    slot = models.ForeignKey(
        "branches.DeliverySlot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    window_date = models.DateField()
    window_kept = models.BooleanField(default=False)
    moved = models.CharField(max_length=8, choices=Moved.choices, blank=True, default="")
    address = models.ForeignKey(
        "accounts.Address", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_edited = models.BooleanField(default=False, help_text=_("By hand, for this date alone."))
    draft_at = models.DateTimeField()
    place_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    placing_since = models.DateTimeField(null=True, blank=True)
    asked = models.JSONField(
        null=True, blank=True, help_text=_("What is ordered, while it is being placed.")
    )
    order = models.OneToOneField(
        "orders.Order", null=True, blank=True, on_delete=models.PROTECT, related_name="occurrence"
    )

    class Meta:
        verbose_name = _("date of a standing order")
        verbose_name_plural = _("dates of standing orders")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["standing", "date"], name="occurrence_date_unique"),
            models.CheckConstraint(
                condition=~Q(state="PLACED") | Q(order__isnull=False),
                name="occurrence_placed_has_order",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "draft_at"], name="occurrence_to_draft"),
            models.Index(fields=["state", "place_at"], name="occurrence_to_place"),
            models.Index(
                fields=["standing"], condition=Q(state__in=sorted(FAILED)), name="occurrence_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standing_id} on {self.date}"


class OccurrenceItem(models.Model):
    """A product of one date: of its draft, or of what was placed."""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    wanted_quantity = models.DecimalField(max_digits=9, decimal_places=3)
    substitution = models.CharField(
        max_length=10, choices=Substitution.choices, default=Substitution.BEST_MATCH
    )
    note = models.CharField(max_length=NOTE_LENGTH, blank=True, default="")
    reference_price = models.DecimalField(max_digits=12, decimal_places=2)
    placed_quantity = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    placed_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence", "product"], name="occurrence_item_product_unique"
            ),
            models.CheckConstraint(
                condition=Q(wanted_quantity__gte=0, wanted_quantity__lte=999),
                name="occurrence_item_quantity_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.wanted_quantity} × {self.product_id}"
