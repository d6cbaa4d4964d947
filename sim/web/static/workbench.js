// The page: fills it, and keeps its parts in step.

import { $, ask, complain, goTo, h } from "./dom.js";
import { become, blank, fromAddress, onChange, state } from "./state.js";
import * as changesPart from "./changes.js";
import { beginCopies, keepUp } from "./file.js";
import * as results from "./results.js";
import * as history from "./history.js";
import * as game from "./game.js";

let most = 0;

/** Shows another state from the start. */
async function restart(other) {
  const again = other.ran;
  become(other);
  $("unopened").replaceChildren();
  $("scenario").value = state.scenario;
  results.settle(most);
  const drafted = results.draft();
  try {
    await changesPart.offer();
    history.settle();
    game.settle();
    complain($("problems"), null);
  } catch (error) {
    complain($("problems"), error);
  }
  await drafted;
  if (again) await results.run();
}

async function begin() {
  const found = (await fromAddress()) ?? blank("july_2025");
  changesPart.begin(restart);
  results.begin();
  history.begin();
  game.begin();
  onChange((what) => {
    changesPart.mark();
    if (what !== "changes") return;
    results.forget();
    results.draft();
    keepUp();
  });
  for (const link of document.querySelectorAll("nav a, a.skip")) {
    link.addEventListener("click", (event) => { event.preventDefault(); goTo($(link.hash.slice(1))); });
  }
  window.addEventListener("hashchange", async () => {
    const other = await fromAddress();
    if (other) await restart(other);
  });
  try {
    const told = await ask("/api/scenarios");
    most = told.most;
    beginCopies(restart, told.scenarios);
    $("scenario").replaceChildren(...told.scenarios.map((each) => h("option", { value: each.name }, each.title)));
    if (!told.scenarios.some((each) => each.name === found.scenario)) found.scenario = told.scenarios[0].name;
  } catch (error) {
    complain($("problems"), error);
    return;
  }
  await restart(found);
  document.documentElement.dataset.ready = "yes";
}

begin();
