/**
 * A moment as the page writes it: in Copenhagen time, whatever the clock of the machine.
 *
 * @param {Date} moment
 * @param {string} pattern as the server has it for the language (eventapp/languages.py): %d.%m.%Y kl. %H.%M.%S
 */
export function written(moment, pattern) {
  const two = "2-digit";
  const format = { day: two, month: two, year: "numeric", hour: two, minute: two, second: two, hourCycle: "h23" };
  const known = { calendar: "gregory", numberingSystem: "latn", timeZone: "Europe/Copenhagen" };
  const clock = new Intl.DateTimeFormat([], { ...format, ...known });
  const part = Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, value]));
  const meant = { d: part.day, m: part.month, Y: part.year, H: part.hour, M: part.minute, S: part.second };
  return pattern.replace(/%([dmYHMS])/g, (_, letter) => meant[letter].padStart(2, "0"));
}
