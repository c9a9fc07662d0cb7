// A thread, in a pane at the side.

import { composer } from "./composer.js";
import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { drawMessages } from "./messages.js";
import * as model from "./model.js";
import { scrolling } from "./scrolling.js";

export function threadPane(element) {
  let shown = "";
  let list;
  let pane;

  model.watch(() => {
    const { thread, person } = model.model;
    const channel = model.channel();
    const name = thread && channel ? `${person.id}/${channel.id}/${thread}` : "";
    if (name !== shown) {
      const was = shown;
      shown = name;
      element.hidden = !name;
      if (name) build(channel, thread);
      else if (was) document.querySelector(`[data-ts="${CSS.escape(was.split("/")[2])}"] .answers`)?.focus();
    }
    if (!name) return;
    const root = model.roots(channel.id).find((post) => post.ts === thread);
    if (!root) return close(); // deleted meanwhile
    const notes = model.model.notes.filter((one) => one.channel === channel.id && one.thread === thread);
    pane.drawn(() => drawMessages(list, [root, ...model.replies(channel.id, thread)], { channel: channel.id, thread, notes }), (key) => model.mine(channel.id, key));
  });

  function build(channel, thread) {
    list = h("ol", { class: "messages" });
    const where = channel.name ? `#${channel.name}` : model.model.state.app.name;
    pane = scrolling(list, `Thread in ${where}`);
    replace(element,
      h("header", { class: "heading-bar" },
        h("h2", {}, "Thread"), h("span", { class: "topic" }, where),
        h("button", { type: "button", class: "icon close", "aria-label": "Close thread", onclick: close }, icon("close"))),
      pane.element,
      composer({ id: "replying", label: "Reply…", channel: channel.id, thread }));
    element.querySelector("#replying").focus();
  }

  function close() {
    model.go(model.model.place);
  }

  element.addEventListener("keydown", (event) => event.key === "Escape" && close());
}
