"""What a browser measures on every page: how large the targets are, and how ranges of numbers read."""

from __future__ import annotations

# The law. A target is 44 × 44 pixels (WCAG 2.5.5, enhanced), less what rounding takes. In the
# office, whose tables are worked on with a mouse, it is 24 × 24 (WCAG 2.5.8, which is AA).
LEAST_TARGET, LEAST_OF_OFFICE = 43.5, 23.5

# Exempt is what WCAG exempts, and nothing else: a link in a sentence is as high as the sentence
# ("inline"); what nobody can see or press is no target. Measured is what a press hits: a label counts
# with its tick, a link that is stretched over its card by ::before or ::after counts with the card.
SMALL_TARGETS = """([least, leastOfOffice]) => {
    const shown = (e) => {
        const box = e.getBoundingClientRect();
        return e.checkVisibility({ visibilityProperty: true }) && box.width > 2 && box.height > 2
            && !e.closest("[hidden], [inert], .sr, .visually-hidden") && !e.disabled;
    };
    const words = (e) => e.textContent.replace(/\\s+/g, " ").trim();
    const inSentence = (e) => {
        if (e.tagName !== "A" || getComputedStyle(e).display !== "inline") return false;
        let box = e.parentElement;
        while (getComputedStyle(box).display === "inline") box = box.parentElement;
        const letters = (text) => (text.match(/\\p{L}/gu) || []).length;
        const ofLinks = [...box.querySelectorAll("a, button")].map((one) => letters(words(one)));
        return letters(words(box)) - ofLinks.reduce((sum, one) => sum + one, 0) > 3;
    };
    const stretches = (e) => ["::before", "::after"].map((name) => getComputedStyle(e, name))
        .filter((style) => style.content !== "none" && style.position === "absolute")
        .map((style) => ({ width: parseFloat(style.width), height: parseFloat(style.height) }));
    const target = (e) => {
        const label = e.matches("[type=checkbox], [type=radio], [type=file]")
            && (e.closest("label") || document.querySelector(`label[for="${CSS.escape(e.id)}"]`));
        const boxes = [e, label].filter(Boolean).map((one) => one.getBoundingClientRect());
        const largest = (name) => Math.max(...[...boxes, ...stretches(e)].map((b) => b[name]));
        return { width: largest("width"), height: largest("height") };
    };
    const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    return [...document.querySelectorAll(controls)]
        .filter((e) => {
            const most = e.closest(".office") && !e.closest("header.site") ? leastOfOffice : least;
            const box = target(e);
            return shown(e) && (box.width < most || box.height < most) && !inSentence(e);
        })
        .map((e) => {
            const box = target(e);
            return `${e.tagName} .${e.className} ${Math.round(box.width)} × ${Math.round(box.height)} `
                + words(e).slice(0, 30);
        });
}"""

# A dash between two numbers takes the direction of the sentence: in Hebrew the second comes first.
BACKWARD_RANGES = """() => {
    const range = /[^\\u2066]?[₪]?[0-9][0-9:.,]*\\s?[–—]\\s?[₪]?[0-9]/;
    const isolated = /\\u2066[^\\u2069]*\\u2069/g;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
        const text = texts.currentNode.data.replace(isolated, "");
        const around = texts.currentNode.parentElement;
        if (range.test(text) && getComputedStyle(around).direction === "rtl"
            && !around.closest("script, style, template")) found.push(text.trim().slice(0, 60));
    }
    return found;
}"""
