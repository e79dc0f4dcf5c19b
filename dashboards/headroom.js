// What a page becomes in a browser: times and pictures in the reader's zone, tables that sort, ages that
// grow, addresses to copy. Everything is there without it too; `live.js` reads the page again.
import { keepLive } from "./live.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// How far the collector's clock is ahead of the reader's, by which ages are told.
let aheadMs = 0;

function addressOf(address, stamp) {
  const url = new URL(address, location.href);
  if (zone && zone !== document.body.dataset.zone) url.searchParams.set("tz", zone);
  if (stamp) url.searchParams.set("at", stamp);
  return url.pathname + url.search;
}

// Pictures, and what is opened or copied, show the same times as the page.
function addresses(page, stamp) {
  const set = (element, name, moment) => {
    const address = addressOf(element.getAttribute(name), moment);
    if (element.getAttribute(name) !== address) element.setAttribute(name, address);
  };
  for (const element of page.querySelectorAll("[data-picture]")) {
    set(element, element.localName === "source" ? "srcset" : "src", stamp);
  }
  for (const link of page.querySelectorAll("[data-zoned]")) set(link, "href");
  for (const button of page.querySelectorAll("[data-copy]")) set(button, "data-copy");
}

function clocks(page) {
  for (const element of page.querySelectorAll("time")) {
    const moment = new Date(element.dateTime);
    if (element.hasAttribute("data-clock")) {
      const seconds = element.dataset.clock === "seconds" ? { second: "2-digit" } : {};
      const clock = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...seconds });
      const day = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
      element.textContent = element.dataset.clock === "day" ? `${day} ${clock}` : clock;
    }
    element.title = `${moment.toLocaleString("en-GB")} ${zone}`;
  }
}

// Makes a page, this one or the same as it was just read again, the reader's own.
function furnish(page, stamp) {
  aheadMs = Number(page.body.dataset.nowMs) - Date.now() || 0;
  addresses(page, stamp);
  clocks(page);
  for (const element of page.querySelectorAll("[data-scripted]")) element.disabled = false;
  for (const element of page.querySelectorAll("[data-zone-name]")) element.textContent = zone;
}

// As the collector says it, `words::ago`.
function ago(seconds) {
  if (seconds < 2) return "now";
  if (seconds < 120) return `${Math.floor(seconds)} s ago`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} days ago`;
}

// Reports grow old while one looks at them; what they belong to looks old from a certain age on.
function ages() {
  for (const element of document.querySelectorAll("time[data-age]")) {
    const seconds = (Date.now() + aheadMs - Date.parse(element.dateTime)) / 1000;
    const words = ago(seconds);
    if (element.textContent !== words) element.textContent = words;
    const whole = element.closest("[data-old-after]");
    whole?.classList.toggle("old", seconds > Number(whole.dataset.oldAfter));
  }
}

// Each table of a page has names of its own in the address; of several without a word, those behind the first
// have their number.
function names(table) {
  const word = table.dataset.sortable;
  const alike = [...document.querySelectorAll("table[data-sortable]")].filter((one) => one.dataset.sortable === word);
  const place = alike.indexOf(table);
  return ["sort", "order"].map((name) => word + (place > 0 ? place + 1 : "") + name);
}

function order(table) {
  const [sort, by] = names(table);
  const parameters = new URLSearchParams(location.search);
  const heads = [...table.tHead.rows[0].cells];
  const column = Number(parameters.get(sort));
  if (!parameters.has(sort) || !heads[column]) return;
  const descending = parameters.get(by) === "down";
  const key = (row) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = parseFloat(text);
    return Number.isNaN(number) ? text : number;
  };
  const rows = [...table.tBodies[0].rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
    return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
  });
  table.tBodies[0].append(...rows);
  heads.forEach((head, n) => {
    if (head.hasAttribute("aria-sort")) {
      head.setAttribute("aria-sort", n !== column ? "none" : descending ? "descending" : "ascending");
    }
  });
}

const orderAll = () => document.querySelectorAll("table[data-sortable]").forEach(order);

// The state of the page lives in its address.
function keep(values) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, "", url);
}

function sortBy(head) {
  const table = head.closest("table");
  const [sort, by] = names(table);
  const descending = head.getAttribute("aria-sort") !== "descending";
  keep({ [sort]: head.cellIndex, [by]: descending ? "down" : "up" });
  order(table);
}

// Links to other pictures of the same page keep how its tables are sorted, and whether it is live.
function keepIn(link) {
  const url = new URL(link.href);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (/(sort|order|live)$/.test(name)) url.searchParams.set(name, value);
  }
  link.href = url.href;
}

// Over plain http, browsers offer no clipboard but that of a selection.
async function copied(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // It may be forbidden; the selection is not.
    }
  }
  const field = document.createElement("textarea");
  field.className = "hidden";
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

async function copy(button) {
  const text = new URL(button.dataset.copy, location.href).href;
  const done = await copied(text);
  button.focus();
  button.textContent = done ? "copied" : `copy it from here: ${text}`;
  if (done) setTimeout(() => { button.textContent = "copy address"; }, 4000);
}

document.addEventListener("click", ({ target }) => {
  const closest = (selector) => target.closest(selector);
  if (closest("thead button")) sortBy(closest("th"));
  if (closest("[data-copy]")) copy(closest("[data-copy]"));
  if (closest("[data-kept]")) keepIn(closest("[data-kept]"));
});

furnish(document);
orderAll();
ages();
setInterval(ages, 1000);
keepLive({ keep, furnish, settle: () => { orderAll(); ages(); } });
