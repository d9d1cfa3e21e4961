/** A text in which what somebody comes as stands, marked where that is in another language than the page. */
export function said(text, { category = "", category_lang: lang = "" }) {
  const at = lang && category ? text.lastIndexOf(category) : -1;
  if (at < 0) return [text];
  const marked = document.createElement("span");
  marked.lang = lang;
  marked.textContent = category;
  return [text.slice(0, at), marked, text.slice(at + category.length)].filter((part) => part !== "");
}
