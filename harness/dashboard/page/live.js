// The page of a run that goes on: tells how far the run is, and loads itself anew when there is more to see.
// What is filtered out stays so.

const KEPT = `twinbench-live-${data.live.run}`;
const kept = recall();
for (const facet of FACETS) for (const number of kept[facet] || []) hidden[facet].add(number);

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) || {};
  } catch {
    return {}; // The browser keeps nothing; then filters are lost when the page is loaded anew.
  }
}

function keep(renews) {
  const filters = Object.fromEntries(FACETS.map((facet) => [facet, [...hidden[facet]]]));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...filters, renews }));
  } catch {
    // As above.
  }
}

function startLive(host) {
  const bar = h("progress", { "aria-label": "Cells measured" });
  const told = h("p", { id: "live-told" }, "Asking how far the run is.");
  const box = h("input", { type: "checkbox", id: "live-renews", checked: kept.renews !== false, change: () => keep(box.checked) });
  host.append(bar, told, h("label", {}, box, "Renew this page by itself"));
  whenFiltered(() => keep(box.checked));

  async function ask() {
    if (document.hidden) return;
    try {
      const answer = await fetch("/state", { cache: "no-store" });
      const state = await answer.json();
      if (state.run !== data.live.run) throw new Error("another run");
      show(state);
    } catch {
      told.textContent = `No answer: the run has ended, or was stopped. What it measured is in ${data.live.report}.`;
    }
  }

  function show({ cells, done, now, elapsed_s: seconds, ended, page }) {
    if (cells) Object.assign(bar, { max: cells, value: done });
    const minutes = Math.floor(seconds / 60), rest = Math.floor(seconds % 60);
    const parts = [cells ? `${done} of ${cells} cells` : null, ended ? "all is measured" : null, now, `${minutes}:${String(rest).padStart(2, "0")} min`];
    told.textContent = `${parts.filter(Boolean).join(" · ")}. On this page: ${data.live.records} records.`;
    if (page > data.live.page && box.checked && !byId("samples").open) location.reload();
  }

  setInterval(ask, data.live.every_ms);
  document.addEventListener("visibilitychange", ask);
  ask();
}

startLive(byId("live"));
