/** The organiser's QR code carries the shift code behind #, which no server and no log ever sees. */
export function fillIn(form, { place = window.location, past = window.history } = {}) {
  const code = decodeURIComponent(place.hash.slice(1));
  if (!/^[A-Za-z2-7 -]{8,20}$/.test(code)) return;
  form.elements.code.value = code;
  past.replaceState(null, "", place.pathname + place.search);
}

const form = document.querySelector('[data-door="shift"]');
if (form) fillIn(form);
