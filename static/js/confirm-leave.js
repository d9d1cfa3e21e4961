/** <form data-behaviour="confirm-leave">: the browser asks before a text that was typed and not sent is lost. */
export function confirmLeave(form, { page = window } = {}) {
  let changed = false;
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  page.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}
