// What a demo suggests to try, with a tick at what was done. Not there without a demo; who does not
// want to see it any more finds it again in the sidebar.

import { h, replace } from "./dom.js";
import { messageText } from "./text.js";
import * as model from "./model.js";

const DISMISSED = "keeprate-guide";
/** Whether somebody wants to see it again, who finds it unfolded. */
let wanted = false;
/** Where it has no column of its own, it begins folded. */
const narrow = matchMedia("(max-width: 1180px)");

export function guide(parent) {
  const panel = h("section", { class: "guide", "aria-labelledby": "guide-title", hidden: true });
  parent.append(panel);
  let shown = "";

  model.watch(() => {
    const steps = model.model.state.guide;
    const gone = isDismissed();
    const print = JSON.stringify([steps, gone, model.model.person.id]);
    if (print === shown) return;
    shown = print;
    panel.hidden = gone || !steps.length;
    if (panel.hidden) return replace(panel);
    const left = steps.filter((one) => !one.done).length;
    const open = wanted || (panel.querySelector("details")?.open ?? !narrow.matches);
    replace(panel,
      h("details", { open },
        h("summary", {}, h("h2", { id: "guide-title" }, left ? "Things to try" : "You have seen it all"), h("small", {}, `${steps.length - left} of ${steps.length}`)),
        h("ol", {}, steps.map((one) => h("li", { class: one.done ? "done" : "" },
          h("span", { class: "mark", role: "img", "aria-label": one.done ? "Done" : "Not done yet" }, one.done ? "✓" : ""), h("span", {}, messageText(one.text))))),
        h("button", { type: "button", class: "link", onclick: dismiss }, "Don't show this again")));
    if (wanted) panel.querySelector("summary").focus();
    wanted = false;
  });

  function dismiss() {
    localStorage.setItem(DISMISSED, "yes");
    model.changed();
  }
}

/** Whether there is something to try that is not shown. */
export const isDismissed = () => model.model.state.guide.length > 0 && localStorage.getItem(DISMISSED) === "yes";

/** Shown again, unfolded. */
export function showAgain() {
  localStorage.removeItem(DISMISSED);
  wanted = true;
  model.changed();
}
