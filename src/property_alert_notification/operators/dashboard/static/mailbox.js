// The mailbox page: keeps a list of captured messages in step with the API and shows the chosen one.
import { listItem, refreshTimes } from "./mailbox-list.js";
import { showMessage } from "./mailbox-message.js";

const API = new URL("../api/mailbox/messages", import.meta.url).pathname; // below whatever path a proxy shows
const PAGE = 50;
const LONGEST_LIST = 1000;
const POLL_MS = 1000;
const LONGEST_WAIT_MS = 10_000;
const TYPING_MS = 200;

const at = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 801px)");

let wish = { channel: "", search: "" };
let messages = [];
let total = 0; // of the chosen channel
let kept = 0; // in the whole mailbox
let oldest = null; // where "load older" goes on; null when there is nothing older

// --- the API -------------------------------------------------------------------------------------------------------

async function fetchJson(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(10_000) });
  if (!response.ok && response.status !== 404) throw new Error(`${response.status}`);
  return { found: response.ok, body: await response.json() };
}

async function ask(extra) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...wish, ...extra })) if (value) query.set(name, value);
  return (await fetchJson(`${API}?${query}`)).body;
}

// --- the list ------------------------------------------------------------------------------------------------------

async function refresh() {
  const asked = wish;
  const probe = await ask({ limit: 1 });
  if (asked !== wish) return;
  if (probe.messages[0]?.id === messages[0]?.id && probe.total === total && probe.kept === kept) return;
  const page = await ask({ limit: PAGE });
  if (asked === wish) merge(page);
}

async function reload() {
  const asked = wish;
  const page = await ask({ limit: PAGE });
  if (asked === wish) replace(page);
}

async function loadOlder() {
  const before = oldest;
  const asked = wish;
  at("older").disabled = true;
  try {
    const page = await ask({ limit: PAGE, before });
    if (asked !== wish || before !== oldest) return;
    messages.push(...page.messages);
    oldest = page.next_before;
    at("messages").append(...page.messages.map((message) => listItem(message)));
    paint(page);
  } finally {
    at("older").disabled = false;
  }
}

function merge(page) {
  const known = page.messages.findIndex((message) => message.id === messages[0]?.id);
  // More came than one page holds, or the mailbox was cleared: what is on screen is no longer the top of the list.
  if (known < 0) return replace(page, { fresh: messages.length > 0 });
  const fresh = page.messages.slice(0, known);
  messages.unshift(...fresh);
  at("messages").prepend(...fresh.map((message) => listItem(message, { fresh: true })));
  while (messages.length > LONGEST_LIST) {
    messages.pop();
    at("messages").lastElementChild.remove();
    oldest = messages.at(-1).id;
  }
  paint(page);
}

function replace(page, { fresh = false } = {}) {
  messages = page.messages;
  oldest = page.next_before;
  at("messages").replaceChildren(...messages.map((message) => listItem(message, { fresh })));
  paint(page);
}

function paint(page) {
  ({ total, kept } = page);
  at("count").textContent = wish.search ? `${found()} of ${counted(total)}` : counted(total);
  at("older").hidden = oldest === null;
  at("no-match").hidden = messages.length > 0 || kept === 0;
  at("clear").disabled = kept === 0;
  document.body.dataset.mailbox = kept === 0 ? "empty" : "filled";
  // A message that was opened by its link stays while nothing narrows the list; beside "No message matches" none does.
  if (messages.length === 0) history.replaceState(null, "", location.pathname);
  else if (wide.matches && !chosenId() && messages.length > 0) history.replaceState(null, "", `#${messages[0].id}`);
  choose();
}

const found = () => messages.length.toLocaleString() + (oldest === null ? "" : "+");
const counted = (number) => `${number.toLocaleString()} ${number === 1 ? "message" : "messages"}`;

// --- the chosen message --------------------------------------------------------------------------------------------

let shownId = null;

const chosenId = () => location.hash.slice(1);
const links = () => [...at("messages").querySelectorAll("a")];

function choose() {
  const id = chosenId();
  document.body.dataset.view = id ? "message" : "list";
  markChosen(id);
  if (!id) return showOnly(kept === 0 ? "empty" : "unchosen");
  if (id !== shownId) return open(id);
}

function markChosen(id) {
  const all = links();
  const chosen = all.find((link) => link.hash.slice(1) === id);
  for (const link of all) {
    link.toggleAttribute("aria-current", false);
    link.tabIndex = -1;
  }
  chosen?.setAttribute("aria-current", "true");
  // One stop for the Tab key; the arrow keys move inside the list.
  const stop = chosen ?? all[0];
  if (stop) stop.tabIndex = 0;
}

async function open(id) {
  shownId = id;
  const answer = await fetchJson(`${API}/${encodeURIComponent(id)}`).catch(() => ({ found: false }));
  if (shownId !== id) return;
  if (answer.found) showMessage(answer.body);
  showOnly(answer.found ? "message" : "gone");
}

function showOnly(part) {
  if (part !== "message" && part !== "gone") shownId = null;
  for (const id of ["empty", "unchosen", "gone", "message"]) at(id).hidden = id !== part;
}

function step(by) {
  const all = links();
  if (all.length === 0) return;
  const here = all.findIndex((link) => link.hash === location.hash);
  const next = all[Math.min(Math.max(here + by, 0), all.length - 1)];
  next.focus();
  if (wide.matches) location.replace(next.hash);
}

// --- staying in step -----------------------------------------------------------------------------------------------

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function visible() {
  if (!document.hidden) return Promise.resolve();
  tellLive("paused", "Paused");
  return new Promise((seen) => {
    document.addEventListener("visibilitychange", () => seen(), { once: true });
  }).then(visible);
}

async function watch(first) {
  let wait = POLL_MS;
  for (let load = first; ; load = refresh) {
    await visible();
    try {
      await load();
      tellLive("live", "Live");
      wait = POLL_MS;
    } catch {
      tellLive("lost", "No connection");
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    refreshTimes();
    await pause(wait);
  }
}

function tellLive(state, words) {
  at("live").dataset.state = state;
  if (at("live-words").textContent !== words) at("live-words").textContent = words;
}

// --- what a person does --------------------------------------------------------------------------------------------

let typing;

function look(change) {
  wish = { ...wish, ...change };
  // A failure shows in the live sign; the watch asks again.
  reload().catch(() => tellLive("lost", "No connection"));
}

at("find").addEventListener("submit", (event) => event.preventDefault());
at("search").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => look({ search: event.target.value.trim() }), TYPING_MS);
});
at("channels").addEventListener("change", (event) => look({ channel: event.target.value }));
at("show-all").addEventListener("click", () => {
  at("search").value = "";
  at("channels").querySelector("input").checked = true;
  look({ channel: "", search: "" });
});
at("older").addEventListener("click", () => loadOlder().catch(() => tellLive("lost", "No connection")));

// The address after # is that of a message, so this link leads by hand.
at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  (links().find((link) => link.tabIndex === 0) ?? at("detail")).focus();
});

at("clear").addEventListener("click", () => {
  at("confirm-words").textContent =
    `${counted(kept)} will be removed from this page. Notifications and deliveries stay as they are.`;
  at("confirm").returnValue = "keep";
  at("confirm").showModal();
});
at("confirm").addEventListener("close", async () => {
  if (at("confirm").returnValue !== "clear") return;
  try {
    await fetchJson(API, { method: "DELETE" });
    await reload();
  } catch {
    tellLive("lost", "No connection");
  }
});

at("copy").hidden = !navigator.clipboard; // only offered where the browser trusts the page's address
at("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(at("command").textContent);
  at("copy").textContent = "Copied";
  setTimeout(() => (at("copy").textContent = "Copy"), 2000);
});

addEventListener("hashchange", () => {
  choose();
  if (!wide.matches && chosenId()) at("detail").focus({ preventScroll: true });
});
wide.addEventListener("change", choose);

addEventListener("keydown", (event) => {
  const busy = event.target.matches("input, textarea, [role=tab], .panel, pre") || at("confirm").open;
  if (busy || event.ctrlKey || event.metaKey || event.altKey) return leaveSearch(event);
  const action = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    "/": () => at("search").focus(),
    Escape: () => !wide.matches && (location.hash = ""),
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

function leaveSearch(event) {
  if (event.target !== at("search") || event.key !== "ArrowDown") return;
  event.preventDefault();
  step(chosenId() ? 0 : 1);
}

at("command").textContent = `curl -X POST ${location.origin}/api/v1/preferences/1 \\
  -H 'Content-Type: application/json' \\
  -d '{"email_enabled": true, "sms_enabled": true}'

curl -X POST ${location.origin}/api/v1/notifications/ \\
  -H 'Content-Type: application/json' \\
  -d '{"user_id": 1, "title": "A home for you",
       "message": "3 bedrooms with a garden, 450,000",
       "user_email": "user@test.com",
       "user_phone_number": "1231233"}'`;

watch(reload);
