// Slack's mrkdwn, read into a tree of plain values; text.js makes elements of it.
// https://docs.slack.dev/messaging/formatting-message-text
//
// A node is {type: "text", text} or {type, children} (bold, italic, strike, quote), {type: "code" |
// "pre", text}, {type: "break"}, {type: "emoji", name}, {type: "link", url, text}, {type: "user" |
// "channel" | "usergroup", id, text}, {type: "broadcast", name}, {type: "date", at, format, url,
// text}.

const MARKS = { "*": "bold", _: "italic", "~": "strike" };
const WORD = /[\p{L}\p{N}]/u;

/** `verbatim`: bare addresses do not become links. */
export function mrkdwn(text, { verbatim = false } = {}) {
  const nodes = [];
  text.split(/```\n?([\s\S]+?)```\n?/).forEach((part, at) => {
    if (at % 2) nodes.push({ type: "pre", text: entities(withoutLinks(part.replace(/\n$/, ""))) });
    else nodes.push(...lines(part, verbatim));
  });
  return nodes;
}

/** All words of it, on one line: for a screen reader, a title, a preview. */
export function plain(text) {
  return words(mrkdwn(text ?? "")).replace(/\s+/g, " ").trim();
}

export function words(nodes) {
  return nodes.map((node) => {
    if (node.children) return words(node.children) + (node.type === "quote" ? "\n" : "");
    if (node.type === "break") return "\n";
    return node.text ?? node.name ?? node.url ?? "";
  }).join("");
}

export function entities(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** What somebody typed, as Slack sends it on. */
export function escaped(text) {
  return text.replace(/[&<>]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[one]);
}

// Lines that begin with > stand together as one quotation.
function lines(text, verbatim) {
  const nodes = [];
  let quote = null;
  const all = text.split("\n");
  all.forEach((line, at) => {
    const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    const inside = inline(quoted ? quoted[1] : line, verbatim);
    if (quoted) {
      if (quote) quote.children.push({ type: "break" }, ...inside);
      else nodes.push((quote = { type: "quote", children: inside }));
      return;
    }
    if (at && !quote) nodes.push({ type: "break" });
    quote = null;
    nodes.push(...inside);
  });
  return nodes;
}

function inline(text, verbatim) {
  const nodes = [];
  let run = "";
  let at = 0;

  function flush() {
    if (run) nodes.push(...bare(run, verbatim));
    run = "";
  }

  function take(node, length) {
    flush();
    nodes.push(node);
    at += length;
  }

  while (at < text.length) {
    const rest = text.slice(at);
    const code = /^`([^`\n]+)`/.exec(rest);
    const angle = /^<([^<>\n]+)>/.exec(rest);
    const emoji = /^:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/.exec(rest);
    const marked = MARKS[text[at]] && closing(text, at);
    if (code) take({ type: "code", text: entities(withoutLinks(code[1])) }, code[0].length);
    else if (angle) take(reference(angle[1]), angle[0].length);
    else if (emoji && !WORD.test(text[at - 1] ?? "")) take({ type: "emoji", name: emoji[1] }, emoji[0].length);
    else if (marked) {
      const children = inline(text.slice(at + 1, marked), verbatim);
      take({ type: MARKS[text[at]], children }, marked + 1 - at);
    } else {
      run += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

// Where the mark that opens at `at` closes, or 0. Marks stand at the edges of words, so that
// snake_case_names and 2*3*4 stay as they are.
function closing(text, at) {
  const mark = text[at];
  if (WORD.test(text[at - 1] ?? "") || /\s|^$/.test(text[at + 1] ?? "")) return 0;
  for (let end = at + 2; end < text.length; end += 1) {
    const open = text[end - 1];
    if (text[end] === mark && !/\s/.test(open) && open !== mark && !WORD.test(text[end + 1] ?? "")) return end;
  }
  return 0;
}

// What stands between < and >.
function reference(inside) {
  const [target, label] = split(inside);
  const date = /^!date\^(-?\d+)\^([^^]+)(?:\^(.+))?$/.exec(target);
  if (date) return { type: "date", at: Number(date[1]), format: date[2], url: date[3] ?? "", text: label };
  if (/^@[UW]/.test(target)) return { type: "user", id: target.slice(1), text: label };
  if (/^#[CG]/.test(target)) return { type: "channel", id: target.slice(1), text: label };
  if (target.startsWith("!subteam^")) return { type: "usergroup", id: target.slice(9), text: label };
  if (/^!(here|channel|everyone)$/.test(target)) return { type: "broadcast", name: target.slice(1) };
  if (/^(https?|mailto|tel):/i.test(target)) {
    const url = entities(target);
    return { type: "link", url, text: label || url.replace(/^(mailto|tel):/i, "") };
  }
  return { type: "text", text: entities(`<${inside}>`) };
}

function split(inside) {
  const bar = inside.indexOf("|");
  return bar < 0 ? [inside, ""] : [inside.slice(0, bar), entities(inside.slice(bar + 1))];
}

function bare(run, verbatim) {
  if (verbatim) return [{ type: "text", text: entities(run) }];
  return run.split(/(https?:\/\/[^\s<>|]*[^\s<>|.,;:!?'")\]])/).filter(Boolean).map((part) =>
    /^https?:\/\//.test(part)
      ? { type: "link", url: entities(part), text: entities(part) }
      : { type: "text", text: entities(part) });
}

// In code, a link shows only its words.
function withoutLinks(text) {
  return text.replace(/<((?:https?|mailto):[^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_, url, label) => label || url);
}
