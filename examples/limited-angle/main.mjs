/**
 * What do 30 to 90 degrees of a fan beam say about a disc with holes? The measured scans of the Helsinki Tomography
 * Challenge 2022, one method and one set of parameters for all.
 *
 *   node examples/limited-angle/main.mjs FOLDER [--out DIR] [--bin N] [--scans a,b]
 *
 * FOLDER: manifest.json and the arrays that it names. --bin: pixels put together (default 2, as in the figures below).
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createBackend, writeImage } from "tomograd";
import { calibrate } from "./disc.mjs";
import { judge, reconstruct } from "./reconstruct.mjs";
import { readScans } from "./scans.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string", default: "out/limited-angle" },
    bin: { type: "string", default: "2" },
    scans: { type: "string" },
  },
});
const [folder] = positionals;
if (!folder || !existsSync(join(folder, "manifest.json"))) {
  console.error(
    `${folder ? `${folder} holds no manifest.json` : "usage: main.mjs FOLDER [--out DIR] [--bin N] [--scans a,b]"}\n` +
      "The scans are those of A. Meaney, F. Silva de Moura, S. Siltanen, Helsinki Tomography Challenge 2022 (CC BY 4.0),\n" +
      "doi 10.5281/zenodo.8041800.",
  );
  process.exit(2);
}

/** Correlations of one published entry, CIL-HTC2022-Algo1, for these objects. */
const PUBLISHED = { "ta-0-60": 0.953, "tb-75-165": 0.932, "ta-b": 0.891, tc: 0.795 };
/** mm, the disc's nominal radius. */
const NOMINAL_RADIUS = 35;

const scans = readScans(folder);
const solid = scans.find(({ truth }) => !truth);
const wanted = options.scans?.split(",");
mkdirSync(options.out, { recursive: true });
const backend = await createBackend();
const calibration = calibrate(solid, NOMINAL_RADIUS);
console.log(
  `solid disc: radius ${calibration.radius.toFixed(2)} mm, rms ${calibration.toIntegral.residual.toFixed(4)} after correction`,
);
console.log("scan, degrees, correlation (MCC), published, level, seconds");
for (const scan of scans) {
  if (!scan.truth || (wanted && !wanted.includes(scan.name))) continue;
  const started = performance.now();
  const result = await reconstruct(backend, scan, calibration, { bin: Number(options.bin) });
  const { found, correlation } = judge(result, scan.truth);
  const seconds = (performance.now() - started) / 1000;
  const published = PUBLISHED[scan.name]?.toFixed(3) ?? "-";
  console.log(
    `${scan.name}, ${scan.degrees}, ${correlation.toFixed(4)}, ${published}, ${result.level.toFixed(3)}, ${seconds.toFixed(1)}`,
  );
  const { size } = scan.truth;
  // acrylic that was missed is dark grey, acrylic that is not there light grey
  const picture = found.map((acrylic, i) =>
    acrylic ? (scan.truth.values[i] ? 255 : 170) : scan.truth.values[i] ? 85 : 0,
  );
  await writeImage(
    join(options.out, `${scan.name}.png`),
    { rows: size, columns: size, values: picture },
    { window: [0, 255] },
  );
}
await backend[Symbol.asyncDispose]();
