/** Finds guests while a name is typed: name, category and status, and one button each. */

import { said } from "./said.js";

const PAUSE_MS = 250;

export function makeSearch(find, settings, { post, onChosen }) {
  const { texts } = settings;
  const field = find("search-form").querySelector('[name="q"]');
  let timer = null;
  let asked = "";

  function say(text) {
    find("search-status").textContent = text;
  }

  function line(guest) {
    const item = document.createElement("li");
    const who = document.createElement("span");
    const name = document.createElement("strong");
    const button = document.createElement("button");
    name.textContent = guest.name;
    who.append(name, document.createElement("br"), ...said([guest.category, guest.status].filter(Boolean).join(" · "), guest));
    button.type = "button";
    button.className = "door__button";
    button.textContent = guest.inside ? texts.goesOut : texts.letIn;
    button.setAttribute("aria-label", `${button.textContent}: ${guest.name}`);
    button.addEventListener("click", () => onChosen(guest));
    item.append(who, button);
    return item;
  }

  function show({ guests, more }) {
    find("found").replaceChildren(...guests.map(line));
    if (!guests.length) say(texts.nobody);
    else say(more ? texts.more : "");
  }

  async function search() {
    const typed = (asked = field.value.trim());
    if (typed.length < 2) {
      find("found").replaceChildren();
      return say("");
    }
    say(texts.searching);
    try {
      const found = await post(settings.urls.guests, { q: typed });
      if (typed === asked) show(found);
    } catch {
      if (typed === asked) say(texts.searchFailed);
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  });
  find("search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
  return {
    clear() {
      field.value = "";
      find("found").replaceChildren();
      say("");
    },
  };
}
