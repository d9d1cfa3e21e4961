/**
 * Checks a receipt of the record on the reader's own machine: no server is asked, nothing leaves the page.
 *
 * Shares no code with the server or with tools/verify_receipt.py, so that a mistake in one is seen by the others.
 * Formats: c2sp.org/tlog-proof, c2sp.org/tlog-checkpoint, c2sp.org/signed-note; tree: RFC 6962 §2.1; canonical
 * JSON: RFC 8785. Hashing and Ed25519 are the browser's own (WebCrypto).
 */

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
const LARGEST_PROOF = 64 * 1024; // bytes
const MOST_HASHES = 63;
const MOST_SIGNATURES = 16;
const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;
const ED25519 = 1; // signature type of signed-note
const OPENING_FORM = "eventapp-opening";

const encoder = new TextEncoder();

/** Why something proves nothing. `code`: format, key, signature, entry, opening, or file with the names of `files`. */
export class BadProof extends Error {
  constructor(code, detail, files = []) {
    super(detail);
    this.code = code;
    this.files = files;
  }
}

/** Whether this browser can check signatures; older ones leave it to the server. */
export async function canVerify(subtle = globalThis.crypto?.subtle) {
  try {
    await subtle.importKey("raw", new Uint8Array(HASH_BYTES), "Ed25519", false, ["verify"]);
    return true;
  } catch (error) {
    return error.name === "DataError"; // the algorithm is known, the key of zeros is not liked
  }
}

/**
 * Text of a file as programs save it: UTF-8, UTF-16 with its mark, or Windows-1252; lines that all end in one way; blank
 * lines at the end, or a last line without an end, do not count.
 */
export function readText(bytes) {
  const text = decoded(bytes);
  const ends = new Set(text.match(/\r\n|\r|\n/g));
  const lines = ends.size === 1 ? text.split([...ends][0]) : text.split("\n");
  while (lines.length > 1 && lines.at(-1) === "") lines.pop();
  return `${lines.join("\n")}\n`;
}

function decoded(bytes) {
  const [first, second] = bytes;
  const marked = { 0xfffe: "utf-16le", 0xfeff: "utf-16be" }[first * 256 + second];
  for (const encoding of marked ? [marked] : ["utf-8", "windows-1252"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      continue;
    }
  }
  throw new BadProof("format", "No text.");
}

/**
 * What a receipt proves: `{ entry, origin, size, root, commitments }`, the last a Map from part name to hexadecimal.
 * `keys` are the trusted public keys, 32 bytes each in base64. Throws BadProof when it proves nothing.
 */
export async function verifyReceipt(text, keys) {
  const proof = parseProof(text);
  const head = await verifyCheckpoint(proof.checkpoint, keys.map(bytesOf));
  const leaf = await sha256(Uint8Array.of(0), proof.entry);
  const root = await rootFrom(leaf, BigInt(proof.index), BigInt(head.size), proof.hashes);
  if (!root || !same(root, head.root)) throw new BadProof("entry", "The entry is not in the signed record.");
  const entry = JSON.parse(decoded(proof.entry)); // authentic from here on: the record wrote it
  if (entry.seq !== proof.index) throw new BadProof("entry", "The entry stands at another place than it says.");
  const named = entry.parts.map((part) => [part.name, part.commitment]);
  const files = entry.attachments.map((file, place) => [`attachment:${place}`, file.commitment]);
  return { entry, ...head, commitments: new Map([...named, ...files]) };
}

/**
 * Hold an opening (the salts, or null) and the author's own files (`{ name, bytes }`) against a verified receipt.
 * Returns `{ shown, notShown, unchecked }`: sorted names of parts, and of the files that nothing can be said of, for
 * the keys of some parts are not there. Throws BadProof("opening") when the opening says something else, and
 * BadProof("file") when it has all keys and a file is none of what was received.
 */
export async function verifyOpening(receipt, text, originals = []) {
  const files = await Promise.all(originals.map(readFile));
  const parts = text === null ? [] : openingParts(text);
  const shown = [];
  for (const part of parts) {
    const wanted = receipt.commitments.get(part.name);
    if (wanted === undefined) throw new BadProof("opening", "The opening is of another entry.");
    if (await isShown(part, wanted, files)) shown.push(part.name);
  }
  const names = [...receipt.commitments.keys()];
  const others = files.filter((file) => !file.isKnown).map((file) => file.name);
  if (others.length > 0 && names.every((name) => parts.some((part) => part.name === name))) {
    throw new BadProof("file", "A file is not the one that was received.", others);
  }
  const notShown = names.filter((name) => !shown.includes(name));
  return { shown: shown.sort(), notShown: notShown.sort(), unchecked: others };
}

// --- receipt ---

function parseProof(text) {
  if (encoder.encode(text).length > LARGEST_PROOF) throw new BadProof("format", "Too long for a receipt.");
  const [head, checkpoint] = cut(text, "\n\n", "This is not a receipt.");
  const [first, extra, index, ...hashes] = head.split("\n");
  if (first !== FIRST_LINE || index === undefined || hashes.length > MOST_HASHES) {
    throw new BadProof("format", "This is not a receipt.");
  }
  return {
    entry: bytesOf(after("extra ", extra)),
    index: numberOf(after("index ", index)),
    hashes: hashes.map(hashOf),
    checkpoint,
  };
}

async function verifyCheckpoint(text, keys) {
  const [head, lines] = cut(text, "\n\n", "The checkpoint is malformed.");
  const fields = head.split("\n");
  if (fields.length !== 3 || !isName(fields[0])) throw new BadProof("format", "The checkpoint is malformed.");
  const [origin, size, root] = [fields[0], numberOf(fields[1]), hashOf(fields[2])];
  const signatures = parseSignatures(lines).filter((line) => line.name === origin);
  const body = encoder.encode(`${head}\n`);
  let known = 0;
  for (const key of keys) {
    const id = (await sha256(encoder.encode(`${origin}\n`), Uint8Array.of(ED25519), key)).slice(0, KEY_ID_BYTES);
    for (const line of signatures.filter((one) => same(one.keyId, id))) {
      if (!(await isSigned(key, line.signature, body))) throw new BadProof("signature", "The signature is wrong.");
      known += 1;
    }
  }
  if (known === 0) throw new BadProof("key", "No trusted key signed the checkpoint.");
  return { origin, size, root };
}

function parseSignatures(lines) {
  const found = lines.split("\n");
  const ended = found.pop() === "";
  if (!ended || found.length > MOST_SIGNATURES || new Set(found).size < found.length) {
    throw new BadProof("format", "Malformed signatures.");
  }
  return found.map((line) => {
    const [dash, name, encoded, more] = line.split(" ");
    const signed = bytesOf(encoded ?? "");
    if (dash !== "\u2014" || more !== undefined || !isSigner(name) || signed.length <= KEY_ID_BYTES) {
      throw new BadProof("format", "Malformed signatures.");
    }
    return { name, keyId: signed.slice(0, KEY_ID_BYTES), signature: signed.slice(KEY_ID_BYTES) };
  });
}

async function isSigned(key, signature, body) {
  try {
    const known = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", known, signature, body);
  } catch {
    return false;
  }
}

/** The root that a leaf has by its proof, straight from the recursive definition of RFC 6962; null when none fits. */
async function rootFrom(leaf, index, size, proof) {
  if (index >= size) return null;
  if (size === 1n) return proof.length === 0 ? leaf : null;
  if (proof.length === 0) return null;
  let half = 1n;
  while (half * 2n < size) half *= 2n;
  const other = proof[proof.length - 1];
  const rest = proof.slice(0, -1);
  if (index < half) {
    const left = await rootFrom(leaf, index, half, rest);
    return left && sha256(Uint8Array.of(1), left, other);
  }
  const right = await rootFrom(leaf, index - half, size - half, rest);
  return right && sha256(Uint8Array.of(1), other, right);
}

// --- opening ---

function openingParts(text) {
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    throw new BadProof("opening", "The file is no opening of a receipt.");
  }
  if (hasDoubledName(text)) throw new BadProof("opening", "A name comes twice.");
  const whole = told?.form === OPENING_FORM && told.v === 1 && Array.isArray(told.parts);
  if (!whole || !told.parts.every(isPart)) throw new BadProof("opening", "The file is no opening of a receipt.");
  return told.parts;
}

function isPart(part) {
  return typeof part?.name === "string" && typeof part.salt === "string" && /^[0-9a-f]{64}$/.test(part.salt);
}

/** Whether JSON that is well formed has an object with a name twice: of these, programs read the first or the last. */
function hasDoubledName(text) {
  const open = [];
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g) ?? [];
  for (const [place, token] of tokens.entries()) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (tokens[place + 1] === ":") {
      const name = JSON.parse(token);
      if (open.at(-1).has(name)) return true;
      open.at(-1).add(name);
    }
  }
  return false;
}

/** Marks the files that show the part; a part whose content the opening has is shown by it. */
async function isShown(part, wanted, files) {
  const salt = Uint8Array.from(part.salt.match(/../g), (pair) => parseInt(pair, 16));
  const fits = async (content) => hex(await sha256(salt, encoder.encode(content))) === wanted;
  let byFile = false;
  for (const file of files) {
    const isThis = (await Promise.all(file.readings.map(fits))).includes(true);
    file.isKnown ||= isThis;
    byFile ||= isThis;
  }
  if (!("value" in part)) return byFile;
  if (!(await fits(canonical(part.value)))) throw new BadProof("opening", "A text is not the one that was received.");
  return true;
}

async function readFile({ name, bytes }) {
  return { name, readings: await readingsOf(bytes), isKnown: false };
}

/** What a file may have been committed as: an attachment, a text, a text without blanks around it. */
async function readingsOf(bytes) {
  const found = [canonical(hex(await sha256(bytes)))];
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
  } catch {
    return found;
  }
  const bare = text.replace(/^[ \t\n]+|[ \t\n]+$/g, "");
  return [...found, text, text.normalize("NFC"), bare.normalize("NFC")].map((one, place) =>
    place === 0 ? one : canonical(one),
  );
}

/** RFC 8785 for what the record takes: no fractions, no half surrogate pairs. */
export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return JSON.stringify(value);
  if (typeof value === "string" && !/\p{Surrogate}/u.test(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") throw new BadProof("opening", "A value has no canonical form.");
  const pairs = Object.keys(value).sort(); // by UTF-16 units, as the RFC wants
  return `{${pairs.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(",")}}`;
}

// --- small things ---

function cut(text, at, complaint) {
  const place = text.indexOf(at);
  if (place < 0) throw new BadProof("format", complaint);
  return [text.slice(0, place), text.slice(place + at.length)];
}

function after(word, line) {
  if (!line.startsWith(word)) throw new BadProof("format", `The line ${word}is missing.`);
  return line.slice(word.length);
}

function isName(text) {
  return text !== undefined && /^[!-*,-~]+$/.test(text);
}

/** Of anybody who signs along: no plus, blank or control (signed-note). */
function isSigner(text) {
  return text !== undefined && /^[^\0- +\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/.test(text);
}

function numberOf(text) {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new BadProof("format", "A number is malformed.");
  }
  return Number(text);
}

function hashOf(text) {
  const found = bytesOf(text);
  if (found.length !== HASH_BYTES) throw new BadProof("format", "A hash has 32 bytes.");
  return found;
}

/** Bytes in the one base64 spelling that writing them gives; another spelling is an altered text. */
function bytesOf(text) {
  let decoded = "";
  try {
    decoded = atob(text);
  } catch {
    throw new BadProof("format", "Base64 is malformed.");
  }
  if (btoa(decoded) !== text) throw new BadProof("format", "Base64 is not in its one spelling.");
  return Uint8Array.from(decoded, (sign) => sign.charCodeAt(0));
}

async function sha256(...pieces) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(pieces).arrayBuffer()));
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function same(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}
