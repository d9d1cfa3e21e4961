/** A sound and a buzz for each tone of a result, so that nobody has to look. A browser plays only after a first touch. */

// Each note: [pitch in Hz, start in seconds, length in seconds]; buzz in milliseconds, on and off by turns.
const SIGNS = {
  good: { notes: [[1318, 0, 0.12]], buzz: [60] },
  again: { notes: [[740, 0, 0.12], [740, 0.2, 0.12]], buzz: [80, 80, 80] },
  wait: { notes: [[523, 0, 0.12], [440, 0.18, 0.12], [523, 0.36, 0.16]], buzz: [60, 60, 60, 60, 60] },
  stop: { notes: [[196, 0, 0.6]], buzz: [500] },
  plain: { notes: [[660, 0, 0.06]], buzz: [30] },
  unsent: { notes: [[392, 0, 0.1], [294, 0.14, 0.3]], buzz: [200, 80, 60] },
};
const LOUDNESS = 0.25;

export function makeSound({ Audio = window.AudioContext, vibrate = (buzz) => navigator.vibrate?.(buzz), page = document } = {}) {
  let audio = null;
  let isOn = true;

  function wake() {
    audio ??= Audio ? new Audio() : null;
    audio?.resume();
  }

  function note([pitch, start, length]) {
    const from = audio.currentTime + start;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(LOUDNESS, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + length);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + length);
  }

  page.addEventListener("pointerdown", wake, { once: true });
  page.addEventListener("keydown", wake, { once: true });
  return {
    play(tone) {
      const sign = SIGNS[tone] ?? SIGNS.plain;
      if (page.hasFocus() && page.defaultView.navigator.userActivation?.hasBeenActive) vibrate(sign.buzz);
      if (isOn && audio?.state === "running") sign.notes.forEach(note);
    },
    toggle() {
      isOn = !isOn;
      return isOn;
    },
  };
}
