// What comes out: drafts while one changes things, full runs on the button.

import { $, ask, complain, day, fresh, goTo, h, save, table } from "./dom.js";
import { endings, outcomes, relations } from "./charts.js";
import { change, question, state } from "./state.js";

// Histories of a draft, and the width of a window in pixels from which two figures of the report stand side by side.
const DRAFT = 300, WIDE = 1500;
let drafting = false, again = false, job = null, source = null;

/** A draft of what is asked now; while one is under way no more than the newest waits. */
export async function draft() {
  if (drafting) { again = true; return; }
  drafting = true;
  $("draft").setAttribute("aria-busy", "true");
  try {
    do {
      again = false;
      const begun = performance.now(), found = await ask("/api/draft", question(DRAFT));
      complain($("problems"), null);
      if (!again || performance.now() - begun < 1000) showDraft(found);
      $("draft").dataset.milliseconds = Math.round(performance.now() - begun);
    } while (again);
  } catch (error) {
    complain($("problems"), error);
    $("draft").replaceChildren(h("p", {}, "No draft can be made of this; what is wrong is said under “What you change”."));
  } finally {
    drafting = false;
    $("draft").setAttribute("aria-busy", "false");
    if (again) draft();
  }
}

function showDraft(found) {
  const open = [...$("draft").querySelectorAll("details")].map((each) => each.open);
  const both = found.endings.some((row) => row.base);
  $("draft").replaceChildren(
    h("h3", {}, `Draft of ${found.replicates} histories`),
    note(both),
    endings(found.endings, found.replicates), outcomes(found.outcomes));
  $("draft").querySelectorAll("details").forEach((each, place) => { each.open = open[place] ?? false; });
}

/** How the first chart is to be read. */
const note = (both) => h("p", { class: "quiet" }, "Numbers are histories in 100. "
  + (both ? "Baseline and now share their draws, history by history: what differs is what you changed."
    : "Ranges are 95 % intervals: they cover chance in the number of histories, not the assumptions."));

// Full runs

/** Begins to listen to the form. */
export function begin() {
  $("run-form").addEventListener("submit", (event) => { event.preventDefault(); run(); });
  $("cancel").addEventListener("click", cancel);
  $("to-run").addEventListener("click", () => goTo($("full")));
  $("replicates").addEventListener("input", number);
  for (const [id, key] of [["replicates", "n"], ["seed", "seed"]]) {
    $(id).addEventListener("change", () => {
      if ($(id).checkValidity()) change(key === "seed" ? "changes" : "view", { [key]: Number($(id).value) });
    });
  }
}

/** The full number on the button. */
function number() {
  const input = $("replicates"), n = Number(input.value), missing = "Say how many histories";
  if (!input.checkValidity()) {
    $("status").textContent = `${missing}: a whole number from 1${input.max ? ` to ${Number(input.max).toLocaleString("en")}` : ""}.`;
  } else if ($("status").textContent.startsWith(missing)) {
    $("status").textContent = "";
  }
  $("run").textContent = input.checkValidity() ? `Run ${n.toLocaleString("en")} ${n === 1 ? "history" : "histories"}`
    : "Run";
}

/** The form as the state has it. */
export function settle(most) {
  if (most) $("replicates").max = most;
  $("replicates").value = state.n;
  number();
  $("seed").value = state.seed;
  stop();
  job = null;
  $("full").replaceChildren();
  $("status").textContent = "";
  $("progress").hidden = $("to-run").hidden = true;
}

/** Runs what is asked now in full. */
export async function run() {
  stop();
  $("full").replaceChildren();
  $("to-run").hidden = true;
  $("progress").value = 0;
  $("progress").hidden = false;
  $("status").textContent = "Starting …";
  try {
    job = await ask("/api/jobs", question(state.n));
  } catch (error) {
    $("progress").hidden = true;
    complain($("status"), error);
    return;
  }
  change("view", { ran: true });
  $("cancel").disabled = false;
  const own = job.id;
  source = new EventSource(`/api/jobs/${own}/progress`);
  source.onmessage = (message) => { if (job?.id === own) progress(JSON.parse(message.data)); };
  source.onerror = () => { if (source?.readyState === EventSource.CLOSED) stop(); };
}

function progress(now) {
  $("progress").value = now.done / now.total;
  const words = (count) => count.toLocaleString("en");
  if (now.state === "running") {
    $("status").textContent = now.left === null ? "Under way …" : `${words(now.replicates)} of ${words(now.asked)} histories `
      + `done, about ${Math.ceil(now.left)} s left`;
    return;
  }
  const ends = { done: "Done", cancelled: "Cancelled; what was done is kept", stopped: "Stopped", failed: "Failed" };
  $("status").textContent = now.state === "cancelled" && !now.replicates ? "Cancelled before there was anything to keep."
    : `${ends[now.state]}: ${words(now.replicates)} histories in ${now.seconds} s. ${now.problem}`.trim();
  stop();
  if (now.replicates) showFull();
}

async function cancel() {
  if (!job) return;
  try {
    progress(await ask(`/api/jobs/${job.id}/cancel`, {}));
  } catch (error) {
    complain($("status"), error);
  }
  $("run").focus();
}

/** Forgets a run that is not of what is asked now. */
export function forget() {
  if (!job) return;
  if (source) ask(`/api/jobs/${job.id}/cancel`, {}).catch(() => {});
  job = null;
  stop();
  $("full").replaceChildren();
  $("progress").hidden = $("to-run").hidden = true;
  $("status").textContent = "Changed since; run it again.";
}

function stop() {
  source?.close();
  source = null;
  $("cancel").disabled = true;
}

async function showFull() {
  const own = job.id, found = await ask(`/api/jobs/${own}`);
  if (job?.id !== own) return;
  const sides = found.sides;
  $("full").replaceChildren(
    h("h2", {}, `The run: ${found.replicates.toLocaleString("en")} histories`), note(sides.length > 1),
    ...found.changes.length ? [h("p", {}, `What is changed: ${found.changes.join("; ")}.`)] : [],
    endings(found.endings, found.replicates), outcomes(found.outcomes),
    h("p", { class: "buttons small" }, sides.map((side) => h("a", {
      href: `/api/jobs/${own}/${side}/outcomes.csv`, download: `outcomes-${side}.csv` },
    `CSV of every history${sides.length > 1 ? (side === "base" ? ", baseline" : ", now") : ""}`))),
    ...questions(sides).map(([name, title]) => answer(own, sides, name, title)));
  $("to-run").hidden = false;
  document.dispatchEvent(new CustomEvent("ran", { detail: { job: own, replicates: found.replicates, sides } }));
}

const questions = (sides) => [["endings", "How do they end, and what happens in them?"],
  ...(sides.length > 1 ? [["changes", "What changes?"]] : []), ["tension", "When does tension move?"],
  ["relations", "Who is on what terms with whom?"], ["positions", "Who stands where?"],
  ["assumptions", "Which assumptions matter?"]];

/** A question that is answered when it is opened, both sides beside each other. */
function answer(own, sides, name, title) {
  const body = h("div", { class: "sides" }), part = h("details", { class: "question" }, h("summary", {}, h("h3", {}, title)), body);
  part.addEventListener("toggle", async () => {
    const open = state.open.filter((other) => other !== name);
    change("view", { open: part.open ? [...open, name] : open });
    if (!part.open || body.childElementCount) return;
    body.replaceChildren(h("p", { class: "quiet" }, "Drawing …"));
    try {
      const asked = name === "changes" ? ["alt"] : sides;
      const found = await Promise.all(asked.map((side) => ask(`/api/jobs/${own}/${side}/answers/${name}`)));
      body.classList.toggle("two", asked.length > 1);
      if (asked.length > 1 && name !== "relations") body.before(sized(body));
      body.replaceChildren(...found.map((each, place) => h("div", {},
        asked.length > 1 && h("h4", {}, asked[place] === "base" ? "Baseline" : "Now"),
        name === "relations" ? byWeek(each) : answered({ ...each, name }))));
      if (name === "relations") together([...body.querySelectorAll("input[type=range]")]);
    } catch (error) {
      complain(body, error);
    }
  });
  part.open = state.open.includes(name);
  return part;
}

/** Moves sliders as one. */
function together(inputs) {
  for (const one of inputs) {
    one.addEventListener("input", () => {
      for (const other of inputs.filter((each) => each.value !== one.value)) {
        other.value = one.value;
        other.dispatchEvent(new Event("input"));
      }
    });
  }
}

/** Two sides beside each other, or each as large as can be. */
function sized(body) {
  const button = h("button", { type: "button", class: "small", onclick: () => { body.classList.toggle("large"); show(); } });
  const show = () => {
    button.textContent = body.classList.contains("large") ? "Show both side by side" : "Show both larger, one below the other";
  };
  body.classList.toggle("large", window.innerWidth < WIDE);
  show();
  return h("p", { class: "buttons sizes" }, button);
}

function byWeek(found) {
  const id = fresh("week"), shown = h("div", {}), said = h("output", { for: id });
  const input = h("input", { id, type: "range", min: 0, max: found.weeks.length - 1, step: 1, value: 0 });
  const show = () => {
    said.textContent = `week ${Number(input.value) + 1}, from ${day(found.weeks[input.value])}`;
    shown.replaceChildren(relations(found, Number(input.value)));
  };
  input.addEventListener("input", show);
  show();
  return h("div", {}, h("p", {}, h("label", { for: id, class: "screen" }, "Week"), input, said), shown);
}

function answered(found) {
  return h("div", {}, found.sentences.map((sentence) => h("p", {}, sentence)), found.pictures.map((each, place) => picture(each, `${found.name}-${place + 1}.svg`)),
    found.tables.map((each) => h("details", { class: "data" }, h("summary", {}, `Table: ${each.caption}`),
      table(each.heads, each.rows, each.caption),
      h("p", { class: "buttons small" }, h("button", { type: "button", onclick: () =>
        save(`${each.name}.csv`, each.csv, "text/csv") }, "CSV", h("span", { class: "hidden" }, ` of ${each.caption}`))))));
}

function picture(each, file) {
  const holder = h("figure", { class: "scroll", role: "group", tabindex: "0", "aria-label": `Figure: ${each.title}` });
  holder.innerHTML = each.svg;  // drawn by the server, text escaped there; scripts are forbidden anyhow
  return h("div", {}, holder, h("p", { class: "buttons small" }, h("button", { type: "button", onclick: () => save(file,
    each.svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '), "image/svg+xml") }, "SVG",
  h("span", { class: "hidden" }, ` of ${each.title}`))));
}

