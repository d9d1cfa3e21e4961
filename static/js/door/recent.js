/** What this phone scanned last, latest first, each with its undo while there is one. */

import { said } from "./said.js";

const MOST = 12;

export function makeRecent(find, texts, { onUndo }) {
  const list = find("recent");

  function line(scan) {
    const item = document.createElement("li");
    const what = document.createElement("span");
    const title = document.createElement("strong");
    item.dataset.scan = scan.id;
    title.textContent = scan.title;
    what.append(title, ...said(scan.who ? ` ${scan.who}` : "", scan), document.createElement("br"), scan.time);
    item.append(what);
    if (scan.undoable) item.append(undoButton(scan));
    return item;
  }

  function undoButton(scan) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "door__button";
    button.textContent = texts.undo;
    button.setAttribute("aria-label", [texts.undo, scan.title, scan.who].join(" "));
    button.addEventListener("click", () => onUndo(scan));
    return button;
  }

  for (const form of list.querySelectorAll("form")) {
    const item = form.closest("li");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      onUndo({ id: item.dataset.scan });
    });
  }
  return {
    add(scan) {
      list.prepend(line(scan));
      while (list.children.length > MOST) list.lastElementChild.remove();
      find("recent-empty").hidden = true;
    },
    undone(id) {
      list.querySelector(`[data-scan="${id}"] :is(form, button)`)?.remove();
    },
  };
}
