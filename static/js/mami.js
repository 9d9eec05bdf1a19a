// The little script the shop needs where HTML cannot do it alone. Everything works without it.
const body = document.body;

// -- Toasts: HX-Trigger: {"toast": {"text": "…", "level": "bad"}} -----------------------------------
const toasts = document.getElementById("toasts");

function toast({ text, level, action, url }) {
  if (!text || !toasts) return;
  const box = document.createElement("div");
  box.className = level === "bad" ? "toast bad" : "toast";
  box.append(text);
  if (action && url) {
    const link = document.createElement("a");
    link.className = "btn quiet";
    link.href = url;
    link.textContent = action;
    box.append(link);
  }
  const close = document.createElement("button");
  close.className = "btn quiet";
  close.type = "button";
  close.textContent = body.dataset.dismiss;
  close.addEventListener("click", () => box.remove());
  box.append(close);
  // An open modal dialog makes everything outside it inert: speak inside it.
  const modal = document.querySelector("dialog:modal");
  const home = modal ? modal.querySelector(".toasts") || modal.appendChild(toasts.cloneNode(false)) : toasts;
  home.replaceChildren(...[...home.children].slice(-2), box);
  setTimeout(() => box.matches(":hover, :focus-within") || box.remove(), 6000);
}

body.addEventListener("toast", (event) => {
  const given = event.detail;
  for (const one of Array.isArray(given.value) ? given.value : [given]) toast(one.value || one);
});
body.addEventListener("htmx:sendError", () => toast({ text: body.dataset.offline, level: "bad" }));
body.addEventListener("htmx:timeout", () => toast({ text: body.dataset.offline, level: "bad" }));
body.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  if (!/toast/.test(xhr.getResponseHeader("HX-Trigger") || "")) toast({ text: body.dataset.failed, level: "bad" });
});

// Addresses of filtered shelves carry no empty fields.
body.addEventListener("htmx:configRequest", ({ detail: { verb, formData } }) => {
  if (verb !== "get") return;
  for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
});

// -- Dialogs ----------------------------------------------------------------------------------------
const drawer = document.getElementById("drawer");

body.addEventListener("open-drawer", () => drawer.open || drawer.showModal());
body.addEventListener("close-drawer", () => drawer.close());
drawer?.addEventListener("close", () => {
  // The link that opened it may have been replaced by a change made inside.
  const at = document.activeElement;
  if (!at || at === body || drawer.contains(at)) document.getElementById("basket-link")?.focus();
});
body.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.open);
    if (dialog && !dialog.open) {
      dialog.showModal();
      event.preventDefault();
    }
  }
  const closer = event.target.closest("[data-close]");
  if (closer && closer.closest("dialog")) {
    closer.closest("dialog").close();
    event.preventDefault();
  }
  if (event.target instanceof HTMLDialogElement && event.target.matches(":modal")) event.target.close(); // the backdrop
});

// -- Focus stays where the hand is --------------------------------------------------------------------
let swappedFocus = false;

body.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  swappedFocus = target.contains(document.activeElement);
  for (const fold of target.querySelectorAll("details[id]")) folds.set(fold.id, fold.open);
});
body.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  const lost = !document.activeElement || document.activeElement === body;
  // Asked of the whole page: the parts out of band settle first, and each asks once.
  const wanted = document.querySelector("[data-focus]");
  if (wanted && (lost || wanted.matches('[role="alert"]'))) take(wanted);
  else if (swappedFocus && lost && elt.closest?.("main, dialog")) {
    take(elt.querySelector("button:last-of-type:not([tabindex='-1'])") || elt.querySelector("a, input"));
  }
});

function take(element) {
  element?.removeAttribute("data-focus");
  element?.focus({ preventScroll: element.getAttribute("role") !== "alert" });
  swappedFocus = false;
}
take(document.querySelector('[role="alert"][data-focus]')); // a refused form without HTMX

// Folds that the reader opened or closed keep their state over a swap; one with a mistake in it is open.
const folds = new Map();
body.addEventListener("toggle", ({ target }) => target.id && target instanceof HTMLDetailsElement && folds.set(target.id, target.open), true);
body.addEventListener("htmx:oobAfterSwap", ({ detail: { target } }) => keepFolds(target));
body.addEventListener("htmx:afterSwap", ({ detail: { target } }) => keepFolds(target));
const hasMistake = (fold) => fold.querySelector('[aria-invalid="true"], .error') !== null;
function keepFolds(root) {
  for (const fold of document.querySelectorAll("details[id]")) if (folds.has(fold.id)) fold.open = folds.get(fold.id) || hasMistake(fold);
}

// -- Suggestions: a listbox under the search field ----------------------------------------------------
const field = document.getElementById("q");
const list = document.getElementById("suggestions");

if (field && list) {
  const options = () => [...list.querySelectorAll('[role="option"]')];
  const show = (open) => {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) choose(null);
  };
  const choose = (option) => {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };
  list.addEventListener("htmx:afterSwap", () => show(options().length > 0 && document.activeElement === field));
  field.addEventListener("input", () => field.value.trim() || show(false));
  field.addEventListener("focus", () => options().length && field.value.trim() && show(true));
  field.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Escape" && !list.hidden) {
      show(false);
      event.preventDefault();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
      if (list.hidden) show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step] || null);
      event.preventDefault();
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      window.location.assign(all[at].href);
      event.preventDefault();
    }
  });
  document.addEventListener("pointerdown", (event) => list.contains(event.target) || event.target === field || show(false));
  field.closest("form").parentElement.addEventListener("focusout", (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setTimeout(() => show(false), 150);
  });
}

// -- The chosen shelf of a row of chips is in sight ------------------------------------------------------
for (const row of document.querySelectorAll(".scroll-chips, .days")) {
  const current = row.querySelector("[aria-current], :checked");
  if (current) row.scrollLeft += current.getBoundingClientRect().left - row.getBoundingClientRect().left - row.clientWidth / 3;
}

// -- Keys: / goes to the search field -------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog:modal")) return;
  field?.focus();
  event.preventDefault();
});

// -- A second press of a slow button sends nothing twice (the server is safe anyway) ----------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent && "once" in form.dataset) event.preventDefault();
  else if ("once" in form.dataset) form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// -- Copying a link: the button shows itself where the browser can ---------------------------------
if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    toast({ text: button.dataset.copied });
  });
}
