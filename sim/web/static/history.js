// One history, week by week.

import { $, ask, complain, day, fresh, h, in100, signed, table, times } from "./dom.js";
import { sources } from "./changes.js";
import { change, onChange, question, state } from "./state.js";

let run = null;     // the last full run: its number and sides
let told = null;    // { base, alt }: the stories shown
let telling = 0;    // how many have been asked for: none but the last is shown

/** Begins to listen. */
export function begin() {
  document.addEventListener("ran", (event) => { run = event.detail; chooser(); });
  onChange((what) => {
    if (what !== "changes") return;
    state.replicate = null;
    state.week = 1;
    settle(false);
  });
}

/** The part as the state has it; `anew` after a change of the whole page. */
export function settle(anew = true) {
  run = told = null;
  telling += 1;
  chooser();
  $("story").querySelector(".told").replaceChildren();
  if (anew && state.replicate !== null) tell(state.replicate, state.week);
}

// Which history

/** Offers what can be told; what is told already stays. */
async function chooser() {
  const part = $("story"), number = h("input", { id: "replicate", type: "number", min: "0", max: "1000000", step: "1",
                                                  value: state.replicate ?? 0 });
  const picks = h("div", { class: "buttons", id: "picks" }), shown = part.querySelector(".told") ?? h("div", { class: "told" });
  part.replaceChildren(h("p", { class: "quiet" }, run ? "Pick one of the run, or any by its number. One history of many, "
    + "not the likeliest one." : "Any history by its number; after a run, also the most typical and the most escalatory "
    + "one, and the first that parts from its twin in the baseline."),
  picks, h("form", { onsubmit: (event) => { event.preventDefault(); tell(Number(number.value)); } },
    h("p", {}, h("label", { for: "replicate" }, "Number"), " ", number, " ", h("button", {}, "Tell it"))), shown);
  if (!run) return;
  const own = run.job;
  try {
    const found = await ask(`/api/jobs/${own}/picks`);
    if (run?.job !== own) return;
    picks.append(...found.picks.map((each) => h("button", { type: "button", onclick: () => tell(each.replicate) },
      `${each.title} (${each.replicate})`)));
    if (run.sides.length > 1) picks.append(h("button", { type: "button", onclick: (event) => diverge(event.target) },
      "First divergence from the baseline"));
  } catch (error) {
    complain(picks, error);
  }
}

async function diverge(button) {
  const said = h("p", { role: "status" }, "Looking for it …");
  $("story").querySelector(".told").replaceChildren(said);
  button.disabled = true;
  try {
    const { found } = await ask("/api/divergence", question(run.replicates));
    if (!found) said.textContent = "No history ends otherwise than its twin.";
    else await tell(found.replicate, found.week, `They part in week ${found.week} over “${found.what}”, which happens `
      + ({ base: "in the baseline alone.", alt: "with the changes alone.", both: "in both, each in its own way." })[found.how]);
  } catch (error) {
    complain($("story").querySelector(".told"), error);
  } finally {
    button.disabled = false;
  }
}

/** Tells a history, beside its twin in the baseline where there is one. */
async function tell(replicate, week = 1, words = "") {
  const shown = $("story").querySelector(".told"), own = (telling += 1);
  shown.replaceChildren(h("p", { role: "status" }, "Running it again …"));
  const asked = question(1), same = !asked.base && JSON.stringify(asked.alt) === JSON.stringify({ scenario: state.scenario });
  const sides = same ? { alt: asked.alt } : { base: asked.base ?? { scenario: state.scenario }, alt: asked.alt };
  try {
    const all = await Promise.all(Object.entries(sides).map(async ([side, changed]) =>
      [side, await ask("/api/story", { changes: changed, seed: state.seed, replicate })]));
    if (own !== telling) return;
    told = Object.fromEntries(all);
    change("view", { replicate, week });
    $("replicate").value = replicate;
    reader(shown, Math.min(week, told.alt.weeks.length), words);
  } catch (error) {
    if (own === telling) complain(shown, error);
  }
}

function reader(shown, first, words) {
  const weeks = told.alt.weeks.length, id = fresh("week"), pages = h("div", { class: "sides" });
  const input = h("input", { id, type: "range", min: 1, max: weeks, step: 1, value: first });
  const said = h("output", { for: id }), show = () => {
    const number = Number(input.value);
    said.textContent = `week ${number} of ${weeks}, from ${day(told.alt.weeks[number - 1].start)}`;
    before.disabled = number === 1;
    after.disabled = number === weeks;
    pages.replaceChildren(...Object.entries(told).map(([side, story]) => h("div", {},
      told.base && h("h4", {}, side === "base" ? "Baseline" : "Now"), weekOf(story.weeks[number - 1], story.mechanisms))));
  };
  const turned = () => { show(); change("view", { week: Number(input.value) }); };
  const turn = (by) => () => { input.value = Number(input.value) + by; turned(); };
  const before = h("button", { type: "button", onclick: turn(-1) }, "Previous week");
  const after = h("button", { type: "button", onclick: turn(1) }, "Next week");
  pages.classList.toggle("two", Boolean(told.base));
  input.addEventListener("input", turned);
  const line = (story) => `It drew the theory “${story.theory}” and ends in “${story.ending_title}”.`;
  shown.replaceChildren(h("h3", { tabindex: "-1" }, `History ${told.alt.replicate}`),
    h("p", {}, told.base ? `Baseline: ${line(told.base)} Now: ${line(told.alt)}` : line(told.alt)), words && h("p", {}, words),
    h("p", {}, h("label", { for: id, class: "screen" }, "Week"), input, said), h("p", { class: "buttons" }, before, after), pages);
  show();
  shown.querySelector("h3").focus();
}

/** A week: what happened, why, and what nearly did. */
export function weekOf(week, mechanisms) {
  return h("div", {}, week.happenings.length ? h("ol", { class: "weeks" }, week.happenings.map((each) =>
    happened(each, mechanisms))) : h("p", {}, "Nothing happened."),
  week.nearly.length > 0 && h("details", {}, h("summary", {}, "What nearly happened"), h("ol", { class: "weeks" },
    week.nearly.map((each) => happened(each, mechanisms)))),
  h("details", { class: "data" }, h("summary", {}, "Tension at its end"), table(["Between", "Tension"],
    Object.entries(week.tension).map(([dyad, level]) => [dyad, signed(level, 1)]), "Tension, −10 to 10")));
}

function happened(each, mechanisms) {
  const head = [h("span", { class: "day" }, day(each.day)), ` ${each.words}`];
  if (each.probability === null) return h("li", { class: "happening plain" }, ...head);
  return h("li", { class: "happening" }, h("details", {}, h("summary", {}, ...head),
    h("p", {}, `Its chance that week was ${in100(each.probability)} in 100; at its base rate ${in100(each.usual)}.`
      + (each.least_willing ? ` Reasons of ${each.least_willing}, the least willing.` : "")),
    each.reasons.length ? each.reasons.map((reason) => because(reason, mechanisms[reason.mechanism]))
      : h("p", {}, "No reason beyond the usual.")));
}

function because(reason, entry) {
  const way = reason.log_odds > 0 ? "likelier" : "rarer";
  return h("details", { class: "reason" }, h("summary", {}, `${reason.title}: ${way}, odds × ${times(Math.exp(reason.log_odds))} `
    + `(${signed(reason.log_odds, 2)} in log-odds)`),
  h("dl", {}, h("dt", {}, "Argument"), h("dd", {}, entry.theory), h("dt", {}, "Evidence"), h("dd", {}, entry.evidence),
    h("dt", {}, "Strength, in log-odds"), h("dd", {}, entry.strength), h("dt", {}, "Sources"), h("dd", {}, sources(entry.sources))));
}
