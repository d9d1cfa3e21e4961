/**
 * A long form keeps what was written in its own tab until the receipt is on the screen there, and says loudly when it
 * did not get through. Without script, or where any of this fails, the form is an ordinary one.
 *
 * A draft is the tab's (sessionStorage): two tabs are two drafts, a receipt ends that of its own tab only, and who uses
 * the machine next finds nothing (ADR 0055).
 *
 * <form data-behaviour="answer-draft" data-draft-key="answer:slug">…</form>
 * <div data-behaviour="answer-received" data-draft-key="answer:slug"></div>
 */
import { written } from "./written.js";

const KEPT = ["on_behalf_of", "name", "email", "text", "sender_kind", "theme", "quoting", "submission_key"];
const LARGEST_FILE = 10_000_000;
const PATIENCE_MS = 120_000; // of silence: while bytes move, it may take as long as it takes

/** What the browser keeps for this tab; nothing where it keeps nothing or does not even let us ask. */
function ofThisTab() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

/** Whether something was done that any browser may refuse. */
function tried(act) {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

function read(storage, key) {
  let found = {};
  tried(() => (found = JSON.parse(storage.getItem(key)) ?? {}));
  return found;
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

function listFiles(form, files, remove) {
  const list = form.querySelector("[data-file-list]");
  list.replaceChildren(
    ...files.map((file) => {
      const [item, button] = [document.createElement("li"), document.createElement("button")];
      const tooLarge = file.size > LARGEST_FILE ? ` – ${list.dataset.tooLarge}` : "";
      item.textContent = `${file.name} (${Math.ceil(file.size / 1000)} kB)${tooLarge} `;
      Object.assign(button, { type: "button", className: "function-link", textContent: list.dataset.remove });
      button.setAttribute("aria-label", `${list.dataset.remove} ${file.name}`);
      button.addEventListener("click", () => remove(file));
      item.append(button);
      return item;
    }),
  );
}

/** Each choice of files adds to those before, where the browser lets a script say which it has. */
function gather(form, { transfer = () => new DataTransfer() } = {}) {
  const field = form.elements.files;
  let chosen = [];
  const put = (files) => {
    const isTaken = tried(() => {
      const all = transfer();
      files.forEach((file) => all.items.add(file));
      field.files = all.files;
    });
    chosen = isTaken ? files : [...field.files];
    listFiles(form, chosen, (file) => put(chosen.filter((one) => one !== file)));
  };
  const isSame = (one, other) => ["name", "size", "lastModified"].every((fact) => one[fact] === other[fact]);
  field.addEventListener("change", () => {
    put([...chosen, ...[...field.files].filter((file) => !chosen.some((one) => isSame(one, file)))]);
  });
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

/** Whoever waits for an answer gives up after a time without any sign, and no sooner. */
function watch(request, patience) {
  let timer;
  const rest = () => clearTimeout(timer);
  const heard = () => {
    rest();
    timer = patience(() => request.abort());
  };
  request.upload.addEventListener("progress", heard);
  request.addEventListener("progress", heard);
  request.addEventListener("loadend", rest);
  heard();
}

/** The server's page in the place of this one: it says what is wrong, and has the files that were kept. */
function showPage(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  attach(document);
  document.querySelector(".error-summary")?.focus();
}

const wait = (act) => setTimeout(act, PATIENCE_MS);

export function send(
  form,
  { request = new XMLHttpRequest(), go = (url) => location.assign(url), show = showPage, patience = wait } = {},
) {
  const progress = progressOf(form);
  const buttons = [...form.querySelectorAll("button")];
  const off = (are) => buttons.forEach((button) => (button.disabled = are));
  const failed = () => {
    progress.hide();
    off(false);
    const loud = document.querySelector("[data-answer-failed]");
    loud.hidden = false;
    loud.scrollIntoView();
  };
  request.upload.addEventListener("progress", (event) => progress.show(event.lengthComputable ? event.loaded / event.total : 0));
  request.addEventListener("load", () => {
    const isPage = (request.getResponseHeader("Content-Type") ?? "").startsWith("text/html");
    if (request.status === 200 && request.responseURL.includes("/receipts/")) go(request.responseURL);
    else if (request.status >= 400 && request.status < 500 && isPage && tried(() => show(request.responseText))) return;
    else failed();
  });
  for (const name of ["error", "abort"]) request.addEventListener(name, failed);
  request.open("POST", form.getAttribute("action"));
  document.querySelector("[data-answer-failed]").hidden = true;
  const data = new FormData(form); // before the buttons are off
  off(true);
  progress.show(0);
  watch(request, patience);
  request.send(data);
}

export function keepDraft(form, { storage = ofThisTab(), clock = () => new Date(), post = send, transfer } = {}) {
  const key = form.dataset.draftKey;
  tried(() => restore(form, read(storage, key)));
  const save = () => tried(() => storage.setItem(key, JSON.stringify(draftOf(form)))) && showState(form, clock);
  form.addEventListener("input", save);
  if (form.elements.files) tried(() => gather(form, { transfer }));
  form.addEventListener("submit", (event) => {
    tried(save);
    if (event.submitter?.name || !form.elements.files) return; // files, another language: the form as it is
    if (tried(() => post(form))) event.preventDefault(); // else it goes as it would without script
  });
}

export function forgetDraft(mark, { storage = ofThisTab() } = {}) {
  tried(() => storage.removeItem(mark.dataset.draftKey));
}

function attach(page) {
  page.querySelectorAll("[data-behaviour='answer-draft']").forEach((form) => keepDraft(form));
  page.querySelectorAll("[data-behaviour='answer-received']").forEach((mark) => forgetDraft(mark));
}

attach(document);
