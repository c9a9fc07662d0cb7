// A menu that looks like Slack's and works from the keyboard: a button that opens a list of options
// (the "select-only combobox" of the ARIA Authoring Practices). Choosing is what tells; arrows
// only look, which the browser's own <select> can't promise.

import { fresh, h, replace } from "./dom.js";
import { icon } from "./icons.js";

/**
 * options: [{label, value, description, group}]; chosen: values; many: several may be chosen.
 * `told(values)` is called once, when a choice was made (with `many`: when the list closes).
 * `face`: what stands on the button instead of the choice (the three dots of an overflow menu).
 */
export function menu({ options, chosen = [], placeholder = "Choose an option", many = false, face, label, labelledby, action, told }) {
  const picked = new Set(chosen);
  let opened = null;
  let active = 0;
  let typed = { text: "", at: 0 };

  const list = h("div", { id: fresh("options"), class: "options", popover: "manual", role: "listbox",
    "aria-label": label ?? placeholder, "aria-multiselectable": many ? "true" : null });
  const name = h("span", { class: "chosen", id: fresh("chosen") });
  const button = h("button", {
    type: "button", class: face ? "icon button" : "button select", role: "combobox", "aria-haspopup": "listbox",
    "aria-expanded": "false", "aria-controls": list.id, "data-action": action,
    "aria-label": labelledby ? null : label ?? null, "aria-labelledby": labelledby ? `${labelledby} ${name.id}` : null,
    onclick: () => (opened ? close() : open()), onkeydown: key, onblur: close,
  }, face ?? [name, icon("down")]);

  function title() {
    const shown = options.filter((one) => picked.has(one.value)).map((one) => one.label);
    name.textContent = shown.join(", ") || placeholder;
    name.classList.toggle("empty", !shown.length);
    if (!face && !labelledby) button.setAttribute("aria-label", shown.length ? `${label ?? placeholder}: ${shown.join(", ")}` : placeholder);
  }

  function open() {
    opened = new Set(picked);
    active = Math.max(0, options.findIndex((one) => picked.has(one.value)));
    draw();
    list.showPopover();
    put();
    button.setAttribute("aria-expanded", "true");
    addEventListener("scroll", put, true);
    light();
  }

  function close() {
    if (!opened) return;
    const before = opened;
    opened = null;
    list.hidePopover();
    removeEventListener("scroll", put, true);
    button.setAttribute("aria-expanded", "false");
    button.removeAttribute("aria-activedescendant");
    if (many && (before.size !== picked.size || [...picked].some((one) => !before.has(one)))) told([...picked]);
  }

  function choose(at) {
    const { value } = options[at];
    active = at;
    if (many) {
      if (!picked.delete(value)) picked.add(value);
      draw();
      light();
      title();
      return;
    }
    if (!face) {
      picked.clear();
      picked.add(value);
      title();
    }
    close();
    told([value]);
  }

  function draw() {
    let group;
    replace(list, options.flatMap((one, at) => {
      const heading = one.group && one.group !== group && h("div", { class: "group", role: "presentation" }, one.group);
      group = one.group;
      return [heading, h("div", {
        id: `${list.id}-${at}`, class: "option", role: "option", "aria-selected": String(picked.has(one.value)),
        onpointerdown: (event) => event.preventDefault(), // the focus stays on the button
        onclick: () => choose(at), onpointermove: () => at !== active && ((active = at), light()),
      }, h("span", { class: "tick", "aria-hidden": "true" }, picked.has(one.value) && !face ? "✓" : ""),
      h("span", {}, one.label, one.description && h("small", {}, one.description)))];
    }));
  }

  function light() {
    for (const one of list.querySelectorAll(".active")) one.classList.remove("active");
    const now = document.getElementById(`${list.id}-${active}`);
    now?.classList.add("active");
    now?.scrollIntoView({ block: "nearest" });
    if (now) button.setAttribute("aria-activedescendant", now.id);
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -options.length, End: options.length };
    if (event.key in steps) {
      if (!opened) open();
      else active = Math.min(options.length - 1, Math.max(0, active + steps[event.key]));
      light();
    } else if (event.key === "Enter" || event.key === " ") {
      if (opened) choose(active);
      else open();
    } else if (event.key === "Escape" && opened) close();
    else if (event.key === "Tab") return close();
    else if (event.key.length === 1) find(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Typing goes to the option that begins like that.
  function find(letter) {
    const now = performance.now();
    typed = { text: (now - typed.at < 800 ? typed.text : "") + letter.toLowerCase(), at: now };
    const found = options.findIndex((one) => one.label.toLowerCase().startsWith(typed.text));
    if (found < 0) return;
    if (!opened) open();
    active = found;
    light();
  }

  function put() {
    const box = button.getBoundingClientRect();
    const below = innerHeight - box.bottom;
    const up = below < 220 && box.top > below;
    list.style.minWidth = `${Math.min(box.width, innerWidth - 16)}px`;
    list.style.maxHeight = `${Math.max(120, (up ? box.top : below) - 16)}px`;
    list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = up ? `${box.top - list.offsetHeight - 4}px` : `${box.bottom + 4}px`;
  }

  title();
  return h("span", { class: "menu" }, button, list);
}
