"""A person's keys: password, second factor, recovery codes, where they are signed in, and the office's
people. In both languages, on a phone and a desk, by day and night, by keyboard, and without script.
"""

from __future__ import annotations

import os

import pyotp
import pytest
from playwright.sync_api import expect

from accounts.models import Role, User
from accounts.tests.factories import PASSWORD, with_password
from tests.journeys.conftest import SCHEMES, SETTLED, TWO_NODES, WIDTHS, Visit, Visits
from tests.shop import Shop

WALK = [("he", True), ("en", False), ("en", True)]


def see(visit: Visit, name: str) -> None:
    """This page as it stands, which may be the answer to a form: on each screen, one page by day and the
    next by night, and in the other language the other way round.
    """
    if not visit.has_script:
        return
    page, number = visit.page, int(name.partition("-")[0])
    page.emulate_media(color_scheme=SCHEMES[(number + (visit.language == "en")) % 2])  # type: ignore[arg-type]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(SETTLED)
        visit.check_accessible()
        visit.check_width()
        visit.check_targets()
        if folder := os.environ.get("MAMI_SHOTS"):
            page.screenshot(path=f"{folder}/{visit.language}-{name}-{width}.png", full_page=True)


def type_and_send(visit: Visit, *fields: tuple[str, str]) -> None:
    """As somebody does who never touches a mouse."""
    for number, (name, text) in enumerate(fields):
        field = visit.page.locator(f"main #id_{name}")
        if number == 0:
            field.focus()
        expect(field).to_be_focused()
        visit.page.keyboard.type(text)
        if number < len(fields) - 1:
            visit.page.keyboard.press("Tab")
    with visit.page.expect_navigation():
        visit.page.keyboard.press("Enter")


def sign_in(visit: Visit, who: User) -> None:
    visit.go("/account/login/")
    visit.page.locator("main #id_email").fill(who.email)
    type_and_send(visit, ("password", PASSWORD))


@pytest.mark.skipif(TWO_NODES, reason="changes a setting of the process that serves")
@pytest.mark.parametrize(("language", "script"), WALK, ids=["he", "plain", "en"])
def test_a_managers_keys(visits: Visits, shop: Shop, settings, language: str, script: bool) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    mia = with_password(Role.ADMIN, language=language)
    visit = visits(language=language, script=script)
    visit.context.add_cookies(
        [{"name": visit.cookie("mami_language"), "value": language, "url": visit.url}]
    )
    page = visit.page
    sign_in(visit, mia)
    visit.go("/admin/")
    expect(page).to_have_url(f"{visit.url}/account/second-factor/")
    see(visit, "1-required")
    type_and_send(visit, ("current_password", "wrong"))
    expect(page.locator("#form-errors")).to_be_visible()
    see(visit, "2-wrong-password")
    type_and_send(visit, ("current_password", PASSWORD))
    expect(page.locator("img.qr")).to_be_visible()
    see(visit, "3-set-up")
    app = pyotp.TOTP(page.locator("main code").inner_text().replace(" ", ""))
    type_and_send(visit, ("code", "000000"))
    expect(page.locator("#form-errors")).to_be_visible()
    see(visit, "4-wrong-code")
    type_and_send(visit, ("code", app.now()))
    expect(page.locator("ul.codes li")).to_have_count(10)
    see(visit, "5-codes")
    code = page.locator("ul.codes li").first.inner_text()
    page.locator("main a.btn.big").click()
    see(visit, "6-on")
    visit.go("/account/security/")
    see(visit, "7-security")
    visit.go("/account/password/")
    expect(page.locator("main form")).to_contain_text("12")
    see(visit, "8-password")
    if script:
        visit.go("/admin/accounts/user/")
        see(visit, "9-people")
        visit.go(f"/admin/accounts/user/{with_password(Role.EMPLOYEE).pk}/change/")
        see(visit, "10-person")
    visit.context.clear_cookies(name=visit.cookie("sessionid"))
    sign_in(visit, mia)
    expect(page.locator("main #id_code")).to_be_visible()
    see(visit, "11-code")
    type_and_send(visit, ("code", code))
    visit.go("/account/security/")
    expect(page.locator("main section").first).to_be_visible()
    visit.check_clean()
