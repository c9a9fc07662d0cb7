// The sandbox's time, and, where a demo offers it, buttons that move it through the bot's schedule.

import { dayName, time } from "./dates.js";
import { announce, h, replace } from "./dom.js";
import * as model from "./model.js";

const NAMES = { day: "+ a day", week: "+ a week", next: "To the next post" };

export function clock(element) {
  const shown = h("time", { class: "now" });
  const buttons = h("span", { class: "moves", role: "group", "aria-label": "Move the sandbox's time" });
  replace(element, h("span", { class: "unseen" }, "Time in the sandbox: "), shown, buttons);
  let offered = "";

  function tick() {
    if (!model.model.person) return;
    const now = model.now();
    shown.textContent = `${dayName(now) === "Today" ? weekday(now) : dayName(now)}, ${time(now)}`;
    shown.dateTime = now.toISOString();
  }

  model.watch(() => {
    tick();
    const moves = model.model.state.clock.moves;
    if (String(moves) === offered) return;
    offered = String(moves);
    replace(buttons, moves.map((to) => h("button", { type: "button", class: "quiet", onclick: (event) => move(event.target, to) }, NAMES[to] ?? to)));
  });
  setInterval(tick, 1000);

  async function move(button, to) {
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    const trouble = document.getElementById("trouble");
    trouble.textContent = "";
    try {
      await model.moveClock(to);
      tick();
      announce(`It is now ${shown.textContent}.`);
    } catch (error) {
      trouble.textContent = error.message;
    }
    element.removeAttribute("aria-busy");
    button.focus();
  }
}

function weekday(date) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: model.model.person.tz, weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(date);
}
