/**
 * Reads QR codes with two readers that are not ours: zxing-wasm, which the door uses, and jsQR.
 *
 * Standard input: JSON, a list of {width, grey: base64 of one byte a pixel}. Standard output: JSON, a list of
 * {zxing, jsqr}, each the text of the one code, or null.
 */
import { readFileSync } from "node:fs";
import jsqr from "jsqr";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const wasmBinary = readFileSync(new URL("../../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url));
await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });

async function read({ width, grey }) {
  const light = Buffer.from(grey, "base64");
  const height = light.length / width;
  const data = new Uint8ClampedArray(light.length * 4);
  light.forEach((value, at) => data.set([value, value, value, 255], at * 4));
  const found = await readBarcodes({ data, width, height }, { formats: ["QRCode"] });
  return { zxing: found.length === 1 ? found[0].text : null, jsqr: jsqr(data, width, height)?.data ?? null };
}

const pictures = JSON.parse(readFileSync(0, "utf-8"));
const texts = [];
for (const picture of pictures) texts.push(await read(picture));
process.stdout.write(JSON.stringify(texts));
