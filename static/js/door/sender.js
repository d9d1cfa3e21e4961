/**
 * Sends scans: kept first, then sent, and kept until the server says that it has a row for it. What fails is sent
 * again by itself, sooner when the connection comes back; one that fails never holds back the others.
 */

const PATIENCE_MS = 6000;
const SOONEST_MS = 2000;
const LATEST_MS = 30000;

export function makeSender(queue, settings, { fetch = window.fetch.bind(window), token, onCount, onLate, page = window }) {
  let wait = SOONEST_MS;
  let timer = null;
  let isSending = false;
  const underWay = new Set(); // ids of scans that are being sent now

  async function mine() {
    return (await queue.all()).filter((item) => item.event === settings.event);
  }

  async function post(url, body) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok) throw Object.assign(new Error("refused"), { status: response.status, told: await told(response) });
    return response.json();
  }

  async function deliver(item) {
    underWay.add(item.scan_id);
    try {
      const answer = await post(settings.urls[item.kind], item.body);
      await queue.remove(item.scan_id);
      return answer;
    } finally {
      underWay.delete(item.scan_id);
    }
  }

  /** Send one now. The server's answer, or {kept: true, message} when it will be sent later. */
  async function submit(item) {
    await queue.put(item);
    try {
      return await deliver(item);
    } catch (error) {
      plan();
      return { kept: true, message: error.told, status: error.status };
    } finally {
      onCount((await mine()).length);
    }
  }

  function plan() {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
    wait = Math.min(wait * 2, LATEST_MS);
  }

  /** Send whatever waits. */
  async function flush() {
    if (isSending) return;
    isSending = true;
    let failed = 0;
    for (const item of await mine()) {
      if (underWay.has(item.scan_id)) continue;
      try {
        onLate(await deliver(item));
      } catch {
        failed += 1;
      }
    }
    isSending = false;
    onCount((await mine()).length);
    if (failed) plan();
    else wait = SOONEST_MS;
  }

  page.addEventListener("online", flush);
  flush();
  return { submit, flush, post, unsent: async () => (await mine()).length };
}

async function told(response) {
  try {
    return (await response.json()).message;
  } catch {
    return undefined;
  }
}
