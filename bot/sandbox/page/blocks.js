// Block Kit's blocks as elements. https://docs.slack.dev/reference/block-kit/blocks
//
// `where` is the message or view around them: see elements.js.

import { chart } from "./chart.js";
import { fresh, h } from "./dom.js";
import { element } from "./elements.js";
import { icon } from "./icons.js";
import { richText } from "./rich_text.js";
import { picture } from "./server.js";
import { dataTable, table } from "./tables.js";
import { markdownText, plainText, textObject } from "./text.js";

export function blocks(list, where) {
  return list.map((block) => {
    const make = MAKERS[block.type] ?? unknown;
    return h("div", { class: `block ${block.type}`, "data-block": block.block_id }, make(block, where));
  });
}

const MAKERS = {
  section,
  header: (block) => h("div", { role: "heading", "aria-level": (block.level ?? 1) + 2, class: `heading heading-${block.level ?? 1}` }, plainText(block.text)),
  context: (block) => block.elements.map((one) => (one.type === "image"
    ? h("img", { class: "tiny", src: picture(one), alt: one.alt_text })
    : h("span", { class: "lines" }, textObject(one)))),
  divider: () => h("hr"),
  actions: (block, where) => block.elements.map((one) => element(one, block, where)),
  context_actions: (block, where) => block.elements.map((one) => element(one, block, where)),
  input,
  image,
  table,
  data_table: dataTable,
  data_visualization: chart,
  rich_text: richText,
  markdown: (block) => markdownText(block.text),
  alert: (block) => h("div", { class: `alert-box ${block.level ?? "default"}`, role: "note" },
    icon({ warning: "warning", error: "error", success: "success" }[block.level] ?? "info"),
    h("span", {}, textObject(block.text))),
  container: (block, where) => [
    block.title && h("div", { class: "heading heading-3", role: "heading", "aria-level": 5 }, plainText(block.title)),
    blocks(block.child_blocks ?? [], where),
  ],
};

/** The types that this page draws. */
export const KINDS = Object.keys(MAKERS);

function section(block, where) {
  return [
    h("div", { class: "beside" },
      block.text && h("div", { class: "lines" }, textObject(block.text)),
      block.fields && h("div", { class: "fields" }, block.fields.map((one) => h("div", { class: "lines" }, textObject(one))))),
    block.accessory && h("div", { class: "accessory" }, element(block.accessory, block, where)),
  ];
}

function input(block, where) {
  const [label, hint, wrong] = [fresh("label"), fresh("hint"), fresh("wrong")];
  const error = where.errors?.[block.block_id];
  const around = {
    ...where, labelledby: label, wrong: Boolean(error),
    describedby: [error && wrong, block.hint && hint].filter(Boolean).join(" "),
  };
  const control = element(block.element, block, around);
  // A native label where there is one thing to label; the others name themselves by its id.
  const single = control.matches("input, textarea");
  if (single) {
    control.id = fresh("field");
    control.removeAttribute("aria-labelledby");
  }
  return [
    h(single ? "label" : "div", {
      class: "label", id: label, for: single ? control.id : null,
      onclick: () => single || control.querySelector("button, input")?.focus(),
    }, plainText(block.label), block.optional && h("span", { class: "optional" }, " (optional)")),
    control,
    error && h("p", { class: "wrong", id: wrong }, error),
    block.hint && h("p", { class: "hint", id: hint }, plainText(block.hint)),
  ];
}

function image(block) {
  const source = picture(block);
  return h("figure", {},
    block.title && h("figcaption", {}, plainText(block.title)),
    source
      ? h("img", { src: source, alt: block.alt_text, loading: "lazy" })
      : h("div", { class: "absent", role: "img", "aria-label": block.alt_text }, block.alt_text,
          h("small", {}, "This page loads nothing from outside this machine.")));
}

// Said, not hidden: somebody builds on this page.
function unknown(block) {
  return h("div", { class: "absent" }, `A block of type “${block.type}”, which this page can't draw.`);
}
