// One history, week by week, and a game in which one decides for a country.

import { $, ask, complain, day, fresh, h, in100, signed, table } from "./dom.js";
import { countries, sources } from "./changes.js";
import { change, changes, onChange, question, state } from "./state.js";

let run = null;     // the last full run: its number and sides
let told = null;    // { base, alt }: the stories shown
let playing = null; // what the server said last of the game

/** Begins to listen. */
export function begin() {
  document.addEventListener("ran", (event) => { run = event.detail; chooser(); });
  onChange((what) => {
    if (what !== "changes") return;
    Object.assign(state, { replicate: null, game: null });
    settle(false);
  });
}

/** Both parts as the state has them; `anew` after a change of the whole page. */
export function settle(anew = true) {
  run = told = null;
  chooser();
  $("story").querySelector(".told")?.replaceChildren();
  if (anew && state.replicate !== null) tell(state.replicate);
  if (anew && state.game) play(state.game);
  else starter();
}

// Which history

async function chooser() {
  const part = $("story"), number = h("input", { id: "replicate", type: "number", min: "0", max: "1000000", step: "1",
                                                  value: state.replicate ?? 0 });
  const picks = h("div", { class: "buttons", id: "picks" }), shown = h("div", { class: "told" });
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
  const shown = $("story").querySelector(".told");
  shown.replaceChildren(h("p", { role: "status" }, "Running it again …"));
  const asked = question(1), same = !asked.base && JSON.stringify(asked.alt) === JSON.stringify({ scenario: state.scenario });
  const sides = same ? { alt: asked.alt } : { base: asked.base ?? { scenario: state.scenario }, alt: asked.alt };
  try {
    const all = await Promise.all(Object.entries(sides).map(async ([side, own]) =>
      [side, await ask("/api/story", { changes: own, seed: state.seed, replicate })]));
    told = Object.fromEntries(all);
    change("view", { replicate });
    $("replicate").value = replicate;
    reader(shown, week, words);
  } catch (error) {
    complain(shown, error);
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
  const turn = (by) => () => { input.value = Number(input.value) + by; show(); };
  const before = h("button", { type: "button", onclick: turn(-1) }, "Previous week");
  const after = h("button", { type: "button", onclick: turn(1) }, "Next week");
  pages.classList.toggle("two", Boolean(told.base));
  input.addEventListener("input", show);
  const line = (story) => `It drew the theory “${story.theory}” and ends in “${story.ending_title}”.`;
  shown.replaceChildren(h("h3", { tabindex: "-1" }, `History ${told.alt.replicate}`),
    h("p", {}, told.base ? `Baseline: ${line(told.base)} Now: ${line(told.alt)}` : line(told.alt)), words && h("p", {}, words),
    h("p", {}, h("label", { for: id }, "Week"), input, said), h("p", { class: "buttons" }, before, after), pages);
  show();
  shown.querySelector("h3").focus();
}

/** A week: what happened, why, and what nearly did. */
function weekOf(week, mechanisms) {
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
  const way = reason.log_odds > 0 ? "likelier" : "rarer", times = Math.exp(Math.abs(reason.log_odds));
  return h("details", { class: "reason" }, h("summary", {}, `${reason.title}: ${way}, odds ${way === "likelier" ? "×" : "÷"} `
    + `${times.toPrecision(2)} (${signed(reason.log_odds, 2)} in log-odds)`),
  h("dl", {}, h("dt", {}, "Argument"), h("dd", {}, entry.theory), h("dt", {}, "Evidence"), h("dd", {}, entry.evidence),
    h("dt", {}, "Strength, in log-odds"), h("dd", {}, entry.strength), h("dt", {}, "Sources"), h("dd", {}, sources(entry.sources))));
}

// A game

function starter() {
  playing = null;
  const country = h("select", { id: "country" }, countries().map((each) => h("option", { value: each.code }, each.name)));
  const replicate = h("input", { id: "game-replicate", type: "number", min: "0", max: "1000000", value: "0", required: true });
  $("play").replaceChildren(h("p", { class: "quiet" }, "One history, revealed a week at a time. You decide for one country; "
    + "the others decide as the model has them. Afterwards you see how likely the model thought what you could do."),
  h("form", { onsubmit: (event) => {
    event.preventDefault();
    play({ country: country.value, replicate: Number(replicate.value), moves: [] });
  } }, h("p", {}, h("label", { for: "country" }, "Country"), " ", country, " ",
    h("label", { for: "game-replicate" }, "History"), " ", replicate, " ", h("button", {}, "Begin"))), h("div", { class: "said" }));
}

async function play(game) {
  try {
    playing = await ask("/api/play", { changes: changes(), country: game.country, seed: state.seed,
                                       replicate: game.replicate, moves: game.moves });
  } catch (error) {
    if (!$("play").querySelector(".said")) starter();
    complain($("play").querySelector(".said"), error);
    return;
  }
  change("view", { game });
  const last = playing.weeks.at(-1), odds = playing.odds.at(-1);
  $("play").replaceChildren(
    h("p", {}, `You decide for ${playing.name} in history ${playing.replicate}. `, h("button", { type: "button", class: "small",
      onclick: () => { change("view", { game: null }); starter(); } }, "End the game")),
    last ? h("div", {}, h("h3", { tabindex: "-1" }, `Week ${last.week}, from ${day(last.start)}`), weekOf(last, playing.mechanisms),
      h("h4", {}, "What you could do, and how likely the model thought it"), oddsOf(odds), before(playing)) : "",
    playing.over ? h("div", {}, h("h3", {}, `It ends in “${playing.ending_title}”`)) : decide(game, playing.now));
  ($("play").querySelector("h3[tabindex]") ?? $("play").querySelector("h3"))?.focus();
}

/** The weeks revealed before the last one, the newest first. */
function before(game) {
  const weeks = game.weeks.slice(0, -1).reverse();
  return weeks.length > 0 && h("details", {}, h("summary", {}, `The ${weeks.length === 1 ? "week" : `${weeks.length} weeks`} before`),
    weeks.map((week) => h("section", {}, h("h4", {}, `Week ${week.week}, from ${day(week.start)}`), weekOf(week, game.mechanisms))));
}

function oddsOf(odds) {
  const rows = [...odds].sort((one, other) => other.chosen - one.chosen || other.probability - one.probability);
  return table(["What", "In 100", "You", "Happened"], rows.slice(0, 20).map((each) => [each.words, in100(each.probability),
    each.chosen === null ? "left to the model" : each.chosen ? "decided for it" : "–", each.taken ? "yes" : "no"]),
  rows.length > 20 ? `The first 20 of ${rows.length}` : "The model’s own odds that week");
}

function decide(game, now) {
  const boxes = [];
  const group = (title, all) => all.length > 0 && h("fieldset", {}, h("legend", {}, title), h("div", { class: "options" }, all.map((each) => {
    const id = fresh("option"), box = h("input", { id, type: "checkbox", value: each.name });
    boxes.push(box);
    return h("p", {}, box, h("label", { for: id }, each.words));
  })));
  const joint = now.options.filter((each) => each.joint), dated = now.options.filter((each) => each.dated);
  const alone = now.options.filter((each) => !each.joint && !each.dated);
  return h("form", { onsubmit: (event) => {
    event.preventDefault();
    play({ ...game, moves: [...game.moves, boxes.filter((box) => box.checked).map((box) => box.value)] });
  } }, h("h3", {}, `Week ${now.week}, from ${day(now.start)}: what do you do?`),
  h("p", {}, now.events.length ? `This week: ${now.events.join("; ")}.` : "No event falls in this week."),
  group("Planned exercises and the like: tick to do otherwise than planned", dated), group("Alone", alone),
  group("Together: tick to be willing; the others must be, too", joint),
  h("p", { class: "buttons" }, h("button", { class: "main" }, "Decide, and reveal the week"), h("button", { type: "button",
    onclick: () => play({ ...game, moves: [...game.moves, null] }) }, "Let the model decide this week")));
}
