"use strict";
// Tables: a click on a header sorts by it, first up, then down; the field above shows only rows with that text.
function keyOf(row, place) {
  const cell = row.cells[place];
  return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
}

function before(a, b) {
  const empty = (key) => key === "";
  if (empty(a) || empty(b)) return empty(a) - empty(b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

function sortBy(header) {
  const table = header.closest("table"), body = table.tBodies[0], down = header.ariaSort === "ascending";
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [keyOf(a, header.cellIndex), keyOf(b, header.cellIndex)];
    const last = (x === "") !== (y === "");  // empty cells stay at the end
    return (down && !last ? -1 : 1) * before(x, y);
  });
  for (const one of header.parentNode.cells) one.removeAttribute("aria-sort");
  header.ariaSort = down ? "descending" : "ascending";
  body.append(...rows);
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => sortBy(button.closest("th")));
}
for (const field of document.querySelectorAll(".grid input")) {
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const row of field.closest(".grid").querySelectorAll("tbody tr")) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    }
  });
}

// Charts: the colours of text and lines are those of the page, light or dark.
function colours() {
  const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return { ink: of("--ink"), line: of("--line") };
}

function layoutOf(given) {
  const { ink, line } = colours(), narrow = window.innerWidth < 600;
  const axis = (one = {}) => ({
    ...one, gridcolor: line, zerolinecolor: line, automargin: true,
    title: typeof one.title === "string" ? { text: one.title } : one.title,
  });
  return {
    ...given, xaxis: axis(given.xaxis), yaxis: axis(given.yaxis),
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, size: narrow ? 10 : 12 },
    margin: { l: 40, r: 10, t: 60, b: 50 },
    legend: { orientation: "h", y: 1.01, yanchor: "bottom", x: 0 },
  };
}

function draw() {
  for (const script of document.querySelectorAll("script[data-for]")) {
    const { data, layout } = JSON.parse(script.textContent);
    const settings = { responsive: true, displaylogo: false, displayModeBar: false };
    Plotly.react(script.dataset.for, data, layoutOf(layout), settings);
  }
}

draw();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
