/** Turns each <section class="door-sheet"> into a dialog that its link opens: Escape, focus and the rest come with it. */

export function makeSheets(root, closeText) {
  const dialogs = {};
  for (const sheet of root.querySelectorAll(".door-sheet")) dialogs[sheet.id] = wrap(sheet, closeText);
  for (const link of root.querySelectorAll("[data-opens]")) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-haspopup", "dialog");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      dialogs[link.dataset.opens].showModal();
    });
    link.addEventListener("keydown", (event) => event.key === " " && link.click());
  }
  return { close: () => Object.values(dialogs).forEach((dialog) => dialog.close()) };
}

function wrap(sheet, closeText) {
  const dialog = sheet.ownerDocument.createElement("dialog");
  const close = sheet.ownerDocument.createElement("button");
  const title = sheet.querySelector(".door-sheet__title");
  title.id ||= `${sheet.id}-title`;
  dialog.className = "door-dialog";
  dialog.setAttribute("aria-labelledby", title.id);
  close.type = "button";
  close.className = "door__button door-dialog__close";
  close.textContent = closeText;
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  sheet.replaceWith(dialog);
  dialog.append(sheet, close);
  return dialog;
}
