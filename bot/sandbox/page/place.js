// The middle of the page: a channel with its messages, or the app's Home and Messages.

import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { h, replace } from "./dom.js";
import { valueIn } from "./elements.js";
import { icon } from "./icons.js";
import { drawMessages } from "./messages.js";
import * as model from "./model.js";
import { scrolling } from "./scrolling.js";
import { sharers } from "./sidebar.js";

export function placeView(element) {
  let shown = "";
  let draw = () => undefined;

  model.watch(() => {
    const { place, person } = model.model;
    const channel = model.channel();
    const name = JSON.stringify([person.id, place, channel?.id, channel?.name, channel?.archived]);
    if (name !== shown) {
      shown = name;
      draw = place.kind === "app" ? appPlace(element) : channelPlace(element, channel);
    }
    draw();
  });
}

function channelPlace(element, channel) {
  const sign = channel.kind === "private_channel" ? icon("lock") : "#";
  const shared = channel.shared_with.length > 0;
  const stream = messageStream(channel);
  replace(element,
    h("header", { class: "heading-bar" },
      h("h2", {}, h("span", { "aria-hidden": "true" }, sign), channel.name),
      shared && h("span", { class: "badge outside" }, `shared with ${sharers(channel)}`),
      h("span", { class: "members" }, `${channel.members.length} members`),
      channel.topic && h("span", { class: "topic" }, channel.topic)),
    stream.element,
    channel.archived
      ? h("p", { class: "archived" }, "This channel is archived.")
      : composer({ id: "writing", label: `Message #${channel.name}`, channel: channel.id }));
  return stream.draw;
}

function messageStream(channel) {
  const list = h("ol", { class: "messages" });
  const { element, drawn } = scrolling(list, channel.name ? `Messages in #${channel.name}` : "Messages with the app");
  return {
    element,
    draw() {
      const notes = model.model.notes.filter((one) => one.channel === channel.id && !one.thread);
      drawn(() => drawMessages(list, model.roots(channel.id), { channel: channel.id, notes }), (key) => model.mine(channel.id, key));
    },
  };
}

function appPlace(element) {
  const { app } = model.model.state;
  const panel = h("div", { class: "panel", role: "tabpanel", tabindex: "-1", id: "app-panel", "aria-labelledby": `tab-${model.model.place.tab}` });
  const tabs = ["home", "messages"].filter((tab) => tab !== "home" || !model.foreign());
  replace(element,
    h("header", { class: "heading-bar" },
      h("h2", {}, app.name), h("span", { class: "badge" }, "APP"),
      h("div", { class: "tabs", role: "tablist", "aria-label": app.name, onkeydown: (event) => arrows(event, tabs) },
        tabs.map((tab) => h("button", {
          type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": panel.id, "aria-selected": String(model.model.place.tab === tab),
          tabindex: model.model.place.tab === tab ? "0" : "-1", onclick: () => open(tab),
        }, tab === "home" ? "Home" : "Messages")))),
    panel);
  return model.model.place.tab === "home" ? home(panel) : direct(panel);
}

function open(tab) {
  model.go({ kind: "app", tab });
  queueMicrotask(() => document.getElementById(`tab-${tab}`)?.focus());
}

function arrows(event, tabs) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || tabs.length < 2) return;
  event.preventDefault();
  open(tabs[(tabs.indexOf(model.model.place.tab) + step + tabs.length) % tabs.length]);
}

function home(panel) {
  let shown = null;
  return () => {
    const view = model.model.home;
    const print = JSON.stringify([view?.id, view?.hash]);
    if (print === shown) return;
    shown = print;
    replace(panel, view
      ? h("div", { class: "home blocks" }, blocks(view.blocks, homeWhere(view)))
      : h("p", { class: "nothing" }, "The app has published no home tab for you yet."));
  };
}

function homeWhere(view) {
  return {
    kind: "view",
    value: (block, element) => valueIn(element, view.state.values[block.block_id]?.[element.action_id]),
    keep: () => undefined,
    send: (what) => model.act({ ...what, view_id: view.id }),
  };
}

function direct(panel) {
  const channel = model.direct();
  if (!channel) {
    replace(panel, h("p", { class: "nothing" }, "Nothing was said here yet."));
    return () => undefined;
  }
  const stream = messageStream(channel);
  const { app } = model.model.state;
  replace(panel, stream.element, app.messages_tab_read_only
    ? h("p", { class: "archived" }, "Sending messages to this app has been turned off.")
    : composer({ id: "writing", label: `Message ${app.name}`, channel: channel.id }));
  return stream.draw;
}
