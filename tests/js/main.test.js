/** The keys of a page's forms belong to the visit: the same after Back, new ones for a new visit. */
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { querySelector: () => null, querySelectorAll: () => [] };
const { keepKeys } = await import("../../static/js/main.js");

function page(...keys) {
  const fields = keys.map((value) => ({ value }));
  return { fields, root: { querySelectorAll: () => fields } };
}

function visitOf(state) {
  const visit = { state, replaceState: (next) => (visit.state = next) };
  return visit;
}

test("a new visit keeps the keys that the page came with, beside what others keep there", () => {
  const visit = visitOf({ other: 1 });
  keepKeys(page("a", "b").root, { visit });
  assert.deepEqual(visit.state, { other: 1, formKeys: ["a", "b"] });
});

test("after Back the forms have the keys of the first time", () => {
  const { fields, root } = page("c", "d");
  const visit = visitOf({ formKeys: ["a", "b"] });
  keepKeys(root, { visit });
  assert.deepEqual(fields, [{ value: "a" }, { value: "b" }]);
  assert.deepEqual(visit.state, { formKeys: ["a", "b"] });
});

test("a page that has other forms by now keeps its own", () => {
  const { fields, root } = page("c");
  const visit = visitOf({ formKeys: ["a", "b"] });
  keepKeys(root, { visit });
  assert.deepEqual(fields, [{ value: "c" }]);
  assert.deepEqual(visit.state, { formKeys: ["c"] });
});
