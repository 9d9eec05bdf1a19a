// The staff screens' own script: polling that does not pull the list from under a hand, and a buzz.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  const polls = elt.matches("[data-poll]") && requestConfig.triggeringEvent === undefined;
  if (polls && (document.hidden || elt.contains(document.activeElement))) event.preventDefault();
});

// A refused scan is felt as well as seen.
document.body.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  if (elt.querySelector?.("[data-refused]")) navigator.vibrate?.([120, 60, 120]);
});

document.body.addEventListener("click", ({ target }) => target.closest("[data-print]") && window.print());
