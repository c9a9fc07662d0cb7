// Who one is, and the faces of everybody.

import { h, s } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";
import * as model from "./model.js";

/** The menu in the corner: be somebody else. */
export function personMenu() {
  const me = model.model.person;
  const made = menu({
    label: `You are ${me.real_name}. Be somebody else`,
    face: [avatar(me), h("span", { class: "who" }, h("b", {}, me.real_name), h("small", {}, role(me))), icon("down")],
    options: model.people().map((one) => ({
      label: one.real_name, value: one.id, description: role(one), group: model.team(one.team)?.name })),
    chosen: [me.id],
    told: ([id]) => id !== model.model.person.id && model.become(model.user(id)),
  });
  made.firstChild.className = "person";
  return made;
}

function role(user) {
  const outside = model.foreign(user) ? `from ${model.team(user.team)?.name}` : "";
  return [user.title, user.guest && "guest", outside].filter(Boolean).join(", ") || (user.admin ? "admin" : "member");
}

/** A square with initials; the app has its own picture. */
export function avatar(user) {
  if (user?.id === model.model.state.app.bot_user) return h("img", { class: "avatar", src: "/page/icon.svg", alt: "" });
  const name = user?.real_name ?? "?";
  const initials = name.split(/\s+/).map((part) => part[0]).slice(0, 2).join("");
  const colour = [...(user?.id ?? "?")].reduce((sum, one) => (sum * 31 + one.codePointAt(0)) % 6, 7);
  return s("svg", { class: `avatar face-${colour}`, viewBox: "0 0 36 36", "aria-hidden": "true" },
    s("rect", { width: 36, height: 36, rx: 6 }),
    s("text", { x: 18, y: 23.5, "text-anchor": "middle" }, initials));
}
