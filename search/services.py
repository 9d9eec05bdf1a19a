"""What managers change in search, and what others tell it: rules, dismissed texts, popularity."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.services import Action, Actor, record
from catalog import process_cache
from catalog.models import Category, Product
from catalog.search_port import documents_changed
from catalog.selectors import ShelfPage, listing
from core import clock
from core.errors import InvalidInput, NotFound
from core.text import sought, tidy
from core.transactions import write_transaction
from search import outbox
from search.errors import SearchRuleExists
from search.locks import lock_rule
from search.models import (
    RuleKind,
    RuleSource,
    SearchDismissal,
    SearchQueryLog,
    SearchRule,
    SearchRuleWord,
)
from search.rules import MAX_WORDS, key_of, split_text

MOST_TEXTS, LONGEST = 50, 60
LONGEST_REPLACEMENT = 100
STEPS = 9
SHOWN = 5  # texts of a preview, and products of each
POPULAR = """
UPDATE search_searchdocument AS d SET popularity = new.step, version = d.version + 1
  FROM unnest(%s::bigint[], %s::int[]) AS new(product_id, step)
 WHERE d.product_id = new.product_id AND d.popularity <> new.step
RETURNING d.product_id
"""


@dataclass(frozen=True, kw_only=True)
class RuleData:
    """A rule as a manager means it."""

    kind: str
    words: tuple[str, ...]
    replacement: str = ""
    category_ids: tuple[int, ...] = ()
    is_active: bool = True


def create_rule(*, actor: Actor | None, data: RuleData) -> SearchRule:
    """Add a rule, which holds at the next request of every process.

    Raises InvalidInput by field, SearchRuleExists.
    """
    data, texts = _judged(data)
    with write_transaction():
        rule = SearchRule.objects.create(
            kind=data.kind, replacement=data.replacement, is_active=data.is_active
        )
        rule.categories.set(data.category_ids)
        _write_texts(rule, texts)
        _tell(actor, rule, Action.CREATE, {}, _told(data))
        _reread(data.kind, texts)
    return rule


def update_rule(*, actor: Actor | None, rule_id: int, changes: Mapping[str, Any]) -> SearchRule:
    """Change a rule, or switch it off and on. Raises NotFound, InvalidInput, SearchRuleExists."""
    with write_transaction():
        rule = lock_rule(rule_id=rule_id)
        old = _present(rule)
        new, texts = _judged(_changed(old, changes))
        told_old, told_new = _told(old), _told(new)
        if told_old == told_new:
            return rule
        rule.kind, rule.replacement, rule.is_active = new.kind, new.replacement, new.is_active
        rule.edited_at = clock.now()
        rule.save()
        rule.categories.set(new.category_ids)
        rule.words.all().delete()
        _write_texts(rule, texts)
        differing = {name for name in told_new if told_old[name] != told_new[name]}
        if "is_active" in differing:
            action = Action.ACTIVATE if new.is_active else Action.DEACTIVATE
            only = {"is_active"}
            _tell(actor, rule, action, _some(told_old, only), _some(told_new, only))
        if others := differing - {"is_active"}:
            _tell(actor, rule, Action.UPDATE, _some(told_old, others), _some(told_new, others))
        for kind, words in ((old.kind, old.words), (new.kind, new.words)):
            _reread(kind, {key_of(word): word for word in words})
    return rule


def complete_rule(*, rule_id: int, words: Iterable[str]) -> int:
    """Add to a rule that came with the shop the texts which a newer seed has for it; how many. None to
    a rule that a manager has edited or switched off, and none that stands in another rule, active or not.
    """
    with write_transaction():
        rule = lock_rule(rule_id=rule_id)
        if rule.source != RuleSource.SEED or rule.edited_at is not None or not rule.is_active:
            return 0
        texts = {key: word for word in map(tidy, words) if (key := key_of(word))}
        known = set(SearchRuleWord.objects.filter(key__in=texts).values_list("key", flat=True))
        new = {key: word for key, word in texts.items() if key not in known}
        if not new:
            return 0
        old = _present(rule)
        _write_texts(rule, new, after=len(old.words))
        told = _told(old), _told(replace(old, words=(*old.words, *new.values())))
        _tell(None, rule, Action.UPDATE, *(_some(one, {"words"}) for one in told))
        _reread(rule.kind, new)
    return len(new)


def mean_the_same(*, actor: Actor | None, text: str, other: str) -> SearchRule:
    """Let `text` find what `other` finds: it joins the synonyms of that, or the two become such.

    Raises InvalidInput, SearchRuleExists (`text` stands in a rule already, or `other` in one of another
    kind).
    """
    same = {"is_active": True, "rule__kind": RuleKind.SAME}
    with write_transaction():
        said = SearchRuleWord.objects.filter(key=key_of(other), **same).first()
        if said is not None:
            rule = lock_rule(rule_id=said.rule_id)
            words = _present(rule).words
            if rule.is_active and other and key_of(other) in map(key_of, words):
                changes = {"words": (*words, text)}
                return update_rule(actor=actor, rule_id=rule.pk, changes=changes)
        return create_rule(actor=actor, data=RuleData(kind=RuleKind.SAME, words=(text, other)))


def deactivate_rule(*, actor: Actor | None, rule_id: int) -> SearchRule:
    """Switch a rule off; nothing is deleted. Raises NotFound."""
    return update_rule(actor=actor, rule_id=rule_id, changes={"is_active": False})


def preview_rule(
    *, actor: Actor | None, data: RuleData, rule_id: int | None = None
) -> list[ShelfPage[Any]]:
    """What shoppers would find by the first texts of a rule, if it were saved. Nothing is kept.

    Raises as saving it would.
    """
    with transaction.atomic():
        if rule_id is None:
            create_rule(actor=actor, data=data)
        else:
            update_rule(actor=actor, rule_id=rule_id, changes=asdict(data))
        found = [listing(q=text, limit=SHOWN, offset=0) for text in data.words[:SHOWN]]
        transaction.set_rollback(True)
    return found


def dismiss_query(*, actor: Actor | None, text: str) -> None:
    """Say that a logged text needs no rule. Raises NotFound for one that nobody searched for."""
    text = logged(text)
    if not SearchQueryLog.objects.filter(text=text).exists():
        raise NotFound
    SearchDismissal.objects.get_or_create(text=text)


def logged(text: str) -> str:
    """A text as the log keeps it: lower case, single blanks, 60 characters."""
    return " ".join(sought(text).lower().split())[:LONGEST]


def set_popularity(*, steps: Mapping[int, int]) -> int:
    """How popular products are, 0 to 9; who is not named is 0. How many changed. Two statements."""
    for step in steps.values():
        if not 0 <= step <= STEPS:
            raise ValueError("a step of popularity is 0 to 9")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id FROM search_searchdocument WHERE popularity > 0"
            " AND NOT product_id = ANY(%s)",
            [list(steps)],
        )
        wanted = {product_id: 0 for (product_id,) in cursor.fetchall()} | dict(steps)
        ids = sorted(wanted)
        cursor.execute(POPULAR, [ids, [wanted[pk] for pk in ids]])
        changed = [product_id for (product_id,) in cursor.fetchall()]
        outbox.note_changes(changed)
        if changed:
            process_cache.changed()
    return len(changed)


def _judged(data: RuleData) -> tuple[RuleData, dict[str, str]]:
    """The rule tidied, with its texts by what they are compared by. Raises InvalidInput."""
    texts = {key: word for word in map(_seen, data.words) if (key := key_of(word) or word)}
    replacement = tidy(data.replacement) if data.kind == RuleKind.INSTEAD else ""
    categories = tuple(sorted(set(data.category_ids)))
    wrong: dict[str, list[Any]] = {}
    if data.kind not in RuleKind.values:
        wrong["kind"] = [_("There is no such kind of rule.")]
    if why := _wrong_words(data, texts):
        wrong["words"] = [why]
    if data.kind == RuleKind.INSTEAD and not replacement:
        wrong["replacement"] = [_("Say what to show instead.")]
    elif len(replacement) > LONGEST_REPLACEMENT:
        wrong["replacement"] = [_("This is too long.")]
    if data.kind == RuleKind.GUIDE and not categories:
        wrong["category_ids"] = [_("Choose at least one shelf.")]
    elif Category.objects.filter(pk__in=categories).count() != len(categories):
        wrong["category_ids"] = [_("This category does not exist.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    judged = replace(
        data, words=tuple(texts.values()), replacement=replacement, category_ids=categories
    )
    return judged, texts


def _wrong_words(data: RuleData, texts: Mapping[str, str]) -> str:
    """What is wrong with the texts of a rule together, empty where nothing is."""
    for word in map(_seen, data.words):
        if why := _why_not(word, data.kind):
            return why
    if len(data.words) > MOST_TEXTS:
        return _("A rule has at most %(most)d texts.") % {"most": MOST_TEXTS}
    if not texts:
        return _("Name at least one text.")
    if data.kind == RuleKind.SAME and len(texts) == 1:
        return _("At least two texts can be the same thing.")
    return ""


def _seen(word: str) -> str:
    return tidy(sought(word))


def _why_not(word: str, kind: str) -> str:
    """What is wrong with a text of a rule, empty where nothing is."""
    if len(word) > LONGEST:
        return _("A text has at most %(most)d characters.") % {"most": LONGEST}
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in word):
        return _("A text needs a letter, a digit or a symbol.")
    count = len(split_text(word))
    if count > MAX_WORDS:
        return _("A text has at most %(most)d words.") % {"most": MAX_WORDS}
    if kind == RuleKind.PHRASE and count < 2:
        return _("A phrase has at least two words.")
    return ""


def _write_texts(rule: SearchRule, texts: Mapping[str, str], *, after: int = 0) -> None:
    """Write the texts; another active rule with one of them is refused by the unique constraint, for
    two managers at once as well.
    """
    rows = [
        SearchRuleWord(rule=rule, text=text, key=key, position=place, is_active=rule.is_active)
        for place, (key, text) in enumerate(texts.items(), start=after)
    ]
    try:
        with transaction.atomic():
            SearchRuleWord.objects.bulk_create(rows)
    except IntegrityError as error:
        taken = (
            SearchRuleWord.objects.filter(key__in=texts, is_active=True)
            .exclude(rule=rule)
            .order_by("id")
            .first()
        )
        if taken is None:
            raise
        raise SearchRuleExists(word=texts[taken.key], rule_id=taken.rule_id) from error


def _present(rule: SearchRule) -> RuleData:
    return RuleData(
        kind=rule.kind,
        words=tuple(rule.words.values_list("text", flat=True)),
        replacement=rule.replacement,
        category_ids=tuple(sorted(rule.categories.values_list("pk", flat=True))),
        is_active=rule.is_active,
    )


def _changed(old: RuleData, changes: Mapping[str, Any]) -> RuleData:
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()
    }
    return replace(old, **given)


def _told(data: RuleData) -> dict[str, Any]:
    return {
        "kind": data.kind,
        "words": list(data.words),
        "replacement": data.replacement,
        "category_ids": list(data.category_ids),
        "is_active": data.is_active,
    }


def _some(told: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: told[name] for name in sorted(names)}


def _tell(
    actor: Actor | None,
    rule: SearchRule,
    action: Action,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> None:
    process_cache.changed()
    record(
        actor=actor, entity_type="search_rule", entity_id=rule.pk, action=action, old=old, new=new
    )


def _reread(kind: str, texts: Mapping[str, str]) -> None:
    """A phrase changes what labels are about: read those that may carry it anew."""
    if kind != RuleKind.PHRASE:
        return
    carrying = Q(pk=0)
    for text in texts.values():
        word = text.split()[0]
        carrying |= Q(name_he__icontains=word) | Q(name_en__icontains=word)
    documents_changed(Product.objects.filter(carrying).order_by("pk").values_list("pk", flat=True))
