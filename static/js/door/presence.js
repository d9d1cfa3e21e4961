// Who is in the room: the rule of eventapp/checkin/rules.py, held to it by tests/vectors/presence.json.
//
// A scan: {id, at, direction: "in" | "out", verdict, undoes_id: id or null}; `at` is corrected time, any number.
// A phone folds the scans of one head, its own and those it was sent, in whatever order it learned of them.

/** Where a head stands: {came_at, entry_id, last_id}, each null when there is none; inside while entry_id is there. */
export function fold(shown, before = Infinity) {
  let presence = { came_at: null, entry_id: null, last_id: null };
  for (const movement of movements(shown)) {
    if (movement.at >= before) break;
    presence = moved(presence, movement);
  }
  return presence;
}

/** What moved a head and stands: told "ok" and undone by nothing, by corrected time and then by id, each once. */
function movements(shown) {
  const known = [...new Map(shown.map((one) => [one.id, one])).values()];
  const undone = new Set(known.map((one) => one.undoes_id));
  return known.filter((one) => one.verdict === "ok" && !undone.has(one.id)).sort(byTime);
}

function byTime(one, other) {
  return one.at - other.at || (one.id < other.id ? -1 : 1);
}

/** A second entry changes nothing, for the earlier counts; nor does an exit of somebody who is outside. */
function moved(presence, movement) {
  if (movement.direction === "out") {
    return { ...presence, entry_id: null, last_id: movement.id };
  }
  return {
    came_at: presence.came_at ?? movement.at,
    entry_id: presence.entry_id ?? movement.id,
    last_id: movement.id,
  };
}
