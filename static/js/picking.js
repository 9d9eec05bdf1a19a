// Picking with bad reception. Every answer gets a name of its own (client_id), so that the server
// carries it out once however often it is sent. Without network, answers are kept in order on this
// device, the next line is shown from the page's own store, and all of them are sent when the
// network is back. What the server then refuses is listed, never dropped in silence.
const body = document.body;
const box = document.getElementById("picking-store");

if (box) start(box.dataset);

function start(words) {
  const key = `mami-picks-${words.order}`;
  const read = () => JSON.parse(localStorage.getItem(key) || "[]");
  const write = (list) => (list.length ? localStorage.setItem(key, JSON.stringify(list)) : localStorage.removeItem(key));
  const token = () => document.querySelector("#pick input[name=csrfmiddlewaretoken], #picking-store input")?.value;
  const screen = () => document.getElementById("pick");
  const isAnswer = (form) => form instanceof HTMLFormElement && form.dataset.answer;
  let sending = false;

  // -- one name for each answer, the same when htmx or the browser sends it again --------------------
  body.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt.dataset.answer) detail.parameters.client_id = newName();
  });

  // -- keep what cannot be sent ----------------------------------------------------------------------
  body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (elt.id === "no-swap" && (!navigator.onLine || read().length)) {
      event.preventDefault();
      nextLine();
      show();
    }
    if (!isAnswer(elt) || (navigator.onLine && !read().length)) return;
    event.preventDefault();
    keep(elt, requestConfig.parameters);
  });
  body.addEventListener("htmx:sendError", (event) => {
    const { elt, requestConfig } = event.detail;
    if (!isAnswer(elt)) return;
    event.stopImmediatePropagation();
    keep(elt, requestConfig.parameters);
  }, true);

  function keep(form, given) {
    if (form.id === "swap") {
      keepSwap(form, given);
      return;
    }
    const value = (name) => given[name] || "";
    const item = Number(form.dataset.answer);
    let status = value("picked_status");
    if (form.matches(".scan-row")) {
      status = scanned(form, value("barcode"));
      if (!status) return;
    }
    const answer = {
      client_id: value("client_id") || newName(),
      item_id: item,
      picked_status: status,
      picked_quantity: value("picked_quantity"),
      reason: value("reason"),
      seen_status: seen(item, form),
      seen_version: waiting(item) ? "" : value("seen_version"),
    };
    if (form.matches(".scan-row") && status === "PICKED" && labelled(value("barcode"))) answer.picked_quantity = labelled(value("barcode"));
    if (status === "PICKED" && !plausible(answer.picked_quantity)) return;
    write([...read(), answer]);
    document.getElementById("why-missing")?.hidePopover?.();
    show();
    if (!offerSwap(item, answer)) nextLine();
  }

  // -- what to give instead, from the page's own store -----------------------------------------------
  function keepSwap(form, given) {
    const value = (name) => given[name] || "";
    const item = Number(form.dataset.answer);
    const kg = Number(value("quantity").replace(",", "."));
    const most = Number(form.dataset.most || form.elements.quantity.max);
    if (!value("product") && !value("barcode").trim()) refuse(words.choose);
    else if (form.elements.agreed && !value("agreed")) refuse(words.callFirst);
    else if (!(kg > 0 && kg <= most)) {
      form.elements.quantity.setAttribute("aria-invalid", "true");
      form.elements.quantity.focus();
    } else {
      const names = ["product", "barcode", "quantity", "agreed"];
      const answer = { client_id: value("client_id") || newName(), item_id: item, picked_status: "SWAP", seen_status: seen(item, form), seen_version: waiting(item) ? "" : value("seen_version") };
      for (const name of names) answer[name] = value(name);
      write([...read(), answer]);
      show();
      nextLine();
    }
  }

  function offerSwap(item, { picked_status: status, picked_quantity: found }) {
    const page = box.querySelector(`template[data-swap="${item}"]`);
    if (!page || !["MISSING", "PICKED"].includes(status)) return false;
    const copy = page.content.cloneNode(true);
    for (const product of missingProducts()) copy.querySelector(`[name=product][value="${product}"]`)?.closest("label").remove();
    const choices = [...copy.querySelectorAll("[name=product]")];
    if (!choices.length) return false;
    if (!choices.some((one) => one.hasAttribute("checked"))) choices[0].setAttribute("checked", "");
    const quantity = copy.querySelector("[name=quantity]");
    if (status === "PICKED") {
      const left = Number(quantity.max) - Number(found);
      if (!quantity.max || !(left > 0)) return false; // found whole, or weighed
      quantity.max = quantity.value = String(left);
      copy.querySelector("[data-asked]").remove();
    }
    clear();
    document.getElementById("offline").after(copy.querySelector("#now"));
    htmx.process(screen());
    document.getElementById("now").focus();
    window.scrollTo(0, 0);
    return true;
  }

  // What was found missing on this very walk is not offered for another line.
  const missingProducts = () =>
    [...box.querySelectorAll("template[data-item]")]
      .filter(({ dataset }) => seen(Number(dataset.item)) === "MISSING")
      .map(({ dataset }) => dataset.product);

  const clear = () => ["now", "thumb", "why-missing"].forEach((id) => document.getElementById(id)?.remove());

  // What the answer was given to: the last answer that waits, a substitute aside; else what the page says.
  const seen = (item, form) =>
    read().findLast((one) => one.item_id === item && one.picked_status !== "SWAP")?.picked_status || form?.dataset.seen || "PENDING";

  const waiting = (item) => read().findLast((one) => one.item_id === item);

  function plausible(quantity) {
    const field = document.getElementById("kg");
    if (!field) return true;
    const kg = Number(quantity.replace(",", "."));
    const fine = kg > 0 && kg <= Number(field.dataset.most);
    field.setAttribute("aria-invalid", String(!fine));
    if (!fine) refuse(document.getElementById("kg-h").textContent);
    return fine;
  }

  function scanned(form, code) {
    const now = document.getElementById("now");
    const bare = code.replace(/\s+/g, "").toUpperCase().replace(/^0+/, "");
    const codes = now.dataset.codes.split(" ");
    if (bare && (codes.includes(bare) || (labelled(code) && codes.includes(`${bare.slice(0, 7)}*`)))) {
      if (!document.getElementById("kg") || labelled(code)) return "PICKED";
      form.elements.barcode.value = "";
      toScale(now.dataset.right);
      return "";
    }
    refuse(words.wrong);
    return "";
  }

  // The kilograms on a label of the shop's own scales (21, item, grams), "" on any other code.
  function labelled(code) {
    const [, grams] = code.replace(/\s+/g, "").match(/^0?21\d{5}(\d{5})\d$/) || [];
    return Number(grams) > 0 && document.getElementById("kg") ? String(Number(grams) / 1000) : "";
  }

  function toScale(text) {
    const now = document.getElementById("now");
    now.querySelector("[data-scanned], [data-refused]")?.remove();
    const notice = document.createElement("p");
    notice.className = "notice good";
    notice.setAttribute("role", "status");
    notice.dataset.scanned = "";
    notice.textContent = text;
    now.prepend(notice);
    weigh();
  }

  function refuse(text) {
    const now = document.getElementById("now");
    now.querySelector("[data-refused]")?.remove();
    const notice = document.createElement("p");
    notice.className = "notice bad";
    notice.setAttribute("role", "alert");
    notice.dataset.refused = "";
    notice.textContent = text;
    now.prepend(notice);
    navigator.vibrate?.([120, 60, 120]);
  }

  // -- without network the next line comes from the page itself ----------------------------------------
  function nextLine() {
    const answered = new Map(read().map((one) => [one.item_id, one.picked_status]));
    const pages = [...box.querySelectorAll("template[data-item]")];
    const pending = screen().dataset.pending.split(" "); // as the server saw it last
    const next = pages.find(({ dataset: { item } }) => (answered.get(Number(item)) || (pending.includes(item) && "PENDING")) === "PENDING");
    clear();
    if (next) {
      const copy = next.content.cloneNode(true);
      document.getElementById("offline").after(copy.querySelector("#now"));
      screen().append(copy.querySelector("#thumb"), copy.querySelector("#why-missing"));
      htmx.process(screen());
    } else {
      const done = document.createElement("p");
      done.id = "now";
      done.className = "notice";
      done.textContent = words.allKept;
      document.getElementById("offline").after(done);
    }
    window.scrollTo(0, 0);
  }

  // -- the strip ----------------------------------------------------------------------------------------
  function show() {
    const kept = read().length;
    const strip = document.getElementById("offline");
    if (!strip) return;
    strip.hidden = navigator.onLine && !kept;
    for (const line of screen().querySelectorAll("[data-line]")) line.hidden = Boolean(waiting(Number(line.dataset.line)));
    strip.querySelector("[data-words]").textContent = kept ? `${words.noSignal} ${words.kept} ${kept}` : words.noSignal;
  }

  // -- send when the network is back -----------------------------------------------------------------------
  async function send() {
    const list = read();
    if (sending || !list.length || !navigator.onLine) return;
    sending = true;
    try {
      const response = await fetch(words.replay, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
        body: JSON.stringify({ answers: list }),
      });
      if (!response.ok) return;
      const { results } = await response.json();
      const done = new Set(results.map((one) => one.client_id));
      const refused = results.filter((one) => one.refused);
      const named = refused.map((one) => {
        const item = list.find((kept) => kept.client_id === one.client_id)?.item_id;
        const name = box.querySelector(`template[data-item="${item}"]`)?.dataset.name || "";
        return `${name}: ${one.refused}`;
      });
      write(read().filter((one) => !done.has(one.client_id)));
      await htmx.ajax("GET", words.screen, { target: "#pick", swap: "outerHTML" });
      if (named.length) conflicts(named);
    } catch {
      // Still no network: they stay where they are.
    } finally {
      sending = false;
      show();
    }
  }

  function conflicts(lines) {
    const notice = document.createElement("div");
    notice.className = "notice warn";
    notice.setAttribute("role", "alert");
    const text = notice.appendChild(document.createElement("div"));
    text.appendChild(document.createElement("p")).textContent = words.conflicts;
    const list = text.appendChild(document.createElement("ul"));
    for (const line of lines) list.appendChild(document.createElement("li")).textContent = line;
    document.getElementById("offline").after(notice);
  }

  // -- one more, one less: at once, without asking the server -------------------------------------------------
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#less, #more");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    const most = Number(document.getElementById("thumb").dataset.most);
    const output = document.getElementById("found");
    const found = Math.min(most, Math.max(1, Number(output.value) + (button.id === "more" ? 1 : -1)));
    output.value = String(found);
    for (const field of screen().querySelectorAll("input[name=picked_quantity]")) field.value = String(found);
    document.getElementById("less").disabled = found <= 1;
    document.getElementById("more").disabled = found >= most;
  }, true);

  // -- a scanner types where nobody looks: its code goes to the code's field, its Enter presses nothing else ----
  document.addEventListener("keydown", (event) => {
    const field = document.getElementById("code") || document.getElementById("swap-code");
    const isText = event.key.length === 1 && event.key !== " " && !(event.ctrlKey || event.metaKey || event.altKey);
    if (field && isText && !event.target.closest("input, textarea, select, dialog")) field.focus();
  });

  // -- a barcode is never a weight: what a scanner types into the weight goes to the code's field --------------
  const LONGEST_WEIGHT = 6;
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("#kg, #swap-q");
    const typed = field && event.key === "Enter" ? codeIn(field.value.trim()) : "";
    if (!typed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    field.value = "";
    const code = document.getElementById(field.id === "kg" ? "code" : "swap-code");
    code.value = typed;
    if (field.id === "kg") code.form.requestSubmit();
  }, true);

  // The code at the end of what stands in the weight, behind what a hand had typed there already.
  function codeIn(text) {
    const [digits] = text.length > LONGEST_WEIGHT ? text.match(/\d{8,}$/) || [] : [];
    if (!digits) return "";
    const ends = [13, 14, 12, 8].filter((n) => n <= digits.length).map((n) => digits.slice(-n));
    const codes = document.getElementById("now").dataset.codes?.split(" ") || [];
    const fits = (end) => [...end].reverse().reduce((sum, digit, n) => sum + Number(digit) * (n % 2 ? 3 : 1), 0) % 10 === 0;
    return ends.find((end) => codes.includes(end.replace(/^0+/, ""))) || ends.find(fits) || digits;
  }

  // -- a right scan of weighed goods: a sign to see and to hear, and the empty weight has the focus -------------
  function weigh() {
    const field = document.getElementById("kg");
    if (!field) return;
    field.value = "";
    field.focus();
    sound();
  }
  body.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
    if (elt.querySelector?.("[data-scanned]")) weigh();
  });

  // -- picking does not end while answers are still on the device ----------------------------------------------
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-finish]") || (navigator.onLine && !read().length)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse(words.finishLater);
    send();
  }, true);

  window.addEventListener("online", send);
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  body.addEventListener("htmx:afterSettle", show);
  setInterval(send, 5000);
  if (document.activeElement === body) screen().querySelector("button[data-focus]")?.focus({ preventScroll: true });
  if (read().length) nextLine();
  show();
  send();
  fetch(words.swaps)
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then((text) => box.insertAdjacentHTML("beforeend", text))
    .catch(() => 0); // without them a missing line is just missing
}

function sound() {
  navigator.vibrate?.(60);
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    tone.frequency.value = 880;
    tone.connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.09);
    tone.onended = () => audio.close();
  } catch {
    // No sound on this device: the words and the focus say it.
  }
}

function newName() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // pages without HTTPS have no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
