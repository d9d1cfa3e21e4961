/**
 * Reads QR codes off the main thread, so that the page stays quick. Served by /door/worker.js, whose own answer allows
 * WebAssembly. A classic worker, for the reader is a classic script.
 *
 * First message: {reader, wasm}, where both lie. Then {pixels, width, height}; each is answered by {text}, "" for none.
 */
/* global importScripts, ZXingWASM */

const OPTIONS = { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: false, tryInvert: false };

function prepare({ reader, wasm }) {
  importScripts(reader);
  const locateFile = (path, prefix) => (path.endsWith(".wasm") ? wasm : prefix + path);
  return ZXingWASM.prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
}

async function read({ pixels, width, height }) {
  try {
    const image = new ImageData(new Uint8ClampedArray(pixels), width, height);
    const [found] = await ZXingWASM.readBarcodes(image, OPTIONS);
    return found?.text ?? "";
  } catch {
    return ""; // one frame that cannot be read; the next one comes
  }
}

self.addEventListener("message", async ({ data }) => {
  if (data.reader) {
    await prepare(data);
    self.postMessage({ ready: true });
  } else {
    self.postMessage({ text: await read(data) });
  }
});
