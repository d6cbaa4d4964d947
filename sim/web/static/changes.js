// What you change: assumptions, leaders, readings, presets, theories. Events and the file are modules of their own.

import { $, ask, choice, fresh, h, save, tick, times, tried } from "./dom.js";
import { drawEvents } from "./events.js";
import { drawCopy, drawFile } from "./file.js";
import { blank, change, changes, count, ground, link, set, state, unchanged } from "./state.js";

const SHOWN = 8;
let offers = null;

/** Fills the form with what the scenario offers. */
export async function offer() {
  offers = await ask("/api/offers", ground());
  $("title").textContent = offers.title;
  $("asks").textContent = offers.asks;
  document.title = `${offers.title} – workbench`;
  drawCopy(offers);
  drawPeople();
  drawEvents(offers);
  drawFile(offer);
  mark();
  if (!state.shown) {
    $("assumptions").querySelector(".body").replaceChildren(h("p", { class: "quiet" },
      "Finding out which assumptions matter most …"));
    const of = state.scenario;
    const { paths } = await ask("/api/telling", ground());
    if (state.scenario !== of) return;
    const known = new Set(offers.assumptions.map((each) => each.path));
    state.shown = [...new Set([...Object.keys(state.settings), ...paths])].filter((path) => known.has(path)).slice(0, SHOWN);
  }
  drawAssumptions();
}

/** The countries that take part. */
export const countries = () => offers?.countries ?? [];

/** Says how much is changed. */
export function mark() {
  const changed = count();
  $("changed").textContent = changed ? `${changed} ${changed === 1 ? "thing is" : "things are"} changed from default.`
    : "Nothing is changed from default.";
  const own = state.base && state.base.text !== state.text ? " The baseline is one of your own."
    : state.copy ? " The baseline is your copy as it was." : state.base ? " The baseline is one of your own." : "";
  $("changed").textContent += own;
  $("reset-all").disabled = !changed && (!state.base || Boolean(state.copy));
}

// Assumptions

function drawAssumptions() {
  const body = $("assumptions").querySelector(".body");
  const known = Object.fromEntries(offers.assumptions.map((each) => [each.path, each]));
  state.shown = state.shown.filter((path) => known[path]);
  const groups = {};
  for (const path of state.shown) (groups[known[path].group] ??= []).push(known[path]);
  body.replaceChildren(
    h("p", { class: "quiet" }, `Those that matter most for the ending, at most ${SHOWN} at a time. A slider moves the `
      + "middle of what is thought possible; its spread stays. The number of a reason is what it adds to the log-odds of a "
      + "decision where it holds in full; in brackets what that multiplies the odds by."),
    ...Object.entries(groups).map(([group, all]) => h("fieldset", {}, h("legend", {}, group), all.map(slider))),
    finder(known));
}

function slider(each) {
  const id = fresh("assumption"), own = state.settings[each.path];
  const shown = h("output", { for: id }), reset = h("button", { type: "button", class: "small" }, "Reset",
    h("span", { class: "hidden" }, ` ${each.title}`));
  const input = h("input", { id, type: "range", min: each.low, max: each.high, step: each.step });
  const show = () => {
    const changed = state.settings[each.path] !== undefined;
    input.value = changed ? middle(state.settings[each.path]) : each.centre;
    shown.textContent = changed ? `${told(each, middle(state.settings[each.path]))}, changed from default: `
      + told(each, each.centre) : `${told(each, each.centre)}, default`;
    input.setAttribute("aria-valuetext", told(each, changed ? middle(state.settings[each.path]) : each.centre));
    row.classList.toggle("changed", changed);
    reset.hidden = !changed;
  };
  const row = h("div", { class: "assumption" }, h("label", { for: id }, each.title), input, shown,
    h("span", { class: "buttons" }, reset,
      h("button", { type: "button", class: "small", onclick: () => hide(each.path) }, "Hide",
        h("span", { class: "hidden" }, ` ${each.title}`))),
    h("details", { class: "why" }, h("summary", {}, "Why and whence"),
      each.why && h("p", {}, each.why), h("p", {}, `Thought possible: ${each.words}.`), sources(each.sources)));
  input.addEventListener("input", () => { set("settings", each.path, moved(each, Number(input.value))); show(); });
  reset.addEventListener("click", () => { set("settings", each.path, undefined); show(); input.focus(); });
  show();
  return row;
}

/** Sources by name, and what each says. */
export const sources = (all) => h("ul", { class: "sources" }, all.map(([name, words]) =>
  h("li", {}, h("cite", {}, name), words ? `: ${words}` : "")));

/** A value in the words of its kind: the odds that a reason multiplies, a rate in weeks, or a bare number. */
function told(each, value) {
  if (/^mechanisms\..*strength$/.test(each.path)) return `${short(value)} (odds × ${times(Math.exp(value))})`;
  return each.path.endsWith("base.rate") ? `${short(100 * value)} in 100 weeks` : short(value);
}

const short = (value) => String(Number(Number(value).toPrecision(3))).replace("-", "−");

const middle = (value) => (typeof value === "number" ? value : value.mean ?? (value.mode === undefined
  ? (value.low + value.high) / 2 : (value.low + value.mode + value.high) / 3));

/** The assumption's value moved so that its middle lies elsewhere; within its bounds, with its spread if there is room. */
function moved(each, centre) {
  const value = each.value, by = centre - each.centre;
  if (typeof value === "number") return centre;
  if (value.sd !== undefined) {
    const room = each.floor === 0 && each.ceiling === 1 ? 0.6 * Math.sqrt(Math.max(centre * (1 - centre), 0)) : Infinity;
    return room < 1e-6 ? centre : { mean: centre, sd: Math.min(value.sd, room) };
  }
  const clip = (number) => Math.min(Math.max(number + by, each.floor ?? -Infinity), each.ceiling ?? Infinity);
  const found = Object.fromEntries(Object.entries(value).map(([key, number]) => [key, clip(number)]));
  return found.low === found.high ? found.low : found;
}

function hide(path) {
  change("view", { shown: state.shown.filter((each) => each !== path) });
  drawAssumptions();
  $("find").focus();
}

function finder(known) {
  const list = h("ul", { class: "found" }), input = h("input", { id: "find", type: "search", autocomplete: "off" });
  const said = h("p", { role: "status", class: "quiet" });
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = words.length ? Object.values(known).filter((each) => !state.shown.includes(each.path)
      && words.every((word) => `${each.title} ${each.path}`.toLowerCase().includes(word))) : [];
    said.textContent = words.length ? `${hits.length} found${hits.length > 12 ? ", the first 12 are shown" : ""}.` : "";
    list.replaceChildren(...hits.slice(0, 12).map((each) => h("li", {}, h("button", { type: "button", onclick: () => {
      const rest = state.shown.length >= SHOWN ? dropped() : state.shown;
      change("view", { shown: [...rest, each.path] });
      drawAssumptions();
      $("find").focus();
    } }, each.title))));
  });
  return h("div", {}, h("label", { for: "find" }, `Find another assumption, of ${Object.keys(known).length}, by words in its name`), input, said, list);
}

/** The shown ones but the last that is not changed. */
function dropped() {
  const last = state.shown.findLast((path) => state.settings[path] === undefined) ?? state.shown.at(-1);
  return state.shown.filter((path) => path !== last);
}

// Leaders, readings, presets, theories

function drawPeople() {
  const again = tried(async (parts) => { change("changes", { ...parts }); await offer(); });
  const leaders = offers.countries.filter((each) => each.leaders.length > 1).map((each) => {
    const path = `countries.${each.code}.leader`;
    const found = choice(`${each.name}: who governs at first`, each.leaders.map((leader) =>
      [leader.name, leader.title, leader.name === (state.settings[path] ?? each.leader)]));
    found.input.addEventListener("change", () => set("settings", path,
      found.input.value === each.leader ? undefined : found.input.value));
    return found.shown;
  });
  const weeks = h("input", { id: "weeks", type: "number", min: "1", max: "520", required: true, value: offers.weeks });
  weeks.addEventListener("change", () => weeks.checkValidity() && again({ weeks: Number(weeks.value) }));
  const reading = choice("Reading of the sources", [["", "as the entries stand", !state.reading],
    ...offers.readings.map((each) => [each.name, each.title, each.name === state.reading])]);
  reading.input.addEventListener("change", () => again({ reading: reading.input.value || null }));
  const presets = offers.presets.map((each) => tick(each.title, state.presets.includes(each.name), (on) =>
    again({ presets: on ? [...state.presets, each.name] : state.presets.filter((name) => name !== each.name) })));
  const theories = offers.theories.map((each) => {
    const id = fresh("theory");
    const input = h("input", { id, type: "number", min: "0", max: "10", step: "0.5",
                               value: state.theories[each.name] ?? each.weight });
    input.addEventListener("change", () => {
      const all = Object.fromEntries(offers.theories.map((other) => [other.name, state.theories[other.name] ?? other.weight]));
      all[each.name] = Math.min(Math.max(Number(input.value) || 0, 0), 10);
      const usual = offers.theories.every((other) => all[other.name] === other.weight);
      change("changes", { theories: usual ? {} : all });
    });
    return h("p", {}, h("label", { for: id }, each.title), " ", input);
  });
  $("people").querySelector(".body").replaceChildren(
    leaders.length ? h("fieldset", {}, h("legend", {}, "Leaders"), leaders) : "",
    h("p", {}, h("label", { for: "weeks" }, "Weeks"), " ", weeks), reading.shown, h("fieldset", {}, h("legend", {}, "Presets: contested findings and other times"), presets),
    h("fieldset", {}, h("legend", {}, "Theories and their weights in the mix"),
      h("p", { class: "quiet" }, "Each history draws one of them, the oftener the greater its weight; 0 leaves it out."), theories));
}

/** Begins to listen to the buttons. */
export function begin(restart) {
  $("scenario").addEventListener("change", () => restart(blank($("scenario").value)));
  $("reset-all").addEventListener("click", () => restart(unchanged()));
  $("as-base").addEventListener("click", () => change("changes", { base: changes() }));
  $("save").addEventListener("click", tried(async () => {
    const { text } = await ask("/api/file", changes());
    save(`${state.copy || state.scenario}.yaml`, text, "text/yaml");
  }));
  $("copy").addEventListener("click", async () => {
    const address = await link();
    try {
      await navigator.clipboard.writeText(address);
      $("copy").textContent = "Copied";
    } catch {
      window.prompt("The link", address);
    }
    setTimeout(() => { $("copy").textContent = "Copy link"; }, 2000);
  });
}
