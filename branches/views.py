"""Pages of branches: where they are, and when they are open."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from branches import selectors
from core import clock
from core.clock import shop_date

MAP = "https://www.openstreetmap.org/search"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All branches, the one that deliveries leave from first."""
    today = shop_date(clock.now())
    rows = [
        (branch, selectors.hours_of(branch=branch, start=today, days=1)[0])
        for branch in selectors.active_branches()
    ]
    return render(request, "branches/index.html", {"rows": rows})


@require_safe
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One branch: address, phone, the hours of the next seven days as they are on those dates."""
    branch = selectors.branch_by_code(code=code)
    place = f"{branch.address}, {branch.city}"
    context = {
        "branch": branch,
        "days": selectors.hours_of(branch=branch, start=shop_date(clock.now())),
        "map": f"{MAP}?{urlencode({'query': place})}",
    }
    return render(request, "branches/detail.html", context)
