// Where a list of messages stands in its window: where one begins to read when it is opened, at the
// newest for as long as one is there, and where one left it else.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const NEAR = 40; // pixels

/**
 * The scrolling box around `list`, in two parts: `element`, and `drawn(draw, mine)`, which draws the
 * list anew and then stands where it should. `mine(key)` says whether a message is by or for the
 * person, who wants to see it then, wherever they are.
 */
export function scrolling(list, label) {
  const more = h("button", { type: "button", class: "button more", hidden: true, onclick: () => stand("newest") }, "New messages", icon("down"));
  const element = h("div", { class: "stream", tabindex: "0", role: "region", "aria-label": label }, list, more);
  let at = "";
  let placed = -1;

  const places = {
    end: () => element.scrollHeight - element.clientHeight,
    /** What is taller than the window is read from its beginning. */
    newest: () => top(list.lastElementChild),
    unread: () => top(list.querySelector(".new-from")),
  };

  function top(item) {
    if (!item) return places.end();
    const above = item.getBoundingClientRect().top - element.getBoundingClientRect().top;
    return Math.min(places.end(), Math.floor(element.scrollTop + above));
  }

  function stand(place) {
    at = place;
    if (!at) return;
    element.scrollTo({ top: places[at](), behavior: "instant" });
    placed = element.scrollTop;
    more.hidden = at !== "unread" || places.newest() - placed < NEAR;
  }

  // Where the reader has gone to, which a change of heights may hear of before the event does.
  function look() {
    if (Math.abs(element.scrollTop - placed) < 2) return;
    placed = element.scrollTop;
    at = Object.keys(places).find((place) => Math.abs(places[place]() - placed) < NEAR) ?? "";
    if (at === "end" || at === "newest") more.hidden = true;
  }

  element.addEventListener("scroll", look);
  // Charts and pictures get their height late, and the window another one.
  const watching = new ResizeObserver(() => {
    if (element.scrollTop < places.end() - NEAR) look();
    stand(at);
  });
  watching.observe(list);
  watching.observe(element);

  return {
    element,
    drawn(draw, mine) {
      const before = new Set([...list.children].map((item) => item.dataset.key));
      look();
      draw();
      const added = [...list.children].filter((item) => item.matches(".message") && !before.has(item.dataset.key));
      if (!before.size) return stand(list.querySelector(".new-from") ? "unread" : "newest");
      if (!added.length) return stand(at);
      const follows = at === "end" || at === "newest" || added.some((item) => mine(item.dataset.key));
      if (follows) return stand("newest");
      stand(at);
      more.hidden = false;
    },
  };
}
