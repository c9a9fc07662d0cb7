// Elements out of data. Words from outside only ever become text nodes; there is no innerHTML in
// this page, and the server's Content-Security-Policy (Trusted Types) would stop it.

const SVG = "http://www.w3.org/2000/svg";

/** h("p", { class: "small", onclick: f }, "text", [more], null) */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function s(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in PROPERTIES) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...flat(children));
  return element;
}

const PROPERTIES = { value: 1, checked: 1, disabled: 1, hidden: 1, selected: 1, indeterminate: 1 };

function flat(children) {
  return children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false);
}

export function replace(element, ...children) {
  element.replaceChildren(...flat(children));
}

let numbers = 0;

/** An id that no other element has. */
export function fresh(prefix) {
  numbers += 1;
  return `${prefix}-${numbers}`;
}

/** Said aloud by a screen reader, seen by nobody. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

export function unseen(...children) {
  return h("span", { class: "unseen" }, ...children);
}

/**
 * Brings the children of `list` in line with `items`, keeping the element of every item whose key
 * and content are as before: what somebody chose or typed in it stays, and so does the focus.
 */
export function keyed(list, items, { key, content, make }) {
  const before = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const after = items.map((item) => {
    const name = key(item);
    const print = content(item);
    const old = before.get(name);
    if (old && old.dataset.print === print) return old;
    const made = make(item);
    made.dataset.key = name;
    made.dataset.print = print;
    if (old && old.contains(document.activeElement)) refocus(made, document.activeElement);
    return made;
  });
  if (after.length !== list.children.length || after.some((one, at) => list.children[at] !== one)) {
    place(list, after);
  }
}

// Moving an element takes the focus off it, so those that stay are not touched.
function place(list, wanted) {
  const staying = new Set(wanted);
  for (const child of [...list.children]) if (!staying.has(child)) child.remove();
  wanted.forEach((one, at) => {
    if (list.children[at] !== one) list.insertBefore(one, list.children[at] ?? null);
  });
}

// A message that changed under the hands: the same button in its new self, or the message.
function refocus(made, focused) {
  const name = focused.dataset.action;
  queueMicrotask(() => {
    const same = name && [...made.querySelectorAll("[data-action]")].find((e) => e.dataset.action === name);
    if (same) same.focus();
    else {
      made.tabIndex = -1;
      made.focus({ preventScroll: true });
    }
  });
}
