/** The small parts of the door page: codes, repeats, the shift code, the result, the room, the search, what was last. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

/** As much of an element as these scripts use. */
class Part extends EventTarget {
  constructor(name = "div", facts = {}) {
    super();
    this.classes = new Set();
    Object.assign(this, { name, textContent: "", hidden: false, dataset: {}, children: [], attributes: {}, focused: 0 }, facts);
    this.classList = {
      add: (...names) => names.forEach((one) => this.classes.add(one)),
      remove: (...names) => names.forEach((one) => this.classes.delete(one)),
      toggle: (one, on) => (on ? this.classes.add(one) : this.classes.delete(one)),
    };
  }
  append(...parts) { this.children.push(...parts); }
  prepend(...parts) { this.children.unshift(...parts); }
  replaceChildren(...parts) { this.children = parts; }
  setAttribute(name, value) { this.attributes[name] = value; }
  focus(how) { this.focused += 1; this.how = how; }
  get lastElementChild() { const last = this.children.at(-1); return { remove: () => this.children.splice(this.children.indexOf(last), 1) }; }
  querySelector(selector) { return this.found?.[selector] ?? null; }
  querySelectorAll(selector) { return this.found?.[selector] ?? []; }
  click() { const event = new Event("click", { bubbles: true, cancelable: true }); this.dispatchEvent(event); return event; }
}
/** What an element is made of, by name. */
const made = (part) => (typeof part === "string" ? part : [part.name, ...part.children.map(made)]);
const text = (part) => (typeof part === "string" ? part : part.textContent + part.children.map(text).join("|"));

const shiftForm = { elements: { code: { value: "" } } };
globalThis.document = { createElement: (name) => new Part(name), querySelector: (selector) => (selector === '[data-door="shift"]' ? shiftForm : null) };
globalThis.window = { location: { hash: "#ABCD2345", pathname: "/door", search: "" }, history: { replaceState() {} } };
const { codeIn, hashOf } = await import("../../static/js/door/code.js");
const { makeRepeats } = await import("../../static/js/door/repeats.js");
const { makeResult } = await import("../../static/js/door/result.js");
const { makeRoom } = await import("../../static/js/door/room.js");
const { makeSearch } = await import("../../static/js/door/search.js");
const { said } = await import("../../static/js/door/said.js");
const { makeRecent } = await import("../../static/js/door/recent.js");
const { fillIn } = await import("../../static/js/door/shift-code.js");

const CODE = "ABCDEFGHIJKLMNOPQRSTUVWXY2";
const settle = () => new Promise((resolve) => setImmediate(resolve));
/** find(name) as the page has it, and the parts that were asked for. */
function page(facts = {}) {
  const parts = {};
  const find = (name) => (parts[name] ??= new Part("div", facts[name]));
  return { find, parts };
}

// --- codes -------------------------------------------------------------------------------------------------

for (const shown of [CODE, ` https://x.dk/t/${CODE}/ `, ` ${CODE.toLowerCase()}\n`, `https://x.dk/t/${CODE}`, `HTTPS://X.DK/T/${CODE}//`, "ABCD EFGH-IJKL MNOP QRST UVWX Y2", "A8CDEFGH1JKLMN0PQRSTUVWXY2"]) {
  test(`a code is found in ${JSON.stringify(shown)}`, () => assert.equal(codeIn(shown), CODE));
}
for (const other of ["", "x", CODE.slice(1), `${CODE}A`, `${CODE}/x`, `${CODE.slice(1)}9`, `x${CODE}y`]) {
  test(`there is no code in ${JSON.stringify(other)}`, () => assert.equal(codeIn(other), null));
}

test("what leaves the camera is a hash: of the code, or of the text where there is none", async () => {
  const sha256 = (what) => createHash("sha256").update(what).digest("hex");
  assert.equal(await hashOf(`https://x.dk/t/${CODE.toLowerCase()}`), sha256(CODE));
  assert.equal(await hashOf("et æble"), sha256("et æble"));
  const withNoughts = ["a", "b", "c", "d", "e", "f", "g", "h"].filter((one) => /^(..)*0/.test(sha256(one)));
  assert.ok(withNoughts.length > 3);
  for (const one of withNoughts) assert.equal(await hashOf(one), sha256(one));
});

test("a code that is held before the camera counts once, and again after it was out of sight", () => {
  let now = 0;
  const isNew = makeRepeats({ now: () => now });
  const at = (moment, shown) => { now = moment; return isNew(shown); };
  assert.deepEqual([at(0, "a"), at(2999, "a"), at(5998, "a")], [true, false, false]);
  assert.equal(at(8998, "a"), true, "three seconds after it was last seen");
  assert.deepEqual([at(8999, "b"), at(9000, "a")], [true, true]);
});

test("an empty code is new at first, and the page's own clock is asked where no other is given", () => {
  const isNew = makeRepeats();
  assert.deepEqual([isNew(""), isNew("")], [true, false]);
});

test("the shift code is taken out of the address, and the address keeps nothing of it", () => {
  const filled = (hash) => {
    const form = { elements: { code: { value: "" } } };
    const seen = [];
    fillIn(form, { place: { hash, pathname: "/door", search: "?lang=da" }, past: { replaceState: (...all) => seen.push(all) } });
    return [form.elements.code.value, seen];
  };
  assert.deepEqual(filled("#ABCD%20EFGH"), ["ABCD EFGH", [[null, "", "/door?lang=da"]]]);
  assert.deepEqual(filled("#abcd-2345"), ["abcd-2345", [[null, "", "/door?lang=da"]]]);
  for (const none of ["", "#", "#ABCDEFG", `#${"A".repeat(21)}`, "#ABCDEFG1", "#<b>ABCDEFGH", "#ABCDEFGH<b>"]) assert.deepEqual(filled(none), ["", []], none);
  assert.equal(filled(`#${"A".repeat(20)}`)[0].length, 20);
  assert.equal(filled("#ABCDEFGH")[0].length, 8);
});

test("a page that is opened with a code fills it in by itself", () => assert.equal(shiftForm.elements.code.value, "ABCD2345"));

// --- the result --------------------------------------------------------------------------------------------

function result() {
  const names = ["title", "who", "detail", "note", "undo", "seen"];
  const parts = Object.fromEntries(names.map((name) => [`[data-result="${name}"]`, new Part()]));
  const marks = ["good", "stop"].map((mark) => new Part("span", { dataset: { mark } }));
  const box = new Part("div", { hidden: true, found: { ...parts, "[data-mark]": marks } });
  const seen = { played: [], undone: [], closed: 0 };
  const shown = makeResult(box, { sound: { play: (tone) => seen.played.push(tone) }, onUndo: (scan) => seen.undone.push(scan), onClosed: () => (seen.closed += 1) });
  return { box, marks, seen, shown, part: (name) => parts[`[data-result="${name}"]`] };
}
const WELCOME = { tone: "good", title: "Velkommen", who: "Anna A.", undoable: true };

test("a result says what it is in words, mark, colour and sound, and takes the focus", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, marks, part, seen, shown } = result();
  shown.show(WELCOME);
  assert.deepEqual([box.hidden, [...box.classes], seen.played], [false, ["door-result--good"], ["good"]]);
  assert.deepEqual(marks.map((one) => one.hidden), [false, true]);
  assert.deepEqual(["title", "who", "detail", "note"].map((name) => [part(name).textContent, part(name).hidden]), [["Velkommen", false], ["Anna A.", false], ["", true], ["", true]]);
  assert.deepEqual([part("undo").hidden, part("seen").focused, part("seen").how], [false, 1, { preventScroll: true }]);
  shown.show({ tone: "stop", title: "Annulleret", detail: "I går", undoable: false });
  assert.deepEqual([[...box.classes], part("who").hidden, part("detail").textContent, part("undo").hidden], [["door-result--stop"], true, "I går", true]);
});

test("of all that was shown before nothing of its look is left", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, shown } = result();
  for (const tone of ["good", "again", "wait", "stop", "plain", "unsent", "good"]) {
    shown.show({ tone, title: "x" });
    assert.deepEqual([...box.classes], [`door-result--${tone}`]);
  }
});

test("a welcome goes by itself after a second and a half; a note and everything else stays", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, seen, shown } = result();
  for (const tone of ["good", "plain"]) {
    shown.show({ tone, title: "x" });
    assert.equal(shown.holds(), false);
    t.mock.timers.tick(1499);
    assert.equal(box.hidden, false);
    t.mock.timers.tick(1);
    assert.equal(box.hidden, true);
  }
  assert.equal(seen.closed, 2);
  for (const scan of [{ tone: "good", note: "Kørestol" }, { tone: "plain", note: "x" }, ...["again", "wait", "stop", "unsent"].map((tone) => ({ tone }))]) {
    shown.show(scan);
    assert.equal(shown.holds(), true, JSON.stringify(scan));
    t.mock.timers.tick(60_000);
    assert.equal(box.hidden, false);
  }
  shown.close();
  shown.close();
  assert.deepEqual([box.hidden, shown.holds(), seen.closed], [true, false, 3]);
});

test("the timer of a welcome does not close what came after it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, shown } = result();
  shown.show(WELCOME);
  shown.show({ tone: "stop", title: "x" });
  t.mock.timers.tick(1500);
  assert.equal(box.hidden, false);
});

test("a touch closes the result, but not a note, which has its own button", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, part, seen, shown } = result();
  box.click();
  assert.equal(seen.closed, 0);
  shown.show({ tone: "stop", title: "x" });
  box.click();
  assert.equal(box.hidden, true);
  shown.show({ tone: "good", note: "Kørestol" });
  box.click();
  assert.equal(box.hidden, false);
  part("seen").click();
  assert.deepEqual([box.hidden, seen.closed], [true, 2]);
});

test("undo closes and undoes the scan that was shown", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, part, seen, shown } = result();
  shown.show(WELCOME);
  const event = part("undo").click();
  assert.deepEqual([seen.undone, box.hidden, event.cancelBubble], [[WELCOME], true, true]);
});

test("what somebody comes as says its language where that is not the one of the page", () => {
  const parts = (text, facts) => said(text, facts).map((part) => (typeof part === "string" ? part : [part.lang, part.textContent]));
  const foreign = { category: "fagperson", category_lang: "da" };
  assert.deepEqual(parts("Anna A. · fagperson", foreign), ["Anna A. · ", ["da", "fagperson"]]);
  assert.deepEqual(parts("fagperson · In the room", foreign), [["da", "fagperson"], " · In the room"]);
  assert.deepEqual(parts("Anna A.", foreign), ["Anna A."]);
  assert.deepEqual(parts("Anna A. · professional", { category: "professional", category_lang: "" }), ["Anna A. · professional"]);
  assert.deepEqual(parts("Anna A.", {}), ["Anna A."]);
  const { part, shown } = result();
  shown.show({ ...WELCOME, tone: "stop", who: "Anna A. · fagperson", ...foreign });
  assert.deepEqual(part("who").children.map((one) => one.lang ?? one), ["Anna A. · ", "da"]);
});

// --- the room ----------------------------------------------------------------------------------------------

const ROOM = { inside: 12, limit: 150, free: 138, level: "open", level_text: "Der er plads" };

function room(answer, { hidden = false } = {}) {
  const { find, parts } = page();
  parts["level-text"] = new Part("p", { textContent: "Venter" });
  const said = []; // a screen reader reads each time that it is written, so the same is not written twice
  let words = "Venter";
  Object.defineProperty(parts["level-text"], "textContent", { get: () => words, set: (value) => said.push((words = value)) });
  const clock = { now: Date.parse("2024-01-01T12:00:00Z") };
  const asked = [];
  const settings = { now: "2024-01-01T12:00:05Z", urls: { occupancy: "/room" }, texts: { old: "Tallet er {n} min. gammelt" } };
  const fetch = async (url, options) => { asked.push([url, options.headers, options.cache]); return answer(clock); };
  const shown = makeRoom(find, settings, { fetch, page: { hidden }, now: () => clock.now });
  return { asked, clock, parts, said, shown };
}
const found = (facts = {}, headers = {}) => ({ ok: true, status: 200, headers: new Headers(headers), json: async () => ({ ...ROOM, ...facts }) });
const turn = async (t) => { t.mock.timers.tick(4000); await settle(); await settle(); };

test("the three numbers are asked for every four seconds, and shown", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, parts, said } = room(() => found({}, { ETag: '"1"' }));
  t.mock.timers.tick(3999);
  assert.deepEqual(asked, []);
  t.mock.timers.tick(1);
  await settle();
  assert.deepEqual(["inside", "limit", "free"].map((name) => parts[name].textContent), [12, 150, 138]);
  assert.equal(parts["level-text"].textContent, "Der er plads");
  await turn(t);
  assert.deepEqual(asked, [["/room", {}, "no-store"], ["/room", { "If-None-Match": '"1"' }, "no-store"]]);
  assert.deepEqual(said, ["Der er plads"]);
});

test("nearly full and full look different, and only one at a time", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { parts, shown } = room(() => found());
  for (const [level, looks] of [["nearly_full", ["door__figure--nearly"]], ["full", ["door__figure--full"]], ["open", []]]) {
    shown.show({ ...ROOM, level });
    assert.deepEqual([...parts.level.classes], looks);
  }
});

test("who is still expected is told by each look at the room, and a scan that does not ask leaves the last word", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { parts, shown } = room(() => found());
  const promised = { expected: 138, promised: true, expected_text: "Alle er lovet væk" };
  shown.show({ ...ROOM, ...promised });
  shown.show(ROOM);
  assert.deepEqual(["expected", "promised"].map((name) => parts[name].textContent), ["Alle er lovet væk", "Alle er lovet væk"]);
  assert.deepEqual([[...parts.expected.classes], parts.promised.hidden], [["door__expected--promised"], false]);
  shown.show({ ...ROOM, ...promised, promised: false, expected_text: "" });
  assert.deepEqual([parts.expected.textContent, [...parts.expected.classes], parts.promised.hidden], ["", [], true]);
});

test("how wrong the phone's clock is, is measured in the middle of the way there and back", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, shown } = room((time) => { time.now += 1000; return found({}, { "X-Now": "2024-01-01T12:00:10Z" }); });
  assert.equal(shown.offset(), 5000, "from the page at first");
  await turn(t);
  assert.equal(shown.offset(), 9500);
  assert.equal(clock.now, Date.parse("2024-01-01T12:00:01Z"));
});

test("an answer without a time changes nothing of the clock", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { shown } = room(() => found({}, { "X-Now": "soon" }));
  await turn(t);
  assert.equal(shown.offset(), 5000);
});

test("a number that is more than a minute old says so, and is fresh again with the next answer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let answer = () => found();
  const { clock, parts } = room(() => answer());
  await turn(t);
  const says = () => parts["level-text"].textContent;
  for (const [failure, after] of [[() => { throw new TypeError("net"); }, 60_000], [() => ({ ok: false, status: 503 }), 1]]) {
    answer = failure;
    clock.now += after;
    await turn(t);
    assert.equal(says(), after === 60_000 ? "Der er plads" : "Tallet er 1 min. gammelt");
  }
  answer = () => ({ ok: false, status: 304, headers: new Headers() });
  await turn(t);
  assert.equal(says(), "Der er plads");
});

test("a server that fails with a page of its own is no answer, and puts nobody out", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, parts } = room(() => ({ ...found(), ok: false, status: 503 }));
  const told = [];
  parts["camera-hint"] = new Part();
  parts["camera-hint"].addEventListener("signed-out", () => told.push(true));
  clock.now += 120_001;
  await turn(t);
  assert.deepEqual([parts["level-text"].textContent, told, parts.inside], ["Tallet er 2 min. gammelt", [], undefined]);
});

test("until the first answer the words that the server drew stay the ones to come back to", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let answer = () => { throw new TypeError("net"); };
  const { clock, parts } = room(() => answer());
  clock.now += 60_001;
  await turn(t);
  answer = () => ({ ok: false, status: 304, headers: new Headers() });
  await turn(t);
  assert.equal(parts["level-text"].textContent, "Venter");
});

test("a phone that was put out is told so at once, and asks on", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, parts } = room(() => ({ ok: false, status: 403 }));
  const told = [];
  parts["camera-hint"] = new Part();
  parts["camera-hint"].addEventListener("signed-out", (event) => told.push(event.bubbles));
  await turn(t);
  await turn(t);
  assert.deepEqual([told, asked.length], [[true, true], 2]);
});

test("a page that nobody sees asks for nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked } = room(() => found(), { hidden: true });
  await turn(t);
  assert.deepEqual(asked, []);
});

// --- the search --------------------------------------------------------------------------------------------

const ANNA = { name: "Anna Ærø", category: "Borger", status: "Tilmeldt", inside: false };

function search(answer) {
  const field = new Part("input", { value: "" });
  const { find, parts } = page({ "search-form": { found: { '[name="q"]': field } } });
  const texts = { goesOut: "Går ud", letIn: "Luk ind", nobody: "Ingen", more: "Flere", searching: "Søger", searchFailed: "Kunne ikke søge" };
  const seen = { asked: [], chosen: [] };
  const post = async (url, body) => { seen.asked.push([url, body]); return answer(); };
  const finder = makeSearch(find, { texts, urls: { guests: "/guests" } }, { post, onChosen: (guest) => seen.chosen.push(guest) });
  const type = (typed) => { field.value = typed; field.dispatchEvent(new Event("input")); };
  return { field, finder, parts, seen, type, says: () => parts["search-status"].textContent, lines: () => parts.found.children };
}
const guests = (...all) => ({ guests: all });

test("a name is looked for a quarter of a second after the last letter", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { lines, says, seen, type } = search(() => guests(ANNA, { ...ANNA, name: "Bo", category: "", inside: true }));
  type("an");
  t.mock.timers.tick(249);
  type(" anna æ ");
  t.mock.timers.tick(249);
  assert.deepEqual(seen.asked, []);
  t.mock.timers.tick(1);
  assert.equal(says(), "Søger");
  await settle();
  assert.deepEqual(seen.asked, [["/guests", { q: "anna æ" }]], "the name is sent, and stands in no address");
  assert.deepEqual(lines().map(text), ["Anna Ærø||Borger · Tilmeldt|Luk ind", "Bo||Tilmeldt|Går ud"], "name, then category and status, then the button");
  assert.equal(says(), "");
  assert.deepEqual(made(lines()[0]), ["li", ["span", ["strong"], ["br"], "Borger · Tilmeldt"], ["button"]]);
  const button = lines()[0].children[1];
  assert.deepEqual([button.type, button.className, button.attributes["aria-label"]], ["button", "door__button", "Luk ind: Anna Ærø"]);
  button.click();
  assert.deepEqual(seen.chosen, [ANNA]);
});

test("less than two letters find nobody and ask nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { lines, parts, says, seen, type } = search(() => guests(ANNA));
  parts.found = new Part("ul", { children: ["from before"] });
  type(" a ");
  t.mock.timers.tick(250);
  await settle();
  assert.deepEqual([seen.asked, lines(), says()], [[], [], ""]);
  type("aa");
  t.mock.timers.tick(250);
  await settle();
  assert.equal(seen.asked.length, 1);
});

for (const [count, more, said] of [[0, false, "Ingen"], [20, false, ""], [20, true, "Flere"]]) {
  test(`${count}, and ${more ? "more" : "no more"}: ${JSON.stringify(said)}`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { parts, says } = search(() => ({ ...guests(...Array(count).fill(ANNA)), more }));
    parts["search-form"].found['[name="q"]'].value = "anna";
    const event = new Event("submit", { cancelable: true });
    parts["search-form"].dispatchEvent(event);
    await settle();
    assert.deepEqual([says(), parts.found.children.length, event.defaultPrevented], [said, count, true]);
  });
}

for (const [what, answer] of [["refuses", () => { throw Object.assign(new Error("refused"), { status: 429 }); }], ["is out of reach", () => { throw new TypeError("net"); }]]) {
  test(`a server that ${what} is told`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { says, type } = search(answer);
    type("anna");
    t.mock.timers.tick(250);
    await settle();
    assert.equal(says(), "Kunne ikke søge");
  });
}

test("the answer to an earlier question does not replace that to the last one", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const answers = [];
  const { lines, says, type } = search(() => new Promise((resolve, reject) => answers.push({ resolve, reject })));
  for (const typed of ["an", "bo", "ca"]) { type(typed); t.mock.timers.tick(250); }
  await settle();
  answers[2].resolve(guests({ ...ANNA, name: "Carl" }));
  answers[0].resolve(guests(ANNA, ANNA));
  await settle();
  answers[1].reject(new Error("late"));
  await settle();
  assert.deepEqual([lines().length, says()], [1, ""]);
  assert.match(text(lines()[0]), /Carl/);
});

test("submitting does not wait, and asks once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { parts, seen, type } = search(() => guests());
  type("anna");
  parts["search-form"].dispatchEvent(new Event("submit"));
  t.mock.timers.tick(1000);
  await settle();
  assert.equal(seen.asked.length, 1);
});

test("after a guest was let in the search is empty", () => {
  const { field, finder, parts, says } = search(() => guests());
  Object.assign(field, { value: "anna" });
  parts["search-status"] = new Part("p", { textContent: "Flere" });
  parts.found = new Part("ul", { children: ["Anna"] });
  finder.clear();
  assert.deepEqual([field.value, says(), parts.found.children], ["", "", []]);
});

// --- what was scanned last ---------------------------------------------------------------------------------

test("the last twelve scans stand latest first, each with its own undo", () => {
  const seen = [];
  const { find, parts } = page();
  const recent = makeRecent(find, { undo: "Fortryd" }, { onUndo: (scan) => seen.push(scan) });
  const scans = Array.from({ length: 14 }, (_, number) => ({ id: `s${number}`, title: "Ind", who: number ? `Gæst ${number}` : "", time: "19.02", undoable: number % 2 === 0 }));
  recent.add(scans[0]);
  assert.equal(text(parts.recent.children[0]), "Ind|||19.02|Fortryd");
  assert.deepEqual(made(parts.recent.children[0]), ["li", ["span", ["strong"], "", ["br"], "19.02"], ["button"]]);
  for (const scan of scans.slice(1)) recent.add(scan);
  assert.deepEqual(parts.recent.children.map((one) => one.dataset.scan), scans.slice(2).map((one) => one.id).toReversed());
  assert.equal(parts["recent-empty"].hidden, true);
  const [latest, before] = parts.recent.children;
  assert.equal(latest.children.length, 1, "nothing to undo");
  const [, button] = before.children;
  assert.deepEqual([button.type, button.className, button.textContent, button.attributes["aria-label"]], ["button", "door__button", "Fortryd", "Fortryd Ind Gæst 12"]);
  assert.match(text(before), / Gæst 12/);
  button.click();
  assert.deepEqual(seen, [scans[12]]);
});

test("the forms that the server drew are taken over, and an undone scan loses its button", () => {
  const seen = [];
  const form = new Part("form", { closest: (name) => (name === "li" ? { dataset: { scan: "s7" } } : null) });
  const gone = [];
  const button = { remove: () => gone.push("s7") };
  const { find } = page({ recent: { found: { form: [form], '[data-scan="s7"] :is(form, button)': button } } });
  const recent = makeRecent(find, { undo: "Fortryd" }, { onUndo: (scan) => seen.push(scan) });
  const event = new Event("submit", { cancelable: true });
  form.dispatchEvent(event);
  assert.deepEqual([seen, event.defaultPrevented], [[{ id: "s7" }], true]);
  recent.undone("s7");
  recent.undone("unknown");
  assert.deepEqual(gone, ["s7"]);
});
