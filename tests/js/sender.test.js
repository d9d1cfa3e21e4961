/** The door's queue and sender: a scan is kept before it is sent, and until the server says that it has it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { forgetfulQueue, openQueue } from "../../static/js/door/queue.js";
import { makeSender } from "../../static/js/door/sender.js";

const SETTINGS = { event: "e1", urls: { scan: "/scans", walk_in: "/walk-ins" } };
const scan = (number, facts) => ({ scan_id: `s${number}`, event: "e1", kind: "scan", body: { number }, made_at: number, ...facts });
const taken = (body) => ({ ok: true, json: async () => ({ taken: body.number }) });
const refused = (status, message) => ({ ok: false, status, json: async () => ({ message }) });
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A sender over a server that answers with ``answer(url, body)``, which may throw; with a page that tells of the net. */
async function made(answer, { waiting = [] } = {}) {
  const queue = forgetfulQueue();
  for (const item of waiting) await queue.put(item);
  const seen = { asked: [], counts: [], late: [], keptWhenAsked: [] };
  const page = new EventTarget();
  const fetch = async (url, options) => {
    const body = JSON.parse(options.body);
    seen.asked.push([url, body.number, options.headers["X-CSRFToken"]]);
    seen.options = options;
    seen.keptWhenAsked.push((await queue.all()).some((one) => one.body.number === body.number));
    return answer(url, body);
  };
  const told = { token: "t", onCount: (count) => seen.counts.push(count), onLate: (one) => seen.late.push(one), page, fetch };
  const sender = makeSender(queue, SETTINGS, told);
  await settle();
  return { sender, queue, page, seen };
}

test("a scan is kept before it is sent, and let go when the server has it", async () => {
  const { sender, queue, seen } = await made((_url, body) => taken(body));
  assert.deepEqual(await sender.submit(scan(1)), { taken: 1 });
  assert.deepEqual(seen.asked, [["/scans", 1, "t"]]);
  assert.deepEqual(seen.keptWhenAsked, [true]);
  assert.deepEqual(await queue.all(), []);
  assert.equal(seen.counts.at(-1), 0);
});

test("it is posted as JSON, and JSON is wanted back", async () => {
  const { sender, seen } = await made((_url, body) => taken(body));
  await sender.submit(scan(1));
  const { signal, ...said } = seen.options;
  assert.ok(signal instanceof AbortSignal, "it is not waited for for ever");
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": "t" };
  assert.deepEqual(said, { method: "POST", headers, body: '{"number":1}' });
});

test("how many wait is told after each scan, also when one more waits", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sender, seen } = await made(() => refused(503));
  for (const number of [1, 2]) await sender.submit(scan(number));
  assert.deepEqual(seen.counts, [0, 1, 2]);
});

test("who asks without keeping is told of a refusal", async () => {
  const { sender } = await made(() => refused(409, "Meanwhile undone"));
  await assert.rejects(sender.post("/undo", { number: 1 }), { message: "refused", status: 409, told: "Meanwhile undone" });
});

for (const [what, answer] of [
  ["the net is gone", () => { throw new TypeError("net"); }],
  ["the server fails", () => refused(503, undefined)],
  ["the server refuses", () => refused(403, "Signed out")],
  ["the answer is cut off", () => ({ ok: true, json: async () => { throw new SyntaxError("cut"); } })],
]) {
  test(`when ${what} the scan stays, and is sent again by itself`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let works = false;
    const { sender, queue, seen } = await made((_url, body) => (works ? taken(body) : answer()));
    const outcome = await sender.submit(scan(1));
    assert.equal(outcome.kept, true);
    assert.equal(await sender.unsent(), 1);
    works = true;
    t.mock.timers.tick(2000);
    await settle();
    assert.deepEqual(await queue.all(), []);
    assert.deepEqual(seen.late, [{ taken: 1 }]);
    assert.equal(seen.counts.at(-1), 0);
  });
}

test("what the server says of a refusal is handed on", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sender } = await made(() => refused(403, "Signed out"));
  assert.deepEqual(await sender.submit(scan(1)), { kept: true, message: "Signed out", status: 403 });
});

test("it waits longer each time, at most half a minute, and begins anew when all is through", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let works = false;
  const { sender, seen } = await made((_url, body) => (works ? taken(body) : refused(503)));
  await sender.submit(scan(1));
  for (const wait of [2000, 4000, 8000, 16000, 30000, 30000]) {
    const before = seen.asked.length;
    t.mock.timers.tick(wait - 1);
    await settle();
    assert.equal(seen.asked.length, before, `nothing is sent before ${wait} ms`);
    t.mock.timers.tick(1);
    await settle();
    assert.equal(seen.asked.length, before + 1, `sent after ${wait} ms`);
  }
  works = true;
  t.mock.timers.tick(30000);
  await settle();
  works = false;
  await sender.submit(scan(2));
  const before = seen.asked.length;
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(seen.asked.length, before + 1);
});

test("when the net comes back nobody waits for the timer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let works = false;
  const { sender, queue, page } = await made((_url, body) => (works ? taken(body) : refused(503)));
  await sender.submit(scan(1));
  works = true;
  page.dispatchEvent(new Event("online"));
  await settle();
  assert.deepEqual(await queue.all(), []);
});

test("what an earlier page left is sent in its order, and one that fails holds back no other", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const waiting = [scan(1), scan(2), scan(3)];
  const { queue, seen } = await made((_url, body) => (body.number === 1 ? refused(422) : taken(body)), { waiting });
  await settle();
  assert.deepEqual(seen.asked.map(([, number]) => number), [1, 2, 3]);
  assert.deepEqual((await queue.all()).map((one) => one.scan_id), ["s1"]);
});

test("scans of another event stay where they are", async () => {
  const { sender, queue, seen } = await made((_url, body) => taken(body), { waiting: [scan(1, { event: "e2" })] });
  await sender.submit(scan(2, { kind: "walk_in" }));
  assert.deepEqual(seen.asked, [["/walk-ins", 2, "t"]]);
  assert.equal(await sender.unsent(), 0);
  assert.equal((await queue.all()).length, 1);
});

test("a scan that is under way is not sent a second time beside it", async () => {
  let answer;
  const { sender, seen } = await made((_url, body) => new Promise((resolve) => (answer = () => resolve(taken(body)))));
  const first = sender.submit(scan(1));
  await settle();
  await sender.flush();
  assert.equal(seen.asked.length, 1);
  answer();
  await first;
});

test("what waits is sent by one at a time, however often it is asked for", async () => {
  const answers = [];
  const slow = (_url, body) => new Promise((resolve) => answers.push(() => resolve(taken(body))));
  const { sender, seen } = await made(slow, { waiting: [scan(1), scan(2)] });
  await sender.flush();
  await settle();
  assert.deepEqual(seen.asked.map(([, number]) => number), [1]);
  answers[0]();
  await settle();
  answers[1]();
  await settle();
  assert.deepEqual(seen.asked.map(([, number]) => number), [1, 2]);
  assert.deepEqual(seen.late, [{ taken: 1 }, { taken: 2 }]);
});

test("a queue that is full is told, and nothing is sent that was not kept", async () => {
  const { sender, queue, seen } = await made((_url, body) => taken(body));
  queue.put = async () => { throw new Error("full"); };
  await assert.rejects(sender.submit(scan(1)), /full/);
  assert.deepEqual(seen.asked, []);
});

/** As much of IndexedDB as the queue uses; a transaction ends as ``end`` says. */
function database(end) {
  const items = new Map();
  const opened = { stores: [], durability: [], modes: [], names: [] };
  const store = {
    put: (item) => { items.set(item.scan_id, item); return {}; },
    delete: (id) => { items.delete(id); return {}; },
    getAll: () => ({ result: [...items.values()] }),
  };
  const result = {
    createObjectStore: (name, { keyPath }) => opened.stores.push([name, keyPath]),
    transaction(_name, mode, { durability }) {
      const transaction = { objectStore: () => store, error: new Error("aborted") };
      opened.durability.push(durability);
      opened.modes.push(mode);
      setImmediate(() => transaction[mode === "readonly" ? "oncomplete" : end]());
      return transaction;
    },
  };
  const open = (...name) => {
    opened.names.push(name);
    const request = { result, error: new Error("no room") };
    setImmediate(() => { if (end === "closed") return request.onerror(); request.onupgradeneeded(); request.onsuccess(); });
    return request;
  };
  return { databases: { open }, opened };
}

test("the queue keeps scans in the order they were made, on the disk before it says so", async () => {
  const { databases, opened } = database("oncomplete");
  const queue = await openQueue({ databases });
  for (const number of [2, 1, 3]) await queue.put(scan(number));
  await queue.remove("s3");
  assert.deepEqual((await queue.all()).map((one) => one.scan_id), ["s1", "s2"]);
  assert.deepEqual(opened.stores, [["unsent", "scan_id"]]);
  assert.deepEqual(opened.names, [["eventapp-door", 1]], "another name would lose what waits at the next update");
  assert.deepEqual(opened.modes, ["readwrite", "readwrite", "readwrite", "readwrite", "readonly"]);
  assert.deepEqual(new Set(opened.durability), new Set(["strict"]));
});

test("a write that did not get through is an error, also when its request went well", async () => {
  for (const end of ["onerror", "onabort"]) {
    const queue = await openQueue({ databases: database(end).databases });
    await assert.rejects(queue.put(scan(1)), /aborted/);
  }
});

test("a queue that cannot be opened is an error, so that the page takes the forgetful one", async () => {
  await assert.rejects(openQueue({ databases: database("closed").databases }), /no room/);
});
