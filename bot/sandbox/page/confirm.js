// Slack's confirm dialog: a question before a button, a menu or a picker does what it does.

import { h, replace } from "./dom.js";
import { plainText, textObject } from "./text.js";

/** Whether the person said yes to a `confirm` object. */
export function confirmed(question) {
  const dialog = document.getElementById("confirm");
  return new Promise((resolve) => {
    function answer(yes) {
      dialog.close();
      resolve(yes);
    }
    dialog.oncancel = (event) => {
      event.preventDefault();
      answer(false);
    };
    replace(dialog,
      h("h2", { id: "confirm-title" }, plainText(question.title)),
      h("div", { class: "modal-body" }, h("p", {}, textObject(question.text))),
      h("footer", {},
        h("button", { type: "button", class: "button", onclick: () => answer(false) }, plainText(question.deny)),
        h("button", { type: "button", class: `button ${question.style === "danger" ? "danger" : "primary"}`, autofocus: true, onclick: () => answer(true) }, plainText(question.confirm))));
    dialog.showModal();
  });
}
