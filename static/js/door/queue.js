/**
 * Scans that the server has not confirmed, kept in IndexedDB: they survive closing, killing and updating the page.
 * An item: {scan_id, event, kind, body, made_at}. It goes in before it is sent and out when the server has a row for it.
 */

const STORE = "unsent";

export async function openQueue({ databases = indexedDB, name = "eventapp-door" } = {}) {
  const opening = databases.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "scan_id" });
  const database = await done(opening);
  const run = (mode, work) => {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    return settled(transaction, work(transaction.objectStore(STORE)));
  };
  return {
    put: (item) => run("readwrite", (store) => store.put(item)),
    remove: (id) => run("readwrite", (store) => store.delete(id)),
    /** In the order in which they were made. */
    all: async () => (await run("readonly", (store) => store.getAll())).sort((a, b) => a.made_at - b.made_at),
  };
}

/** For a browser that stores nothing (private window): as good as it gets, until the page is closed. */
export function forgetfulQueue() {
  const items = new Map();
  return {
    put: async (item) => void items.set(item.scan_id, item),
    remove: async (id) => void items.delete(id),
    all: async () => [...items.values()],
  };
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A write counts when its transaction is through, not when its request is. */
function settled(transaction, request) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
