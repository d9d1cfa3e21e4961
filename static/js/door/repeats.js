/**
 * Tells a code that is shown anew from one that is still held before the camera: the same text counts again only
 * after it was out of sight for a while.
 */
const OUT_OF_SIGHT_MS = 3000;

export function makeRepeats({ now = () => performance.now() } = {}) {
  let last = "";
  let seenAt = -Infinity;
  return function isNew(text) {
    const known = text === last && now() - seenAt < OUT_OF_SIGHT_MS;
    last = text;
    seenAt = now();
    return !known;
  };
}
