/**
 * From counts to a slice: a tooth measured in a parallel beam, its flats and darks, and the center of rotation found from
 * the data. Filtered backprojection and total variation side by side, and what the wrong center does.
 *
 *   node examples/measured-tooth/main.mjs FOLDER [--out DIR] [--bin N] [--epochs N]
 *
 * FOLDER: manifest.json and the arrays that it names (counts, flats, darks, angles).
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { createBackend, createGrid, createProjector, parallelTrajectory, toHost, writeImage } from "tomograd";
import { centerTrajectory, prepareCounts } from "tomograd/physics";
import { fdk, fistaTv } from "tomograd/reconstruction";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string", default: "out/tooth" },
    bin: { type: "string", default: "1" },
    epochs: { type: "string", default: "30" },
  },
});
const [folder] = positionals;
if (!folder || !existsSync(join(folder, "manifest.json"))) {
  console.error(
    `${folder ? `${folder} holds no manifest.json` : "usage: main.mjs FOLDER [--out DIR] [--bin N] [--epochs N]"}\n` +
      "The scan is tooth.h5, an example of TomoPy (BSD-3, UChicago Argonne LLC).",
  );
  process.exit(2);
}
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));

function stack({ file, shape: [views, rows, columns] }) {
  const bytes = readFileSync(join(folder, file));
  const plain = file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  const values = new Float32Array(plain.buffer.slice(plain.byteOffset, plain.byteOffset + plain.byteLength));
  return { views, rows, columns, values };
}

/** Attenuation of the densest enamel, 1/pixel, that the pictures show as white. */
const LARGEST = 0.012;

const counts = stack(manifest.data);
const theta = readFileSync(join(folder, manifest.theta.file));
const anglesDeg = Array.from({ length: counts.views }, (_, k) => theta.readDoubleLE(8 * k));
// the file does not say the size of a pixel: lengths are in pixels
const detector = { rows: counts.rows, columns: counts.columns, pixelSize: [1, 1] };
const bin = Number(options.bin);
const scan = prepareCounts(counts, parallelTrajectory({ detector, anglesDeg }), {
  flats: stack(manifest.flats),
  darks: stack(manifest.darks),
  bin: [1, bin],
  rings: { method: "sort" },
  center: "auto",
});
console.log(`axis at column ${(scan.center.column * bin + (bin - 1) / 2).toFixed(2)} of ${counts.columns}`);

const size = Math.floor(counts.columns / bin);
const grid = createGrid({ size: [size, size, 1], spacing: bin, center: [0, 0, scan.views[0].firstPixel[2]] });
mkdirSync(options.out, { recursive: true });
const backend = await createBackend();

/** The slice of the first detector row by a method, as a picture; its mean attenuation and its entropy. */
async function slice(name, { views }, method) {
  const { rows, columns, pixelSize } = scan.detector;
  const first = { detector: { rows: 1, columns, pixelSize }, views, about: scan.about };
  const values = new Float32Array(views.length * columns);
  for (let view = 0; view < views.length; view++)
    values.set(scan.values.subarray(view * rows * columns, (view * rows + 1) * columns), view * columns);
  const A = createProjector({ backend, grid, detector: first.detector, views, model: "joseph" });
  const started = performance.now();
  const run = await method(A, { ...first, values });
  const volume = await toHost(run.volume);
  const seconds = (performance.now() - started) / 1000;
  run.volume.dispose();
  A.dispose();
  await writeImage(
    join(options.out, `${name}.png`),
    { rows: size, columns: size, values: volume.values },
    { window: [0, LARGEST] },
  );
  const mean = volume.values.reduce((sum, mu) => sum + mu, 0) / volume.values.length;
  const per = mean.toExponential(3);
  console.log(
    `${name}: mean ${per} per pixel, entropy ${entropy(volume.values).toFixed(3)} bits, ${seconds.toFixed(1)} s`,
  );
  return volume.values;
}

/** Of the histogram of 256 levels: few tissues give few levels, blur and doubled edges many. */
function entropy(values) {
  const histogram = new Float64Array(256);
  for (const mu of values) histogram[Math.min(255, Math.max(0, Math.round((255 * mu) / LARGEST)))]++;
  let bits = 0;
  for (const count of histogram) if (count > 0) bits -= (count / values.length) * Math.log2(count / values.length);
  return bits;
}

const filtered = (A, p) => fdk(A, p, { filter: "hann" });
await slice("fdk", scan, filtered);
await slice("fdk-middle-column", centerTrajectory(scan, (size - 1) / 2), filtered);
await slice("fista-tv", scan, (A, p) => fistaTv(A, p, { lambda: 1e-6, iterations: Number(options.epochs) }));
await backend[Symbol.asyncDispose]();
