/** The ticket code in what was scanned or typed; the same rules as eventapp/registration/ticket_rules.py, code_in. */

const CODE = /^[A-Z2-7]{26}$/;
const MISREAD = { 0: "O", 1: "I", 8: "B" }; // base32 has none of these three: whoever types one has misread a letter

export function codeIn(text) {
  const last = text.trim().replace(/\/+$/, "").split("/").pop();
  const found = last.replace(/[\s-]/g, "").toUpperCase().replace(/[018]/g, (sign) => MISREAD[sign]);
  return CODE.test(found) ? found : null;
}

/** SHA-256 of the code, or of the whole text where there is none: what leaves the camera is never kept as it was. */
export async function hashOf(text, { subtle = crypto.subtle } = {}) {
  const bytes = new TextEncoder().encode(codeIn(text) ?? text);
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
