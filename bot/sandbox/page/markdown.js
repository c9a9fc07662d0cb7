// Standard Markdown, as far as Slack's `markdown` block takes it, read into the tree of mrkdwn.js
// plus blocks: {type: "heading", level, children}, {type: "paragraph" | "quote", children},
// {type: "list", ordered, start, items: [[node]]}, {type: "rule"}, {type: "pre", text},
// {type: "table", align, rows: [[[node]]]}. No HTML: tags are words.
// https://docs.slack.dev/reference/block-kit/blocks/markdown-block

const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const FENCE = /^\s*(```|~~~)/;
const ROW = /^\s*\|?.*\|.*$/;
const RULING = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

export function markdown(text) {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"));
}

function blocks(lines) {
  const nodes = [];
  let at = 0;

  function while_(test) {
    const from = at;
    while (at < lines.length && test(lines[at])) at += 1;
    return lines.slice(from, at);
  }

  while (at < lines.length) {
    const line = lines[at];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (!line.trim()) at += 1;
    else if (FENCE.test(line)) {
      at += 1;
      nodes.push({ type: "pre", text: while_((one) => !FENCE.test(one)).join("\n") });
      at += 1;
    } else if (heading) {
      at += 1;
      nodes.push({ type: "heading", level: heading[1].length, children: inline(heading[2]) });
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      at += 1;
      nodes.push({ type: "rule" });
    } else if (/^\s*>/.test(line)) {
      const inside = while_((one) => /^\s*>/.test(one)).map((one) => one.replace(/^\s*>\s?/, ""));
      nodes.push({ type: "quote", children: blocks(inside) });
    } else if (ITEM.test(line)) {
      nodes.push(list(while_((one) => ITEM.test(one) || /^\s+\S/.test(one))));
    } else if (ROW.test(line) && RULING.test(lines[at + 1] ?? "")) {
      nodes.push(table(while_((one) => ROW.test(one) && one.trim())));
    } else {
      const words = while_((one) => one.trim() && !FENCE.test(one) && !/^#{1,6}\s|^\s*>/.test(one) && !ITEM.test(one));
      nodes.push({ type: "paragraph", children: inline(words.join("\n")) });
    }
  }
  return nodes;
}

function list(lines) {
  const first = ITEM.exec(lines[0]);
  const indent = first[1].length;
  const items = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length <= indent) items.push([item[3]]);
    else items.at(-1).push(line.replace(new RegExp(`^\\s{0,${indent + 2}}`), ""));
  }
  const ordered = /\d/.test(first[2]);
  return {
    type: "list",
    ordered,
    start: ordered ? parseInt(first[2], 10) : 1,
    items: items.map(([head, ...rest]) => [...inline(head), ...blocks(rest)]),
  };
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((c) => c.trim().replace(/\\\|/g, "|"));
  const align = cells(lines[1]).map((c) => (c.endsWith(":") ? (c.startsWith(":") ? "center" : "right") : "left"));
  const rows = [lines[0], ...lines.slice(2)].map((line) => cells(line).map(inline));
  return { type: "table", align, rows };
}

const INLINE = [
  [/^\\([\\`*_{}[\]()#+.!~|>-])/, (m) => ({ type: "text", text: m[1] })],
  [/^(`+)([\s\S]+?)\1(?!`)/, (m) => ({ type: "code", text: m[2].trim() })],
  [/^!\[([^\]]*)\]\(((?:[^()\s]|\([^()\s]*\))+)[^)]*\)/, (m) => link(m[2], [{ type: "text", text: m[1] || m[2] }])],
  [/^\[((?:[^[\]]|\[[^\]]*\])+)\]\(((?:[^()\s]|\([^()\s]*\))+)[^)]*\)/, (m) => link(m[2], inline(m[1]))],
  [/^<(https?:[^>\s]+)>/, (m) => link(m[1], [{ type: "text", text: m[1] }])],
  [/^https?:\/\/[^\s<>)]*[^\s<>).,;:!?'"]/, (m) => link(m[0], [{ type: "text", text: m[0] }])],
  [/^(\*\*|__)(?=\S)([\s\S]*?\S)\1/, (m) => ({ type: "bold", children: inline(m[2]) })],
  [/^~~(?=\S)([\s\S]*?\S)~~/, (m) => ({ type: "strike", children: inline(m[1]) })],
  [/^\*(?=\S)([\s\S]*?\S)\*(?!\*)/, (m) => ({ type: "italic", children: inline(m[1]) })],
  [/^_(?=\S)([\s\S]*?\S)_(?![\p{L}\p{N}])/u, (m) => ({ type: "italic", children: inline(m[1]) }), true],
  [/^:([a-z0-9_+'-]+):/, (m) => ({ type: "emoji", name: m[1] }), true],
  [/^( {2,}|\\)?\n/, (m) => (m[1] ? { type: "break" } : { type: "text", text: " " })],
];

function inline(text) {
  const nodes = [];
  let run = "";
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const inWord = /[\p{L}\p{N}]/u.test(text[at - 1] ?? "");
    const found = firstMatch(rest, inWord);
    if (!found) {
      run += text[at];
      at += 1;
      continue;
    }
    if (run) nodes.push({ type: "text", text: run });
    run = "";
    nodes.push(found.node);
    at += found.length;
  }
  if (run) nodes.push({ type: "text", text: run });
  return nodes;
}

function firstMatch(rest, inWord) {
  for (const [pattern, make, notInWord] of INLINE) {
    const found = pattern.exec(rest);
    if (found && !(notInWord && inWord)) return { node: make(found), length: found[0].length };
  }
  return null;
}

// Only addresses that open something harmless; the others are shown as what they are, words.
function link(url, children) {
  if (/^(https?|mailto):/i.test(url)) return { type: "link", url, children };
  return { type: "plain", children };
}
