// Charts drawn here: each with its table and downloads.

import { csv, day, h, s, save, signed, table } from "./dom.js";

const INK = "#222222", QUIET = "#595959", LINE = "#dddddd", FONT = "DejaVu Sans, Verdana, sans-serif";

/** A chart with its table behind it, and both to download. `rows` are texts, `numbers` what the CSV holds. */
export function exhibit(name, title, svg, heads, rows, numbers = { heads, rows }) {
  const downloads = h("p", { class: "buttons small" },
    svg && h("button", { type: "button", onclick: () => save(`${name}.svg`, source(svg), "image/svg+xml") },
      "SVG", h("span", { class: "hidden" }, ` of ${title}`)),
    h("button", { type: "button", onclick: () => save(`${name}.csv`, csv(numbers.heads, numbers.rows), "text/csv") },
      "CSV", h("span", { class: "hidden" }, ` of ${title}`)));
  return h("div", { class: "exhibit" },
    svg && h("figure", { class: "scroll own", role: "group", tabindex: "0", "aria-label": `Figure: ${title}` }, svg),
    h("details", { class: "data" }, h("summary", {}, `Table: ${title}`), table(heads, rows, title)),
    downloads);
}

/** A figure's text as a file of its own. */
function source(svg) {
  const copy = svg.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `<?xml version="1.0" encoding="UTF-8"?>\n${copy.outerHTML.replaceAll("&nbsp;", " ")}`;
}

/** What a picture says of itself wherever it is shown. */
const foot = (y, words) => s("text", { x: 4, y, fill: QUIET, "font-size": 11 }, `${words} · Explores a model’s assumptions; no forecast`);

/** How often each ending comes: a bar, an interval and words per side; beside full bars the longest words have room. */
export function endings(rows, n) {
  const both = rows.some((row) => row.base);
  const step = both ? 60 : 44, height = rows.length * step + 54, scale = (share) => 4 + 340 * share;
  const svg = s("svg", { viewBox: `0 0 660 ${height}`, role: "img", "font-family": FONT, "font-size": 13, fill: INK });
  const title = "How do the histories end?";
  svg.append(s("title", {}, title), s("desc", {}, rows.map((row) =>
    `${row.title}: ${row.alt.words} in 100${row.base ? `, in the baseline ${row.base.words}` : ""}`).join("; ")));
  for (const tick of [0, 25, 50, 75, 100]) {
    const x = scale(tick / 100);
    svg.append(s("line", { x1: x, x2: x, y1: 2, y2: height - 44, stroke: LINE }),
      s("text", { x, y: height - 28, "text-anchor": tick ? "middle" : "start", fill: QUIET, "font-size": 12 },
        tick === 100 ? "100 histories" : String(tick)));
  }
  if (both) svg.append(s("text", { x: 656, y: height - 28, "text-anchor": "end", fill: QUIET, "font-size": 12 }, "difference, in 100"));
  svg.append(foot(height - 6, `Of ${n.toLocaleString("en")} histories`));
  rows.forEach((row, place) => {
    const top = place * step + 4;
    svg.append(s("text", { x: 4, y: top + 13, "font-weight": "bold" }, row.title));
    if (row.difference) svg.append(s("text", { x: 656, y: top + 13, "text-anchor": "end", "font-size": 12 }, apart(row)));
    if (both) bar(svg, row.base, top + 18, scale, "#ffffff", "baseline ");
    bar(svg, row.alt, top + (both ? 36 : 18), scale, row.colour, both ? "now " : "");
  });
  const heads = both ? ["Ending", "Baseline, in 100", "Now, in 100", "Difference, in 100"] : ["Ending", "In 100"];
  const cells = rows.map((row) => (both
    ? [row.title, row.base.words, row.alt.words, apart(row)] : [row.title, row.alt.words]));
  return exhibit("endings", `${title} ${n.toLocaleString("en")} histories`, svg, heads, cells, numbers(rows));
}

function bar(svg, side, y, scale, colour, who) {
  const end = scale(side.level ?? 0), low = scale(side.low ?? 0), high = scale(side.high ?? 0);
  svg.append(s("rect", { x: scale(0), y, width: Math.max(end - scale(0), 0.5), height: 15, fill: colour, stroke: INK,
                         "stroke-width": 0.8 }),
    s("line", { x1: low, x2: high, y1: y + 7.5, y2: y + 7.5, stroke: INK, "stroke-width": 1.4 }),
    s("text", { x: Math.max(end, high) + 8, y: y + 12 }, `${who}${side.words}`));
}

/** A paired difference in words. */
export function apart(row) {
  const found = row.difference;
  if (!found || found.value === null) return "–";
  const scale = row.kind === "number" ? 1 : 100, decimals = row.kind === "number" ? 2 : 1;
  const words = [found.value, found.low, found.high].map((each) => signed(scale * (each ?? 0), decimals));
  return `${words[0]} (${words[1]} to ${words[2]})`;
}

/** Rows of both sides as numbers. */
export function numbers(rows) {
  const heads = ["name", "title", "kind", "base", "base_low", "base_high", "alt", "alt_low", "alt_high", "difference",
                 "difference_low", "difference_high"];
  const of = (side) => [side?.level, side?.low, side?.high];
  return { heads, rows: rows.map((row) => [row.name, row.title, row.kind, ...of(row.base), ...of(row.alt),
    row.difference?.value, row.difference?.low, row.difference?.high]) };
}

/** The outcomes as a table. */
export function outcomes(rows) {
  const both = rows.some((row) => row.base);
  const heads = both ? ["Outcome", "Baseline", "Now", "Difference"] : ["Outcome", "In 100, or median and range"];
  const cells = rows.map((row) => (both ? [row.title, row.base.words, row.alt.words, apart(row)]
    : [row.title, row.alt.words]));
  return exhibit("outcomes", "What happens in them", null, heads, cells, numbers(rows));
}

/** Colour and words of a tension. */
const shade = (level) => (level >= 0 ? `rgb(${255 - 4 * level},${245 - 13 * level},${235 - 17 * level})`
  : `rgb(${235 + 17 * level},${245 + 9 * level},${255 + 3 * level})`);

/** Relations in one week as a matrix and as a network. */
export function relations(found, week) {
  const level = {};
  for (const dyad of found.dyads) {
    level[dyad.between.join()] = level[[...dyad.between].reverse().join()] = dyad.tension[week];
  }
  const names = found.countries.map((each) => each.name);
  const rows = found.countries.map((one) => [one.name, ...found.countries.map((other) =>
    (one === other ? "" : signed(level[`${one.code},${other.code}`], 1)))]);
  const title = "Median tension, from −10 cooperative to +10 hostile";
  const numbers = { heads: ["week", "first", "second", "tension"], rows: found.weeks.flatMap((start, place) =>
    found.dyads.map((dyad) => [start, ...dyad.between, dyad.tension[place]])) };
  const shown = exhibit("relations", title, network(found, week, title), ["Between", ...names], rows, numbers);
  shown.querySelector("details").open = true;
  shown.querySelectorAll("tbody tr").forEach((row, first) => row.querySelectorAll("td").forEach((cell, second) => {
    if (first !== second) cell.style.background = shade(level[`${found.countries[first].code},${found.countries[second].code}`]);
  }));
  return shown;
}

function network(found, week, title) {
  const svg = s("svg", { viewBox: "0 0 520 480", role: "img", "font-family": FONT, "font-size": 13, fill: INK });
  svg.append(s("title", {}, title), s("desc", {}, found.dyads.map((dyad) =>
    `${dyad.between.join("–")} ${signed(dyad.tension[week], 1)}`).join("; ")));
  const at = Object.fromEntries(found.countries.map((each, place) => {
    const turn = (2 * Math.PI * place) / found.countries.length - Math.PI / 2;
    return [each.code, [260 + 190 * Math.cos(turn), 210 + 165 * Math.sin(turn)]];
  }));
  for (const dyad of found.dyads) {
    const [[x1, y1], [x2, y2]] = dyad.between.map((code) => at[code]), value = dyad.tension[week];
    svg.append(s("line", { x1, y1, x2, y2, stroke: value > 0 ? "#a84300" : "#0b5394",
                           "stroke-width": 0.8 + 1.4 * Math.abs(value), "stroke-opacity": 0.75,
                           ...(value <= 0 && { "stroke-dasharray": "7 4" }) }));
  }
  const codes = Object.keys(at), apart = (one, other) => Math.abs(codes.indexOf(one) - codes.indexOf(other));
  found.dyads.forEach((dyad) => {
    const [[x1, y1], [x2, y2]] = dyad.between.map((code) => at[code]);
    const along = [1, codes.length - 1].includes(apart(...dyad.between)) ? 0.5 : 0.27;  // where lines do not cross
    const x = x1 + along * (x2 - x1), y = y1 + along * (y2 - y1);
    svg.append(s("rect", { x: x - 19, y: y - 10, width: 38, height: 18, rx: 3, fill: "#ffffff", "fill-opacity": 0.92 }),
      s("text", { x, y: y + 4, "text-anchor": "middle", "font-size": 12 }, signed(dyad.tension[week], 1)));
  });
  for (const each of found.countries) {
    const [x, y] = at[each.code];
    svg.append(s("circle", { cx: x, cy: y, r: 27, fill: "#ffffff", stroke: INK }),
      s("text", { x, y: y + 5, "text-anchor": "middle", "font-weight": "bold" }, each.name));
  }
  ["Median tension. Orange: hostile, to +10; blue, dashed: cooperative, to −10.", "The thicker a line, the further from 0."].forEach(
    (words, line) => svg.append(s("text", { x: 4, y: 440 + 16 * line, "font-size": 11 }, words)));
  svg.append(foot(474, `Week from ${day(found.weeks[week])}`));
  return svg;
}
