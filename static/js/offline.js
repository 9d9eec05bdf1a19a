// Lets the browser keep what was seen, and says so on a page that is shown without a connection.
const root = document.documentElement;
const LOCK = "button, input, select, textarea";

if ("serviceWorker" in navigator) {
  addEventListener("load", async () => {
    try {
      const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
      // A new version that waits may take over now: this is the next page.
      registration.waiting?.postMessage("take-over");
    } catch {
      // Without it the shop is as it was: it needs a connection.
    }
  });
  document.addEventListener("submit", (event) => {
    if (/\/account\/logout\/$/.test(event.target.action)) navigator.serviceWorker.controller?.postMessage("forget");
  });
}

/** The hour, and the day where it is another one. */
function told(instant) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  const another = instant.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "numeric" };
  return new Intl.DateTimeFormat(root.lang === "en" ? "en-GB" : "he-IL", { ...another, ...options }).format(instant);
}

function showKept() {
  const bar = document.createElement("div");
  bar.className = "kept-bar";
  bar.setAttribute("role", "status");
  const hour = document.createElement("bdi");
  hour.dir = "ltr";
  hour.textContent = told(new Date(root.dataset.kept));
  const [before, after] = document.body.dataset.keptWords.split("{hour}");
  bar.append(before, hour, after || "");
  document.body.prepend(bar);
  for (const control of document.querySelectorAll(LOCK)) control.disabled = true;
  // Links lead to other pages that were kept, and not to parts, which nobody keeps.
  document.addEventListener(
    "click",
    (event) => event.target.closest("a[hx-get]") && event.stopImmediatePropagation(),
    true,
  );
  comeBack();
}

/** The page anew once the shop answers: not at a mere word of the network, and not under whoever is leaving. */
function comeBack() {
  let leaving = false;
  addEventListener("beforeunload", () => (leaving = true));
  addEventListener("pageshow", () => (leaving = false));
  addEventListener("online", async () => {
    try {
      await fetch(location.href, { method: "HEAD", cache: "no-store" });
    } catch {
      return;
    }
    if (!leaving) location.reload();
  });
}

if (root.dataset.kept) showKept();
