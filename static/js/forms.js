// A refused field's message leaves as soon as the field is put right; it never comes while typing.
// Without this script the messages leave at the next submit.

const form = (field) => field.form || document;

/** Whether what stands in the field would be taken: asked of the browser, and of what it must repeat. */
function satisfied(field) {
  const { validity, value } = field;
  const missing = field.required || wasMissing(field) ? value.trim() === "" : false;
  const other = field.dataset.matches && form(field).querySelector(`[name="${field.dataset.matches}"]`);
  const unlike = other && other.value !== value;
  const short = field.minLength > 0 && value.length < field.minLength;
  return !missing && !unlike && !short && !validity.typeMismatch && !validity.patternMismatch && !validity.badInput;
}

/** A field refused while it was empty was refused for that, whatever its markup says. */
function wasMissing(field) {
  return field.dataset.was === "";
}

/** Takes the messages of a field away, and what points to them. */
function clear(field) {
  field.removeAttribute("aria-invalid");
  const ids = (field.getAttribute("aria-describedby") || "").split(" ").filter(Boolean);
  const others = ids.filter((id) => !id.endsWith("-error"));
  if (others.length) field.setAttribute("aria-describedby", others.join(" "));
  else field.removeAttribute("aria-describedby");
  for (const id of [...ids, `${field.id}-error`]) if (id.endsWith("-error")) document.getElementById(id)?.remove();
}

function forgive(field) {
  const panel = field.closest(".panel.wrong");
  clear(field);
  if (panel && !isWrong(panel)) panel.classList.remove("wrong");
  shorten(field.id);
}

const isWrong = (part) => part.querySelector('[aria-invalid="true"], .error') !== null;

/** The summary loses the lines of what is put right: of that field, and of parts with nothing wrong in them. */
function shorten(id) {
  for (const summary of document.querySelectorAll("#form-errors, #refusals")) {
    for (const link of summary.querySelectorAll('li a[href^="#"]:not([data-stays])')) {
      const name = link.hash.slice(1);
      const part = document.getElementById(name);
      const isPart = summary.id === "refusals" && part && !part.matches("input, select, textarea");
      if (name === id || (isPart && !isWrong(part))) link.closest("li").remove();
    }
    const left = summary.querySelectorAll("li").length;
    const heading = summary.querySelector("h2[data-one]");
    if (left === 0) summary.remove();
    else if (heading) heading.textContent = left === 1 ? heading.dataset.one : heading.textContent.replace(/\d+/, left);
  }
}

/** One of several was chosen: that none was, or a wrong one, is no mistake any more. */
function chosen(radio) {
  const group = radio.closest("fieldset");
  const same = group ? [group, ...group.querySelectorAll(`input[name="${CSS.escape(radio.name)}"]`)] : [];
  for (const one of same) if (/-error/.test(one.getAttribute("aria-describedby"))) forgive(one);
}

/** Remembers what was refused. A quick hand may have put it right before this script came. */
function note(root) {
  for (const field of root.querySelectorAll('[aria-invalid="true"]')) {
    if ("was" in field.dataset) continue;
    field.dataset.was = field.defaultValue ?? field.value;
    if (field.type !== "radio") look({ target: field });
  }
}

function look({ target }) {
  if (target.type === "radio") chosen(target);
  if (target.getAttribute?.("aria-invalid") !== "true" || !target.id) return;
  if (target.value !== target.dataset.was && satisfied(target)) forgive(target);
}

/** The line of a fold says what stands in its fields, also after that was changed. */
function say({ target }) {
  const said = target.closest?.("details")?.querySelector(":scope > summary [data-says]");
  if (!said) return;
  const fields = [...said.closest("details").querySelectorAll("select, input:not([type]), input[type=text]")];
  const words = fields.map((field) => (field.selectedOptions?.[0]?.textContent ?? field.value).trim());
  said.textContent = words.filter(Boolean).join(" · ");
}

note(document);
document.addEventListener("htmx:afterSettle", ({ target }) => {
  note(target);
  shorten("");
});
document.addEventListener("input", look);
document.addEventListener("input", say);
document.addEventListener("change", say);
document.addEventListener("change", look); // selects, and what a browser fills in by itself
