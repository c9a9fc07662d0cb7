// The page's own signs, drawn rather than written: not every machine has every character.

import { s } from "./dom.js";

const SHAPES = {
  menu: ["M3 5h14M3 10h14M3 15h14"],
  close: ["M5 5l10 10M15 5L5 15"],
  send: ["M3 10L17 4L12.5 17L9.5 11.5ZM9.5 11.5L17 4"],
  reply: ["M8 5L3.5 9.5L8 14", "M3.5 9.5H12a4.5 4.5 0 0 1 4.5 4.5V16"],
  code: ["M7 5L2.5 10L7 15M13 5L17.5 10L13 15"],
  shared: ["M3.5 3.5h8v8h-8z", "M8.5 8.5h8v8h-8z"],
  lock: ["M5 9h10v8H5z", "M7 9V6.5a3 3 0 0 1 6 0V9"],
  down: ["M5.5 8L10 12.5L14.5 8"],
  dots: ["M4.5 10h.01M10 10h.01M15.5 10h.01"],
  eye: ["M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10z", "M10 7.6a2.4 2.4 0 1 0 .01 0z"],
  warning: ["M10 3L18 17H2Z", "M10 8.5v4M10 14.6v.1"],
  error: ["M6.5 2.5h7l4 4v7l-4 4h-7l-4-4v-7z", "M10 6.5v4.5M10 13.6v.1"],
  success: ["M3.5 10.5L8 15L16.5 5.5"],
  info: ["M10 2.5a7.5 7.5 0 1 0 .01 0z", "M10 9.2V14M10 6.2v.1"],
};

export function icon(name) {
  return s("svg", { class: `sign-${name}`, viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": name === "dots" ? 2.8 : 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" },
    SHAPES[name].map((d) => s("path", { d })));
}
