/** The answer to a hearing: its draft, sending it again under the same key, and a failure that nobody overlooks. */
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { querySelectorAll: () => [], querySelector: () => loud };
globalThis.FormData = class {
  constructor(form) { this.form = form; }
  get(name) { return this.form.elements[name]?.value ?? null; }
};
const loud = { hidden: true, scrollIntoView() {} };
const { draftOf, forgetDraft, keepDraft, restore, send } = await import("../../static/js/answer.js");

const NOON = () => new Date("2023-11-24T10:59:00Z");

function formWith(values, { refused } = {}) {
  const parts = {
    "[data-draft-state]": { dataset: { saved: "Gemt {time}", clock: "%H.%M" }, textContent: "" },
    "[data-upload-progress]": { hidden: true, value: 0 },
    "[data-upload-words]": { dataset: { sending: "{percent} %", storing: "Gemmer" }, textContent: "" },
    "button[type=submit], button:not([type])": { disabled: false },
  };
  const names = ["on_behalf_of", "name", "email", "text", "sender_kind", "submission_key"];
  const form = Object.assign(new EventTarget(), {
    dataset: { draftKey: "answer:parken", ...(refused && { refused: "1" }) },
    elements: Object.fromEntries(names.map((name) => [name, { value: values[name] ?? "" }])),
    querySelector: (name) => parts[name],
    getAttribute: () => "/hearings/parken/answer",
    submitted: 0,
    submit() { this.submitted += 1; },
    parts,
  });
  form.elements.files = new EventTarget();
  return form;
}

function storageWith(kept = {}) {
  const held = new Map(Object.entries(kept));
  return { getItem: (key) => held.get(key) ?? null, setItem: (key, text) => held.set(key, text), removeItem: (key) => held.delete(key), held };
}

const press = (form, kind) => { const event = new Event(kind, { cancelable: true }); form.dispatchEvent(event); return event; };

test("what is written is kept as it is written, and the page says when", () => {
  const form = formWith({ text: "Vi ønsker", name: "Åse", submission_key: "k1" });
  const storage = storageWith();
  keepDraft(form, { storage, clock: NOON });
  form.elements.text.value = "Vi ønsker bænke";
  press(form, "input");
  assert.deepEqual(JSON.parse(storage.held.get("answer:parken")), draftOf(form));
  assert.match(form.parts["[data-draft-state]"].textContent, /^Gemt 11.59$/);
});

test("a new page takes the draft up where it was left, with its key", () => {
  const draft = { text: "Vi ønsker bænke", name: "Åse", submission_key: "k1" };
  const form = formWith({ submission_key: "k2" });
  keepDraft(form, { storage: storageWith({ "answer:parken": JSON.stringify(draft) }), clock: NOON });
  assert.deepEqual([form.elements.text.value, form.elements.name.value], ["Vi ønsker bænke", "Åse"]);
  assert.equal(form.elements.submission_key.value, "k1", "the same text under the same key leads to the same receipt");
});

test("what the server sent back wins over the draft, and another text takes the new key", () => {
  const form = formWith({ text: "Rettet", submission_key: "k2" });
  restore(form, { text: "Vi ønsker bænke", name: "Åse", submission_key: "k1" });
  assert.equal(form.elements.text.value, "Rettet");
  assert.equal(form.elements.name.value, "Åse");
  assert.equal(form.elements.submission_key.value, "k2");
});

test("a key that the server refused is not used again", () => {
  const form = formWith({ text: "Det samme", submission_key: "k2" }, { refused: true });
  restore(form, { text: "Det samme", submission_key: "k1" });
  assert.equal(form.elements.submission_key.value, "k2");
});

test("a draft that cannot be read does no harm", () => {
  const form = formWith({ submission_key: "k2" });
  keepDraft(form, { storage: storageWith({ "answer:parken": "{ half" }), clock: NOON });
  assert.equal(form.elements.text.value, "");
});

test("sending keeps the draft, and it goes with the receipt only", () => {
  const form = formWith({ text: "Vi ønsker bænke", submission_key: "k1" });
  const storage = storageWith();
  const sent = [];
  keepDraft(form, { storage, clock: NOON, post: (one) => sent.push(one) });
  assert.equal(press(form, "submit").defaultPrevented, true);
  assert.deepEqual(sent, [form]);
  assert.equal(JSON.parse(storage.held.get("answer:parken")).text, "Vi ønsker bænke");
  forgetDraft({ dataset: { draftKey: "answer:parken" } }, { storage });
  assert.equal(storage.held.size, 0);
});

/** Send over a connection that is told what happens to it. */
function sending() {
  const form = formWith({ text: "Vi ønsker bænke" });
  const request = Object.assign(new EventTarget(), { upload: new EventTarget(), open() {}, send() { this.sent = true; } });
  const went = [];
  loud.hidden = true;
  send(form, { request, go: (url) => went.push(url) });
  const button = form.parts["button[type=submit], button:not([type])"];
  return { form, request, went, button };
}

const happen = (request, kind, facts = {}) => request.dispatchEvent(Object.assign(new Event(kind), Object.assign(request, facts) && {}));

test("while it is under way the button is off, and it waits two minutes", () => {
  const { request, button } = sending();
  assert.deepEqual([request.sent, button.disabled, request.timeout], [true, true, 120_000]);
});

test("a stored answer leads to its receipt", () => {
  const { request, went } = sending();
  happen(request, "load", { status: 200, responseURL: "http://x/receipts/abc" });
  assert.deepEqual(went, ["http://x/receipts/abc"]);
  assert.equal(loud.hidden, true);
});

test("a form with mistakes is shown as the server shows it", () => {
  const { form, request, went } = sending();
  happen(request, "load", { status: 422, responseURL: "http://x/hearings/parken/answer" });
  assert.equal(form.submitted, 1);
  assert.deepEqual(went, []);
});

for (const [what, kind, facts] of [
  ["a connection that broke", "error", {}],
  ["a server that did not answer", "timeout", {}],
  ["a server that could not store it", "load", { status: 503, responseURL: "http://x/hearings/parken/answer" }],
  ["a page that is no receipt", "load", { status: 200, responseURL: "http://x/login" }],
]) {
  test(`${what} is said loudly, and it can be sent again`, () => {
    const { form, request, went, button } = sending();
    happen(request, kind, facts);
    assert.equal(loud.hidden, false);
    assert.equal(button.disabled, false);
    assert.equal(form.parts["[data-upload-progress]"].hidden, true);
    assert.deepEqual([went, form.submitted], [[], 0]);
  });
}
