// The scenario as a file: a copy of one's own to start from, a file opened, the text edited.

import { $, ask, complain, h, tried } from "./dom.js";
import { blank, change, changes, copied, state } from "./state.js";

const AT_REST = 400, MOST = 128 * 1024, NAME = 60;
let worlds = {}, follow = () => {}, following = 0;

/** Brings the text up to date with what was changed elsewhere, unless it is being edited. */
export function keepUp() {
  clearTimeout(following);
  following = setTimeout(() => follow(), AT_REST);
}

/** Fills the part with the scenario's text; `offer` fills the form anew once another text is used. */
export function drawFile(offer) {
  const text = h("textarea", { id: "yaml", rows: "24", spellcheck: "false", autocapitalize: "off", wrap: "off" });
  const said = h("div", { role: "status" }), use = h("button", { type: "button", disabled: true }, "Use this text");
  let waiting = 0, latest = 0, edited = false;
  const check = async () => {
    const own = (latest += 1);
    try {
      const { problems } = await ask("/api/check", { scenario: state.scenario, text: text.value });
      if (own !== latest) return;
      use.disabled = problems.length > 0;
      said.replaceChildren(problems.length ? h("ul", { class: "problems" }, problems.map((each) => h("li", {},
        each.line ? h("button", { type: "button", class: "small", onclick: () => showPlace(text, each) },
          `Line ${each.line}, column ${each.column}`) : "", ` ${each.message}`))) : h("p", {}, "Nothing is wrong with it."));
    } catch (error) {
      use.disabled = true;
      if (own === latest) complain(said, error);
    }
  };
  text.addEventListener("input", () => { edited = use.disabled = true; clearTimeout(waiting); waiting = setTimeout(check, AT_REST); });
  use.addEventListener("click", tried(async () => {
    change("changes", { ...blank(state.scenario), text: text.value, seed: state.seed, n: state.n, base: state.base,
                        copy: state.copy });
    await offer();
  }));
  const load = async () => { text.value = (await ask("/api/file", changes())).text; said.replaceChildren(); };
  const part = $("file");
  follow = () => { if (part.open && !edited) load().catch((error) => complain(said, error)); };
  part.ontoggle = () => follow();
  follow();
  part.querySelector(".body").replaceChildren(h("label", { for: "yaml" }, "YAML, as in a scenario file; it is checked as you type"),
    text, said, h("p", { class: "buttons" }, use));
}

function showPlace(text, problem) {
  const lines = text.value.split("\n"), start = lines.slice(0, problem.line - 1).join("\n").length
    + (problem.line > 1 ? 1 : 0) + problem.column - 1;
  text.focus();
  text.setSelectionRange(start, start + 1);
  text.scrollTop = Math.max(problem.line - 8, 0) * (text.scrollHeight / lines.length);
}

// Copies

/** Says what the copy is of and called, where there is one. */
export function drawCopy(offers) {
  $("copied").hidden = !state.copy;
  $("copy-of").textContent = `Your own copy of “${offers.title}”, called`;
  $("copy-name").value = state.copy;
}

const plain = (name) => name.trim().replace(/[^\w.-]+/g, "_").slice(0, NAME);

/** Begins to listen; `restart` shows another state, `scenarios` are those of the server. */
export function beginCopies(restart, scenarios) {
  worlds = Object.fromEntries(scenarios.map((each) => [each.name, each.world]));
  $("start-copy").addEventListener("click", tried(async () => {
    const { text } = await ask("/api/file", changes());
    await restart({ ...copied(state.scenario, text, state.copy || `my_${state.scenario}`.slice(0, NAME)),
                    seed: state.seed, n: state.n });
    $("copy-name").select();
  }));
  $("copy-name").addEventListener("change", () => {
    change("view", { copy: plain($("copy-name").value) || `my_${state.scenario}` });
    $("copy-name").value = state.copy;
  });
  $("open").addEventListener("change", () => opened($("open").files[0], restart));
}

/** Starts from a file of the reader's: as a copy of its own, beside the first scenario of the same world. */
async function opened(file, restart) {
  $("open").value = "";
  if (!file) return;
  const said = $("unopened");
  said.replaceChildren();
  if (file.size > MOST) {
    said.replaceChildren(h("p", { class: "problems" }, `${file.name} is larger than ${MOST / 1024} KiB.`));
    return;
  }
  const text = await file.text(), world = /^world:\s*["']?([^\s"'#]+)/m.exec(text)?.[1] ?? "seeds";
  const scenario = worlds[state.scenario] === world ? state.scenario
    : Object.keys(worlds).find((name) => worlds[name] === world) ?? state.scenario;
  try {
    const { problems } = await ask("/api/check", { scenario, text });
    if (problems.length) said.replaceChildren(h("p", {}, `${file.name} cannot be used:`), h("ul", { class: "problems" },
      problems.map((each) => h("li", {}, `${each.line ? `Line ${each.line}, column ${each.column}: ` : ""}${each.message}`))));
    else await restart(copied(scenario, text, plain(file.name.replace(/\.ya?ml$/i, "")) || "mine"));
  } catch (error) {
    complain(said, error);
  }
}
