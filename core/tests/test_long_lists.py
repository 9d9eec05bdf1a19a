"""Numbered pages of long lists."""

from __future__ import annotations

import pytest

from branches.models import Branch
from core import long_lists
from core.long_lists import BoundedPaginator

pytestmark = pytest.mark.django_db


@pytest.fixture
def branches() -> list[Branch]:
    words = {"address_he": "א", "address_en": "a", "city_en": "b"}
    made = [
        Branch(
            code=f"b{n}", name_he=f"סניף {n}", name_en=f"Shop {n}", city_he=f"עיר {n % 4}", **words
        )
        for n in range(11)
    ]
    return Branch.objects.bulk_create(made)


def test_a_page_far_down_is_the_same_and_read_by_its_keys(
    branches: list[Branch], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(long_lists, "DEEP", 4)
    rows = Branch.objects.filter(pk__in=[one.pk for one in branches]).order_by("city_he", "-pk")
    whole = list(rows.all())
    pages = BoundedPaginator(rows, 4)
    assert pages.count == 11
    for number, statements in ((1, 1), (2, 2), (3, 2)):
        with django_assert_num_queries(statements):
            assert list(pages.page(number).object_list) == whole[(number - 1) * 4 : number * 4]
