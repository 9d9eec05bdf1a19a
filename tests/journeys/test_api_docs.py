"""The description of the API, read in a browser under the shop's own content security policy."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from runtime.run.tests.conftest import patience
from tests.journeys.conftest import Visits
from tests.turns import EVERYTHING

DRAWN = ("/health", "/audit", "/stock-requests")


def shortened(route: Route) -> None:
    """The description as the shop tells it, with the calls of three chapters: drawing two hundred of them
    twice takes a browser half a minute, and each is drawn as the others are.
    """
    answer = route.fetch()
    told = answer.json()
    told["paths"] = {
        path: calls for path, calls in told["paths"].items() if any(part in path for part in DRAWN)
    }
    assert 3 <= len(told["paths"]) <= 30
    route.fulfill(response=answer, json=told)


def test_both_draw_themselves_and_break_no_rule(visits: Visits) -> None:
    """Three chapters of the description; in `make test-every` all of it."""
    visit = visits(language="en")
    page = visit.page
    long = 60_000 * patience()  # both draw two hundred calls at once
    visit.context.set_default_timeout(long)
    if not EVERYTHING:
        page.route("**/api/schema/*", shortened)
    visit.go("/api/docs/")
    expect(page.get_by_role("button", name="Authorize")).to_be_visible(timeout=long)
    page.locator("#operations-tag-Health").click()
    health = page.locator("[id^=operations-Health-]").first
    health.get_by_role("button").first.click()
    health.get_by_role("button", name="Try it out").click()
    health.get_by_role("button", name="Execute").click()
    expect(health.locator(".live-responses-table")).to_contain_text('"status"')
    visit.check_clean()

    visit.go("/api/redoc/")
    expect(page.get_by_role("heading", name="Who did what")).to_be_visible(timeout=long)
    assert page.locator("redoc").evaluate("r => getComputedStyle(r.firstElementChild).display")
    wide = page.locator(".menu-content").evaluate("menu => getComputedStyle(menu).width")
    assert wide != "1280px"  # it has its styles: the menu stands beside the text
    # Its own mark would come from another server; the policy keeps it away.
    broken = page.evaluate("window.violations")
    assert [rule for rule in broken if "cdn.redoc.ly/redoc/logo-mini.svg" not in rule] == []
    assert visit.failures == []
