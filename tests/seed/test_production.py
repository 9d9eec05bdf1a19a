"""`manage.py seed` in a shop that is none of demonstration."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from catalog.models import Product


@pytest.mark.django_db
@pytest.mark.slow
def test_no_demo_people_in_production(settings: Settings) -> None:
    settings.DEBUG = settings.MAMI_DEMO = False
    call_command("seed", stdout=io.StringIO())
    assert not User.objects.exists()
    assert Product.objects.exists()
