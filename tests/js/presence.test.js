/** The rule of who is in the room, on the vectors that hold the server to it too; PRESENCE_VECTORS names others. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fold } from "../../static/js/door/presence.js";

const SHARED = new URL("../vectors/presence.json", import.meta.url);
const vectors = JSON.parse(readFileSync(process.env.PRESENCE_VECTORS ?? SHARED, "utf8"));

test("there are vectors", () => assert.ok(vectors.length > 20));

for (const { name, shown, before, presence } of vectors) {
  test(name, () => {
    assert.deepEqual(fold(shown, before), presence);
    assert.deepEqual(fold(shown.toReversed(), before), presence);
  });
}
