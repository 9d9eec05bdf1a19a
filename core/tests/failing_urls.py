"""One address whose view fails with somebody's data in its words."""

from __future__ import annotations

import logging
from typing import NoReturn

from django.http import HttpRequest
from django.urls import path


def broken(request: HttpRequest, number: int) -> NoReturn:
    logging.getLogger("mami.broken").warning("asked by %s", request.POST["phone"])
    raise ValueError(f"{number} {request.GET['q']} {request.POST['card']} {request.POST['phone']}")


urlpatterns = [path("broken/<int:number>/", broken)]
