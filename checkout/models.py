"""The state of a checkout between its steps: idempotency keys and reservations."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class IdempotencyKey(models.Model):
    """One key of one customer: the body it stands for, and the answer once there is one.

    IN_PROGRESS until `lease_expires_at`; DONE keeps the answer for replays; a refused confirm
    leaves the key FREE to be tried again.
    """

    class State(models.TextChoices):
        IN_PROGRESS = "IN_PROGRESS", _("in progress")
        FREE = "FREE", _("free")
        DONE = "DONE", pgettext_lazy("key", "answered")

    user = models.ForeignKey(  # found by `idempotency_key_unique`
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=128)
    scope = models.CharField(max_length=20, default="confirm")
    body_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State.choices, default=State.IN_PROGRESS)
    lease_expires_at = models.DateTimeField()
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "scope", "key"], name="idempotency_key_unique"),
            models.CheckConstraint(
                condition=~Q(state="DONE") | Q(response_body__isnull=False),
                name="idempotency_done_has_answer",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return f"key {self.pk}"


class Reservation(models.Model):
    """A checkout between reserve and commit: what is promised, at which price, until when.

    ACTIVE holds stock and a place in the slot. CONSUMED became an order (which took the promise
    over). RELEASED gave everything back.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("open")
        CONSUMED = "CONSUMED", _("became an order")
        RELEASED = "RELEASED", _("given back")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cart = models.ForeignKey("cart.Cart", on_delete=models.PROTECT, related_name="reservations")
    key = models.ForeignKey(
        IdempotencyKey, null=True, on_delete=models.SET_NULL, related_name="reservations"
    )
    payment = models.OneToOneField(
        "payments.Payment", on_delete=models.PROTECT, related_name="reservation"
    )
    branch = models.ForeignKey("branches.Branch", on_delete=models.PROTECT, related_name="+")
    dated_slot = models.ForeignKey(
        "branches.DatedSlot", null=True, on_delete=models.PROTECT, related_name="reservations"
    )
    order_number = models.CharField(max_length=11)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    fulfillment_type = models.CharField(max_length=8)
    details = models.JSONField(
        help_text=_("Address, preference, notes and fee rates as agreed; copied to the order.")
    )
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    discount_total = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    delivery_fee = models.DecimalField(max_digits=12, decimal_places=2)
    vat_total = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [
            models.UniqueConstraint(
                fields=["cart"], condition=Q(status="ACTIVE"), name="reservation_one_open_per_cart"
            ),
            models.UniqueConstraint(fields=["order_number"], name="reservation_number_unique"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="ACTIVE"), name="reservation_open"
            )
        ]

    def __str__(self) -> str:
        return f"reservation {self.order_number}"


class ReservationLine(models.Model):
    """A promised line with everything its order line will need."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey("catalog.Product", on_delete=models.PROTECT, related_name="+")
    name_he = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    sku = models.CharField(max_length=40)
    sold_by = models.CharField(max_length=6)
    quantity = models.DecimalField(max_digits=9, decimal_places=3)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    discount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    line_total = models.DecimalField(max_digits=12, decimal_places=2)
    vat_class = models.CharField(max_length=20, default="STANDARD")
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    substitution = models.CharField(max_length=10)
    note = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        ordering = ["product_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reservation", "product"], name="reservation_line_unique"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class BooksCheck(models.Model):
    """What the rules of the books said: of the moment when they were asked, or of `as_of`.

    Written by a job, because the rules read every order, stock row and payment.
    """

    as_of = models.DateTimeField(_("as of"), null=True)
    asked_at = models.DateTimeField(pgettext_lazy("moment", "asked"))
    judged_at = models.DateTimeField(_("judged"), null=True)
    verdicts = models.JSONField(
        default=list, help_text=_("For each rule its name, its state and what was found.")
    )

    class Meta:
        verbose_name = _("check of the books")
        verbose_name_plural = _("checks of the books")
        indexes = [models.Index(fields=["as_of", "-id"], name="books_check_as_of")]

    def __str__(self) -> str:
        return f"books of {self.as_of or self.asked_at}"
