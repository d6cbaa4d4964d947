// Building elements, asking the server, saving files.

/** An element: attributes by name (`on…` are listeners, false and null are left out), then children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value === "boolean") element[name] = value;
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element of SVG. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const $ = (id) => document.getElementById(id);

/** What went wrong, in the server's words. */
export class Refused extends Error {
  constructor(status, problems) {
    super(problems.map((each) => place(each) + each.message).join("\n"));
    this.status = status;
    this.problems = problems;
  }
}

const place = (problem) => (problem.line ? `Line ${problem.line}, column ${problem.column}: ` : "");

/** The answer to a request: GET without a body, POST with one. Raises Refused. */
export async function ask(path, body, signal) {
  const options = body === undefined ? { signal } : {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, [{ message: "The workbench does not answer; is `serve` still running?", line: 0 }]);
  }
  const told = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, told.problems);
  return told;
}

/** Shows problems in an element, or that there are none. */
export function complain(element, error) {
  element.replaceChildren();
  if (!error) return;
  if (!(error instanceof Refused)) throw error;
  element.append(h("ul", { class: "problems" }, error.problems.map((each) => h("li", {}, place(each) + each.message))));
}

/** A listener that says what the server refuses, where the page says what is wrong. */
export const tried = (work) => async (...given) => {
  try {
    await work(...given);
  } catch (error) {
    complain($("problems"), error);
  }
};

/** Saves text as a file. */
export function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** A select with its label: options are [value, title, whether it is chosen]. */
export function choice(label, options, attributes = {}) {
  const id = fresh("choice");
  const input = h("select", { id, ...attributes }, options.map(([value, title, chosen]) =>
    h("option", { value, selected: Boolean(chosen) }, title)));
  return { input, shown: h("p", {}, h("label", { for: id }, label), " ", input) };
}

/** A box to tick with its label. */
export function tick(title, checked, then) {
  const id = fresh("tick"), input = h("input", { id, type: "checkbox", checked });
  input.addEventListener("change", () => then(input.checked));
  return h("p", { class: "tick" }, input, h("label", { for: id }, title));
}

/** A table of texts; the first cell of a row is its head. */
export function table(heads, rows, caption) {
  return h("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": `Table: ${caption}` },
    h("table", {}, h("caption", {}, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, place) =>
        place ? h("td", {}, cell) : h("th", { scope: "row" }, cell)))))));
}

/** Rows as CSV. */
export const csv = (heads, rows) => [heads, ...rows].map((row) => row.map((cell) => {
  const text = cell === null || cell === undefined ? "" : String(cell);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}).join(",")).join("\n") + "\n";

let numbered = 0;
/** A name that no other element has. */
export const fresh = (prefix) => `${prefix}-${(numbered += 1)}`;

/** A day in words. */
export const day = (iso) => new Date(`${iso}T00:00:00Z`).toLocaleDateString("en-GB", {
  day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** A share as runs of 100. */
export const in100 = (share) => (share > 0.99 ? "over 99" : share < 0.001 ? "under 0.1"
  : share < 0.1 ? (100 * share).toPrecision(2) : String(Math.round(100 * share)));

/** What odds are multiplied by, in two figures, without powers of ten. */
export const times = (odds) => (odds > 1000 ? "over 1,000" : odds < 0.001 ? "under 0.001" : String(Number(odds.toPrecision(2))));

/** A signed number with a proper minus. */
export const signed = (value, decimals) => {
  const text = Math.abs(value).toFixed(decimals);
  return Number(text) === 0 ? text : (value > 0 ? "+" : "−") + text;
};

/** Takes the reader to a part of the page, by sight and by keyboard; the address stays. */
export function goTo(part) {
  part.scrollIntoView();
  part.focus({ preventScroll: true });
}
