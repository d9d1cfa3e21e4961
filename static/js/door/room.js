/**
 * The three numbers, asked for every few seconds; a 304 costs nothing. Also measures how wrong the phone's clock is,
 * and says so when the number is old.
 */

const EVERY_MS = 4000;
const OLD_MS = 60000;

export function makeRoom(find, settings, { fetch = window.fetch.bind(window), page = document, now = Date.now } = {}) {
  let etag = null;
  let freshAt = now();
  let offset = new Date(settings.now).getTime() - now();
  let levelText = find("level-text").textContent;

  function show(room) {
    for (const name of ["inside", "limit", "free"]) find(name).textContent = room[name];
    find("level").classList.toggle("door__figure--nearly", room.level === "nearly_full");
    find("level").classList.toggle("door__figure--full", room.level === "full");
    levelText = room.level_text;
    if ("expected" in room) expect(room);
    fresh();
  }

  /** Told by the look at the room, not by each scan: until then the last word stands. */
  function expect(room) {
    for (const name of ["expected", "promised"]) find(name).textContent = room.expected_text;
    find("expected").classList.toggle("door__expected--promised", room.promised);
    find("promised").hidden = !room.promised;
  }

  function fresh() {
    freshAt = now();
    say(levelText);
  }

  function say(text) {
    if (find("level-text").textContent !== text) find("level-text").textContent = text;
  }

  /** Half the way there and back lies between the server's time and ours. */
  function measure(serverTime, sentAt) {
    const moment = new Date(serverTime).getTime();
    if (!Number.isNaN(moment)) offset = Math.round(moment - (sentAt + now()) / 2);
  }

  async function ask() {
    const sentAt = now();
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(settings.urls.occupancy, { headers, cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
    if (response.status === 403) throw Object.assign(new Error("signed out"), { signedOut: true });
    if (response.status !== 304 && !response.ok) throw new Error("no answer");
    measure(response.headers.get("X-Now"), sentAt);
    if (response.status === 304) return fresh();
    etag = response.headers.get("ETag");
    show(await response.json());
  }

  async function poll() {
    try {
      if (!page.hidden) await ask();
    } catch (error) {
      const age = now() - freshAt;
      if (error.signedOut) find("camera-hint").dispatchEvent(new CustomEvent("signed-out", { bubbles: true }));
      if (age > OLD_MS) say(settings.texts.old.replace("{n}", Math.floor(age / 60000)));
    }
    setTimeout(poll, EVERY_MS);
  }

  setTimeout(poll, EVERY_MS);
  return { show, offset: () => offset };
}
