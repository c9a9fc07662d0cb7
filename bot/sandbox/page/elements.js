// Block elements: what can be clicked, chosen and typed.
// https://docs.slack.dev/reference/block-kit/block-elements
//
// Every maker takes (element, block, where). `where` is the message or the view that it stands in:
//   send(what)                     do it as the person; answers with the server's reply
//   value(block, element)          what is chosen or typed so far, or undefined
//   keep(block, element, value)    remember it until the form is sent
//   labelledby, describedby        ids of the label, hint and error of an input block

import { confirmed } from "./confirm.js";
import { fresh, h } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";
import * as model from "./model.js";
import { link, plainText, textObject } from "./text.js";
import { picture } from "./server.js";

export function element(given, block, where) {
  const make = MAKERS[given.type];
  return make ? make(given, block, where) : h("span", { class: "unknown" }, `(${given.type})`);
}

const MAKERS = {
  button,
  icon_button: (one, block, where) => button({ ...one, text: one.text, accessibility_label: one.accessibility_label ?? one.text.text }, block, where, "quiet"),
  feedback_buttons: feedback,
  workflow_button: (one, block, where) => button(one, block, where),
  image: (one) => h("img", { class: "thumb", src: picture(one), alt: one.alt_text }),
  overflow: (one, block, where) => select(one, block, where, { face: icon("dots"), label: "More actions" }),
  static_select: select,
  external_select: select,
  users_select: select,
  conversations_select: select,
  channels_select: select,
  multi_static_select: (one, block, where) => select(one, block, where, { many: true }),
  multi_external_select: (one, block, where) => select(one, block, where, { many: true }),
  multi_users_select: (one, block, where) => select(one, block, where, { many: true }),
  multi_conversations_select: (one, block, where) => select(one, block, where, { many: true }),
  multi_channels_select: (one, block, where) => select(one, block, where, { many: true }),
  radio_buttons: (one, block, where) => boxes(one, block, where, "radio"),
  checkboxes: (one, block, where) => boxes(one, block, where, "checkbox"),
  datepicker: (one, block, where) => picker(one, block, where, "date"),
  timepicker: (one, block, where) => picker(one, block, where, "time"),
  datetimepicker: (one, block, where) => picker(one, block, where, "datetime-local"),
  plain_text_input: typing,
  email_text_input: (one, block, where) => typing(one, block, where, "email"),
  url_text_input: (one, block, where) => typing(one, block, where, "url"),
  number_input: (one, block, where) => typing(one, block, where, "number"),
};

// What an element's value is called in `state.values`, and what it begins with.
const VALUES = {
  static_select: ["selected_option", "initial_option"],
  external_select: ["selected_option", "initial_option"],
  radio_buttons: ["selected_option", "initial_option"],
  checkboxes: ["selected_options", "initial_options"],
  multi_static_select: ["selected_options", "initial_options"],
  multi_external_select: ["selected_options", "initial_options"],
  users_select: ["selected_user", "initial_user"],
  multi_users_select: ["selected_users", "initial_users"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  multi_conversations_select: ["selected_conversations", "initial_conversations"],
  channels_select: ["selected_channel", "initial_channel"],
  multi_channels_select: ["selected_channels", "initial_channels"],
  datepicker: ["selected_date", "initial_date"],
  timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"],
  plain_text_input: ["value", "initial_value"],
  email_text_input: ["value", "initial_value"],
  url_text_input: ["value", "initial_value"],
  number_input: ["value", "initial_value"],
};

export function isInput(given) {
  return given.type in VALUES;
}

/** The element's value in the words of `act`: an option by its value. */
export function valueIn(given, state) {
  const [key, first] = VALUES[given.type];
  const found = state ? state[key] : given[first];
  if (key === "selected_option") return found?.value ?? null;
  if (key === "selected_options") return (found ?? []).map((one) => one.value);
  return found ?? null;
}

function valueOf(given, block, where) {
  const kept = where.value(block, given);
  return kept === undefined ? valueIn(given) : kept;
}

// Tells the app, and shows on the spot if it did not listen.
async function tell(control, given, where, what) {
  if (control.getAttribute("aria-busy") === "true") return;
  if (given.confirm && !(await confirmed(given.confirm))) return;
  const block = control.closest(".block");
  block.nextElementSibling?.matches(".no-ack") && block.nextElementSibling.remove();
  block.querySelector(".unheard")?.classList.remove("unheard");
  control.setAttribute("aria-busy", "true");
  const reply = await where.send(what);
  control.removeAttribute("aria-busy");
  if (!reply.error) return;
  control.classList.add("unheard");
  block.after(h("p", { class: "no-ack", role: "alert" }, icon("warning"), reply.error));
}

function act(given, block, what) {
  return { ...what, action_id: given.action_id, block_id: block.block_id };
}

// Buttons in different blocks may share an action_id.
function mark(given, block) {
  return `${block.block_id}/${given.action_id}`;
}

function button(given, block, where, kind = given.style ?? "") {
  const properties = {
    class: `button ${kind}`, "data-action": mark(given, block), "aria-label": given.accessibility_label,
  };
  if (given.url && /^(https?|mailto):/i.test(given.url)) {
    const opens = link(given.url, plainText(given.text));
    opens.className = properties.class;
    opens.addEventListener("click", () => tell(opens, {}, where, act(given, block, { do: "click" })));
    return opens;
  }
  const made = h("button", { type: "button", ...properties, onclick: () => tell(made, given, where, act(given, block, { do: "click" })) }, plainText(given.text));
  return made;
}

function feedback(given, block, where) {
  return [given.positive_button, given.negative_button].map((one) => {
    const made = h("button", {
      type: "button", class: "button quiet", "data-action": `${mark(given, block)}/${one.value}`, "aria-label": one.accessibility_label,
      onclick: () => tell(made, given, where, act(given, block, { do: "choose", choice: one.value })),
    }, plainText(one.text));
    return made;
  });
}

function select(given, block, where, { many = false, face, label } = {}) {
  const now = given.type === "overflow" ? [] : [valueOf(given, block, where)].flat().filter(Boolean);
  const made = menu({
    options: optionsOf(given),
    chosen: now, many, face,
    label: label ?? (where.labelledby ? undefined : plainText(given.placeholder) || "Choose an option"),
    labelledby: where.labelledby,
    placeholder: plainText(given.placeholder) || "Choose an option",
    action: mark(given, block),
    told: (values) => chose(made.firstChild, given, block, where, many ? values : values[0]),
  });
  describe(made.firstChild, where);
  return made;
}

function optionsOf(given) {
  const own = (options, group) => (options ?? []).map((one) => ({
    label: plainText(one.text), value: one.value, description: plainText(one.description), group }));
  if (given.option_groups) return given.option_groups.flatMap((one) => own(one.options, plainText(one.label)));
  if (given.options) return own(given.options);
  if (given.type.includes("users")) return model.acquainted().filter((one) => !one.bot).map((one) => ({ label: one.real_name, value: one.id }));
  return model.channels().map((one) => ({ label: `#${one.name}`, value: one.id }));
}

function boxes(given, block, where, type) {
  const name = fresh(type);
  const now = [valueOf(given, block, where)].flat();
  const group = h("div", { class: "boxes", role: type === "radio" ? "radiogroup" : "group", "aria-labelledby": where.labelledby, "aria-label": where.labelledby ? null : "Options" },
    given.options.map((one) => h("label", { class: "box" },
      h("input", { type, name, value: one.value, checked: now.includes(one.value), "data-action": `${mark(given, block)}/${one.value}`, onchange: changed }),
      h("span", {}, textObject(one.text), one.description && h("small", {}, textObject(one.description))))));
  function changed(event) {
    const chosen = [...group.querySelectorAll("input:checked")].map((box) => box.value);
    chose(event.target, given, block, where, type === "radio" ? chosen[0] : chosen);
  }
  describe(group, where);
  return group;
}

function picker(given, block, where, type) {
  const value = valueOf(given, block, where);
  const made = h("input", {
    type, class: "field picker", value: type === "datetime-local" ? local(value) : value ?? "", "data-action": mark(given, block),
    "aria-labelledby": where.labelledby, "aria-label": where.labelledby ? null : plainText(given.placeholder) || "Choose a date",
    onchange: () => chose(made, given, block, where, type === "datetime-local" ? seconds(made.value) : made.value || null),
  });
  describe(made, where);
  return made;
}

function local(value) {
  return value ? new Date(value * 1000).toISOString().slice(0, 16) : "";
}

function seconds(value) {
  return value ? Date.parse(`${value}Z`) / 1000 : null;
}

function typing(given, block, where, type = "text") {
  const long = given.multiline;
  const made = h(long ? "textarea" : "input", {
    class: "field", type: long ? null : type, rows: long ? 4 : null, value: valueOf(given, block, where) ?? "",
    step: type === "number" ? (given.is_decimal_allowed ? "any" : "1") : null, min: given.min_value, max: given.max_value,
    placeholder: plainText(given.placeholder) || null, maxlength: given.max_length ?? (type === "text" ? 3000 : null),
    "data-action": mark(given, block), "aria-labelledby": where.labelledby,
    "aria-required": block.type === "input" && !block.optional ? "true" : null,
    oninput: () => where.keep(block, given, made.value || null),
    onchange: () => where.kind === "message" && where.send(act(given, block, { do: "choose", choice: made.value || null })),
    onkeydown: (event) => event.key === "Enter" && block.dispatch_action && !long
      && (event.preventDefault(), tell(made, given, where, act(given, block, { do: "choose", choice: made.value || null }))),
  });
  describe(made, where);
  return made;
}

// A choice is kept with the form, or told at once, as Slack does it.
function chose(control, given, block, where, choice) {
  if (given.type !== "overflow") where.keep(block, given, choice);
  if (where.kind === "view" && block.type === "input" && !block.dispatch_action) return;
  tell(control, given, where, act(given, block, { do: "choose", choice }));
}

function describe(control, where) {
  if (where.describedby) control.setAttribute("aria-describedby", where.describedby);
  if (where.wrong) control.setAttribute("aria-invalid", "true");
}
