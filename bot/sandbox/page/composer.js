// Where one writes: messages, mentions, and slash commands with suggestions as one types.
//
// The suggestions are a listbox that the text box points into (aria-activedescendant), so that the
// focus never leaves what is being typed.

import { announce, fresh, h, replace } from "./dom.js";
import { icon } from "./icons.js";
import * as model from "./model.js";
import { escaped } from "./mrkdwn.js";

export function composer({ id, label, channel, thread = "" }) {
  const list = h("div", { id: fresh("suggestions"), class: "suggestions", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const box = h("textarea", {
    id, class: "writing", rows: 1, placeholder: label, "aria-label": label, "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": list.id,
    oninput: typed, onkeydown: key, onblur: () => offer([]), onfocus: typed,
  });
  const button = h("button", { type: "submit", class: "button primary send", "aria-label": "Send" }, icon("send"));
  const form = h("form", { class: "composer", onsubmit: (event) => (event.preventDefault(), send()) }, list, box, button);
  let offered = [];
  let active = 0;

  function typed() {
    grow();
    offer(suggestions(box.value.slice(0, box.selectionStart), thread));
  }

  function grow() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, 200)}px`;
  }

  function offer(found) {
    const news = found.length !== offered.length;
    offered = found;
    active = 0;
    list.hidden = !found.length;
    replace(list, found.map((one, at) => h("div", {
      id: `${list.id}-${at}`, class: "option", role: "option", "aria-selected": "false",
      onpointerdown: (event) => event.preventDefault(), onclick: () => take(one),
    }, h("b", {}, one.name), one.usage && h("code", {}, one.usage), one.about && h("small", {}, one.about))));
    light();
    if (news && found.length) announce(`${found.length === 1 ? "1 suggestion" : `${found.length} suggestions`}. Up and down to look, Tab or Enter to take.`);
  }

  function light() {
    [...list.children].forEach((one, at) => {
      one.classList.toggle("active", at === active);
      one.setAttribute("aria-selected", String(at === active));
    });
    const now = list.children[active];
    now?.scrollIntoView({ block: "nearest" });
    if (now) box.setAttribute("aria-activedescendant", now.id);
    else box.removeAttribute("aria-activedescendant");
  }

  function take(one) {
    const before = box.value.slice(0, box.selectionStart);
    const kept = before.slice(0, before.length - one.typed.length) + one.inserted;
    box.value = `${kept} ${box.value.slice(box.selectionStart).trimStart()}`;
    box.setSelectionRange(kept.length + 1, kept.length + 1);
    box.focus();
    grow();
    offer([]);
  }

  function key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (offered.length && step) {
      active = (active + step + offered.length) % offered.length;
      light();
    } else if (offered.length && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey && !whole()) take(offered[active]);
    else if (offered.length && event.key === "Escape") offer([]);
    else if (event.key === "Enter" && !event.shiftKey) send();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // "/crr" typed to its end needs no completing: Enter runs it.
  function whole() {
    return offered[active].name === box.value.trim();
  }

  async function send() {
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    typed();
    const command = !thread && /^(\/\S+)\s*([\s\S]*)$/.exec(text);
    const reply = command
      ? await model.act({ do: "command", command: command[1], text: model.escapes(command[1]) ? addressed(command[2]) : command[2], channel })
      : await model.act({ do: "say", channel, text: addressed(text), ...(thread ? { thread_ts: thread } : {}) });
    if (reply.error) model.note(channel, reply.error, thread);
  }

  return form;
}

function suggestions(before, thread) {
  if (/^\/\S*$/.test(before) && !thread) {
    return model.commands().filter((one) => one.command.startsWith(before.toLowerCase())).map((one) => ({
      name: one.command, usage: one.usage_hint, about: one.description, typed: before, inserted: one.command }));
  }
  const word = /(?:^|\s)([@#])([^\s@#]*)$/.exec(before);
  if (!word) return [];
  const [, sign, start] = word;
  const names = sign === "@"
    ? model.acquainted().map((one) => [one.real_name, one.title || (one.bot ? "App" : "")])
    : model.channels().map((one) => [one.name, one.topic]);
  return names.filter(([name]) => name.toLowerCase().split(" ").some((part) => part.startsWith(start.toLowerCase())))
    .slice(0, 8).map(([name, about]) => ({ name: sign + name, about, typed: sign + start, inserted: sign + name }));
}

/** Names after @ and # made references, as Slack's own clients send them; the rest escaped. */
function addressed(text) {
  const names = [
    ...model.acquainted().map((one) => [`@${one.real_name}`, `<@${one.id}>`]),
    ...model.channels().map((one) => [`#${one.name}`, `<#${one.id}|${one.name}>`]),
  ].map(([name, reference]) => [escaped(name), reference]).sort((a, b) => b[0].length - a[0].length);
  let out = "";
  const whole = escaped(text);
  for (let at = 0; at < whole.length; ) {
    const found = /[@#]/.test(whole[at]) && names.find(([name]) => whole.startsWith(name, at) && !/[\p{L}\p{N}]/u.test(whole[at + name.length] ?? ""));
    out += found ? found[1] : whole[at];
    at += found ? found[0].length : 1;
  }
  return out;
}
