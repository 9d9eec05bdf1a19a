"""Nothing that is fixed on a phone's screen lies over the control that has the focus (WCAG 2.2, 2.4.11)."""

from __future__ import annotations

import os

import pytest

from tests.journeys.conftest import SETTLED, Goods, Visits
from tests.shop import Shop

# Each control is reached from above and from below, as Tab and Shift+Tab reach it.
COVERED = """() => {
    const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled
        && !e.closest("[hidden], [inert], .sr, .skip") && e.getBoundingClientRect().width > 2;
    const bars = [...document.querySelectorAll("body *")].filter((e) => seen(e)
        && ["fixed", "sticky"].includes(getComputedStyle(e).position)
        && e.getBoundingClientRect().width > innerWidth * 0.9);
    const found = new Set();
    for (const end of [0, document.documentElement.scrollHeight]) {
        for (const one of [...document.querySelectorAll(controls)].filter(seen)) {
            window.scrollTo(0, end);
            one.focus();
            if (document.activeElement !== one) continue;
            const box = one.getBoundingClientRect();
            if (box.bottom <= 0 || box.top >= innerHeight) found.add("out of sight: " + one.outerHTML.slice(0, 90));
            for (const bar of bars.filter((bar) => !bar.contains(one))) {
                const over = bar.getBoundingClientRect();
                const covered = Math.min(box.bottom, over.bottom) - Math.max(box.top, over.top);
                // A field of many lines is scrolled to the line that is written in.
                if (covered > (one.matches("textarea") ? box.height / 2 : 1)) found.add(`${bar.className} over ` + one.outerHTML.slice(0, 90));
            }
        }
    }
    return [...found];
}"""


@pytest.mark.parametrize(("width", "height", "language"), [(390, 844, "he"), (320, 568, "en")])
def test_no_bar_covers_what_has_the_focus(
    visits: Visits, shop: Shop, goods: Goods, width: int, height: int, language: str
) -> None:
    ada = shop.customer()
    shop.fill(ada, {goods.milk: 2, goods.bread: 3, goods.tomatoes: "1.5"})
    visit = visits(language=language, width=width, height=height)
    visit.enter(ada)
    found = {}
    for path in (
        "/", f"/aisles/{shop.category.slug}/", f"/products/{goods.milk.pk}/", "/cart/",
        "/checkout/", "/help/contact/", f"/branches/{shop.branch.code}/", "/account/profile/",
    ):  # fmt: skip
        visit.go(path)
        visit.page.evaluate(SETTLED)
        visit.check_targets()
        if folder := os.environ.get("MAMI_SHOTS"):
            name = path.strip("/").replace("/", "-") or "home"
            visit.page.screenshot(path=f"{folder}/{language}-{name}-{width}.png")
        if covered := visit.page.evaluate(COVERED):
            found[path] = covered
    assert found == {}
