// Messages in a channel or a thread: grouped, dated, kept live.

import { blocks } from "./blocks.js";
import { dayKey, dayName, long, ofTs, time } from "./dates.js";
import { h, keyed, unseen } from "./dom.js";
import { icon } from "./icons.js";
import * as model from "./model.js";
import { avatar } from "./people.js";
import { filePath } from "./server.js";
import { messageText } from "./text.js";

const TOGETHER = 300; // seconds between messages of one author under one name

/** Brings `list` (an <ol>) in line with `posts`; `thread` when it shows a thread. */
export function drawMessages(list, posts, { channel, thread = "", notes = [] }) {
  const items = [];
  const said = [...notes];
  let before = null;
  let today = "";
  for (const post of posts) {
    const date = ofTs(post.ts);
    while (said[0]?.ts < post.ts) {
      items.push(told(said.shift()));
      before = null;
    }
    if (!thread && dayKey(date) !== today) {
      today = dayKey(date);
      items.push({ key: `day-${today}`, print: dayName(date), make: () => day(date) });
      before = null;
    }
    if (!thread && post.ts === model.model.newFrom) {
      items.push({ key: "new", print: "new", make: () => h("li", { class: "new-from" }, h("span", {}, "New")) });
      before = null;
    }
    const grouped = Boolean(before && together(before, post));
    const answers = thread ? [] : model.replies(channel, post.ts);
    items.push({
      key: post.ts,
      print: JSON.stringify([post, grouped, answers.map((one) => one.ts), model.model.person.id, thread === post.ts]),
      make: () => message(post, { grouped, answers, thread, channel }),
    });
    before = post;
    if (thread === post.ts && posts.length > 1) {
      const count = posts.length === 2 ? "1 reply" : `${posts.length - 1} replies`;
      items.push({ key: "rest", print: count, make: () => h("li", { class: "rest" }, count) });
      before = null;
    }
  }
  items.push(...said.map(told));
  keyed(list, items, { key: (one) => one.key, content: (one) => one.print, make: (one) => one.make() });
}

function told(note) {
  return { key: note.id, print: note.text, make: () => slackbot(note) };
}

function together(a, b) {
  // What the app lays out in blocks stands for itself.
  if (b.blocks && b.bot_id) return false;
  return a.user === b.user && Boolean(a.to) === Boolean(b.to) && Number(b.ts) - Number(a.ts) < TOGETHER;
}

function day(date) {
  return h("li", { class: "day" }, h("h3", {}, dayName(date)));
}

function message(post, { grouped, answers, thread, channel }) {
  const user = model.user(post.user);
  const date = ofTs(post.ts);
  const app = post.bot_id !== undefined;
  const outside = user && user.team !== model.model.person.team && model.team(user.team)?.name;
  const stamp = h("time", { datetime: date.toISOString(), title: long(date) }, time(date));
  return h("li", { class: `message${grouped ? " grouped" : ""}${post.to ? " ephemeral" : ""}`, "data-ts": post.ts },
    h("div", { class: "margin" }, grouped ? stamp : avatar(user)),
    h("div", { class: "said" },
      post.to && h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
      h("div", { class: grouped ? "byline unseen" : "byline" },
        h("b", {}, user?.real_name ?? "Somebody"),
        app && h("span", { class: "badge" }, "APP"),
        outside && h("span", { class: "badge outside" }, outside),
        !grouped && stamp),
      content(post),
      post.edited && h("span", { class: "edited", title: long(ofTs(post.edited.ts)) }, "(edited)"),
      post.reactions && h("div", { class: "reactions" }, post.reactions.map((one) => h("span", { class: "reaction" }, messageText(`:${one.name}:`), ` ${one.count}`))),
      post.to && h("button", { type: "button", class: "link", onclick: () => model.dismiss(post.ts) }, "Dismiss message"),
      answers.length > 0 && h("button", { type: "button", class: "answers", "data-action": "thread", onclick: () => model.openThread(post.ts) },
        answers.length === 1 ? "1 reply" : `${answers.length} replies`, h("small", {}, ` last at ${time(ofTs(answers.at(-1).ts))}`))),
    h("div", { class: "tools", role: "group", "aria-label": "Message actions" },
      !thread && !post.to && h("button", { type: "button", class: "icon", title: "Reply in thread", "aria-label": "Reply in thread", onclick: () => model.openThread(post.ts) }, icon("reply")),
      h("button", { type: "button", class: "icon", title: "Show in Inspect", "aria-label": "Show in Inspect", onclick: () => dispatchEvent(new CustomEvent("inspect", { detail: post.ts })) }, icon("code"))));
}

// Blocks say it all; `text` is for where there are none.
function content(post) {
  const where = {
    kind: "message",
    value: () => undefined,
    keep: () => undefined,
    send: (what) => model.act({ ...what, channel: post.channel, ts: post.ts }),
  };
  return [
    post.blocks ? h("div", { class: "blocks" }, blocks(post.blocks, where)) : post.text && h("div", { class: "lines text" }, messageText(post.text)),
    (post.attachments ?? []).map((one) => h("div", { class: "attachment" },
      one.blocks ? blocks(one.blocks, where) : [one.pretext && h("p", {}, messageText(one.pretext)), one.title && h("b", {}, one.title), h("div", { class: "lines" }, messageText(one.text ?? one.fallback ?? ""))])),
    (post.files ?? []).map(file),
  ];
}

function file(one) {
  const image = /^image\//.test(one.mimetype) || /\.(png|jpe?g|gif)$/i.test(one.name);
  return h("figure", { class: "file" },
    h("figcaption", {}, one.title || one.name),
    image ? h("img", { src: filePath(one.id), alt: one.alt_txt || one.title || one.name, loading: "lazy" })
      : h("a", { href: filePath(one.id), download: one.name }, `Download ${one.name}`));
}

// What Slack itself says to one person, e.g. that a command failed.
function slackbot(note) {
  return h("li", { class: "message ephemeral failed" },
    h("div", { class: "margin" }, h("span", { class: "avatar system", "aria-hidden": "true" }, "!")),
    h("div", { class: "said" },
      h("p", { class: "only-you" }, icon("eye"), "Only visible to you"),
      h("div", { class: "byline" }, h("b", {}, "Slack")),
      h("div", { class: "lines" }, note.text),
      h("button", { type: "button", class: "link", onclick: () => model.forgetNote(note.id) }, "Dismiss message", unseen(`: ${note.text}`))));
}
