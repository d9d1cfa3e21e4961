/**
 * Attaches behaviours: an element names its own in data-behaviour, several with spaces between.
 * A module is fetched only when a page has use for it. Every page works without any of them.
 *
 * A behaviour is a function that takes the element, and the browser's powers as a second argument with defaults,
 * so that a test can hand it others.
 */
const behaviours = {
  "confirm-leave": () => import("./confirm-leave.js").then((module) => module.confirmLeave),
  "copy-link": () => import("./copy-link.js").then((module) => module.copyLink),
  "follow-job": () => import("./follow-job.js").then((module) => module.followJob),
  "print-page": () => import("./print-page.js").then((module) => module.printPage),
  "send-once": () => import("./send-once.js").then((module) => module.sendOnce),
  "take-focus": () => import("./take-focus.js").then((module) => module.takeFocus),
};

/** Attach what the elements below `root` ask for; unknown names are left to a page's own script. */
export async function attach(root, known = behaviours) {
  for (const element of root.querySelectorAll("[data-behaviour]")) {
    for (const name of element.dataset.behaviour.split(/\s+/)) {
      if (known[name]) (await known[name]())(element);
    }
  }
}

/**
 * Back, and the browser asks for a page anew: its forms have new keys, and what was typed in them stands there still.
 * So the keys belong to the visit (history.state): the same form sent again is the same, a new visit has new ones.
 * Without script, or where the browser keeps nothing, such a form is sent as a new one.
 */
export function keepKeys(root, { visit = history } = {}) {
  const fields = [...root.querySelectorAll("input[name='form_key'], input[name='key'], input[name='submission_key']")];
  const kept = visit.state?.formKeys ?? [];
  if (kept.length === fields.length) fields.forEach((field, place) => (field.value = kept[place]));
  else visit.replaceState({ ...visit.state, formKeys: fields.map((field) => field.value) }, "");
}

attach(document);
if (document.querySelector("input[name='form_key']")) keepKeys(document);
