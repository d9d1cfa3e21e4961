/** The door page with script: see templates/checkin/door.html for the elements, each named by data-door. */
import { makeCamera } from "./camera.js";
import { written } from "../written.js";
import { hashOf } from "./code.js";
import { forgetfulQueue, openQueue } from "./queue.js";
import { makeRecent } from "./recent.js";
import { makeRepeats } from "./repeats.js";
import { makeResult } from "./result.js";
import { makeRoom } from "./room.js";
import { makeSearch } from "./search.js";
import { makeSender } from "./sender.js";
import { makeSheets } from "./sheets.js";
import { makeSound } from "./sound.js";

const find = (name) => document.querySelector(`[data-door="${name}"]`);
const settings = JSON.parse(document.getElementById("door-settings").textContent);
const { texts } = settings;
const token = document.querySelector('meta[name="csrf-token"]').content;
const queue = await openQueue().catch(forgetfulQueue);

let way = "in";
const sound = makeSound();
const room = makeRoom(find, settings);
const isNew = makeRepeats();
const sheets = makeSheets(document, texts.close);
const result = makeResult(find("result"), { sound, onUndo: undo });
const recent = makeRecent(find, texts, { onUndo: undo });
const sender = makeSender(queue, settings, { token, onCount: showUnsent, onLate: take });
const search = makeSearch(find, settings, { post: sender.post, onChosen: (guest) => check({ guest_id: guest.id }, guest.inside ? "out" : "in") });

// --- scans ----------------------------------------------------------------------------------------------------

function stamp() {
  return { device_at: new Date().toISOString(), offset_ms: room.offset() };
}

function item(kind, facts) {
  const scanId = crypto.randomUUID();
  return { scan_id: scanId, event: settings.event, kind, made_at: Date.now(), body: { scan_id: scanId, ...facts, ...stamp() } };
}

function take(answer) {
  room.show(answer.room);
  recent.add(answer.scan);
}

async function submit(kind, facts) {
  sheets.close();
  const answer = await sender.submit(item(kind, facts));
  if (answer.kept) {
    const detail = answer.status ? (answer.message ?? texts.noDetail) : texts.keptDetail;
    return result.show({ tone: "unsent", title: texts.kept, detail });
  }
  take(answer);
  result.show(answer.scan);
}

const check = (guest, direction = way) => submit("scans", { ...guest, direction });

async function undo(scan) {
  sheets.close();
  try {
    const url = settings.urls.reversal.replace(/0{32}/, scan.id);
    const answer = await sender.post(url, { scan_id: crypto.randomUUID(), ...stamp() });
    room.show(answer.room);
    recent.undone(scan.id);
    result.show(answer.scan);
  } catch (error) {
    result.show({ tone: "stop", title: texts.notUndone, detail: error.told ?? texts.notUndoneDetail });
  }
}

function showUnsent(count) {
  find("unsent").textContent = texts.unsent.replace("{n}", count);
  find("unsent").classList.toggle("door__unsent--some", count > 0);
  find("unsent").hidden = false;
}

// --- camera ---------------------------------------------------------------------------------------------------

const camera = makeCamera(find("video"), settings.camera, {
  onText: async (text) => {
    if (isNew(text) && !result.holds() && !document.querySelector("dialog[open]")) check({ code_hash: await hashOf(text) });
  },
  onState: (state, abilities = {}) => {
    find("camera-hint").textContent = state === "running" ? texts.aim : texts[state];
    find("camera-start").hidden = state === "running";
    find("torch").hidden = !abilities.torch;
    find("next-camera").hidden = !abilities.others;
  },
});

async function cameraIsAllowed() {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false; // a browser that does not say asks at the press of the button
  }
}

// --- the page -------------------------------------------------------------------------------------------------

function toggle(button, isOn) {
  button.setAttribute("aria-pressed", String(isOn));
}

function go(direction) {
  way = direction;
  document.body.dataset.way = direction;
  for (const button of find("way").children) toggle(button, button.dataset.way === direction);
}

function formOf(name, handle) {
  find(name).addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    handle(new FormData(form, event.submitter));
    form.reset();
  });
}

function tick() {
  find("clock").textContent = written(new Date(Date.now() + room.offset()), settings.clock);
  setTimeout(tick, 1000);
}

for (const name of ["camera", "way", "tools"]) find(name).hidden = false;
for (const name of ["plain-way", "search-button"]) find(name).hidden = true;
find("way").addEventListener("click", (event) => event.target.dataset.way && go(event.target.dataset.way));
find("camera-start").addEventListener("click", () => camera.start());
find("next-camera").addEventListener("click", () => camera.next());
find("sound").addEventListener("click", (event) => toggle(event.target, sound.toggle()));
find("torch").addEventListener("click", (event) => {
  const isOn = event.target.getAttribute("aria-pressed") !== "true";
  camera.torch(isOn);
  toggle(event.target, isOn);
});
formOf("typed-form", async (typed) => check({ code_hash: await hashOf(typed.get("code")) }));
formOf("walk-in-form", (typed) => {
  const { name, category_id, direction } = Object.fromEntries(typed);
  submit("walk-ins", { name, category_id, direction });
});
find("search-form").closest("dialog").addEventListener("close", () => search.clear());
find("departure").addEventListener("submit", async (event) => {
  event.preventDefault();
  const count = await sender.unsent();
  if (count) find("departure-note").textContent = texts.stay.replace("{n}", count);
  else event.target.submit();
});
document.addEventListener("visibilitychange", () => document.hidden || sender.flush());
document.addEventListener("signed-out", () => sender.unsent().then((count) => count || window.location.assign(settings.urls.door)));
showUnsent(await sender.unsent());
tick();
if (await cameraIsAllowed()) camera.start();
