// What the page is about, all of it in its address, so that a link shows the same again.

const EMPTY = { settings: {}, without: [], moved: {}, added: {}, reading: null, presets: [], theories: {}, text: "",
                weeks: null };

/** The state of a page that nothing has been changed on. */
export const blank = (scenario) => ({ scenario, ...structuredClone(EMPTY), shown: null, base: null, copy: "", seed: 1,
                                      n: 2000, ran: false, open: [], replicate: null, week: 1, game: null });

/** The same without changes: the scenario, or one's own copy of it. */
export const unchanged = () => ({ ...blank(state.scenario), seed: state.seed, n: state.n,
                                  ...(state.copy && copied(state.scenario, state.base.text, state.copy)) });

/** A copy of a scenario: a text of one's own, which is its own baseline. */
export const copied = (scenario, text, name) => ({ ...blank(scenario), text, base: { scenario, text }, copy: name });

export const state = blank("july_2025");
const listeners = [];

/** Calls a function after every change; it is told which. */
export const onChange = (listener) => listeners.push(listener);

/** Changes the state and everything that depends on it. `what` is "changes" where other histories come out. */
export function change(what, parts) {
  Object.assign(state, parts);
  if (what === "changes") state.ran = false;
  remember();
  for (const listener of listeners) listener(what);
}

/** Sets one entry of a part of the changes, or takes it out. */
export function set(part, name, value) {
  const next = { ...state[part] };
  if (value === undefined) delete next[name];
  else next[name] = value;
  change("changes", { [part]: next });
}

/** Replaces the whole state. */
export function become(other) {
  for (const key of Object.keys(state)) delete state[key];
  Object.assign(state, other);
  remember();
}

/** The changes as the server is told them, without what is as usual. */
export function changes(of = state) {
  const found = { scenario: of.scenario };
  for (const [key, usual] of Object.entries(EMPTY)) {
    if (of[key] !== undefined && JSON.stringify(of[key]) !== JSON.stringify(usual)) found[key] = of[key];
  }
  return found;
}

/** The changes that decide what there is to choose from: not numbers nor events. */
export function ground() {
  const { scenario, text, reading, presets, weeks } = changes();
  return { scenario, ...(text && { text }), ...(reading && { reading }), ...(presets && { presets }), ...(weeks && { weeks }) };
}

/** The question: these changes beside the baseline. */
export const question = (replicates) => ({
  alt: changes(), ...(state.base && { base: state.base }), seed: state.seed, replicates });

/** How many things are changed. */
export const count = () => Object.keys(state.settings).length + state.without.length + Object.keys(state.moved).length
  + Object.keys(state.added).length + (state.reading ? 1 : 0) + state.presets.length
  + (Object.keys(state.theories).length ? 1 : 0) + (state.weeks ? 1 : 0)
  + (state.text && !(state.copy && state.text === state.base?.text) ? 1 : 0);

// The address

let written = "";
let waiting = 0;

function remember() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    written = await packed(state);
    window.history.replaceState(null, "", `#${written}`);
  }, 150);
}

/** The address that shows this page again; the token is not part of it. */
export const link = async () => `${location.origin}/#${await packed(state)}`;

/** The state in the address, or null. */
export async function fromAddress() {
  const text = location.hash.slice(1);
  if (!text || text === written || !/^[\w-]{8,}$/.test(text)) return null;
  try {
    const found = JSON.parse(await unpacked(text));
    return typeof found.scenario === "string" ? { ...blank(found.scenario), ...found } : null;
  } catch {
    return null;
  }
}

async function packed(value) {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
}
