"""Papers of the books: issued once, numbered without a gap, their bytes kept as they were."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from core.append_only import no_truncate

ARCHIVE_YEARS = 7
"""How long a paper is kept after the end of its year (bookkeeping rules, chapter on archives)."""


class DocumentType(models.TextChoices):
    TAX_INVOICE_RECEIPT = "TAX_INVOICE_RECEIPT", _("tax invoice / receipt")
    CREDIT_NOTE = "CREDIT_NOTE", _("credit note")


class Language(models.TextChoices):
    HE = "he", "עברית"
    EN = "en", "English"


def kept_for_the_archive(*, issued_year: str) -> list[pgtrigger.Trigger]:
    """Refuse every change; a row may go only when the archive time of its paper is over.

    `issued_year` is SQL for the year of OLD's paper.
    """
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
        pgtrigger.Trigger(
            name="archived",
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            func=(
                f"IF ({issued_year}) + {ARCHIVE_YEARS} >= extract(year FROM now()) THEN "
                "RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME; "
                "END IF; RETURN OLD;"
            ),
        ),
        no_truncate(),
    ]


class DocumentSeries(models.Model):
    """The last number given out of a type in a year. Its row is locked while the next is taken."""

    type = models.CharField(max_length=20, choices=DocumentType.choices)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [
            models.UniqueConstraint(fields=["type", "year"], name="document_series_unique")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.year}: {self.last}"


class Document(models.Model):
    """One paper. `snapshot` decides everything it says; no later change of anything reaches it."""

    type = models.CharField(_("type"), max_length=20, choices=DocumentType.choices)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    number = models.CharField(_("number"), max_length=16)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="documents")
    refund = models.OneToOneField(
        "payments.Refund", null=True, on_delete=models.PROTECT, related_name="document"
    )
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="credit_notes"
    )
    issued_at = models.DateTimeField(_("issued"))
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    vat = models.JSONField(help_text=_("Rows of rate, net and VAT."))
    snapshot = models.JSONField()
    allocation_number = models.CharField(max_length=20, null=True, blank=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-id"]
        triggers = kept_for_the_archive(issued_year="OLD.year")
        constraints = [
            models.UniqueConstraint(
                fields=["type", "year", "serial"], name="document_number_unique"
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(type="TAX_INVOICE_RECEIPT"),
                name="document_one_invoice",
            ),
            models.CheckConstraint(
                condition=Q(serial__gt=0, total__gt=0), name="document_numbers_positive"
            ),
            models.CheckConstraint(
                condition=Q(type="TAX_INVOICE_RECEIPT", corrects__isnull=True, refund__isnull=True)
                | Q(type="CREDIT_NOTE", corrects__isnull=False),
                name="document_credit_names_its_invoice",
            ),
        ]
        indexes = [
            models.Index(fields=["number"], name="document_number"),
            models.Index(fields=["issued_at"], name="document_issued"),
        ]

    def __str__(self) -> str:
        return self.number


class DocumentFile(models.Model):
    """A paper as drawn in one language: the same bytes for ever, and their SHA-256."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="files")
    language = models.CharField(max_length=2, choices=Language.choices)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    drawn_at = models.DateTimeField()

    class Meta:
        verbose_name = _("stored paper")
        verbose_name_plural = _("stored papers")
        ordering = ["id"]
        triggers = kept_for_the_archive(
            issued_year="SELECT year FROM billing_document WHERE id = OLD.document_id"
        )
        constraints = [
            models.UniqueConstraint(fields=["document", "language"], name="document_file_once"),
            models.CheckConstraint(
                condition=Q(
                    sha256=Func(
                        Func(F("content"), function="sha256"),
                        Value("hex"),
                        function="encode",
                        output_field=models.CharField(),
                    )
                ),
                name="document_file_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}.{self.language}"
