/**
 * The answer form keeps what was written in this browser until the receipt is on the screen, and says loudly when an
 * answer did not get through. Without script the form is an ordinary one.
 *
 * <form data-behaviour="answer-draft" data-draft-key="answer:slug">…</form>
 * <div data-behaviour="answer-received" data-draft-key="answer:slug"></div>
 */
import { written } from "./written.js";

const KEPT = ["on_behalf_of", "name", "email", "text", "sender_kind", "submission_key"];
const LARGEST_FILE = 10_000_000;
const PATIENCE_MS = 120_000;

function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

/** What the form holds now, as field name -> text. */
export function draftOf(form) {
  const data = new FormData(form);
  return Object.fromEntries(KEPT.map((name) => [name, data.get(name) ?? ""]));
}

/** Put a draft into fields that are still empty; what the server sent back wins. */
export function restore(form, draft) {
  for (const [name, value] of Object.entries(draft)) {
    const field = form.elements[name];
    if (!field || !value || name === "submission_key") continue;
    if (!field.value) field.value = value;
  }
  // The same text under the same key leads to the same receipt, even if the first answer got lost on its way.
  const unchanged = draft.text && draft.text === form.elements.text.value;
  if (unchanged && draft.submission_key && !form.dataset.refused) form.elements.submission_key.value = draft.submission_key;
}

function showState(form, clock) {
  const line = form.querySelector("[data-draft-state]");
  line.textContent = line.dataset.saved.replace("{time}", written(clock(), line.dataset.clock));
}

function listFiles(form) {
  const list = form.querySelector("[data-file-list]");
  list.replaceChildren(
    ...[...form.elements.files.files].map((file) => {
      const item = document.createElement("li");
      const tooLarge = file.size > LARGEST_FILE ? ` – ${list.dataset.tooLarge}` : "";
      item.textContent = `${file.name} (${Math.ceil(file.size / 1000)} kB)${tooLarge}`;
      return item;
    }),
  );
}

function progressOf(form) {
  const bar = form.querySelector("[data-upload-progress]");
  const words = form.querySelector("[data-upload-words]");
  return {
    show(share) {
      bar.hidden = false;
      bar.value = share * 100;
      words.textContent = share < 1 ? words.dataset.sending.replace("{percent}", Math.floor(share * 100)) : words.dataset.storing;
    },
    hide() {
      bar.hidden = true;
      words.textContent = "";
    },
  };
}

export function send(form, { request = new XMLHttpRequest(), go = (url) => location.assign(url) } = {}) {
  const progress = progressOf(form);
  const button = form.querySelector("button[type=submit], button:not([type])");
  const failed = () => {
    progress.hide();
    button.disabled = false;
    const loud = document.querySelector("[data-answer-failed]");
    loud.hidden = false;
    loud.scrollIntoView();
  };
  request.upload.addEventListener("progress", (event) => progress.show(event.lengthComputable ? event.loaded / event.total : 0));
  request.addEventListener("load", () => {
    if (request.status === 200 && request.responseURL.includes("/receipts/")) go(request.responseURL);
    else if (request.status === 422) form.submit(); // the server's page says what is wrong, beside the fields
    else failed();
  });
  for (const name of ["error", "timeout", "abort"]) request.addEventListener(name, failed);
  request.open("POST", form.getAttribute("action"));
  request.timeout = PATIENCE_MS;
  document.querySelector("[data-answer-failed]").hidden = true;
  button.disabled = true;
  progress.show(0);
  request.send(new FormData(form));
}

export function keepDraft(form, { storage = localStorage, clock = () => new Date(), post = send } = {}) {
  const key = form.dataset.draftKey;
  restore(form, read(storage, key));
  const save = () => {
    storage.setItem(key, JSON.stringify(draftOf(form)));
    showState(form, clock);
  };
  form.addEventListener("input", save);
  form.elements.files.addEventListener("change", () => listFiles(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
    post(form);
  });
}

export function forgetDraft(mark, { storage = localStorage } = {}) {
  storage.removeItem(mark.dataset.draftKey);
}

document.querySelectorAll("[data-behaviour='answer-draft']").forEach((form) => keepDraft(form));
document.querySelectorAll("[data-behaviour='answer-received']").forEach((mark) => forgetDraft(mark));
