// Times and pictures in the reader's zone, sorting by a click on a head, live pictures on request.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function addressOf(address, stamp) {
  const url = new URL(address, location.href);
  url.searchParams.set("tz", zone);
  if (stamp) url.searchParams.set("at", stamp);
  return url.pathname + url.search;
}

function pictures(stamp) {
  for (const element of document.querySelectorAll("[data-picture]")) {
    const attribute = element.localName === "source" ? "srcset" : "src";
    element.setAttribute(attribute, addressOf(element.getAttribute(attribute), stamp));
  }
}

// What is opened or copied shows the same times as the page.
function links() {
  for (const link of document.querySelectorAll("[data-zoned]")) {
    link.setAttribute("href", addressOf(link.getAttribute("href")));
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.dataset.copy = addressOf(button.dataset.copy);
  }
}

function clocks() {
  for (const element of document.querySelectorAll("time")) {
    const moment = new Date(element.dateTime);
    if (element.hasAttribute("data-clock")) {
      const clock = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      const day = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
      element.textContent = element.dataset.clock === "day" ? `${day} ${clock}` : clock;
    }
    element.title = `${moment.toLocaleString("en-GB")} ${zone}`;
  }
}

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  // Each table of a page has names of its own in the address.
  const [sort, by] = ["sort", "order"].map((name) => table.dataset.sortable + name);
  const parameters = new URLSearchParams(location.search);
  const order = (column, descending) => {
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
  };
  heads.forEach((head, column) => {
    head.querySelector("button")?.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") !== "descending";
      order(column, descending);
      keep({ [sort]: column, [by]: descending ? "down" : "up" });
    });
  });
  if (parameters.has(sort) && heads[parameters.get(sort)]) {
    order(Number(parameters.get(sort)), parameters.get(by) === "down");
  }
}

// The state of the page lives in its address.
function keep(values) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, "", url);
}

// Links to other pictures of the same page keep how its tables are sorted, and whether it is live.
function kept() {
  for (const link of document.querySelectorAll("[data-kept]")) {
    link.addEventListener("click", () => {
      const url = new URL(link.href);
      for (const [name, value] of new URLSearchParams(location.search)) {
        if (/(sort|order|live)$/.test(name)) url.searchParams.set(name, value);
      }
      link.href = url.href;
    });
  }
}

function live(box) {
  if (!box) return;
  let timer = null;
  const follow = () => {
    clearInterval(timer);
    if (box.checked) timer = setInterval(() => pictures(Date.now()), 10000);
  };
  box.checked = new URLSearchParams(location.search).has("live");
  box.addEventListener("change", () => {
    keep({ live: box.checked ? "1" : null });
    if (box.checked) pictures(Date.now());
    follow();
  });
  follow();
}

if (zone && zone !== document.body.dataset.zone) {
  pictures();
  links();
  document.getElementById("zone").textContent = zone;
}
clocks();
kept();
document.querySelectorAll("table[data-sortable]").forEach(sortable);
live(document.getElementById("live"));
document.querySelectorAll("[data-copy]").forEach((button) => {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href).href);
    button.textContent = "copied";
  });
});
