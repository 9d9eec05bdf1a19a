"""What search knows of a product, and the rules of its language that managers edit."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from catalog.search_port import SearchStatus

ADDS = """
INSERT INTO search_searchtext AS t (text, key, language, searches, results, status, since, last_at)
VALUES (NEW.text, NEW.key, NEW.language, NEW.searches - {before}, NEW.results, NEW.status, NEW.day, NEW.last_at)
ON CONFLICT (text) DO UPDATE SET
       searches = t.searches + EXCLUDED.searches, since = least(t.since, EXCLUDED.since),
       (key, language, results, status, last_at) = (
           SELECT EXCLUDED.key, EXCLUDED.language, EXCLUDED.results, EXCLUDED.status, EXCLUDED.last_at
            WHERE EXCLUDED.last_at >= t.last_at
            UNION ALL SELECT t.key, t.language, t.results, t.status, t.last_at
            WHERE EXCLUDED.last_at < t.last_at);
RETURN NULL;
"""
# The row goes first and waits for whoever adds to it; the next statement sees what was added.
COUNTS_ANEW = """
DELETE FROM search_searchtext WHERE text = OLD.text;
INSERT INTO search_searchtext (text, key, language, searches, results, status, since, last_at)
SELECT DISTINCT ON (text) text, key, language, sum(searches) OVER every, results, status,
       min(day) OVER every, last_at
  FROM search_searchquerylog WHERE text = OLD.text WINDOW every AS (PARTITION BY text)
 ORDER BY text, last_at DESC, id DESC;
RETURN NULL;
"""


MISSED = (SearchStatus.NOTHING, SearchStatus.CORRECTED, SearchStatus.LOOSENED)
"""Ends of a text that did not get what was typed."""


class RuleKind(models.TextChoices):
    SAME = "SAME", _("the same thing")
    INSTEAD = "INSTEAD", _("show this instead")
    NOT_SOLD = "NOT_SOLD", _("not sold here")
    GUIDE = "GUIDE", _("a question or an occasion")
    PHRASE = "PHRASE", _("several words, one thing")


class RuleSource(models.TextChoices):
    SEED = "SEED", _("came with the shop")
    MANAGER = "MANAGER", _("a manager")


class SearchRule(models.Model):
    """What some words mean: the same thing, something like it, nothing we sell, shelves, one thing."""

    kind = models.CharField(_("kind"), max_length=10, choices=RuleKind.choices)
    replacement = models.CharField(_("show instead"), max_length=100, blank=True)
    categories = models.ManyToManyField(
        "catalog.Category", verbose_name=_("shelves"), blank=True, related_name="+"
    )
    source = models.CharField(
        _("source"), max_length=10, choices=RuleSource.choices, default=RuleSource.MANAGER
    )
    is_active = models.BooleanField(_("active"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    edited_at = models.DateTimeField(null=True)  # by a manager; then the seed leaves it alone

    class Meta:
        verbose_name = _("search rule")
        verbose_name_plural = _("search rules")
        ordering = ["kind", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SearchRuleWord(models.Model):
    """One text of a rule, of one to four words. A text stands in one active rule only."""

    rule = models.ForeignKey(SearchRule, on_delete=models.CASCADE, related_name="words")
    text = models.CharField(_("as written"), max_length=60)
    key = models.CharField(_("as compared"), max_length=80)
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("word of a search rule")
        verbose_name_plural = _("words of search rules")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(is_active=True), name="search_rule_word_once"
            )
        ]

    def __str__(self) -> str:
        return self.text


class SearchWord(models.Model):
    """A word of the labels on sale: on how many it stands, and of how many it is the head; the
    category in which it is that most often. Spelling is corrected against these.
    """

    word = models.CharField(max_length=60, primary_key=True)
    products = models.PositiveIntegerField(default=1)
    heads = models.PositiveIntegerField(default=0)
    category = models.ForeignKey(
        "catalog.Category", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("word of the labels")
        verbose_name_plural = _("words of the labels")
        indexes = [GinIndex(OpClass("word", "gin_trgm_ops"), name="search_word_alike")]

    def __str__(self) -> str:
        return self.word


class SearchDocument(models.Model):
    """What an engine knows of one product: analysed words, heads, flavours, sizes, popularity; and of
    the product itself what a text is narrowed and counted by.

    Those columns, from `category_id` to `alike`, are written by triggers in the statement that changes
    the product. `alike` is one number for all that counts alike: the same in every one of them but the
    price, and in stock at the same branches.
    """

    product = models.OneToOneField(
        "catalog.Product",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="search_document",
    )
    words = SearchVectorField()
    heads = ArrayField(models.TextField(), default=list)
    flavours = ArrayField(models.TextField(), default=list)
    quantities = ArrayField(models.TextField(), default=list)
    popularity = models.PositiveSmallIntegerField(default=0)
    branches = ArrayField(models.BigIntegerField(), default=list)  # that can promise a step of it
    version = models.BigIntegerField(default=1)
    category_id = models.BigIntegerField(null=True)
    path = ArrayField(models.BigIntegerField(), db_default=Value([]))  # from its department down
    brand_id = models.BigIntegerField(null=True)
    tags = ArrayField(models.TextField(), db_default=Value([]))
    allergens = ArrayField(models.TextField(), db_default=Value([]))
    price = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    on_sale = models.BooleanField(db_default=False)
    is_active = models.BooleanField(db_default=False)
    is_chametz = models.BooleanField(db_default=False)
    alike = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        indexes = [
            GinIndex(fields=["words"], name="search_document_words"),
            GinIndex(fields=["quantities"], name="search_document_quantities"),
            models.Index(
                fields=["category_id"],
                name="search_document_category",
                condition=models.Q(is_active=True),
            ),
            # What a diet finds is counted and walked along this, without the rows themselves.
            models.Index(
                fields=["alike", "-popularity", "product"],
                include=["price"],
                name="search_document_alike",
                condition=models.Q(is_active=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.product_id)


class SearchChange(models.Model):
    """A product that an index beside PostgreSQL has to learn of: written in the transaction of the
    change, taken away once every index has it. `claimed_until` is who is at work on it.
    """

    product_id = models.BigIntegerField()
    tries = models.PositiveSmallIntegerField(default=0)
    refused = models.CharField(max_length=200, blank=True, default="")
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("change to index")
        verbose_name_plural = _("changes to index")

    def __str__(self) -> str:
        return str(self.product_id)


class GenerationState(models.TextChoices):
    BUILDING = "BUILDING", _("being filled")
    LIVE = "LIVE", _("asked")
    KEPT = "KEPT", _("kept for a way back")


class SearchGeneration(models.Model):
    """An index beside PostgreSQL. All of them get every change; one at most is asked."""

    index = models.CharField(max_length=100, unique=True)
    state = models.CharField(
        max_length=10, choices=GenerationState.choices, default=GenerationState.BUILDING
    )
    schema = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("index")
        verbose_name_plural = _("indexes")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="LIVE"), name="search_one_live_index"
            )
        ]

    def __str__(self) -> str:
        return self.index


class SearchQueryLog(models.Model):
    """A text that people searched for on a day, in a language: how often, and what came of it last."""

    day = models.DateField()
    text = models.CharField(_("text"), max_length=60)
    key = models.CharField(max_length=80)  # as a rule's text is compared
    language = models.CharField(_("language"), max_length=2)
    searches = models.PositiveIntegerField(_("searches"), default=1)
    results = models.PositiveIntegerField(_("found"), default=0)
    status = models.CharField(_("what became of it"), max_length=10)
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("text that people searched for")
        verbose_name_plural = _("texts that people searched for")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "text", "language"], name="search_query_log_once_a_day"
            )
        ]
        indexes = [
            models.Index(fields=["text"], name="search_query_log_text"),
        ]
        # Whoever writes a row, of this release or the one before.
        triggers = [
            pgtrigger.Trigger(
                name="adds_to_text",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=ADDS.format(before=0),
            ),
            pgtrigger.Trigger(
                name="adds_more_to_text",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                func=ADDS.format(before="OLD.searches"),
            ),
            pgtrigger.Trigger(
                name="counts_text_anew",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func=COUNTS_ANEW,
            ),
        ]

    def __str__(self) -> str:
        return self.text


class SearchText(models.Model):
    """A text that people searched for, over all days that are kept and in both languages: `searches` in
    all, and what came of it the last time. Triggers write it with the rows of the days, so that the
    office's list need not fold them.
    """

    text = models.CharField(max_length=60, primary_key=True)
    key = models.CharField(max_length=80)
    language = models.CharField(max_length=2)
    searches = models.IntegerField()
    results = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=SearchStatus.choices)
    since = models.DateField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = _("text that people searched for")
        verbose_name_plural = _("texts that people searched for")
        indexes = [
            models.Index(fields=["-searches", "text"], name="search_text_often"),
            models.Index(fields=["status", "-searches", "text"], name="search_text_ended"),
            # What people did not get, in one order.
            models.Index(
                fields=["-searches", "text"],
                name="search_text_missed",
                condition=models.Q(status__in=MISSED),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class SearchDismissal(models.Model):
    """A text that a manager has looked at and needs no rule."""

    text = models.CharField(max_length=60, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("dismissed text")
        verbose_name_plural = _("dismissed texts")

    def __str__(self) -> str:
        return self.text
