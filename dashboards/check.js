// Measures how far datacentres are from this browser: small fetches, one after the other, of which only the times are
// sent on, with the region that was chosen.

const form = document.querySelector("form");
const state = document.querySelector("#state");
const fetches = Number(form.dataset.fetches);

/** One fetch; how long it took in milliseconds, or null. */
async function fetched(url) {
  const begin = performance.now();
  try {
    const aside = (url.includes("?") ? "&" : "?") + "headroom=" + Math.random().toString(36).slice(2);
    await fetch(url + aside, {
      mode: "no-cors",
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(5000),
    });
    return performance.now() - begin;
  } catch {
    return null;
  }
}

async function measured(url, tell) {
  // The first opens the connection, which costs several round trips.
  await fetched(url);
  const times = [];
  for (let place = 0; place < fetches; place += 1) {
    tell(place);
    times.push(await fetched(url));
  }
  const came = times.filter((time) => time !== null && time > 0);
  return { times_ms: came, failed: times.length - came.length };
}

function median(times) {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const datacentres = {};
  for (const row of document.querySelectorAll("tr[data-url]")) {
    const said = row.querySelector("td");
    const times = await measured(row.dataset.url, (place) => {
      said.textContent = `${place} of ${fetches}`;
    });
    datacentres[row.dataset.name] = times;
    said.textContent = times.times_ms.length ? `${Math.round(median(times.times_ms))} ms` : "no answer";
  }
  state.textContent = "Sending …";
  try {
    const body = JSON.stringify({ region: form.elements.region.value, datacentres });
    const answer = await fetch("/latency/check", { method: "POST", body });
    state.textContent = answer.ok ? "Thank you: the times are kept, with the region." : await answer.text();
  } catch {
    state.textContent = "The times could not be sent.";
  }
  button.disabled = false;
});
form.querySelector("button").disabled = false;
