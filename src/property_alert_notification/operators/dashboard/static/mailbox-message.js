// The message at the right: a letter in its three forms, or a text as a phone shows it.
import { appearanceOf, labelOf } from "./mailbox-channels.js";

const VIEWS = ["html", "text", "raw"];
const ENCODINGS = { gsm7: "GSM-7", ucs2: "UCS-2" };
const at = (id) => document.getElementById(id);

let preferred = "html"; // stays while a person goes through several messages
let message = null;

export function showMessage(shown) {
  message = shown;
  at("subject").textContent = isOnPhone() ? `${labelOf(message.channel)} to ${message.to}` : message.subject || "(no subject)";
  at("to").textContent = message.to;
  at("from").textContent = message.from;
  at("delivery").textContent = message.delivery_id;
  for (const name of ["reference", "notification_id", "message_id"]) showName(name, message[name]);
  showTime(at("captured"), { dateStyle: "medium", timeStyle: "medium" });
  at("tabs").hidden = isOnPhone();
  at("panel-phone").hidden = !isOnPhone();
  at("panel-html").replaceChildren(); // forgets the letter before
  if (isOnPhone()) showPhone();
  else showLetter();
}

// Each finds the message when it is typed into the search, here and in the command line.
function showName(name, value) {
  const id = name.replace("notification_id", "notification").replace("_", "-");
  at(`named-${id}`).hidden = value === null;
  at(id).textContent = value ?? "";
}

const isOnPhone = () => appearanceOf(message.channel) === "phone";

function showTime(time, format) {
  time.dateTime = message.captured_at;
  time.textContent = new Intl.DateTimeFormat(undefined, format).format(new Date(message.captured_at));
}

function showLetter() {
  at("tab-html").hidden = !message.has_html;
  at("tab-raw").hidden = message.raw === null;
  at("panel-text").textContent = message.text;
  at("panel-raw").textContent = message.raw ?? "";
  showView(at(`tab-${preferred}`).hidden ? "text" : preferred);
}

function showView(view) {
  for (const name of VIEWS) {
    const chosen = name === view;
    at(`tab-${name}`).setAttribute("aria-selected", String(chosen));
    at(`tab-${name}`).tabIndex = chosen ? 0 : -1;
    at(`panel-${name}`).hidden = !chosen;
  }
  if (view === "html" && !at("panel-html").firstChild) at("panel-html").append(frame());
}

// Without allow-scripts and allow-same-origin nothing in the email can run or reach this page.
function frame() {
  const made = document.createElement("iframe");
  made.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  made.title = "The email as it renders";
  made.src = new URL(`../mailbox/messages/${message.id}/html`, import.meta.url).pathname;
  return made;
}

function showPhone() {
  for (const name of VIEWS) at(`panel-${name}`).hidden = true;
  at("caller").textContent = message.from;
  at("bubble").textContent = message.text;
  showTime(at("sms-time"), { weekday: "short", hour: "numeric", minute: "2-digit" });
  at("cost").textContent = cost();
}

function cost() {
  if (message.sms_size === null) return "";
  const { encoding, segments } = message.sms_size;
  const characters = [...message.text].length; // an emoji is one
  const size = `${characters} characters · ${segments} ${segments === 1 ? "segment" : "segments"} · ${ENCODINGS[encoding]}`;
  return message.cut_from === null ? size : `Cut: the whole text has ${message.cut_from} characters. ${size}`;
}

at("tabs").addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) choose(tab);
});
at("tabs").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const tabs = VIEWS.map((view) => at(`tab-${view}`)).filter((tab) => !tab.hidden);
  const next = tabs[(tabs.indexOf(event.target) + by + tabs.length) % tabs.length];
  choose(next);
  next.focus();
});

function choose(tab) {
  preferred = tab.id.slice("tab-".length);
  showView(preferred);
}
