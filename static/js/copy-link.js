/** <button hidden data-behaviour="copy-link" data-text="https://…" data-done="Copied"><span>Copy link</span></button> */
export function copyLink(button, { clipboard = navigator.clipboard } = {}) {
  if (!clipboard) return; // an insecure address has no clipboard: the button stays hidden
  const words = button.querySelector("span") ?? button;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await clipboard.writeText(button.dataset.text);
    words.textContent = button.dataset.done;
  });
}
