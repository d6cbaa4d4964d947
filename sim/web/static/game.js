// A game: one history revealed week by week, in which one decides for a country.

import { $, ask, complain, csv, day, fresh, h, in100, save, signed, table } from "./dom.js";
import { countries } from "./changes.js";
import { weekOf } from "./history.js";
import { change, changes, onChange, state } from "./state.js";

let playing = null; // what the server said last

/** Begins to listen. */
export function begin() {
  onChange((what) => {
    if (what !== "changes") return;
    state.game = null;
    starter();
  });
}

/** The part as the state has it, after a change of the whole page. */
export function settle() {
  if (state.game) play(state.game);
  else starter();
}

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

async function play(game, onward = false) {
  try {
    playing = await ask("/api/play", { changes: changes(), country: game.country, seed: state.seed,
                                       replicate: game.replicate, moves: game.moves, onward });
    const left = playing.weeks.length - game.moves.length;  // weeks that the model has decided on the way
    game = { ...game, moves: [...game.moves, ...Array(left).fill(null)] };
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
    playing.over ? debrief(playing) : decide(game, playing.now));
  ($("play").querySelector("h3[tabindex]") ?? $("play").querySelector("h3"))?.focus();
}

/** The weeks revealed before the last one, the newest first. */
function before(game) {
  const weeks = game.weeks.slice(0, -1).reverse();
  return weeks.length > 0 && h("details", { open: game.over }, h("summary", {}, `The ${weeks.length === 1 ? "week" : `${weeks.length} weeks`} before`),
    weeks.map((week) => h("section", {}, h("h4", {}, `Week ${week.week}, from ${day(week.start)}`), weekOf(week, game.mechanisms))));
}

function oddsOf(odds) {
  const rows = [...odds].sort((one, other) => other.chosen - one.chosen || other.probability - one.probability);
  return table(["What", "In 100", "You", "Happened"], rows.slice(0, 20).map((each) => [each.words, in100(each.probability),
    each.chosen === null ? "left to the model" : each.chosen ? "decided for it" : "–", each.taken ? "yes" : "no"]),
  rows.length > 20 ? `The first 20 of ${rows.length}` : "The model’s own odds that week");
}

/** Where things stand before a week is decided. */
function briefing(now, name) {
  const told = now.briefing, listed = (rows) => h("ol", { class: "weeks" }, rows.map((each) =>
    h("li", { class: "happening plain" }, h("span", { class: "day" }, day(each.day)), ` ${each.words}`)));
  return h("div", { class: "briefing" },
    h("p", {}, `${told.leader} governs ${name}; approval ${signed(told.approval, 2)}, from −1 to 1.`),
    h("p", {}, "Tension now, from −10 (friendly) to 10 (hostile): "
      + `${told.tension.map((each) => `${each.with} ${signed(each.level, 1)}`).join(", ")}.`),
    h("h4", {}, now.week === 1 ? "What has just happened" : `The last two weeks: events, and what concerns ${name}`),
    told.before.length ? listed(told.before) : h("p", {}, "Nothing."),
    h("h4", {}, "What falls in this week"), now.events.length ? listed(now.events) : h("p", {}, "No event."));
}

function decide(game, now) {
  const boxes = [], groups = [...new Set(now.options.map((each) => each.group))];
  const group = (title) => h("fieldset", {}, h("legend", {}, title), h("div", { class: "options" },
    now.options.filter((each) => each.group === title).map((each) => {
      const id = fresh("option"), more = each.dated ? "instead of what is planned"
        : each.joint ? `if ${each.needs} will, too` : "";
      const box = h("input", { id, type: "checkbox", value: each.name, "aria-describedby": more && `${id}-more` || null });
      boxes.push(box);
      return h("p", {}, box, h("span", {}, h("label", { for: id }, each.words), more && h("span", { class: "quiet", id: `${id}-more` },
        ` – ${more}`)));
    })));
  return h("form", { onsubmit: (event) => {
    event.preventDefault();
    play({ ...game, moves: [...game.moves, boxes.filter((box) => box.checked).map((box) => box.value)] });
  } }, h("h3", {}, `Week ${now.week}, from ${day(now.start)}: what do you do?`), briefing(now, playing.name),
  h("h4", {}, `What ${playing.name} could do`), h("p", { class: "quiet" }, "Tick what it does. Of what is done together, a tick says that "
    + "it is willing; it happens if the others are, too."), groups.map(group),
  h("p", { class: "buttons" }, h("button", { class: "main" }, "Decide, and reveal the week"), h("button", { type: "button",
    onclick: () => play({ ...game, moves: [...game.moves, null] }) }, "Let the model decide this week"),
  h("button", { type: "button", onclick: () => play(game, true) }, "Let it decide up to the next event")));
}

/** What the history came to, beside what it would have come to without the player. */
function debrief(game) {
  const rows = [...game.outcomes].sort((one, other) => (one.played === one.alone) - (other.played === other.alone));
  const apart = rows.filter((each) => each.played !== each.alone).length;
  return h("div", { class: "debrief" }, h("h3", {}, `It ends in “${game.ending_title}”`),
    h("p", {}, game.ending_title === game.alone_title ? "Left to the model, the same history ends so, too."
      : `Left to the model, the same history ends in “${game.alone_title}”.`,
    ` ${apart} of ${rows.length} outcomes differ. Both made the same draws, so what differs follows from your decisions.`),
    table(["Outcome", "As you played", "Left to the model"], rows.map((each) => [each.title, each.played, each.alone]),
      apart ? "Outcomes, those that differ first" : "Outcomes"),
    h("p", { class: "buttons small" }, h("button", { type: "button", onclick: () => save(
      `game-${game.country}-${game.replicate}.csv`, weeksAsCsv(game), "text/csv") }, "CSV of the weeks played")));
}

/** A row per thing that happened, and per thing that was decided for and did not. */
function weeksAsCsv(game) {
  const decided = (one) => (!one ? "" : one.chosen === null ? "left to the model" : one.chosen ? "decided for it" : "decided against it");
  return csv(["week", "day", "what", "happened", "probability", game.name], game.weeks.flatMap((week, place) => {
    const own = new Map(game.odds[place].map((one) => [one.words, one]));
    const told = week.happenings.map((each) => [week.week, each.day, each.words, "yes", each.probability, decided(own.get(each.words))]);
    return [...told, ...game.odds[place].filter((one) => one.chosen && !one.taken).map((one) =>
      [week.week, "", one.words, "no", one.probability, decided(one)])];
  }));
}
