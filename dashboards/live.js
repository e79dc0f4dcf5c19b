// Reads the page again and again, and puts what has changed into the one that is looked at: words,
// figures, tables and pictures, its title and its icon. Focus and selections stay.

const EACH_MS = 10_000;
// Nobody looks; the title and the icon still tell of troubles.
const HIDDEN_EACH_MS = 60_000;
const PATIENCE_MS = 30_000;

const alike = (one, other) =>
  one.nodeType === other.nodeType && one.nodeName === other.nodeName && !one.dataset?.key;

// Makes one element what another is, and leaves alone what is the same already.
function renew(shown, fresh) {
  if (shown.isEqualNode(fresh)) return;
  for (const { name } of [...shown.attributes]) {
    if (!fresh.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  const keyed = [...shown.children].filter((child) => child.dataset.key);
  const known = new Map(keyed.map((child) => [child.dataset.key, child]));
  let place = shown.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = child.dataset?.key;
    const same = key ? known.get(key) : place && alike(place, child) ? place : null;
    if (!same) {
      shown.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else shown.insertBefore(same, place);
    if (same.nodeType === Node.ELEMENT_NODE) renew(same, child);
    else if (same.data !== child.data) same.data = child.data;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function show(fresh) {
  const focus = document.activeElement;
  for (const part of ["main", "footer"]) {
    renew(document.querySelector(part), fresh.querySelector(part));
  }
  document.title = fresh.title;
  const icon = (page) => page.querySelector("link[rel=icon]");
  if (icon(document).getAttribute("href") !== icon(fresh).getAttribute("href")) {
    icon(document).replaceWith(icon(fresh));
  }
  if (focus?.isConnected && focus !== document.activeElement) focus.focus({ preventScroll: true });
}

export function keepLive({ keep, furnish, settle }) {
  const box = document.getElementById("live");
  if (!box) return;
  const state = document.getElementById("live-state");
  let timer = null;
  let reading = false;
  let since = new Date();

  async function read() {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store", signal });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) throw new Error(fresh.title);
    furnish(fresh, Date.now());
    show(fresh);
    settle();
  }

  async function follow() {
    if (reading) return;
    reading = true;
    try {
      await read();
      since = new Date();
      state.textContent = "";
    } catch (error) {
      const clock = since.toLocaleTimeString("en-GB");
      const why = error instanceof TypeError || error.name === "TimeoutError" ? "no answer" : error.message;
      state.textContent = `stands still since ${clock}: ${why}`;
    }
    reading = false;
    wait();
  }

  function wait() {
    clearTimeout(timer);
    if (box.checked) timer = setTimeout(follow, document.hidden ? HIDDEN_EACH_MS : EACH_MS);
  }

  box.checked = new URLSearchParams(location.search).has("live");
  box.addEventListener("change", () => {
    keep({ live: box.checked ? "1" : null });
    if (box.checked) follow();
    else state.textContent = "";
    wait();
  });
  document.addEventListener("visibilitychange", () => {
    if (box.checked && !document.hidden) follow();
  });
  wait();
}
