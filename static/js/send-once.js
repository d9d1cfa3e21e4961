/**
 * <form data-behaviour="send-once" data-sending="Sending …">: a second press while the first is on its way does nothing.
 * The server is not hurt by a repeat; this spares a person on a slow line the doubt.
 */
export function sendOnce(form, { page = window } = {}) {
  const status = form.ownerDocument.createElement("span");
  status.setAttribute("role", "status");
  status.className = "form-sending";
  form.append(status);
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    status.textContent = form.dataset.sending ?? "";
  });
  // Back from the next page the browser shows this one as it was left.
  page.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    delete form.dataset.sent;
    status.textContent = "";
  });
}
