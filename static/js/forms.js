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

function forgive(field) {
  field.removeAttribute("aria-invalid");
  const message = document.getElementById(`${field.id}-error`);
  const described = (field.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && id !== message?.id);
  if (described.length) field.setAttribute("aria-describedby", described.join(" "));
  else field.removeAttribute("aria-describedby");
  message?.remove();
  const summary = document.getElementById("form-errors");
  for (const link of summary?.querySelectorAll(`a[href="#${CSS.escape(field.id)}"]`) || []) link.closest("li")?.remove();
  const left = summary?.querySelectorAll("li").length;
  const heading = summary?.querySelector("h2[data-one]");
  if (left === 0) summary.remove();
  else if (heading) heading.textContent = left === 1 ? heading.dataset.one : heading.textContent.replace(/\d+/, left);
}

/** Remembers what was refused. A quick hand may have put it right before this script came. */
function note(root) {
  for (const field of root.querySelectorAll('[aria-invalid="true"]')) {
    if ("was" in field.dataset) continue;
    field.dataset.was = field.defaultValue ?? field.value;
    look({ target: field });
  }
}

function look({ target }) {
  if (target.getAttribute?.("aria-invalid") !== "true" || !target.id) return;
  if (target.value !== target.dataset.was && satisfied(target)) forgive(target);
}

/** The line of a fold says what stands in its fields, also after that was changed. */
function say({ target }) {
  const said = target.closest?.("details")?.querySelector(":scope > summary .said");
  if (!said) return;
  const fields = [...said.closest("details").querySelectorAll("select, input:not([type]), input[type=text]")];
  const words = fields.map((field) => (field.selectedOptions?.[0]?.textContent ?? field.value).trim());
  said.textContent = words.filter(Boolean).join(" · ");
}

note(document);
document.addEventListener("htmx:afterSettle", ({ target }) => note(target));
document.addEventListener("input", look);
document.addEventListener("input", say);
document.addEventListener("change", say);
document.addEventListener("change", look); // selects, and what a browser fills in by itself
