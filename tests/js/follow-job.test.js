/** A page that follows a job: what it asks, what it moves, and when it opens itself anew. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { followJob } from "../../static/js/follow-job.js";

const URL = "/staff/work/1/progress";
const ANSWER = { ok: true, status: 200 };

/** The element with its bar, or without; and what happens when the server gives these answers, one a look. */
async function follow(answers, { hasBar = true } = {}) {
  const bar = { max: 0, value: 0 };
  const words = { textContent: "" };
  const found = { progress: hasBar ? bar : null, ".progress__text": hasBar ? words : null };
  const element = { dataset: { url: URL }, querySelector: (name) => found[name] };
  const looks = [];
  const asked = [];
  let reloads = 0;
  const get = async (url, options) => {
    asked.push(url);
    assert.deepEqual(options, { headers: { Accept: "application/json" } });
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  followJob(element, { get, later: (look) => looks.push(look), reload: () => (reloads += 1) });
  while (looks.length && answers.length) await looks.shift()();
  return { bar, words, asked, reloads, isDone: looks.length === 0 };
}

const job = (facts) => ({ ...ANSWER, json: async () => ({ is_open: true, done: 3, total: 4, text: "3 of 4", ...facts }) });

test("the bar moves, and the page looks again", async () => {
  const page = await follow([job({})]);
  assert.deepEqual([page.bar.value, page.bar.max, page.words.textContent], [3, 4, "3 of 4"]);
  assert.deepEqual([page.asked, page.reloads, page.isDone], [[URL], 0, false]);
});

test("a job that has ended opens the page anew, once", async () => {
  const page = await follow([job({}), job({ is_open: false })]);
  assert.deepEqual([page.reloads, page.isDone], [1, true]);
});

test("where there is something to count and no bar yet, the page is opened anew", async () => {
  assert.equal((await follow([job({ total: null })], { hasBar: false })).reloads, 0);
  assert.equal((await follow([job({})], { hasBar: false })).reloads, 1);
});

test("no network and a server in trouble are waited for", async () => {
  const page = await follow([new Error("offline"), { ok: false, status: 503 }, job({})]);
  assert.deepEqual([page.bar.value, page.reloads, page.isDone], [3, 0, false]);
});

for (const status of [401, 403, 404]) {
  test(`${status}: there is nothing left to follow`, async () => {
    const page = await follow([{ ok: false, status }]);
    assert.deepEqual([page.bar.value, page.reloads, page.isDone], [0, 0, true]);
  });
}

test("a page that is opened anew is the one that is looked at", async () => {
  let reloads = 0;
  globalThis.location = { reload: () => (reloads += 1) };
  const element = { dataset: { url: URL }, querySelector: () => null };
  const looks = [];
  followJob(element, { get: async () => job({ is_open: false }), later: (look) => looks.push(look) });
  await looks[0]();
  assert.equal(reloads, 1);
});
