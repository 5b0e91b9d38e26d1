// What a browser adds to pages that work without it: keys, the viewer's own clock, copy on click, the theme.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

function announce(words) {
  const region = $("#announce");
  if (region) { region.textContent = ""; requestAnimationFrame(() => { region.textContent = words; }); }
}

// What went wrong is said where everybody sees it, until something goes right.
function complain(...parts) {
  const note = $("#problem");
  if (!note) return;
  note.replaceChildren(...parts);
  note.hidden = false;
}

// Whoever is signed out is told so, once, and keeps the page; what asks by itself waits until something is answered.
let signedOut = false;
function tellSignedOut(login) {
  signedOut = true;
  complain("You are signed out. ", Object.assign(document.createElement("a"), { href: login, textContent: "Sign in" }));
}

// Times: the viewer's zone in the text, UTC on hover.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

function localTime(element) {
  const at = new Date(element.dateTime);
  if (isNaN(at)) return;
  const now = new Date();
  const date = at.toDateString() === now.toDateString() ? "today" : (at.getFullYear() === now.getFullYear() ? day : dayAndYear).format(at);
  element.textContent = `${date} ${clock.format(at)}`;
}

async function copy(element) {
  const text = element.dataset.copy ?? "";
  try { await navigator.clipboard.writeText(text); announce(`Copied ${element.dataset.what || "text"}`); flash(element, "copied"); }
  catch { announce("The browser refused to copy; select the text instead"); flash(element, "not copied"); }
}

// A file that a link leads to is copied; where the browser refuses, the link is followed.
async function copyFrom(link) {
  try {
    const answer = await fetch(link.href);
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    await navigator.clipboard.writeText(await answer.text());
    announce(`Copied ${link.dataset.what}`);
    flash(link, "Copied");
  } catch { location.assign(link.href); }
}

function flash(element, words) {
  const before = element.textContent;
  element.textContent = words;
  setTimeout(() => { if (element.textContent === words) element.textContent = before; }, 900);
}

function enhance(root) {
  $$("[data-announce]", root).forEach((element) => announce(element.textContent));
  markSelected(root);
  $$("time[datetime]", root).forEach(localTime);
  $$("[data-copy]:not([role], button)", root).forEach((element) => {
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", `Copy ${element.dataset.what || "text"} ${element.textContent}`);
    element.tabIndex = 0;
  });
  $$("a[data-unfold]:not([aria-expanded])", root).forEach((link) => link.setAttribute("aria-expanded", "false"));
  $$("[data-open][hidden], [data-needs-script][hidden]", root).forEach((element) => { element.hidden = false; });
  fitPeek();
  if (!isInUse()) $$("[data-when-idle]", root).forEach((element) => htmx.trigger(element, "idle"));
  $$("select[data-submits]", root).forEach((element) => element.addEventListener("change", () => element.form.requestSubmit()));
}

// What arrives by itself never takes the place of what somebody is at: a form, an open row, a selection, the focus.
function isInUse() {
  return Boolean($("main :focus, main details[open], main tr.opened") || getSelection().toString()
    || $$("main :is(textarea, select)").some((field) => field.value));
}

// Rows: the focus is on a row's link, so that what is current is what a screen reader reads.
const rowLinks = () => $$("[data-row] a[data-peek], [data-row] a[data-unfold]");

function step(by) {
  const links = rowLinks();
  if (!links.length) return;
  const at = links.findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
  const selected = links.findIndex((link) => link.closest("[data-row]").hasAttribute("data-selected"));
  const from = at >= 0 ? at : selected >= 0 ? selected : by > 0 ? -1 : links.length;
  const next = links[Math.min(links.length - 1, Math.max(0, from + by))];
  const row = next.closest("[data-row]");
  next.focus();
  row.scrollIntoView({ block: "nearest" });
  if (next.dataset.peek && $("#peek")?.textContent.trim() && !row.hasAttribute("data-selected")) peek(next);
}

function markSelected(root) {
  const trace = new URL(location.href).searchParams.get("selected");
  if (trace) $(`[data-row][data-trace="${CSS.escape(trace)}"]`, root)?.setAttribute("data-selected", "");
}

// A live list replaces its rows: whoever stands on one keeps standing on it.
let standing = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  standing = event.detail.target?.id === "list" ? document.activeElement?.closest("[data-trace]")?.dataset.trace ?? "" : "";
});
document.addEventListener("htmx:afterSwap", () => {
  if (standing) $(`[data-trace="${CSS.escape(standing)}"] a[data-peek]`)?.focus({ preventScroll: true });
  standing = "";
});

// More rows of a journey replace the link that asked for them: the focus goes on at the first that is new.
let shown = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const asked = event.detail.target?.id === "journey" && event.detail.target.contains(document.activeElement);
  shown = asked ? new Set(rowLinks().map((link) => link.closest("tr").id)) : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (shown) rowLinks().find((link) => !shown.has(link.closest("tr").id))?.focus();
  shown = null;
});

function peek(link) {
  const row = link.closest("[data-row]");
  if (row.hasAttribute("data-selected")) { location.assign(link.href); return; }
  $$("[data-row][data-selected]").forEach((other) => other.removeAttribute("data-selected"));
  row.setAttribute("data-selected", "");
  const here = new URL(location.href);
  here.searchParams.set("selected", row.dataset.trace);
  history.replaceState(history.state, "", here);
  const pane = $("#peek");
  if (pane.textContent.trim()) pane.setAttribute("aria-busy", "true");
  htmx.ajax("GET", link.dataset.peek, { target: "#peek", swap: "innerHTML" })
    .then(() => { if (pane.textContent.trim()) { announce("Opened beside the list"); $("[data-row][data-selected]")?.scrollIntoView({ block: "nearest" }); } }, () => {}) // onError says what failed
    .finally(() => pane.removeAttribute("aria-busy"));
}

// The pane beside the list ends where the window does, wherever it begins.
function fitPeek() {
  if (!$("#peek")) return;
  const above = Math.max(64, $(".listing")?.getBoundingClientRect().top ?? 0);
  $("#peek")?.style.setProperty("--above", `${above}px`);
}

function closeMenu() {
  const menu = $("details.menu[open]");
  if (!menu) return false;
  menu.open = false;
  $("summary", menu).focus();
  return true;
}

function closePeek() {
  const pane = $("#peek");
  if (!pane || !pane.textContent.trim()) return false;
  pane.replaceChildren();
  const row = $("[data-row][data-selected]");
  if (row) { row.removeAttribute("data-selected"); $("a[data-peek]", row)?.focus(); }
  const here = new URL(location.href);
  here.searchParams.delete("selected");
  history.replaceState(history.state, "", here);
  return true;
}

function showSpans() {
  const section = $("#spans");
  if (!section) return;
  const waiting = $("#span-tree[hx-get]");
  if (waiting) htmx.trigger(waiting, "show-spans");
  section.scrollIntoView();
}

// On a page without a filter, that of the list which it is of.
function goToFilter() {
  const field = $("[data-filter]"), list = $("[data-list]");
  if (field) { field.focus(); field.setSelectionRange(-1, -1); }  // to write on at its end
  else if (list && !isBegun()) location.assign(`${list.href}#filter`);
}

function arriveAtFilter() {
  if (location.hash !== "#filter") return;
  history.replaceState(history.state, "", location.pathname + location.search);
  goToFilter();
}

// A verdict that somebody has begun to write is not left by a key, and is in sight when they come back.
const isBegun = () => $$("main details[open] :is(textarea, select)").some((field) => field.value);
const showBegun = () => $$("main details:not([open]) textarea").forEach((field) => { if (field.value) field.closest("details").open = true; });

// Keys: none does anything while somebody types, or with a modifier held.
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
let going = 0;

const keys = {
  j: () => step(1),
  k: () => step(-1),
  t: showSpans,
  "/": goToFilter,
  "?": () => $("#keys")?.showModal(),
  g: () => { going = Date.now(); },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && !$("dialog[open]")) {
    if (closeMenu()) event.preventDefault();
    else if (typing(event.target)) event.target.blur(); else if (closePeek()) event.preventDefault();
    return;
  }
  if (event.target.matches("[data-copy]") && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); copy(event.target); return; }
  if (typing(event.target) || $("dialog[open]")) return;
  if (event.key === "Enter" && event.target.matches("a[data-peek]")) { event.preventDefault(); peek(event.target); return; }
  if (going && Date.now() - going < 1500) {
    going = 0;
    const place = $(`[data-go="${CSS.escape(event.key)}"]`);
    if (place && !isBegun()) { event.preventDefault(); place.click(); }
    return;
  }
  const own = $(`[data-key="${CSS.escape(event.key)}"]`);
  if (own && isBegun()) return;
  if (own) { event.preventDefault(); own.click(); return; }
  if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
}

function onClick(event) {
  $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  const target = event.target.closest("[data-copy], [data-copy-from], [data-open], [data-close-peek], [data-row]");
  if (!target) return;
  if (target.matches("[data-copy]")) { event.preventDefault(); copy(target); }
  else if (target.matches("[data-copy-from]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); copyFrom(target); }
  else if (target.matches("[data-open]")) $("#" + target.dataset.open)?.showModal();
  else if (target.matches("[data-close-peek]")) { event.preventDefault(); closePeek(); }
  else if (!event.target.closest("a, button") && !getSelection().toString()) {
    const link = $("a[data-peek]", target);
    if (link && !target.hasAttribute("data-selected")) peek(link);
  }
}

// A row that is open closes on the second click instead of loading again; facets stay as they are under a focus.
function onRequest(event) {
  const link = event.target;
  if (signedOut && asksByItself(link)) { event.preventDefault(); return; }
  if (link.matches?.(".facets") && link.contains(document.activeElement)) { event.preventDefault(); return; }
  if (!link.matches?.("a[data-unfold]")) return;
  const below = link.closest("tr").nextElementSibling;
  if (below?.classList.contains("opened")) { event.preventDefault(); below.remove(); link.setAttribute("aria-expanded", "false"); }
  else link.setAttribute("aria-expanded", "true");
}

function onTheme(event) {
  const form = event.target.closest("[data-theme-form]");
  if (!form) return;
  event.preventDefault();
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const theme = dark ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  labelTheme(form);
}

function labelTheme(form) {
  const theme = document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const [button, other] = $$("button", form);
  other?.remove();
  button.value = theme === "dark" ? "light" : "dark";
  button.textContent = theme === "dark" ? "Light" : "Dark";
}

// A form is sent once: a second click while the answer is on its way sends nothing.
function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.hasAttribute("aria-busy")) event.preventDefault();
  form.setAttribute("aria-busy", "true");
  setTimeout(() => { form.removeAttribute("aria-busy"); }, 10000); // whoever stopped the page may send it again
}

// Back shows the page as it was left.
function onPageShow() {
  $$("form[aria-busy]").forEach((form) => { form.removeAttribute("aria-busy"); });
  showBegun();
}

const asksByItself = (element) => element.matches?.("[hx-trigger*=every]");

function onError(event) {
  const { xhr, target } = event.detail, status = xhr?.status;
  if (target?.id === "peek") target.replaceChildren();
  if (event.target.matches?.("a[data-unfold]")) event.target.setAttribute("aria-expanded", "false");
  const login = status === 401 && xhr.getResponseHeader("Location");
  if (login) tellSignedOut(login);
  else if (!asksByItself(event.target)) complain(status === 403 || status === 404 ? "That is not there, or not yours to see. Reload the page."
    : status ? "The server could not do that. Reload the page; if it happens again, its log says why."
    : "The server does not answer. Is it running? Then reload the page.");
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
document.addEventListener("submit", onTheme);
document.addEventListener("submit", onSubmit);
addEventListener("pageshow", onPageShow);
addEventListener("scroll", fitPeek, { passive: true });
addEventListener("resize", fitPeek);
document.addEventListener("htmx:beforeRequest", onRequest);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
document.addEventListener("htmx:sendError", onError);
document.addEventListener("htmx:responseError", onError);
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (!event.detail.successful) return;
  signedOut = false;
  $("#problem").hidden = true;
});
enhance(document);
$$("[data-theme-form]").forEach(labelTheme);
arriveAtFilter();
$("form[data-submit-now]")?.requestSubmit();
