// Elements out of the trees of mrkdwn.js and markdown.js, and out of Slack's text objects.

import { filledIn, long } from "./dates.js";
import { h } from "./dom.js";
import { emoji, withEmoji } from "./emoji.js";
import { markdown } from "./markdown.js";
import * as model from "./model.js";
import { mrkdwn } from "./mrkdwn.js";

/** A text object {type: "mrkdwn" | "plain_text", text}. */
export function textObject(text) {
  if (!text) return [];
  if (text.type === "mrkdwn") return nodes(mrkdwn(text.text, { verbatim: text.verbatim }));
  return [plainText(text)];
}

/** The words of a plain_text object. */
export function plainText(text) {
  const words = text?.text ?? "";
  return text?.emoji === false ? words : withEmoji(words);
}

/** The `text` of a message. */
export function messageText(text) {
  return nodes(mrkdwn(text));
}

export function markdownText(text) {
  return nodes(markdown(text));
}

export function nodes(tree) {
  return tree.flatMap(node);
}

const WRAPPED = { bold: "strong", italic: "em", strike: "s", quote: "blockquote", paragraph: "p" };

function node(one) {
  if (Object.hasOwn(WRAPPED, one.type)) return h(WRAPPED[one.type], {}, nodes(one.children));
  return MAKERS[one.type](one);
}

const MAKERS = {
  text: (one) => one.text,
  break: () => h("br"),
  code: (one) => h("code", {}, one.text),
  pre: (one) => h("pre", { tabindex: "0" }, one.text),
  emoji: (one) => emojiOf(one.name),
  link: (one) => link(one.url, one.children ? nodes(one.children) : one.text),
  user: (one) => userMention(one.id, one.text),
  channel: (one) => channelMention(one.id, one.text),
  usergroup: (one) => mention(`@${one.text.replace(/^@/, "") || one.id}`),
  broadcast: (one) => mention(`@${one.name}`),
  date: (one) => date(one.at, one.format, one.url, one.text),
  plain: (one) => nodes(one.children),
  rule: () => h("hr"),
  heading: (one) => h("p", { class: `heading heading-${one.level}`, role: "heading", "aria-level": Math.min(6, one.level + 2) }, nodes(one.children)),
  list: (one) => h(one.ordered ? "ol" : "ul", one.ordered ? { start: one.start } : {}, one.items.map((item) => h("li", {}, nodes(item)))),
  table: (one) => {
    const [head, ...body] = one.rows;
    const cell = (tag, extra) => (content, at) => h(tag, { class: one.align[at] ?? "left", ...extra }, nodes(content));
    return h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" },
      h("table", {},
        h("thead", {}, h("tr", {}, head.map(cell("th", { scope: "col" })))),
        h("tbody", {}, body.map((row) => h("tr", {}, row.map(cell("td")))))));
  },
};

export function emojiOf(name) {
  const character = emoji(name);
  return character ? h("span", { class: "emoji", role: "img", "aria-label": name.replace(/_/g, " ") }, character) : `:${name}:`;
}

/** Opens outside this page; nothing is loaded before somebody clicks. */
export function link(url, content) {
  if (!/^(https?|mailto|tel):/i.test(url)) return h("span", {}, content);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, content);
}

export function userMention(id, label = "") {
  const user = model.user(id);
  const me = model.model.person.id === id;
  return mention(`@${user?.real_name ?? (label || "somebody")}`, me ? "me" : "");
}

export function channelMention(id, label = "") {
  const seen = model.channels().find((one) => one.id === id);
  const name = seen?.name ?? label;
  if (!seen) return mention(name ? `#${name}` : "#private-channel");
  return h("button", { type: "button", class: "mention", onclick: () => model.go({ kind: "channel", id }) }, `#${name}`);
}

function mention(text, kind = "") {
  return h("span", { class: `mention ${kind}` }, text);
}

export function date(at, format, url = "", fallback = "") {
  const when = new Date(at * 1000);
  if (Number.isNaN(when.getTime())) return fallback;
  const time = h("time", { datetime: when.toISOString(), title: long(when) }, filledIn(format, when));
  return url ? link(url, time) : time;
}
