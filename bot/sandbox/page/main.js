// The page put together.

import { clock } from "./clock.js";
import { replace } from "./dom.js";
import { guide } from "./guide.js";
import { icon } from "./icons.js";
import { inspectPane } from "./inspect.js";
import { modals } from "./modals.js";
import * as model from "./model.js";
import { personMenu } from "./people.js";
import { placeView } from "./place.js";
import { sidebar } from "./sidebar.js";
import { threadPane } from "./thread.js";

const at = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 760px)");

function slideSidebar(open) {
  at("sidebar").classList.toggle("open", open);
  at("sidebar").inert = narrow.matches && !open;
  at("shade").hidden = !(narrow.matches && open);
  at("menu").setAttribute("aria-expanded", String(open));
  if (open) at("sidebar").querySelector("[aria-current], button")?.focus();
}

function person() {
  let shown = "";
  model.watch(() => {
    const { person: me, state } = model.model;
    const now = JSON.stringify([me, state.users.length]);
    if (now === shown) return;
    shown = now;
    replace(at("person"), personMenu());
  });
}

function title() {
  model.watch(() => {
    const { state, connected } = model.model;
    const own = model.foreign() ? model.team(model.model.person.team) : state.team;
    at("workspace").textContent = own.name;
    const unread = model.channels().reduce((sum, one) => sum + model.unread(one.id), 0);
    document.title = `${unread ? `(${unread}) ` : ""}${model.channel()?.name || state.app.name} · ${own.name}`;
    document.body.classList.toggle("lost", !connected);
    at("connection").hidden = connected;
  });
}

function connection() {
  const line = document.createElement("p");
  line.id = "connection";
  line.className = "trouble";
  line.setAttribute("role", "status");
  line.textContent = "The sandbox does not answer; trying again. What you see may be old.";
  line.hidden = true;
  at("trouble").after(line);
}

at("menu").addEventListener("click", () => slideSidebar(!at("sidebar").classList.contains("open")));
at("shade").addEventListener("click", () => slideSidebar(false));
at("sidebar").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !narrow.matches) return;
  slideSidebar(false);
  at("menu").focus();
});
narrow.addEventListener("change", () => slideSidebar(false));
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !model.model.state) return;
  model.seen();
  model.changed();
});
slideSidebar(false);
at("menu").append(icon("menu"));
connection();

try {
  await model.start();
  title();
  person();
  clock(at("clock"));
  sidebar(at("sidebar"), { went: () => {
    if (narrow.matches) slideSidebar(false);
    at("writing")?.focus({ preventScroll: true });
  } });
  placeView(at("place"));
  threadPane(at("thread"));
  inspectPane(at("inspect"), at("inspect-toggle"));
  modals(at("modal"));
  guide(at("columns"));
  document.body.dataset.ready = "yes";
} catch (error) {
  at("trouble").textContent = `The page could not start: ${error.message}`;
  throw error;
}
