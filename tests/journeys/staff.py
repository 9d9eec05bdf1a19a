"""What pickers and managers do, step by step, with script and without."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from runtime.run.tests.conftest import patience
from tests.journeys.conftest import Visit


def sign_in(visit: Visit, email: str, password: str) -> None:
    visit.go("/account/login/")
    visit.page.locator("#id_email").fill(email)
    visit.page.locator("#id_password").fill(password)
    visit.page.locator("form#in button.big").click()


def claim(visit: Visit, number: str) -> None:
    """Take the order from the queue and open its picking screen."""
    row = visit.page.locator(f"#o-{number}")
    row.locator(".act button").click()
    if visit.has_script:
        row.locator(".act a.btn").click()
    visit.page.wait_for_url(f"**/ops/orders/{number}/pick/")


def answer(visit: Visit, act: Callable[[], None]) -> None:
    """Press something, and wait until its answer stands on the screen."""
    if not visit.has_script or not visit.page.evaluate("navigator.onLine"):
        act()
        return
    # What is pressed before the scripts are there is sent as a form, and no swap will come.
    visit.page.wait_for_load_state("load")
    visit.page.evaluate(
        """(most) => { window.answered = new Promise((done) => {
            document.body.addEventListener("htmx:afterSettle", () => done(), { once: true });
            setTimeout(done, most);  // a promise has no end of its own: what comes next judges it
        }) }""",
        10_000 * patience(),
    )
    act()
    visit.page.evaluate("() => window.answered")


def picked(visit: Visit, *, kg: str = "") -> None:
    """The thumb's answer for the line on the screen; `kg` is what the scale shows."""
    if kg:
        visit.page.locator("#kg").fill(kg)
    answer(visit, visit.page.locator("#picked").click)


def fewer(visit: Visit) -> None:
    visit.page.locator("#less").click()


def missing(visit: Visit, reason: str = "OUT_OF_STOCK") -> None:
    visit.page.locator("#thumb .btn.danger").click()
    answer(visit, visit.page.locator(f'#why-missing button[value="{reason}"]').click)


def without_substitute(visit: Visit) -> None:
    """Leave the offered substitutes alone."""
    answer(visit, visit.page.locator("#no-swap").click)


def give_instead(visit: Visit, *, how_many: int) -> str:
    """Take the first substitute offered; returns its name."""
    name = visit.page.locator("#swap label.choice b").first.inner_text()
    visit.page.locator("#swap-q").fill(str(how_many))
    answer(visit, visit.page.locator("#swap-go").click)
    return name


def wait_for_stored_substitutes(visit: Visit) -> None:
    """Until the page carries what it may need to offer without network."""
    visit.page.locator("template[data-swap]").first.wait_for(state="attached")


def scan(visit: Visit, code: str) -> None:
    visit.page.locator("#code").fill(code)
    answer(visit, lambda: visit.page.locator("#code").press("Enter"))


def scanner(visit: Visit, code: str) -> None:
    """A scanner types a code and Enter, wherever the focus happens to be."""
    visit.page.keyboard.type(code)
    answer(visit, lambda: visit.page.keyboard.press("Enter"))


def current(visit: Visit) -> str:
    return visit.page.locator("#what").inner_text()


def finish(visit: Visit, *, bags: int) -> None:
    visit.page.locator("#bags").fill(str(bags))
    visit.page.locator("form[data-finish] button").click()


def move(visit: Visit, number: str, to: str) -> None:
    """A manager's next step on the order's page."""
    visit.go(f"/ops/orders/{number}/")
    visit.page.locator(f'button[name="status"][value="{to}"]').click()
    expect(visit.page.locator(".notice.good")).to_be_visible()


def deliver(visit: Visit, number: str, *, note: str) -> None:
    """At the door: what is said there, instead of a photo."""
    visit.go(f"/ops/orders/{number}/")
    visit.page.locator("#door-note").fill(note)
    visit.page.locator("#door-note").press("Enter")
    expect(visit.page.locator(".notice.good")).to_be_visible()
