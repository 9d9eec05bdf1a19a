// The city completes while one types: arrows, Enter, and what was chosen is said. Without this script the
// browser completes from the <datalist>.

const FEW = 8;

/** Turn a field with a list into a combobox that asks `data-places`. */
function complete(field) {
  if (field.dataset.ready) return;
  field.dataset.ready = "1";
  const words = document.getElementById(field.getAttribute("list"))?.dataset || {};
  field.removeAttribute("list");
  const list = document.createElement("div");
  const said = document.createElement("span");
  list.id = `${field.id}-places`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.label || "");
  said.className = "sr";
  said.setAttribute("role", "status");
  field.after(list, said);
  for (const [name, value] of [
    ["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-autocomplete", "list"], ["autocomplete", "off"],
  ]) field.setAttribute(name, value);

  const options = () => [...list.children];
  const show = (open) => {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    if (!open) mark(null);
  };
  const mark = (option) => {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };
  const choose = (option) => {
    const { name, served } = option.dataset;
    field.value = name;
    asked = name;
    show(false);
    said.textContent = ((served ? words.served : words.unserved) || "{place}").replace("{place}", name);
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  };

  let asked = field.value.trim();
  let waiting = 0;
  const ask = async () => {
    const text = field.value.trim();
    asked = text;
    if (!text) return show(false);
    if (document.activeElement !== field) return;
    const url = `${field.dataset.places}?limit=${FEW}&q=${encodeURIComponent(text)}`;
    // Read to its end even when nobody wants it any more: the connection is free only then.
    const data = await fetch(url, { headers: { "Accept-Language": document.documentElement.lang } })
      .then((answer) => answer.json())
      .then((body) => body.data)
      .catch(() => null);
    if (!data || asked !== text || document.activeElement !== field) return;
    list.replaceChildren(...data.map((place, at) => option(place, at)));
    show(data.length > 0);
  };
  const option = (place, at) => {
    const row = document.createElement("div");
    row.id = `${list.id}-${at}`;
    row.className = "place";
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    row.dataset.name = place.name;
    if (place.is_served) row.dataset.served = "1";
    const name = document.createElement("bdi");
    name.textContent = place.name;
    row.append(name);
    if (!place.is_served && words.note) {
      const note = document.createElement("small");
      note.className = "muted";
      note.textContent = ` ${words.note}`;
      row.append(note);
    }
    return row;
  };

  field.addEventListener("input", () => {
    if (field.value.trim() === asked) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 150);
  });
  field.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "Escape" && !list.hidden) show(false);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
      if (list.hidden) show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step] || null);
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) choose(all[at]);
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const row = event.target.closest('[role="option"]');
    if (row) choose(row);
  });
  field.addEventListener("blur", () => show(false));
}

const all = (root) => root.querySelectorAll?.("[data-places]").forEach(complete);
all(document);
document.addEventListener("htmx:afterSettle", ({ target }) => all(target));
