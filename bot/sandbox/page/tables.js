// The `table` block (as given) and the `data_table` block (sorted and paged here).

import { fresh, h, replace } from "./dom.js";
import { richText } from "./rich_text.js";
import { withEmoji } from "./emoji.js";

export function table(block) {
  const settings = block.column_settings ?? [];
  const [head, ...body] = block.rows;
  const cells = (tag, extra = {}) => (cell, at) => h(tag, { class: classes(cell, settings[at]), ...extra }, content(cell));
  return scrolling("Table",
    h("table", {},
      h("thead", {}, h("tr", {}, head.map(cells("th", { scope: "col" })))),
      h("tbody", {}, body.map((row) => h("tr", {}, row.map(cells("td")))))));
}

function classes(cell, setting) {
  const align = setting?.align ?? (cell.type === "raw_number" ? "right" : "left");
  return setting?.is_wrapped ? `${align} wrapped` : align;
}

function content(cell) {
  if (cell.type === "rich_text") return richText(cell);
  if (cell.type === "raw_number") return cell.text ?? String(cell.value);
  return withEmoji(String(cell.text ?? ""));
}

export function dataTable(block) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? 5;
  const named = block.row_header_column_index ?? 0;
  const sorted = { column: -1, down: false };
  let page = 0;

  const caption = h("caption", { id: fresh("caption") }, block.caption);
  const headings = h("tr");
  const body = h("tbody");
  const pages = h("div", { class: "pages" });

  function draw() {
    replace(headings, head.map(heading));
    const shown = arranged().slice(page * size, (page + 1) * size);
    replace(body, shown.map((row) => h("tr", {}, row.map((cell, at) =>
      h(at === named ? "th" : "td", { class: classes(cell), scope: at === named ? "row" : null }, content(cell))))));
    replace(pages, rows.length > size && [
      step("Previous", page > 0, -1),
      h("span", { role: "status" }, `${page * size + 1}–${Math.min((page + 1) * size, rows.length)} of ${rows.length}`),
      step("Next", (page + 1) * size < rows.length, 1),
    ]);
  }

  function heading(cell, at) {
    const order = sorted.column === at ? (sorted.down ? "descending" : "ascending") : "none";
    return h("th", { scope: "col", class: classes(rows[0][at]), "aria-sort": order },
      h("button", { type: "button", class: "sort", onclick: () => sort(at) }, content(cell),
        h("span", { class: "arrow", "aria-hidden": "true" }, { none: "↕", ascending: "↑", descending: "↓" }[order])));
  }

  function sort(at) {
    sorted.down = sorted.column === at && !sorted.down;
    sorted.column = at;
    page = 0;
    draw();
    headings.children[at].firstChild.focus();
  }

  function step(name, possible, by) {
    const button = h("button", { type: "button", class: "button small", disabled: !possible, onclick: () => {
      page += by;
      draw();
      const again = [...pages.querySelectorAll("button")].find((one) => one.textContent === name);
      (again.disabled ? pages.querySelector("button:not(:disabled)") : again)?.focus();
    } }, name);
    return button;
  }

  function arranged() {
    if (sorted.column < 0) return rows;
    const by = rows.toSorted((a, b) => compare(a[sorted.column], b[sorted.column]));
    return sorted.down ? by.reverse() : by;
  }

  draw();
  return h("div", { class: "data-table" },
    scrolling(block.caption, h("table", {}, caption, h("thead", {}, headings), body)), pages);
}

function compare(a, b) {
  if (a.type === "raw_number" && b.type === "raw_number") return a.value - b.value;
  return words(a).localeCompare(words(b), "en", { numeric: true });
}

function words(cell) {
  return cell.type === "rich_text" ? richText(cell).map((one) => one.textContent).join(" ") : String(cell.text ?? cell.value ?? "");
}

function scrolling(name, inside) {
  return h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": name }, inside);
}
