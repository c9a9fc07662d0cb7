// Everything between the sandbox and the app, for people who build on it: envelopes with their
// acknowledgement, Web API calls with their answer, newest last.

import { filledIn } from "./dates.js";
import { h, keyed, replace } from "./dom.js";
import { icon } from "./icons.js";
import * as model from "./model.js";

const KINDS = { all: "All", envelope: "To the app", call: "From the app", other: "Other" };
/** What the page does itself, or what messages already show. */
const QUIET = new Set(["message", "ephemeral", "view_opened", "view_changed", "view_closed", "home", "ack", "no_ack"]);

export function inspectPane(element, toggle) {
  const filter = { words: "", kind: "all" };
  const list = h("ol", { class: "entries" });
  const stream = h("div", { class: "stream", tabindex: "0", role: "region", "aria-label": "Calls and envelopes" }, list);
  const words = h("input", { class: "field", type: "search", placeholder: "Filter: method, event, any word", "aria-label": "Filter", oninput: () => {
    filter.words = words.value.toLowerCase();
    draw();
  } });
  const kinds = h("div", { class: "kinds", role: "group", "aria-label": "Show" }, Object.entries(KINDS).map(([kind, name]) =>
    h("button", { type: "button", class: "quiet", "aria-pressed": String(kind === "all"), onclick: (event) => {
      filter.kind = kind;
      for (const one of kinds.children) one.setAttribute("aria-pressed", String(one === event.target));
      draw();
    } }, name)));
  const count = h("span", { class: "topic", role: "status" });
  replace(element,
    h("header", { class: "heading-bar" }, h("h2", {}, "Inspect"), count,
      h("button", { type: "button", class: "icon close", "aria-label": "Close Inspect", onclick: () => open(false) }, icon("close"))),
    h("div", { class: "filters" }, words, kinds), stream);

  toggle.addEventListener("click", () => open(element.hidden));
  element.addEventListener("keydown", (event) => event.key === "Escape" && open(false));
  addEventListener("inspect", (event) => {
    words.value = event.detail;
    filter.words = event.detail;
    open(true);
  });
  model.watch(draw);

  function open(yes) {
    element.hidden = !yes;
    toggle.setAttribute("aria-expanded", String(yes));
    if (yes) {
      draw();
      stream.scrollTop = stream.scrollHeight;
      words.focus();
    } else toggle.focus();
  }

  function draw() {
    if (element.hidden) return;
    const rows = folded(model.model.journal).filter((row) => shown(row, filter)).slice(-400);
    count.textContent = rows.length === 1 ? "1 entry" : `${rows.length} entries`;
    const low = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 60;
    keyed(list, rows, { key: (row) => String(row.number), content: (row) => row.result, make: line });
    if (low) stream.scrollTop = stream.scrollHeight;
  }
}

/** One row for an envelope and its ack, one for each call. */
export function folded(journal) {
  const rows = [];
  const envelopes = new Map();
  for (const entry of journal) {
    if (entry.kind === "envelope") {
      const row = { number: entry.number, at: entry.at, kind: "envelope", name: nameOf(entry), result: "waiting", good: true, body: { payload: entry.payload } };
      if (entry.attempt) row.name += ` (attempt ${entry.attempt + 1})`;
      envelopes.set(entry.id, row);
      rows.push(row);
    } else if (entry.kind === "ack" || entry.kind === "no_ack") {
      const row = envelopes.get(entry.id);
      if (!row) continue;
      row.good = entry.kind === "ack";
      row.result = row.good ? `ack ${entry.ms.toFixed(1)} ms` : `no ack: ${entry.reason}`;
      row.body = { ...row.body, ack: entry.payload ?? null };
    } else if (entry.kind === "call") {
      const good = entry.response?.ok !== false && entry.status === 200;
      const why = entry.response?.error ?? (entry.status ? `HTTP ${entry.status}` : "connection dropped");
      rows.push({
        number: entry.number, at: entry.at, kind: "call", name: entry.method, good,
        result: good ? `ok ${entry.ms.toFixed(1)} ms` : why, body: { arguments: entry.arguments, response: entry.response },
      });
    } else if (!QUIET.has(entry.kind)) {
      const { number, at, kind, ...body } = entry;
      rows.push({ number, at, kind: "other", name: kind.replace(/_/g, " "), good: kind !== "error_shown", result: "", body });
    }
  }
  return rows;
}

function nameOf({ type, payload }) {
  if (type === "slash_commands") return `${payload.command} ${payload.text}`.trim();
  if (type === "events_api") return payload.event?.type ?? type;
  const action = payload.actions?.[0]?.action_id ?? payload.view?.callback_id ?? "";
  return `${payload.type} ${action}`.trim();
}

function shown(row, filter) {
  if (filter.kind !== "all" && row.kind !== filter.kind) return false;
  return !filter.words || `${row.name} ${row.result} ${JSON.stringify(row.body)}`.toLowerCase().includes(filter.words);
}

function line(row) {
  const arrow = { envelope: "→", call: "←", other: "·" }[row.kind];
  const details = h("details", { ontoggle: () => details.open && !details.dataset.made && ((details.dataset.made = "yes"), details.append(h("div", { class: "json" }, tree(row.body)))) },
    h("summary", {},
      h("span", { class: `arrow ${row.kind}`, role: "img", "aria-label": KINDS[row.kind] }, arrow),
      h("span", { class: "name" }, row.name),
      h("span", { class: row.good ? "result" : "result bad" }, row.result),
      h("time", { datetime: row.at }, filledIn("{time_secs}", new Date(row.at)))));
  return h("li", {}, details);
}

// JSON that opens bit by bit; long things only when somebody looks.
function tree(value, depth = 0) {
  if (value === null || typeof value !== "object") return h("span", { class: `value ${typeof value}` }, JSON.stringify(value) ?? "null");
  const entries = Object.entries(value);
  if (!entries.length) return h("span", { class: "value" }, Array.isArray(value) ? "[]" : "{}");
  return h("ul", {}, entries.map(([name, inside]) => {
    const many = inside !== null && typeof inside === "object" && Object.keys(inside).length > 0;
    if (!many) return h("li", {}, h("span", { class: "key" }, `${name}: `), tree(inside, depth + 1));
    const size = Array.isArray(inside) ? `[${inside.length}]` : "{…}";
    const part = h("details", { ontoggle: () => part.open && !part.dataset.made && ((part.dataset.made = "yes"), part.append(tree(inside, depth + 1))) },
      h("summary", {}, h("span", { class: "key" }, name), h("span", { class: "size" }, ` ${size}`)));
    if (depth < 1) part.open = true;
    return h("li", {}, part);
  }));
}
