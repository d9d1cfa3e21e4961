/**
 * Looks through the camera for QR codes while it runs. The video stands in the page; frames go to the worker one at a
 * time. The camera is let go when the page is hidden, and comes back with it.
 */

const WIDEST = 960; // pixels of a frame as the worker gets it: enough for a code at arm's length
const PAUSE_MS = 50; // between two frames, so that the phone stays cool
const WISH = { width: { ideal: 1280 }, height: { ideal: 720 } };
const REASONS = { NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "busy", AbortError: "busy" };

export function makeCamera(video, places, powers) {
  const { onText, onState, page = document, devices = navigator.mediaDevices, makeWorker = (url) => new Worker(url) } = powers;
  const canvas = page.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let worker = null;
  let stream = null;
  let wanted = false;
  let isBusy = false; // a frame is with the worker
  let isStarting = false;
  let deviceId = null;

  function look() {
    if (!stream || isBusy || page.hidden) return;
    if (video.readyState < video.HAVE_CURRENT_DATA) {
      setTimeout(look, PAUSE_MS);
      return;
    }
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    isBusy = true;
    worker.postMessage({ pixels: data.buffer, width, height }, [data.buffer]);
  }

  function hear({ data }) {
    isBusy = false;
    if (data.text) onText(data.text);
    setTimeout(look, data.ready ? 0 : PAUSE_MS);
  }

  async function start() {
    wanted = true;
    if (stream || isStarting) return;
    isStarting = true;
    try {
      await open();
      onState("running", await abilities());
      if (worker) look();
      else engage();
    } catch (error) {
      onState(REASONS[error.name] ?? "missing");
    } finally {
      isStarting = false;
    }
  }

  async function open() {
    const camera = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: "environment" } };
    stream = await devices.getUserMedia({ video: { ...WISH, ...camera }, audio: false });
    video.srcObject = stream;
    await video.play();
  }

  function engage() {
    worker = makeWorker(places.worker);
    worker.addEventListener("message", hear);
    worker.addEventListener("error", () => onState("missing"));
    worker.postMessage({ reader: places.reader, wasm: places.wasm });
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
  }

  async function cameras() {
    return (await devices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  }

  async function abilities() {
    const track = stream.getVideoTracks()[0];
    return { torch: Boolean(track.getCapabilities?.().torch), others: (await cameras()).length > 1 };
  }

  async function next() {
    const ids = (await cameras()).map((device) => device.deviceId);
    const now = stream?.getVideoTracks()[0].getSettings().deviceId;
    deviceId = ids[(ids.indexOf(now) + 1) % ids.length];
    stop();
    await start();
  }

  const torch = (on) => stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });

  page.addEventListener("visibilitychange", () => {
    if (page.hidden) stop();
    else if (wanted) start();
  });
  return { start, stop, next, torch };
}
