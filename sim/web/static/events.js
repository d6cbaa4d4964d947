// Events on a line of dates: switched off, moved, added.

import { $, choice, day, fresh, h, s } from "./dom.js";
import { change, set, state } from "./state.js";

let offers = null;

/** Fills the part with the events of a scenario, each on its line of dates. */
export function drawEvents(offered = offers) {
  offers = offered;
  const first = Date.parse(offers.start), span = Date.parse(offers.end) - first;
  const left = (iso) => Math.min(Math.max((Date.parse(iso) - first) / span, 0), 1) * 1000;
  const months = monthsOf(offers.start, offers.end), ticks = () => months.map((each) => s("line", {
    x1: left(each), x2: left(each), y1: 0, y2: 12, stroke: "#dddddd", "vector-effect": "non-scaling-stroke" }));
  const line = (days) => s("svg", { viewBox: "-6 0 1012 12", preserveAspectRatio: "none", class: "dates", "aria-hidden": "true" },
    ...ticks(), s("line", { x1: 0, x2: 1000, y1: 6, y2: 6, stroke: "#bbbbbb" }), ...days.map((each) => s("rect", {
      x: left(each.low) - 5, width: Math.max(left(each.high) - left(each.low), 0) + 10, y: 1, height: 10,
      fill: each.expected ? "#9ab3cc" : "#0b5394" })));
  const names = months.map((each) => {
    const name = h("span", {}, `${new Date(each).toLocaleDateString("en-GB", { month: "short", timeZone: "UTC" })} ’${each.slice(2, 4)}`);
    name.style.left = `${left(each) / 10}%`;
    return name;
  });
  const axis = h("div", { class: "axis", "aria-hidden": "true" }, names);
  new ResizeObserver(() => thin(names, axis.clientWidth)).observe(axis);
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
    axis, h("ul", { class: "events" }, added, rows), adder());
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
    reset.hidden = !changed;
    lined.replaceChildren(line(!on.checked ? [] : state.moved[each.name]
      ? [{ low: state.moved[each.name], high: state.moved[each.name] }] : each.days));
  };
  const days = each.chance ? "by chance" : !each.days.length ? "not within this time" : each.days.length > 1
    ? `${day(each.days[0].low)} and ${each.days.length - 1} more` : each.days[0].low === each.days[0].high
      ? day(each.days[0].low) : `${day(each.days[0].low)} to ${day(each.days[0].high)}`;
  const row = h("li", {}, h("span", { class: "what" }, on, h("label", { for: on.id }, each.title),
    h("span", { class: "quiet" }, ` ${days}${each.idle ? "; only a date, histories are the same without it" : ""}`)), lined,
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

/** The first days of the months between two days. */
function monthsOf(start, end) {
  const found = [], at = new Date(`${start.slice(0, 7)}-01T00:00:00Z`);
  for (at.setUTCMonth(at.getUTCMonth() + 1); at <= new Date(end); at.setUTCMonth(at.getUTCMonth() + 1)) {
    found.push(at.toISOString().slice(0, 10));
  }
  return found;
}

/** Shows every nth of the names on an axis of some width: at most five or so, and none that meets the one before. */
function thin(names, width) {
  const room = width / names.length, widest = Math.max(...names.map((name) => name.offsetWidth));
  const every = Math.max(Math.ceil(names.length / 5), Math.ceil((widest + 6) / room));
  names.forEach((name, place) => {
    const shown = place % every === 0 && name.offsetLeft + name.offsetWidth <= width;
    name.style.visibility = shown ? "visible" : "hidden";
  });
}
