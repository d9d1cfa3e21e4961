/**
 * <div class="door-result" role="alert" hidden>: covers the screen with what a scan came to. A welcome goes by itself;
 * everything else, and a note about the guest, stays until somebody has seen it.
 */

import { said } from "./said.js";

const GONE_AFTER_MS = 1500;
const TONES = ["good", "again", "wait", "stop", "plain", "unsent"];

export function makeResult(box, { sound, onUndo, onClosed = () => {} }) {
  const part = (name) => box.querySelector(`[data-result="${name}"]`);
  let timer = null;
  let shown = null;

  function fill(name, text) {
    part(name).textContent = text ?? "";
    part(name).hidden = !text;
  }

  function close() {
    clearTimeout(timer);
    if (!shown) return;
    shown = null;
    box.hidden = true;
    onClosed();
  }

  /** scan: as the machine interface tells it: tone, title, who, detail, note, undoable. */
  function show(scan) {
    clearTimeout(timer);
    shown = scan;
    box.classList.remove(...TONES.map((tone) => `door-result--${tone}`));
    box.classList.add(`door-result--${scan.tone}`);
    for (const mark of box.querySelectorAll("[data-mark]")) mark.hidden = mark.dataset.mark !== scan.tone;
    for (const name of ["title", "who", "detail", "note"]) fill(name, scan[name]);
    if (scan.category_lang) part("who").replaceChildren(...said(scan.who, scan));
    part("undo").hidden = !scan.undoable;
    box.hidden = false;
    sound.play(scan.tone);
    part("seen").focus({ preventScroll: true });
    if (goesByItself(scan)) timer = setTimeout(close, GONE_AFTER_MS);
  }

  const goesByItself = (scan) => (scan.tone === "good" || scan.tone === "plain") && !scan.note;

  part("seen").addEventListener("click", close);
  part("undo").addEventListener("click", (event) => {
    event.stopPropagation();
    const scan = shown;
    close();
    onUndo(scan);
  });
  box.addEventListener("click", () => shown && !shown.note && close());
  return { show, close, holds: () => shown !== null && !goesByItself(shown) };
}
