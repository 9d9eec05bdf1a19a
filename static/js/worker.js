// The shop without a connection. Pages come from the network first; the last public ones and the basket
// are kept, with the instant they are from, and shown when nothing answers. What is kept says so itself
// (offline.js). Nothing else is touched: no form, no part, nothing of an account, an order or the staff.
//
// MAMI stands before this file (mami.pages.machines): version, static, files, offline, mostPages, mostFiles.
/* global MAMI */
const PAGES = `mami-pages-${MAMI.version}`;
const FILES = `mami-files-${MAMI.version}`;
const PUBLIC = /^(\/en)?\/((aisles|products|offers|search|help|branches)\/.*)?$/;
const BASKET = "/cart/";
const WHOSE = /^\/account\/(login|logout|register|security\/everywhere|data\/erase)\//;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const SINCE = "X-Kept-At";
const BACK = { ignoreVary: true };

const isKept = (path) => path === BASKET || PUBLIC.test(path);
// The basket has one copy, whatever its address says.
const keyOf = (url) => (url.pathname === BASKET ? BASKET : url.pathname + url.search);

self.addEventListener("install", (event) => event.waitUntil(prepare()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function prepare() {
  const files = await caches.open(FILES);
  await files.addAll(MAMI.files);
  const pages = await caches.open(PAGES);
  for (const [language, path] of Object.entries(MAMI.offline)) {
    // As a stranger, so that nobody's basket stands on it.
    const answer = await fetch(path, { credentials: "omit", headers: { "Accept-Language": language } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    await pages.put(path, answer);
  }
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith("mami-") && name !== PAGES && name !== FILES) await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(forget());
  if (event.data === "take-over") event.waitUntil(takeOverWhenNobodyPays());
});

/** A new version waits for the next page, and for as long as anybody is at the checkout. */
async function takeOverWhenNobodyPays() {
  const open = await self.clients.matchAll({ includeUncontrolled: true });
  if (!open.some((one) => new URL(one.url).pathname.startsWith("/checkout/"))) await self.skipWaiting();
}

/** What was kept belonged to whoever was here. */
async function forget() {
  const pages = await caches.open(PAGES);
  const offline = Object.values(MAMI.offline);
  for (const request of await pages.keys()) {
    if (!offline.includes(new URL(request.url).pathname)) await pages.delete(request, BACK);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && WHOSE.test(url.pathname)) event.waitUntil(forget());
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    if (isKept(url.pathname)) event.respondWith(page(event, url));
  } else if (url.pathname.startsWith(MAMI.static)) {
    event.respondWith(file(event, url));
  }
});

async function page(event, url) {
  try {
    const answer = await fetch(event.request);
    if (answer.status === 200 && /^text\/html/.test(answer.headers.get("Content-Type"))) {
      event.waitUntil(keepPage(url, answer.clone()));
    }
    return answer;
  } catch (error) {
    const kept = await keptPage(url);
    if (kept) return kept;
    throw error;
  }
}

async function keepPage(url, answer) {
  const headers = new Headers(answer.headers);
  headers.set(SINCE, new Date().toISOString());
  const copy = new Response(await answer.blob(), { headers });
  const pages = await caches.open(PAGES);
  await pages.delete(keyOf(url), BACK); // the newest stands last
  await pages.put(keyOf(url), copy);
  const always = [BASKET, ...Object.values(MAMI.offline)];
  const others = (await pages.keys()).filter((one) => !always.includes(new URL(one.url).pathname));
  for (const oldest of others.slice(0, Math.max(0, others.length - MAMI.mostPages))) await pages.delete(oldest, BACK);
}

/** The page as it was, marked; in the other language where only that was seen; else that there is none. */
async function keptPage(url) {
  const pages = await caches.open(PAGES);
  const isEnglish = url.pathname.startsWith("/en/");
  const found = (await pages.match(keyOf(url), BACK)) || (isEnglish ? null : await pages.match(`/en${keyOf(url)}`, BACK));
  if (!found) return pages.match(MAMI.offline[isEnglish ? "en" : "he"], BACK);
  const since = found.headers.get(SINCE);
  const text = (await found.text()).replace("<html ", `<html data-kept="${since}" `);
  return new Response(text, { headers: found.headers });
}

async function file(event, url) {
  const files = await caches.open(FILES);
  const kept = await files.match(event.request, BACK);
  if (kept && HASHED.test(url.pathname)) return kept;
  try {
    const answer = await fetch(event.request);
    if (answer.status === 200) event.waitUntil(keepFile(files, event.request, answer.clone()));
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function keepFile(files, request, answer) {
  await files.put(request, answer);
  const all = await files.keys();
  for (const oldest of all.slice(0, Math.max(0, all.length - MAMI.mostFiles))) await files.delete(oldest, BACK);
}
