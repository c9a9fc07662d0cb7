// Modals: the one in front of the person, what they fill in, and what the app answers.

import { blocks } from "./blocks.js";
import { h, replace } from "./dom.js";
import { isInput, valueIn } from "./elements.js";
import { icon } from "./icons.js";
import * as model from "./model.js";
import { plainText } from "./text.js";

export function modals(dialog) {
  /** View id -> "block/action" -> value: what was typed, also while another modal lies on it. */
  const typed = new Map();
  let shown = "";
  let trouble = "";

  model.watch(() => {
    const stack = model.model.modals;
    const view = stack.at(-1);
    for (const id of [...typed.keys()]) if (!stack.some((one) => one.id === id)) typed.delete(id);
    const print = view ? JSON.stringify([view.id, view.hash, view.errors, trouble, stack.length]) : "";
    if (print === shown) return;
    const same = view && shown.startsWith(`["${view.id}"`);
    if (!same && trouble) return say("");
    shown = print;
    if (!view) return void (dialog.open && dialog.close());
    draw(view, stack.length, same);
  });

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault(); // the server closes it, and may not
    close(false);
  });

  function draw(view, depth, same) {
    const focused = same && dialog.contains(document.activeElement) ? document.activeElement.dataset.action : "";
    const form = h("form", { novalidate: true, onsubmit: (event) => (event.preventDefault(), submit(view)) },
      h("header", {},
        h("h2", { id: "modal-title", tabindex: "-1" }, plainText(view.title)),
        h("button", { type: "button", class: "icon close", "aria-label": depth > 1 ? "Close all" : "Close", onclick: () => close(true) }, icon("close"))),
      trouble && h("p", { class: "trouble-in", role: "alert" }, trouble),
      h("div", { class: "modal-body blocks" }, blocks(view.blocks, where(view))),
      h("footer", {},
        h("button", { type: "button", class: "button", onclick: () => close(false) }, plainText(view.close) || "Close"),
        view.submit && h("button", { type: "submit", class: "button primary", disabled: view.submit_disabled }, plainText(view.submit))));
    replace(dialog, form);
    if (!dialog.open) dialog.showModal();
    focus(form, focused);
  }

  // On what was being filled in; else on what is wrong; else on the first thing to fill in.
  function focus(form, focused) {
    const wrong = form.querySelector('[aria-invalid="true"]');
    const again = focused && [...form.querySelectorAll("[data-action]")].find((one) => one.dataset.action === focused);
    const first = form.querySelector(".modal-body :is(input, textarea, select, [role=combobox])");
    const amiss = wrong?.matches("input, textarea, button") ? wrong : wrong?.querySelector("input, button");
    (amiss || again || first || form.querySelector("h2")).focus();
  }

  function where(view) {
    const kept = typed.get(view.id) ?? typed.set(view.id, new Map()).get(view.id);
    const name = (block, element) => `${block.block_id}/${element.action_id}`;
    return {
      kind: "view",
      errors: view.errors,
      value: (block, element) => kept.get(name(block, element)) ?? valueIn(element, view.state.values[block.block_id]?.[element.action_id]),
      keep: (block, element, value) => kept.set(name(block, element), value),
      send: (what) => model.act({ ...what, view_id: view.id }),
    };
  }

  async function submit(view) {
    const button = dialog.querySelector("[type=submit]");
    if (!button || button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    say("");
    const reply = await model.act({ do: "submit", view_id: view.id, values: values(view) });
    button.removeAttribute("aria-busy");
    const front = model.model.modals.find((one) => one.id === view.id);
    if (front && Object.keys(reply.errors ?? {}).length) front.errors = reply.errors;
    say(reply.error ?? "");
  }

  function values(view) {
    const kept = typed.get(view.id);
    const inputs = view.blocks.filter((block) => block.type === "input" && isInput(block.element));
    return Object.fromEntries(inputs
      .map((block) => `${block.block_id}/${block.element.action_id}`)
      .filter((name) => kept?.has(name))
      .map((name) => [name, kept.get(name)]));
  }

  async function close(everything) {
    const view = model.model.modals.at(-1);
    if (!view) return;
    const reply = await model.act({ do: "close", view_id: view.id, everything });
    if (reply.error) say(reply.error);
  }

  function say(sentence) {
    trouble = sentence;
    model.changed();
  }
}
