/**
 * Registration of a measured radiograph: the skull phantom's CT to its scan projection radiograph, whose true pose is known
 * because the scanner took both. From starts up to 5 degrees and 10 mm off (each angle, each axis) the error that is left,
 * as found. The radiograph is no cone beam but a fan that the table moves through: free rays.
 *
 *   node examples/measured-radiograph/main.mjs FOLDER CT [--out DIR] [--starts N] [--seed N] [--json FILE]
 *
 * FOLDER: manifest.json and the pixels that it names; CT: the phantom's volume, HU.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createBackend, gridCenter, hounsfieldToAttenuation, readVolume, toDevice } from "tomograd";
import { gradientNcc, localGradientNcc, ncc } from "tomograd/metric";
import { createVolumePyramid, eulerMotion } from "tomograd/registration";
import { gridCorners, innerCorners } from "tomograd/volume";
import { writePage } from "./page.mjs";
import { meanShift, raysAt, render, runStage } from "./register.mjs";
import { cropScout, level, readScout } from "./scout.mjs";
import { comparableSigma } from "./sharpness.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string", default: "out/radiograph" },
    starts: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const [folder, ctPath] = positionals;
if (!folder || !ctPath || !existsSync(join(folder, "manifest.json"))) {
  console.error(
    "usage: main.mjs FOLDER CT [--out DIR] [--starts N] [--seed N] [--json FILE]; FOLDER holds manifest.json\n" +
      "The scan is of neurolabusc/dcm_qa_ct (BSD-2, Chris Rorden; scan by Paul Morgan).",
  );
  process.exit(2);
}

const ct = hounsfieldToAttenuation(await readVolume(ctPath, { quantity: "hounsfield" }));
const center = gridCenter(ct.grid);
const corners = gridCorners(ct.grid);
/** What a registration must place right: the corners of the inner half of the CT. */
const landmarks = innerCorners(ct.grid);
const scout = readScout(folder);
const range = (axis) => [Math.min, Math.max].map((f) => f(...corners.map((corner) => corner[axis])));
const margin = 15;
const [[low, high], [back, front]] = [range(2), range(1)];
// columns run towards posterior, u = 0 where y = -middle
const cropped = cropScout(scout, {
  ...{ low: low - margin, high: high + margin },
  ...{ left: -scout.middle - front - margin, right: -scout.middle - back + margin },
});
mkdirSync(options.out, { recursive: true });
const backend = await createBackend();
const pyramid = createVolumePyramid(backend, ct);
const whole = toDevice(backend, ct);
const [coarse, middle, fine] = [level(cropped, 4), level(cropped, 2), level(cropped, 1)];
const [, half, full] = pyramid.levels;
const stages = [
  { volume: half, level: coarse, similarity: ncc({ trim: 0.12 }), evaluations: 30 },
  { volume: half, level: coarse, similarity: gradientNcc({ trim: 0.12 }), evaluations: 15 },
  { volume: full, level: middle, similarity: localGradientNcc(), evaluations: 12 },
];
/**
 * The last stage: correlation of gradients in windows, in the manner of `registerViews`; and, since the scanner sharpens the
 * edges of its radiographs, of whole images that are both smoothed before they are differentiated: by as much as their
 * spectra say at the pose that the windows found.
 */
const last = { volume: whole, level: fine };
const windows = { ...last, similarity: localGradientNcc(), evaluations: 6 };
const ENDINGS = ["windows", "smoothed"];

/** Numbers in [-1, 1) from a seed (mulberry32). */
let state = Number(options.seed) >>> 0;
const uniform = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
};

const runs = [];
const cpu = process.cpuUsage();
for (let i = 0; i < Number(options.starts); i++) {
  const start = eulerMotion(
    [1, 2, 3].map(() => 5 * uniform()),
    [1, 2, 3].map(() => 10 * uniform()),
    center,
  );
  let motion = start;
  for (const stage of stages) motion = (await runStage(stage, motion, center)).motion;
  const run = { start, before: meanShift(start, landmarks), found: {} };
  const settled = await runStage(windows, motion, center);
  const rendered = (await render(whole, raysAt(fine.rays, settled.motion), false)).values;
  const sigma = comparableSigma(fine, { ...fine, values: rendered });
  const smoothed = { ...last, similarity: gradientNcc({ sigma }), evaluations: 10 };
  run.sigma = sigma;
  for (const [name, found] of [
    ["windows", settled],
    ["smoothed", await runStage(smoothed, motion, center)],
  ])
    run.found[name] = { ...found, after: meanShift(found.motion, landmarks) };
  runs.push(run);
  const told = ENDINGS.map((name) => {
    const { after, score } = run.found[name];
    return `${name} ${after.all.toFixed(2)} mm (${after.across.toFixed(2)} across the beam, score ${score.toFixed(3)})`;
  });
  console.log(
    `start ${i + 1}: ${run.before.all.toFixed(2)} mm off, after: ${told.join(", ")}, by ${sigma.toFixed(2)} pixels`,
  );
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const result = {
  starts: runs.length,
  seed: Number(options.seed),
  medianSigma: median(runs.map(({ sigma }) => sigma)),
  medianBefore: median(runs.map(({ before }) => before.all)),
  cpuSecondsEach: Object.values(process.cpuUsage(cpu)).reduce((a, b) => a + b) / 1e6 / runs.length,
};
for (const name of ENDINGS) {
  const errors = runs.map(({ found }) => found[name].after);
  const figures = {
    median: median(errors.map(({ all }) => all)),
    medianAcross: median(errors.map(({ across }) => across)),
    shareBelow3mm: errors.filter(({ all }) => all < 3).length / errors.length,
    shareAcrossBelow3mm: errors.filter(({ across }) => across < 3).length / errors.length,
  };
  result[name] = figures;
  console.log(
    `${name}: median error ${result.medianBefore.toFixed(2)} mm before, ${figures.median.toFixed(2)} mm after (${figures.medianAcross.toFixed(2)} across the beam); ${Math.round(100 * figures.shareBelow3mm)} % below 3 mm (across the beam ${Math.round(100 * figures.shareAcrossBelow3mm)} %)`,
  );
}
await writePage(join(options.out, "radiograph.html"), { result, runs, fine, whole, spacing: scout.spacing });
if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
whole.dispose();
pyramid.dispose();
await backend[Symbol.asyncDispose]();
