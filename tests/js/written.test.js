/** Moments as each language writes them, in Copenhagen time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { written } from "../../static/js/written.js";

const WINTER = new Date("2023-11-24T10:58:07Z");

test("a moment is written by the pattern of the page's language, whatever language that is", () => {
  assert.equal(written(WINTER, "%d.%m.%Y kl. %H.%M.%S"), "24.11.2023 kl. 11.58.07");
  assert.equal(written(WINTER, "%d/%m/%Y at %H:%M:%S"), "24/11/2023 at 11:58:07");
  assert.equal(written(WINTER, "%Y-%m-%d"), "2023-11-24");
});

test("summer time and midnight", () => {
  assert.equal(written(new Date("2023-09-28T22:00:00Z"), "%d %H:%M"), "29 00:00");
  assert.equal(written(new Date("2023-10-29T01:30:00Z"), "%H.%M"), "02.30");
});
