import { BadProof, canVerify, readText, verifyOpening, verifyReceipt } from "./verify.js";
import { written } from "./written.js";

/**
 * <form data-keys="base64 base64"> with file fields receipt, opening, originals, beside <div data-verdict>.
 * Checks the chosen files here and now. Where the browser cannot, the form is posted to the server; a page that
 * was saved as a file has no server and says so.
 */
export async function checkReceipts(form, verdict, { able = canVerify, isFile = location.protocol === "file:" } = {}) {
  const possible = able();
  if (!isFile && !(await possible)) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if (!(await possible)) throw new BadProof("browser", "No Ed25519 here.");
      show(verdict, await check(form));
    } catch (error) {
      refuse(verdict, error.code ?? "format", error.files);
    }
    verdict.focus();
  });
}

async function check(form) {
  const [receipt] = form.elements.receipt.files;
  const [opening] = form.elements.opening.files;
  if (!receipt) throw new BadProof("missing", "No file was chosen.");
  const keys = form.dataset.keys.split(" ");
  const found = await verifyReceipt(readText(await contentOf(receipt)), keys);
  const files = Array.from(form.elements.originals.files);
  const originals = await Promise.all(files.map(async (file) => ({ name: file.name, bytes: await contentOf(file) })));
  const text = opening ? openingText(await contentOf(opening)) : null;
  return { found, opened: opening || files.length > 0 ? await verifyOpening(found, text, originals) : undefined };
}

function openingText(bytes) {
  try {
    return readText(bytes);
  } catch {
    throw new BadProof("opening", "No text.");
  }
}

async function contentOf(file) {
  return new Uint8Array(await file.arrayBuffer());
}

function show(verdict, { found, opened }) {
  const { entry } = found;
  const word = (name) => verdict.querySelector(`[data-word="${CSS.escape(name)}"]`)?.textContent;
  const parts = (names = []) => names.map((name) => partWord(name, word)).join(", ");
  const facts = {
    origin: found.origin,
    seq: entry.seq,
    kind: word(entry.kind) ?? entry.kind,
    received_at: written(new Date(entry.received_at), verdict.dataset.moment),
    late: entry.late === null ? "" : word(entry.late ? "late" : "in-time"),
    size: found.size,
    shown: parts(opened?.shown),
    notShown: parts(opened?.notShown),
    unchecked: (opened?.unchecked ?? []).join(", "),
  };
  for (const [name, value] of Object.entries(facts)) {
    const slot = verdict.querySelector(`[data-slot="${name}"]`);
    slot.textContent = value;
    slot.parentElement.hidden = value === "";
  }
  toggle(verdict, true);
}

function refuse(verdict, code, files = []) {
  const pattern = verdict.querySelector("[data-file]");
  const lines = files.map((name) => pattern.dataset.file.replace("{name}", () => name));
  pattern.hidden = lines.length === 0;
  pattern.textContent = lines.join(" ");
  verdict.querySelector("[data-nothing]").hidden = lines.length > 0;
  for (const reason of verdict.querySelectorAll("[data-reason]")) reason.hidden = reason.dataset.reason !== code;
  toggle(verdict, false);
}

function toggle(verdict, yes) {
  verdict.querySelector("[data-yes]").hidden = !yes;
  verdict.querySelector("[data-no]").hidden = yes;
}

function partWord(name, word) {
  if (!name.startsWith("attachment:")) return word(`part:${name}`) ?? name;
  return `${word("attachment")} ${Number(name.slice("attachment:".length)) + 1}`;
}

checkReceipts(document.getElementById("check"), document.querySelector("[data-verdict]"));
