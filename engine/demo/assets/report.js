"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

for (const [id, figure] of Object.entries(data.figures)) {
  Plotly.newPlot(id, figure.data, figure.layout, { responsive: true, displayModeBar: false });
}

// The table of decisions: searched, filtered, sorted and paged here; at most PAGE rows are in the document.
const PAGE = 25;
const COLUMNS = ["time_s", "container", "action", "text", "change", "saving", "became"];
const state = { words: "", action: "", latest: true, column: "saving", descending: true, page: 0 };
const element = (id) => document.getElementById(id);

function chosen() {
  const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.decisions.filter((d) => {
    if (state.action && d.action !== state.action) return false;
    if (state.latest && !d.latest) return false;
    const text = `${d.time} ${d.container} ${d.action} ${d.text} ${d.change} ${d.became}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const sign = state.descending ? -1 : 1;
  return found.sort((a, b) => {
    const x = a[state.column], y = b[state.column];
    return sign * (typeof x === "number" ? x - y : String(x).localeCompare(String(y)));
  });
}

function cell(row, text, kind) {
  const td = row.insertCell();
  if (kind) td.className = kind;
  td.textContent = text;
  return td;
}

function draw() {
  const rows = chosen();
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  state.page = Math.min(state.page, pages - 1);
  const body = element("decisions").tBodies[0];
  body.replaceChildren();
  for (const d of rows.slice(state.page * PAGE, (state.page + 1) * PAGE)) {
    const row = body.insertRow();
    cell(row, d.time);
    cell(row, d.container.replaceAll("-", "\u2011").replaceAll("/", "/\u200b")); // breaks at slashes
    const tag = document.createElement("span");
    tag.className = `tag ${d.action}`;
    tag.textContent = d.action.replace("_", " ");
    cell(row, "").append(tag);
    // The sentence opens with why; its details follow after the first semicolon.
    const [why, ...details] = d.text.split("; ");
    const reason = cell(row, why);
    if (details.length) {
      const small = document.createElement("div");
      small.className = "details";
      small.textContent = details.join("; ");
      reason.append(small);
    }
    cell(row, d.change);
    cell(row, d.saving === 0 ? "–" : (d.saving < 0 ? "−$" : "$") + Math.abs(d.saving).toFixed(2), "number");
    cell(row, d.became);
  }
  document.querySelectorAll("#decisions th").forEach((th, i) => {
    th.removeAttribute("aria-sort");
    if (COLUMNS[i] === state.column) th.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
  });
  element("count").textContent = `${rows.length.toLocaleString("en")} decisions, page ${state.page + 1} of ${pages}`;
  element("previous").disabled = state.page === 0;
  element("next").disabled = state.page >= pages - 1;
}

function on(id, event, change) {
  element(id).addEventListener(event, (e) => { change(e.target); draw(); });
}

on("search", "input", (input) => { state.words = input.value; state.page = 0; });
on("latest", "change", (box) => { state.latest = box.checked; state.page = 0; });
on("action", "change", (select) => { state.action = select.value; state.page = 0; });
on("previous", "click", () => { state.page -= 1; });
on("next", "click", () => { state.page += 1; });
document.querySelectorAll("#decisions th").forEach((th, i) => th.addEventListener("click", () => {
  state.descending = state.column === COLUMNS[i] ? !state.descending : COLUMNS[i] === "saving";
  state.column = COLUMNS[i];
  state.page = 0;
  draw();
}));
draw();
