// The `data_visualization` block as SVG: lines, bars, areas and pies.
// https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
//
// Series differ in colour, dash and marker (slices and bars in colour and hatching), so that nobody
// has to see colours. The picture has a name, and its numbers stand beside it in a table that screen
// readers find. It is drawn for the width that it has, so its letters stay as large as the others.

import { fresh, h, replace, s, unseen } from "./dom.js";
import { linear, number, ticks } from "./scale.js";

const HEIGHT = 260;
const DASHES = ["", "7 4", "2 4", "10 4 2 4", "14 5", "4 2 1 2"];
const MARKERS = [
  (x, y) => s("circle", { cx: x, cy: y, r: 4 }),
  (x, y) => s("rect", { x: x - 3.6, y: y - 3.6, width: 7.2, height: 7.2 }),
  (x, y) => s("path", { d: `M${x} ${y - 5}L${x + 5} ${y + 4}H${x - 5}Z` }),
  (x, y) => s("path", { d: `M${x} ${y - 5.4}L${x + 5.4} ${y}L${x} ${y + 5.4}L${x - 5.4} ${y}Z` }),
  (x, y) => s("path", { d: `M${x} ${y + 5}L${x + 5} ${y - 4}H${x - 5}Z` }),
  (x, y) => s("path", { d: `M${x - 1.6} ${y - 5}h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4z` }),
];
const KINDS = { line: "Line chart", bar: "Bar chart", area: "Area chart", pie: "Pie chart" };

export function chart(block) {
  const { title, chart: given } = block;
  const canvas = h("div", { class: "canvas" });
  const draw = given.type === "pie" ? pie : axes;
  const name = `${KINDS[given.type]}: ${title}`;
  let width = 0;

  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width) {
      width = now;
      replace(canvas, draw(given, width, name));
    }
  }).observe(canvas);

  return h("figure", { class: "chart" },
    h("figcaption", {}, title),
    canvas,
    h("div", { class: "legend", "aria-hidden": "true" }, legend(given)),
    table(given, title));
}

// lines, bars, areas

function axes({ type, series, axis_config: config }, width, name) {
  const values = series.flatMap((one) => one.data.map((point) => point.value));
  const zero = type !== "line" ? [0] : [];
  const marks = ticks(Math.min(...values, ...zero), Math.max(...values, ...zero), 5);
  const [low, high] = [marks[0], marks.at(-1)];
  const left = 14 + Math.max(...marks.map((one) => number(one).length)) * 7.2 + (config.y_label ? 18 : 0);
  const box = { left, right: width - 12, top: 14, bottom: HEIGHT - 34 - (config.x_label ? 18 : 0) };
  const y = linear(low, high, box.bottom, box.top);
  const band = (box.right - box.left) / config.categories.length;
  const x = (at) => box.left + band * (at + 0.5);
  const hatching = hatches(series.length);
  const drawing = { series, x, y, band, box, hatching, base: y(Math.min(Math.max(0, low), high)) };

  return s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": name },
    hatching.definitions,
    marks.map((one) => [
      s("line", { class: one === 0 && low < 0 ? "grid zero" : "grid", x1: box.left, x2: box.right, y1: y(one), y2: y(one) }),
      s("text", { class: "tick", x: box.left - 8, y: y(one) + 4, "text-anchor": "end" }, number(one)),
    ]),
    categories(config.categories, x, band, box),
    config.x_label && s("text", { class: "axis", x: (box.left + box.right) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, config.x_label),
    config.y_label && s("text", { class: "axis", transform: `translate(12 ${(box.top + box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, config.y_label),
    { line: lines, area: areas, bar: bars }[type](drawing),
    config.categories.map((category, at) => s("rect",
      { class: "hover", x: box.left + band * at, y: box.top, width: band, height: box.bottom - box.top },
      s("title", {}, [category, ...series.map((one) => `${one.name}: ${one.data[at].value}`)].join("\n")))));
}

// As many of the names as have room; always the newest, which is what one looks for.
function categories(names, x, band, box) {
  const longest = Math.max(...names.map((name) => name.length)) * 6.8 + 12;
  const every = Math.max(1, Math.ceil(longest / band));
  return names.map((name, at) => (names.length - 1 - at) % every === 0 &&
    s("text", { class: "tick", x: Math.min(x(at), box.right - (name.length * 6.4) / 2 + 10), y: box.bottom + 18, "text-anchor": "middle" }, name));
}

function lines({ series, x, y }) {
  return series.map((one, at) => {
    const points = one.data.map((point, i) => [x(i), y(point.value)]);
    return s("g", { class: `series s${at % 6}` },
      s("path", { class: "line", d: path(points), "stroke-dasharray": DASHES[at % 6] }),
      points.map(([px, py]) => MARKERS[at % 6](px, py)));
  });
}

function areas({ series, x, y, base }) {
  return series.map((one, at) => {
    const points = one.data.map((point, i) => [x(i), y(point.value)]);
    const outline = `${path(points)}L${points.at(-1)[0]} ${base}L${points[0][0]} ${base}Z`;
    return s("g", { class: `series s${at % 6}` },
      s("path", { class: "area", d: outline }),
      s("path", { class: "line", d: path(points), "stroke-dasharray": DASHES[at % 6] }),
      points.map(([px, py]) => MARKERS[at % 6](px, py)));
  });
}

function bars({ series, x, y, band, base, hatching }) {
  const width = (band * 0.72) / series.length;
  return series.map((one, at) => s("g", { class: `series s${at % 6}` }, one.data.map((point, i) => {
    const px = x(i) - (width * series.length) / 2 + width * at;
    const py = Math.min(y(point.value), base);
    const box = { x: px + 0.5, y: py, width: Math.max(1, width - 1), height: point.value ? Math.max(1, Math.abs(y(point.value) - base)) : 0, rx: 1.5 };
    return [s("rect", { class: "bar", ...box }), at > 0 && s("rect", { ...box, fill: hatching.fill(at) })];
  })));
}

function path(points) {
  return points.map(([px, py], at) => `${at ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
}

// pies

function pie({ segments }, width, name) {
  const whole = segments.reduce((sum, one) => sum + one.value, 0);
  const [cx, cy, r] = [width / 2, HEIGHT / 2, HEIGHT / 2 - 14];
  const hatching = hatches(segments.length);
  let turned = 0;
  const slices = segments.map((one, at) => {
    const share = one.value / whole;
    const shape = slice(cx, cy, r, turned, turned + share);
    const middle = (turned + share / 2) * 2 * Math.PI - Math.PI / 2;
    turned += share;
    return s("g", { class: `series s${at % 6}` },
      s("path", { class: "slice", d: shape }),
      at > 0 && s("path", { d: shape, fill: hatching.fill(at) }),
      s("title", {}, `${one.label}: ${one.value} (${percent(share)})`),
      share > 0.07 && s("g", { transform: `translate(${cx + Math.cos(middle) * r * 0.66} ${cy + Math.sin(middle) * r * 0.66})` },
        s("rect", { class: "plate", x: -20, y: -11, width: 40, height: 21, rx: 10 }),
        s("text", { class: "share", y: 4.5, "text-anchor": "middle" }, percent(share))));
  });
  return s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": name },
    hatching.definitions, slices);
}

function slice(cx, cy, r, from, to) {
  if (to - from > 0.9999) return `M${cx - r} ${cy}a${r} ${r} 0 1 1 ${2 * r} 0a${r} ${r} 0 1 1 ${-2 * r} 0Z`;
  const at = (turn) => `${cx + r * Math.sin(turn * 2 * Math.PI)} ${cy - r * Math.cos(turn * 2 * Math.PI)}`;
  return `M${cx} ${cy}L${at(from)}A${r} ${r} 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}Z`;
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}

// hatching: each series its own direction and distance

const HATCHES = ["", "M0 8L8 0", "M0 0L8 8", "M0 4H8", "M4 0V8", "M0 4H8M4 0V8"];

function hatches(count) {
  const name = fresh("hatch");
  return {
    definitions: s("defs", {}, HATCHES.slice(1, count).map((d, at) => s("pattern",
      { id: `${name}-${at + 1}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
      s("path", { class: "hatch", d })))),
    fill: (at) => (at % 6 ? `url(#${name}-${at % 6})` : "none"),
  };
}

// the key, and the numbers

function legend({ type, series, segments }) {
  if (type === "pie") {
    const whole = segments.reduce((sum, one) => sum + one.value, 0);
    return segments.map((one, at) => entry(at, `${one.label} ${percent(one.value / whole)}`, swatch(at)));
  }
  if (series.length < 2) return [];
  return series.map((one, at) => entry(at, one.name, type === "bar" ? swatch(at) : sample(at)));
}

function entry(at, name, picture) {
  return h("span", { class: "key" }, s("svg", { class: `series s${at % 6}`, width: 28, height: 14 }, picture), name);
}

function swatch(at) {
  const box = { x: 7, y: 0, width: 14, height: 14, rx: 3 };
  return [
    s("rect", { class: "bar", ...box }),
    at > 0 && s("svg", { x: 7, width: 14, height: 14 }, s("path", { class: "hatch", d: HATCHES[at % 6], transform: "scale(1.75)" })),
  ].filter(Boolean);
}

function sample(at) {
  return [s("path", { class: "line", d: "M0 7H28", "stroke-dasharray": DASHES[at % 6] }), MARKERS[at % 6](14, 7)];
}

function table({ type, series, segments, axis_config: config }, title) {
  const [head, rows] = type === "pie"
    ? [["Part", "Value"], segments.map((one) => [one.label, one.value])]
    : [[config.x_label || "", ...series.map((one) => one.name)],
       config.categories.map((category, at) => [category, ...series.map((one) => one.data[at].value)])];
  // A table can't be made smaller than its words, so what hides it stands around it.
  return h("div", { class: "unseen" }, h("table", {},
    h("caption", {}, title),
    h("thead", {}, h("tr", {}, head.map((one) => h("th", { scope: "col" }, one || unseen("Category"))))),
    h("tbody", {}, rows.map(([name, ...cells]) => h("tr", {}, h("th", { scope: "row" }, name), cells.map((one) => h("td", {}, String(one))))))));
}
