"""Every address of the shop; the right to each is in `mami.rights`."""

from __future__ import annotations

from django.urls import path

urlpatterns: list = []
