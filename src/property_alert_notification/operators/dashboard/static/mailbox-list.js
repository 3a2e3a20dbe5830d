// One row of the list. Message content only ever enters the page as text.
import { appearanceOf, labelOf } from "./mailbox-channels.js";

const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86_400, 3600, "h"],
  [604_800, 86_400, "d"],
];
const SNIPPET = 160;

export function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  made.dir = "auto"; // what people wrote may be read from the right
  return made;
}

export function listItem(message, { fresh = false } = {}) {
  const link = element("a", `row row-${appearanceOf(message.channel)}`);
  link.href = `#${message.id}`;
  link.tabIndex = -1;
  link.append(icon(message.channel), ...words(message), age(message.captured_at));
  const item = element("li", fresh ? "fresh" : "");
  item.append(link);
  return item;
}

export function refreshTimes() {
  for (const time of document.querySelectorAll("#messages time")) {
    const now = ago(new Date(time.dateTime));
    if (time.textContent !== now) time.textContent = now;
  }
}

function icon(channel) {
  const badge = element("span", `badge badge-${appearanceOf(channel)}`);
  const drawing = element("span", `icon icon-${appearanceOf(channel)}`);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", labelOf(channel));
  badge.append(drawing);
  return badge;
}

function words(message) {
  const isOnPhone = appearanceOf(message.channel) === "phone";
  const text = message.text.slice(0, SNIPPET).replace(/\s+/g, " ").trim();
  const title = element("span", "title", message.subject && !isOnPhone ? message.subject : text || "(no words)");
  const address = element("span", "address", message.to);
  const parts = [title, address];
  if (!isOnPhone) parts.push(element("span", "snippet", text));
  return parts;
}

function age(capturedAt) {
  const when = new Date(capturedAt);
  const time = element("time", "age", ago(when));
  time.dateTime = capturedAt;
  time.title = when.toLocaleString();
  return time;
}

function ago(when) {
  const seconds = (Date.now() - when) / 1000;
  if (seconds < 5) return "now";
  const step = STEPS.find(([below]) => seconds < below);
  return step ? `${Math.floor(seconds / step[1])} ${step[2]}` : when.toLocaleDateString();
}
