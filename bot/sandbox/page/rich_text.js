// The `rich_text` block, what Slack's own composer writes.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h } from "./dom.js";
import { channelMention, date, emojiOf, link, userMention } from "./text.js";

export function richText(block) {
  return block.elements.map(part);
}

function part(one) {
  switch (one.type) {
    case "rich_text_list":
      return h(one.style === "ordered" ? "ol" : "ul",
        { class: `indent-${Math.min(8, one.indent ?? 0)}`, start: one.offset ? one.offset + 1 : null },
        one.elements.map((item) => h("li", {}, inside(item))));
    case "rich_text_preformatted":
      return h("pre", { tabindex: "0" }, inside(one));
    case "rich_text_quote":
      return h("blockquote", {}, inside(one));
    default:
      return h("div", { class: "lines" }, inside(one));
  }
}

function inside(section) {
  return (section.elements ?? []).map((element) => styled(piece(element), element.style));
}

function piece(element) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return link(element.url, element.text || element.url);
    case "user":
      return userMention(element.user_id);
    case "channel":
      return channelMention(element.channel_id);
    case "usergroup":
      return h("span", { class: "mention" }, `@${element.usergroup_id}`);
    case "broadcast":
      return h("span", { class: "mention" }, `@${element.range}`);
    case "emoji":
      return emojiOf(element.name);
    case "date":
      return date(element.timestamp, element.format, element.url, element.fallback);
    case "color":
      return h("code", {}, element.value);
    default:
      return "";
  }
}

const STYLES = { code: "code", strike: "s", italic: "em", bold: "strong" };

function styled(content, style = {}) {
  return Object.entries(STYLES).reduce(
    (inner, [name, tag]) => (style?.[name] ? h(tag, {}, inner) : inner), content);
}
