"""Shelves, product pages and search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def aisles(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


department = product = search = suggest = offers = aisles
