"""A shop with its doors open and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django import Settings

from accounts.models import User
from catalog.models import Brand, Product
from runtime.run.tests.conftest import patience
from search.documents import index_products
from tests.journeys.page_checks import (
    BACKWARD_RANGES,
    LEAST_OF_OFFICE,
    LEAST_TARGET,
    SMALL_TARGETS,
)
from tests.journeys.two_nodes import ServedTwice, served_by_two_nodes
from tests.shop import Shop, open_with_sandbox

TWO_NODES = os.environ.get("MAMI_TWO_NODES") == "1"
"""Whether two nodes behind nginx serve the journeys, and not this process."""
WIDTHS, SCHEMES = (320, 1280), ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# A list of one's own replaces Playwright's, which comes first here. The last two are the suggestions
# below the address bar: pages of their own, loaded for each window, and never seen in here. They
# took more of the processor than all of a short journey's own pages.
SWITCHED_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding",
    "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch", "msForceBrowserSignIn", "msEdgeUpdateLaunchServicesPreferredVersion",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
)  # fmt: skip
# Without a graphics card the browser would imitate one, which took nearly half of its processor time.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    f"--disable-features={','.join(SWITCHED_OFF)}",
)  # fmt: skip
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));
"""
# What a new width moves or paints comes with the next frame, and by transitions, however short.
# A browser that draws nothing for ten seconds, or an animation without an end, keeps nobody for ever.
SETTLED = """() => Promise.race([
    new Promise((frame) => requestAnimationFrame(() => requestAnimationFrame(frame)))
        .then(() => Promise.allSettled(document.getAnimations().map((one) => one.finished))),
    new Promise((over) => setTimeout(over, 10000)),
])"""
COUNT_VIOLATIONS = """
axe.run({ resultTypes: ["violations"], selectors: false, preload: false, rules: RULES })
    .then((found) => found.violations.length)
"""
# Still an experiment for axe, and part of WCAG 2.1 (2.5.3): what is read on a control is in its name.
RULES = "window.RULES = { 'label-content-name-mismatch': { enabled: true } }"
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
        .filter((e) => e.getBoundingClientRect().right > width || e.getBoundingClientRect().left < 0)
        .map((e) => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 30));
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One browser at a time, whatever the number of test processes."""
    for item in items:
        if "tests/journeys" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed after the last journey: its event loop would be in the way of other tests' own."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium found")
        pytest.skip("no Chromium on this machine; `.ci/run` installs it")
    # The browser's own loop runs in this thread; the tests' queries between its steps are safe.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        # A service worker is fetched without its page's leave to pass over the certificate.
        flags = [*FLAGS, "--ignore-certificate-errors"] if TWO_NODES else FLAGS
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass(kw_only=True)
class Goods:
    """What the journeys buy. Names in both languages."""

    milk: Product
    tomatoes: Product
    bread: Product


@pytest.fixture(scope="package")
def served_twice(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[ServedTwice | None]:
    """Two nodes behind nginx for all journeys; None where this process serves them itself."""
    if not TWO_NODES:
        yield None
        return
    with served_by_two_nodes(tmp_path_factory.mktemp("nodes")) as served:
        yield served


@pytest.fixture
def shop(live_server: Any, served_twice: ServedTwice | None, settings: Settings) -> Iterator[Shop]:
    if served_twice is not None:  # what this process writes is for the nodes to read
        settings.SANDBOX_LEDGER = served_twice.ledger
        settings.PASSWORD_HASHERS = ["accounts.hashing.Argon2id"]
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def goods(shop: Shop) -> Goods:
    brand = Brand.objects.create(slug="kad-vakaf", name_he="כד וכף", name_en="Kad VaKaf", label=2)
    shop.category.aisle = "dairy"
    shop.category.icon = "milk"
    shop.category.save()
    made = Goods(
        milk=shop.product(
            name_he="חלב טרי 3%", name_en="Fresh milk 3%", brand=brand, icon="milk",
            price=Decimal("7.20"),
        ),
        tomatoes=shop.weighed(name_he="עגבניות אשכול", name_en="Vine tomatoes", icon="tomato"),
        bread=shop.product(name_he="לחם כפרי", name_en="Country bread", icon="bread", stock=3),
    )  # fmt: skip
    index_products(product.pk for product in (made.milk, made.tomatoes, made.bread))
    return made


@dataclass(kw_only=True)
class Visit:
    """A person in front of one kind of screen. `language` is what the pages speak."""

    page: Page
    context: BrowserContext
    url: str
    language: str
    has_script: bool
    failures: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def cookie(self, name: str) -> str:
        """What that cookie is called here: see `core.cookies`."""
        return f"__Host-{name}" if self.url.startswith("https:") else name

    def enter(self, user: User) -> None:
        """Sit down at the screen as somebody who has signed in, in the visit's language."""
        client = Client()
        client.force_login(user)
        cookies = {
            self.cookie("sessionid"): client.cookies["sessionid"].value,
            self.cookie("mami_language"): self.language,
        }
        self.context.add_cookies(
            [{"name": name, "value": value, "url": self.url} for name, value in cookies.items()]
        )

    def check_clean(self) -> None:
        """No script error, no failed answer nobody expected, nothing the policy forbade."""
        if self.has_script:
            self.failures += self.page.evaluate("window.violations")
        assert self.failures == []

    def check_accessible(self) -> None:
        """WCAG 2.0 to 2.2, A and AA, and best practices: axe finds nothing on this page.

        It only counts at first; what is wrong is worked out in full. Without script it cannot look.
        """
        if not self.has_script:
            return
        self.page.wait_for_load_state("domcontentloaded")
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(Axe().axe_script)
            self.page.evaluate(RULES)
        if self.page.evaluate(COUNT_VIOLATIONS):
            found = AxeResults(
                self.page.evaluate("axe.run({ resultTypes: ['violations'], rules: RULES })")
            )
            pytest.fail(f"{self.page.url}: {found.generate_report()}")

    def look_at(self, *paths: str) -> None:
        """Each page is accessible, nowhere too wide and has room for a thumb, on a phone and on a
        desk; ranges of numbers read forward.

        One page by day and the next by night; the other language the other way round. So with axe:
        two pages on a phone and the next two on a desk. What it judges is markup, which a width only
        hides, and colours, which a width does not change: between both languages a page is seen by
        it in each width and each light, and what all pages have in every combination of them.
        """
        for number, path in enumerate(paths):
            other = self.language == "en"
            scheme, looked_at = SCHEMES[(number + other) % 2], WIDTHS[(number // 2 + other) % 2]
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.go(path)
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 900})
                self.page.evaluate(SETTLED)
                if width == looked_at:
                    self.check_accessible()
                self.check_width()
                self.check_targets()
            assert self.page.evaluate(BACKWARD_RANGES) == [], self.page.url

    def check_width(self) -> None:
        """Nothing on this page makes it scroll sideways. Without script nobody can measure."""
        if not self.has_script:
            return
        # After a click the new document may stand there while it has no element yet.
        self.page.wait_for_load_state("domcontentloaded")
        assert self.page.evaluate(TOO_WIDE) == [], self.page.url

    def check_targets(self) -> None:
        """Whatever can be pressed on this page is as large as the law of `page_checks` says."""
        if self.has_script:
            small = self.page.evaluate(SMALL_TARGETS, [LEAST_TARGET, LEAST_OF_OFFICE])
            assert small == [], f"{self.page.url}: {small}"


class Visits:
    """Opens browser windows and closes them after the test."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.open_contexts: list[BrowserContext] = []

    def __call__(
        self,
        *,
        language: str,
        width: int = 1280,
        height: int = 900,
        script: bool = True,
        worker: bool = False,
    ) -> Visit:
        """A window. With `worker` it keeps pages for when there is no connection; else each page comes
        from the server, where a test sees and may hold what is asked for.
        """
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            locale="he-IL" if language == "he" else "en-US",
            timezone_id="Asia/Jerusalem",
            reduced_motion="reduce",
            service_workers="allow" if worker else "block",
            ignore_https_errors=TWO_NODES,  # nginx has a certificate of its own making
        )
        # A page that is well answers at once.
        longest = 20_000 * patience()
        context.set_default_timeout(longest)
        expect.set_options(timeout=longest)
        context.add_init_script(VIOLATIONS)
        self.open_contexts.append(context)
        page = context.new_page()
        visit = Visit(
            page=page, context=context, url=self.url, language=language, has_script=script
        )
        page.on("pageerror", lambda error: visit.failures.append(str(error)))
        page.on(
            "response",
            lambda answer: (
                visit.failures.append(f"{answer.status} {answer.url}")
                if answer.status >= 500
                else None
            ),
        )
        return visit


@pytest.fixture
def visits(
    browser: Browser, live_server: Any, served_twice: ServedTwice | None, shop: Shop
) -> Iterator[Visits]:
    opener = Visits(browser, served_twice.url if served_twice else str(live_server.url))
    yield opener
    for context in opener.open_contexts:
        context.close()
