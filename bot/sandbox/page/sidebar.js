// Channels, and the app among the direct messages.

import { h, replace, unseen } from "./dom.js";
import { isDismissed, showAgain } from "./guide.js";
import { icon } from "./icons.js";
import * as model from "./model.js";
import { avatar } from "./people.js";

export function sidebar(element, { went }) {
  let print = "";
  model.watch(() => {
    const { place, state } = model.model;
    const entries = [...model.channels().filter((one) => !one.archived)].sort((a, b) => a.name.localeCompare(b.name));
    const im = model.direct();
    // Drawn only when something in it is different, so that the focus stays where it is.
    const now = JSON.stringify([model.model.person.id, place, entries.map((one) => [one.id, one.name, model.unread(one.id)]), im && model.unread(im.id), isDismissed()]);
    if (now === print) return;
    print = now;
    const focused = element.contains(document.activeElement) ? document.activeElement.dataset.place : "";
    replace(element,
      model.foreign() && h("div", { class: "of" }, `Shared with you by ${state.team.name}`),
      h("h2", {}, "Channels"),
      h("ul", {}, entries.map((one) => h("li", {}, channel(one, place)))),
      !entries.length && h("p", { class: "none" }, "You are in no channel."),
      model.appShown() && [
        h("h2", {}, "Apps"),
        h("ul", {}, h("li", {}, app(im, place))),
      ],
      isDismissed() && h("button", { type: "button", class: "again", onclick: again }, "Things to try"));
    if (focused) element.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
  });

  function entry(name, current, unread, go, ...children) {
    return h("button", {
      type: "button", class: `entry${unread ? " unread" : ""}`, "data-place": name, "aria-current": current ? "page" : null,
      onclick: () => {
        go();
        went();
      },
    }, children, unread ? h("span", { class: "count" }, String(unread), unseen(" unread")) : null);
  }

  /** On a phone the sidebar goes first, which takes the focus with it. */
  function again() {
    went();
    showAgain();
  }

  function channel(one, place) {
    const shared = one.shared_with.length > 0;
    return entry(one.id, place.kind === "channel" && place.id === one.id, model.unread(one.id),
      () => model.go({ kind: "channel", id: one.id }),
      h("span", { class: "sign", "aria-hidden": "true" }, one.kind === "private_channel" ? icon("lock") : "#"),
      h("span", { class: "name" }, one.name, one.kind === "private_channel" && unseen(", private")),
      shared && h("span", { class: "shared", title: `Shared with ${sharers(one)}` }, icon("shared"), unseen(`, shared with ${sharers(one)}`)));
  }

  function app(im, place) {
    const { state } = model.model;
    return entry("app", place.kind === "app", im ? model.unread(im.id) : 0,
      () => model.go({ kind: "app", tab: model.foreign() || (im && model.unread(im.id)) ? "messages" : "home" }),
      avatar(model.user(state.app.bot_user)), h("span", { class: "name" }, state.app.name));
  }
}

/** The other workspaces in a channel, as the person sees it: for a customer that is ours. */
export function sharers(channel) {
  const all = [model.model.state.team.id, ...channel.shared_with];
  return all.filter((id) => id !== model.model.person.team).map((id) => model.team(id)?.name ?? id).join(", ");
}
