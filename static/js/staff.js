// The staff screens' own script: polling that does not pull the list from under a hand, and a buzz.
const polls = ({ elt, requestConfig }) => elt.matches("[data-poll]") && requestConfig.triggeringEvent === undefined;
const rows = () => [...document.querySelectorAll("#queue > li")];
let place = null;

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (polls(event.detail) && (document.hidden || event.detail.elt.matches(":active"))) event.preventDefault();
});

// A refreshed list stands where it stood: the row that was on top stays there. Focus stays on the
// control it was on (htmx sees to that, by id), or on the row that took the place of one that left.
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  place = null;
  if (!polls(detail)) return;
  const first = rows().find((row) => row.getBoundingClientRect().bottom > 0);
  place = {
    id: first?.id,
    top: first?.getBoundingClientRect().top,
    at: rows().findIndex((row) => row.contains(document.activeElement)),
  };
});
document.body.addEventListener("htmx:afterSwap", () => {
  if (!place) return;
  const { id, top, at } = place;
  place = null;
  const row = document.getElementById(id);
  if (row && window.scrollY) window.scrollBy(0, row.getBoundingClientRect().top - top);
  if (at >= 0 && document.activeElement === document.body) rows().at(Math.min(at, rows().length - 1))?.querySelector("a")?.focus({ preventScroll: true });
});

// A refresh that fails is no news every time: the list says from when it is, until one succeeds.
for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(failed, (event) => {
    if (!polls(event.detail)) return;
    event.stopImmediatePropagation();
    const told = document.getElementById("refreshed");
    if (!told || told.classList.contains("stale")) return;
    told.setAttribute("role", "status");
    told.classList.add("stale");
    told.querySelector("span").textContent = told.dataset.stale;
  }, true);
}

// A refused scan is felt as well as seen.
document.body.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  if (elt.querySelector?.("[data-refused]")) navigator.vibrate?.([120, 60, 120]);
});

document.body.addEventListener("click", ({ target }) => target.closest("[data-print]") && window.print());
