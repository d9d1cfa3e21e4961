/** The answer to a hearing: its draft, sending it again under the same key, and a failure that nobody overlooks. */
import assert from "node:assert/strict";
import { test } from "node:test";

const onThePage = {}; // selector -> what the page has of it
globalThis.document = {
  querySelectorAll: (selector) => onThePage[selector] ?? [],
  querySelector: (selector) => (selector === "[data-answer-failed]" ? loud : null),
  createElement: (name) => Object.assign(new EventTarget(), { name, setAttribute() {}, append(child) { this.child = child; } }),
};
globalThis.FormData = class {
  constructor(form) { this.form = form; }
  get(name) { return this.form.elements[name]?.value ?? null; }
};
const loud = { hidden: true, seen: 0, scrollIntoView() { this.seen += 1; } };
const { draftOf, forgetDraft, keepDraft, restore, send } = await import("../../static/js/answer.js");

const NOON = () => new Date("2023-11-24T10:59:00Z");

function formWith(values, { refused } = {}) {
  const parts = {
    "[data-draft-state]": { dataset: { saved: "Gemt {time}", clock: "%H.%M" }, textContent: "" },
    "[data-upload-progress]": { hidden: true, value: 0 },
    "[data-upload-words]": { dataset: { sending: "{percent} %", storing: "Gemmer" }, textContent: "" },
    button: { disabled: false },
    "[data-file-list]": { dataset: { tooLarge: "for stor", remove: "Fjern" }, replaceChildren(...items) { this.items = items; } },
  };
  const names = ["on_behalf_of", "name", "email", "text", "sender_kind", "theme", "quoting", "submission_key"];
  const form = Object.assign(new EventTarget(), {
    dataset: { draftKey: "answer:parken", ...(refused && { refused: "1" }) },
    elements: Object.fromEntries(names.map((name) => [name, { value: values[name] ?? "" }])),
    querySelector: (name) => parts[name],
    querySelectorAll: () => [parts.button],
    getAttribute: (name) => (name === "action" ? "/hearings/parken/answer" : null),
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

test("every field that is written by hand is kept, also an empty one, and no file", () => {
  const said = { on_behalf_of: "Havnens Venner", name: "Åse", email: "aase@example.org", text: "Bænke", sender_kind: "organisation", theme: "t1", quoting: "no", submission_key: "k1" };
  assert.deepEqual(draftOf(formWith(said)), said);
  const form = formWith({});
  delete form.elements.name;
  assert.deepEqual(draftOf(form), { on_behalf_of: "", name: "", email: "", text: "", sender_kind: "", theme: "", quoting: "", submission_key: "" });
});

test("of a draft only fields that the page has are taken, and nothing empty", () => {
  const form = formWith({ text: "", name: "Åse" });
  form.elements.email = Object.freeze({ value: "" }); // writing "" to it would be an error
  restore(form, { text: "Bænke", name: "Bo", email: "", a_field_of_last_year: "x" });
  assert.deepEqual([form.elements.text.value, form.elements.name.value], ["Bænke", "Åse"]);
});

test("a key is taken up with its text alone", () => {
  for (const [text, draft] of [
    ["", { submission_key: "k1" }],
    ["", { text: "", submission_key: "k1" }],
    ["Et andet", { text: "Bænke", submission_key: "k1" }],
    ["Bænke", { text: "Bænke" }],
    ["Bænke", { text: "Bænke", submission_key: "" }],
  ]) {
    const form = formWith({ text, submission_key: "k2" });
    restore(form, draft);
    assert.equal(form.elements.submission_key.value, "k2", JSON.stringify(draft));
    const fresh = formWith({ text });
    restore(fresh, { ...draft, text: draft.text && "noget andet" });
    assert.equal(fresh.elements.submission_key.value, "", "not even where there is none");
  }
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

test("files are listed as they are chosen, and one that is too large is told before it is sent", () => {
  const form = formWith({});
  keepDraft(form, { storage: storageWith(), clock: NOON });
  form.elements.files.files = [{ name: "plan.pdf", size: 1001 }, { name: "film.mov", size: 10_000_001 }, { name: "lige.png", size: 10_000_000 }];
  form.elements.files.dispatchEvent(new Event("change"));
  const items = form.parts["[data-file-list]"].items.map((one) => one.textContent.trim());
  assert.deepEqual(items, ["plan.pdf (2 kB)", "film.mov (10001 kB) – for stor", "lige.png (10000 kB)"]);
});

/** A form whose files a script may choose, as browsers let it. */
function choosing() {
  const form = formWith({});
  const transfer = () => {
    const files = [];
    return { files, items: { add: (file) => files.push(file) } };
  };
  keepDraft(form, { storage: storageWith(), clock: NOON, transfer });
  const field = form.elements.files;
  const choose = (...files) => {
    field.files = files;
    field.dispatchEvent(new Event("change"));
    return field.files.map((one) => one.name);
  };
  return { form, field, choose };
}

test("a second choice adds to the first, the same file once, and a choice that was given up takes nothing away", () => {
  const { choose } = choosing();
  const [a, b] = [{ name: "a.pdf", size: 1, lastModified: 1 }, { name: "b.pdf", size: 1, lastModified: 1 }];
  assert.deepEqual(choose(a), ["a.pdf"]);
  assert.deepEqual(choose(b), ["a.pdf", "b.pdf"]);
  assert.deepEqual(choose({ ...a }), ["a.pdf", "b.pdf"]);
  assert.deepEqual(choose({ ...a, size: 2 }), ["a.pdf", "b.pdf", "a.pdf"]);
  assert.deepEqual(choose(), ["a.pdf", "b.pdf", "a.pdf"]);
});

test("a chosen file can be taken away", () => {
  const { form, field, choose } = choosing();
  choose({ name: "a.pdf", size: 1 }, { name: "b.pdf", size: 1 });
  form.parts["[data-file-list]"].items[0].child.dispatchEvent(new Event("click"));
  assert.deepEqual(field.files.map((one) => one.name), ["b.pdf"]);
  assert.equal(form.parts["[data-file-list]"].items.length, 1);
});

/** A browser that keeps nothing: each way of failing. */
const refuse = () => { throw new DOMException("no", "SecurityError"); };
for (const [what, storage] of [
  ["that is away", null],
  ["that may not be read", { getItem: refuse, setItem() {}, removeItem() {} }],
  ["that is full", { getItem: () => null, setItem: refuse, removeItem: refuse }],
  ["that holds something else", { getItem: () => "null", setItem() {}, removeItem() {} }],
]) {
  test(`a store ${what} keeps nobody from writing and sending`, () => {
    const form = formWith({ text: "Bænke" });
    const sent = [];
    keepDraft(form, { storage, clock: NOON, post: (one) => sent.push(one) });
    press(form, "input");
    press(form, "submit");
    assert.deepEqual(sent, [form]);
    forgetDraft({ dataset: { draftKey: "answer:parken" } }, { storage });
  });
}

test("a page does not say that it keeps what the browser did not keep", () => {
  const form = formWith({ text: "Bænke" });
  keepDraft(form, { storage: { getItem: () => null, setItem: refuse }, clock: NOON });
  press(form, "input");
  assert.equal(form.parts["[data-draft-state]"].textContent, "");
});

test("a script that fails half-way leaves the sending to the browser", () => {
  const form = formWith({ text: "Bænke" });
  keepDraft(form, { storage: storageWith(), clock: NOON, post: refuse });
  assert.equal(press(form, "submit").defaultPrevented, false);
});

test("buttons with a name of their own, and forms without files, go as without script", () => {
  const sent = [];
  const [form, short] = [formWith({ text: "Bænke" }), formWith({ text: "Bænke" })];
  delete short.elements.files;
  for (const one of [form, short]) keepDraft(one, { storage: storageWith(), clock: NOON, post: (it) => sent.push(it) });
  const pressed = Object.assign(new Event("submit", { cancelable: true }), { submitter: { name: "remove_file" } });
  form.dispatchEvent(pressed);
  assert.deepEqual([pressed.defaultPrevented, press(short, "submit").defaultPrevented, sent], [false, false, []]);
});

test("two tabs are two drafts", () => {
  const [mine, theirs] = [storageWith(), storageWith()];
  const [one, two] = [formWith({ text: "For mig" }), formWith({ text: "For foreningen" })];
  keepDraft(one, { storage: mine, clock: NOON });
  keepDraft(two, { storage: theirs, clock: NOON });
  press(one, "input");
  press(two, "input");
  forgetDraft({ dataset: { draftKey: "answer:parken" } }, { storage: theirs });
  assert.equal(JSON.parse(mine.held.get("answer:parken")).text, "For mig");
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

/** Send over a connection that is told what happens to it, with a clock that is told when time is up. */
function sending({ show = () => {} } = {}) {
  const form = formWith({ text: "Vi ønsker bænke" });
  const request = Object.assign(new EventTarget(), {
    upload: new EventTarget(),
    open(...to) { this.opened = to; },
    send(data) { this.sent = true; this.data = data; },
    abort() { this.dispatchEvent(new Event("abort")); },
    getResponseHeader: () => "text/html; charset=utf-8",
  });
  const [went, shown, silences] = [[], [], []];
  loud.hidden = false; // of the time before
  loud.seen = 0;
  const seen = (html) => { shown.push(html); show(html); };
  send(form, { request, go: (url) => went.push(url), show: seen, patience: (act) => silences.push(act) });
  return { form, request, went, shown, silences, button: form.parts.button };
}

const happen = (request, kind, facts = {}) => request.dispatchEvent(Object.assign(new Event(kind), Object.assign(request, facts) && {}));

test("while it is under way the button is off", () => {
  const { request, button } = sending();
  assert.deepEqual([request.sent, button.disabled, request.timeout], [true, true, undefined]);
});

test("silence is waited for, and begins anew with each sign of life", () => {
  const { request, silences } = sending();
  assert.equal(silences.length, 1);
  for (const from of [request.upload, request]) from.dispatchEvent(new Event("progress"));
  assert.equal(silences.length, 3);
  silences.at(-1)();
  assert.equal(loud.hidden, false);
});

test("the whole form is posted to its own address, and what failed before is said no more", () => {
  const { form, request } = sending();
  assert.deepEqual(request.opened, ["POST", "/hearings/parken/answer"]);
  assert.equal(request.data.form, form);
  assert.equal(loud.hidden, true);
});

test("how far it is stands on the page, in whole percent, and then that it is being stored", () => {
  const { form, request } = sending();
  const [bar, words] = [form.parts["[data-upload-progress]"], form.parts["[data-upload-words]"]];
  const says = () => [bar.hidden, bar.value, words.textContent];
  assert.deepEqual(says(), [false, 0, "0 %"]);
  const go = (facts) => request.upload.dispatchEvent(Object.assign(new Event("progress"), facts));
  go({ lengthComputable: true, loaded: 1, total: 8 });
  assert.deepEqual(says(), [false, 12.5, "12 %"]);
  go({ lengthComputable: false, loaded: 5, total: 0 });
  assert.deepEqual(says(), [false, 0, "0 %"]);
  go({ lengthComputable: true, loaded: 8, total: 8 });
  assert.deepEqual(says(), [false, 100, "Gemmer"]);
  happen(request, "error");
  assert.deepEqual([bar.hidden, words.textContent], [true, ""]);
});

test("a stored answer leads to its receipt", () => {
  const { request, went } = sending();
  happen(request, "load", { status: 200, responseURL: "http://x/receipts/abc" });
  assert.deepEqual(went, ["http://x/receipts/abc"]);
  assert.equal(loud.hidden, true);
});

for (const status of [400, 409, 413, 422]) {
  test(`a form that was refused with ${status} is shown as the server shows it`, () => {
    const { form, request, went, shown } = sending();
    happen(request, "load", { status, responseURL: "http://x/hearings/parken/answer", responseText: "<p>Ret</p>" });
    assert.deepEqual([shown, went, form.submitted, loud.hidden], [["<p>Ret</p>"], [], 0, true]);
  });
}

test("a page that cannot be shown is a failure that is told", () => {
  const { request } = sending({ show: refuse });
  happen(request, "load", { status: 422, responseURL: "http://x/hearings/parken/answer", responseText: "" });
  assert.equal(loud.hidden, false);
});

for (const [what, kind, facts] of [
  ["a connection that broke", "error", {}],
  ["a refusal that is no page", "load", { status: 400, responseURL: "http://x/a", getResponseHeader: () => null }],
  ["a transfer that the browser broke off", "abort", {}],
  ["an error that stands where a receipt would", "load", { status: 500, responseURL: "http://x/receipts/abc" }],
  ["a server that could not store it", "load", { status: 503, responseURL: "http://x/hearings/parken/answer" }],
  ["a page that is no receipt", "load", { status: 200, responseURL: "http://x/login" }],
]) {
  test(`${what} is said loudly, and it can be sent again`, () => {
    const { form, request, went, button } = sending();
    happen(request, kind, facts);
    assert.deepEqual([loud.hidden, loud.seen], [false, 1]);
    assert.equal(button.disabled, false);
    assert.equal(form.parts["[data-upload-progress]"].hidden, true);
    assert.deepEqual([went, form.submitted], [[], 0]);
  });
}

test("a page with the form and a page with the receipt begin by themselves", async () => {
  const form = formWith({ submission_key: "k2" });
  const [mark, storage] = [{ dataset: { draftKey: "answer:havnen" } }, storageWith({ "answer:parken": '{"name": "Åse"}', "answer:havnen": "{}" })];
  const [requests, went] = [[], []];
  globalThis.sessionStorage = storage;
  globalThis.location = { assign: (url) => went.push(url) };
  globalThis.XMLHttpRequest = class extends EventTarget {
    upload = new EventTarget();
    constructor() { super(); requests.push(this); }
    open() {}
    send() {}
    getResponseHeader() { return "text/html"; }
  };
  onThePage["[data-behaviour='answer-draft']"] = [form];
  onThePage["[data-behaviour='answer-received']"] = [mark];
  await import("../../static/js/answer.js?a-page-of-its-own");
  assert.equal(form.elements.name.value, "Åse");
  assert.deepEqual([...storage.held.keys()], ["answer:parken"]);
  press(form, "submit");
  assert.match(form.parts["[data-draft-state]"].textContent, /^Gemt [0-2][0-9].[0-5][0-9]$/);
  happen(requests[0], "load", { status: 200, responseURL: "http://x/receipts/abc" });
  assert.deepEqual(went, ["http://x/receipts/abc"]);
  happen(requests[0], "loadend"); // nobody waits any more
});
