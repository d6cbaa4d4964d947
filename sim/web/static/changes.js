// What you change: assumptions, events, leaders, readings, presets, theories, the file.

import { $, ask, complain, day, fresh, h, s, save } from "./dom.js";
import { blank, change, changes, count, ground, link, state } from "./state.js";

const SHOWN = 8, AT_REST = 400;
let offers = null;

/** Fills the form with what the scenario offers. */
export async function offer() {
  offers = await ask("/api/offers", ground());
  $("title").textContent = offers.title;
  $("asks").textContent = offers.asks;
  document.title = `${offers.title} – workbench`;
  drawPeople();
  drawEvents();
  drawFile();
  mark();
  if (!state.shown) {
    $("assumptions").querySelector(".body").replaceChildren(h("p", { class: "quiet" },
      "Finding out which assumptions matter most …"));
    const of = state.scenario;
    const { paths } = await ask("/api/telling", ground());
    if (state.scenario !== of) return;
    state.shown = [...new Set([...Object.keys(state.settings), ...paths])].slice(0, SHOWN);
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
  const own = state.base ? " The baseline is one of your own." : "";
  $("changed").textContent += own;
  $("reset-all").disabled = !changed && !state.base;
}

const set = (what, name, value) => {
  const next = { ...state[what] };
  if (value === undefined) delete next[name];
  else next[name] = value;
  change("changes", { [what]: next });
};

// Assumptions

function drawAssumptions() {
  const body = $("assumptions").querySelector(".body");
  const known = Object.fromEntries(offers.assumptions.map((each) => [each.path, each]));
  state.shown = state.shown.filter((path) => known[path]);
  const groups = {};
  for (const path of state.shown) (groups[known[path].group] ??= []).push(known[path]);
  body.replaceChildren(
    h("p", { class: "quiet" }, `Those that matter most for the ending, at most ${SHOWN} at a time. A slider moves the `
      + "middle of what is thought possible; its spread stays."),
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
    shown.textContent = changed ? `${short(middle(state.settings[each.path]))} – changed from default, `
      + short(each.centre) : `${short(each.centre)} – default`;
    row.classList.toggle("changed", changed);
    reset.disabled = !changed;
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
  return h("div", {}, h("label", { for: "find" }, `Another assumption, of ${Object.keys(known).length}`), input, said, list);
}

/** The shown ones but the last that is not changed. */
function dropped() {
  const last = state.shown.findLast((path) => state.settings[path] === undefined) ?? state.shown.at(-1);
  return state.shown.filter((path) => path !== last);
}

// Events

function drawEvents() {
  const first = Date.parse(offers.start), span = Date.parse(offers.end) - first;
  const left = (iso) => Math.min(Math.max((Date.parse(iso) - first) / span, 0), 1) * 1000;
  const line = (days) => s("svg", { viewBox: "-6 0 1012 12", preserveAspectRatio: "none", class: "dates", "aria-hidden": "true" },
    s("line", { x1: 0, x2: 1000, y1: 6, y2: 6, stroke: "#bbbbbb" }), ...days.map((each) => s("rect", {
      x: left(each.low) - 5, width: Math.max(left(each.high) - left(each.low), 0) + 10, y: 1, height: 10,
      fill: each.expected ? "#9ab3cc" : "#0b5394" })));
  const rows = offers.events.map((each) => eventRow(each, line));
  const added = Object.entries(state.added).map(([name, own]) => {
    const title = own?.name ?? offers.more_events.find((other) => other.name === name)?.title ?? name;
    return h("li", { class: "changed" }, h("span", {}, `${title}${own ? `, ${day(own.on)}` : ""} – added `),
      h("span", { class: "when" }, h("button", { type: "button", class: "small", onclick: () => {
        set("added", name, undefined);
        drawEvents();
        $("events").querySelector("summary").focus();
      } }, "Remove", h("span", { class: "hidden" }, ` ${title}`))));
  });
  $("events").querySelector(".body").replaceChildren(
    h("p", { class: "quiet" }, `From ${day(offers.start)} to ${day(offers.end)}. Dark: dates that are set; light: to be `
      + "expected. An event that is moved takes place once, on that day."),
    h("ul", { class: "events" }, added, rows), adder());
}

function eventRow(each, line) {
  const on = h("input", { type: "checkbox", id: fresh("event"), checked: !state.without.includes(each.name) });
  const when = h("input", { type: "date", id: fresh("date"),
                            value: state.moved[each.name] ?? each.days[0]?.low ?? "" });
  const reset = h("button", { type: "button", class: "small" }, "Reset", h("span", { class: "hidden" }, ` ${each.title}`));
  const lined = h("span", { class: "line" });
  const show = () => {
    const changed = !on.checked || state.moved[each.name] !== undefined;
    row.classList.toggle("changed", changed);
    reset.disabled = !changed;
    lined.replaceChildren(line(!on.checked ? [] : state.moved[each.name]
      ? [{ low: state.moved[each.name], high: state.moved[each.name] }] : each.days));
  };
  const days = each.chance ? "by chance" : !each.days.length ? "not within this time" : each.days.length > 1
    ? `${day(each.days[0].low)} and ${each.days.length - 1} more` : each.days[0].low === each.days[0].high
      ? day(each.days[0].low) : `${day(each.days[0].low)} to ${day(each.days[0].high)}`;
  const row = h("li", {}, h("span", { class: "what" }, on, h("label", { for: on.id }, each.title),
    h("span", { class: "quiet" }, ` ${days}`)), lined,
  h("span", { class: "when" }, h("label", { for: when.id }, "move to", h("span", { class: "hidden" }, ` a day, ${each.title}`)),
    when, reset));
  on.addEventListener("change", () => {
    const rest = state.without.filter((name) => name !== each.name);
    change("changes", { without: on.checked ? rest : [...rest, each.name] });
    show();
  });
  when.addEventListener("change", () => {
    const usual = each.days.length === 1 && when.value === each.days[0].low && when.value === each.days[0].high;
    set("moved", each.name, when.value && !usual ? when.value : undefined);
    show();
  });
  reset.addEventListener("click", () => {
    on.checked = true;
    const rest = { ...state.moved };
    delete rest[each.name];
    change("changes", { without: state.without.filter((name) => name !== each.name), moved: rest });
    when.value = each.days[0]?.low ?? "";
    show();
    on.focus();
  });
  show();
  return row;
}

function choice(label, options, attributes = {}) {
  const id = fresh("choice");
  const input = h("select", { id, ...attributes }, options.map(([value, title, chosen]) =>
    h("option", { value, selected: Boolean(chosen) }, title)));
  return { input, shown: h("p", {}, h("label", { for: id }, label), " ", input) };
}

function adder() {
  const more = offers.more_events.filter((each) => !(each.name in state.added));
  const known = choice("One that the world knows", more.map((each) => [each.name, each.title]));
  const parties = offers.countries.map((each) => [each.code, each.name]);
  const action = choice("What", offers.actions.map((each) => [each.name, each.title]));
  const by = choice("By", parties), to = choice("To", [["", "nobody"], ...parties]);
  const name = h("input", { id: fresh("name"), maxlength: "100", required: true });
  const on = h("input", { id: fresh("on"), type: "date", min: offers.start, max: offers.end, required: true, value: offers.start });
  const add = (key, value) => { set("added", key, value); drawEvents(); $("events").querySelector("summary").focus(); };
  return h("details", {}, h("summary", {}, "Add an event"),
    known.shown, h("p", {}, h("button", { type: "button", onclick: () => known.input.value && add(known.input.value, null) }, "Add it")),
    h("form", { onsubmit: (event) => {
      event.preventDefault();
      add(`own_${Object.keys(state.added).length + 1}_${name.value.toLowerCase().replace(/[^a-z0-9]+/g, "_").slice(0, 40)}`, {
        name: name.value, action: action.input.value, by: [by.input.value], to: to.input.value ? [to.input.value] : [], on: on.value });
    } }, h("p", {}, h("label", { for: name.id }, "Or a new one, called"), " ", name), action.shown, by.shown, to.shown,
    h("p", {}, h("label", { for: on.id }, "On"), " ", on), h("p", {}, h("button", {}, "Add a new event"))));
}

// Leaders, readings, presets, theories

function drawPeople() {
  const again = async (parts) => { change("changes", { ...parts }); await offer(); };
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
    h("fieldset", {}, h("legend", {}, "Theories and their weights in the mix"), theories));
}

function tick(title, checked, then) {
  const id = fresh("tick"), input = h("input", { id, type: "checkbox", checked });
  input.addEventListener("change", () => then(input.checked));
  return h("p", {}, input, " ", h("label", { for: id }, title));
}

// The file

function drawFile() {
  const text = h("textarea", { id: "yaml", rows: "24", spellcheck: "false", autocapitalize: "off", wrap: "off" });
  const said = h("div", { role: "status" }), use = h("button", { type: "button", disabled: true }, "Use this text");
  let waiting = 0, latest = 0;
  const check = async () => {
    const own = (latest += 1);
    try {
      const { problems } = await ask("/api/check", { scenario: state.scenario, text: text.value });
      if (own !== latest) return;
      use.disabled = problems.length > 0;
      said.replaceChildren(problems.length ? h("ul", { class: "problems" }, problems.map((each) => h("li", {},
        each.line ? h("button", { type: "button", class: "small", onclick: () => goTo(text, each) },
          `Line ${each.line}, column ${each.column}`) : "", ` ${each.message}`))) : h("p", {}, "Nothing is wrong with it."));
    } catch (error) {
      use.disabled = true;
      if (own === latest) complain(said, error);
    }
  };
  text.addEventListener("input", () => { use.disabled = true; clearTimeout(waiting); waiting = setTimeout(check, AT_REST); });
  use.addEventListener("click", async () => {
    change("changes", { ...blank(state.scenario), text: text.value, seed: state.seed, n: state.n, base: state.base });
    await offer();
  });
  const load = async () => { text.value = (await ask("/api/file", changes())).text; said.replaceChildren(); };
  const part = $("file");
  part.ontoggle = () => { if (part.open) load().catch((error) => complain(said, error)); };
  if (part.open) load().catch((error) => complain(said, error));
  part.querySelector(".body").replaceChildren(h("label", { for: "yaml" }, "YAML, as in a scenario file; it is checked as you type"),
    text, said, h("p", { class: "buttons" }, use));
}

function goTo(text, problem) {
  const lines = text.value.split("\n"), start = lines.slice(0, problem.line - 1).join("\n").length
    + (problem.line > 1 ? 1 : 0) + problem.column - 1;
  text.focus();
  text.setSelectionRange(start, start + 1);
  text.scrollTop = Math.max(problem.line - 8, 0) * (text.scrollHeight / lines.length);
}

/** Begins to listen to the buttons. */
export function begin(restart) {
  $("scenario").addEventListener("change", () => restart(blank($("scenario").value)));
  $("reset-all").addEventListener("click", () => restart({ ...blank(state.scenario), seed: state.seed, n: state.n }));
  $("as-base").addEventListener("click", () => change("changes", { base: changes() }));
  $("save").addEventListener("click", async () => {
    const { text, name } = await ask("/api/file", changes());
    save(name, text, "text/yaml");
  });
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
