/**
 * Two bones that moved against each other: each its own pose, from the same two X-rays, by a label map of the CT.
 *
 *   node examples/two-bones.mjs CT LABELS [--bones A,B] [--out DIR]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  cArmView,
  createBackend,
  createProjector,
  gridCenter,
  hounsfieldToAttenuation,
  readVolume,
  toDevice,
  toHost,
  writeImage,
} from "tomograd";
import { inversePose, transformView } from "tomograd/geometry";
import { eulerMotion, registerBodies, targetRegistrationError } from "tomograd/registration";
import { checkerboardImage } from "tomograd/report";
import { boxResample, indexToWorld, resample, spacing } from "tomograd/volume";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { bones: { type: "string", default: "71,72" }, out: { type: "string" } },
});
if (positionals.length !== 2) {
  console.error(
    "usage: two-bones.mjs CT LABELS [--bones A,B] [--out DIR]; default bones: 71 and 72, the shoulder blades",
  );
  process.exit(2);
}
const whole = hounsfieldToAttenuation(await readVolume(positionals[0], { quantity: "hounsfield" }));
// voxels of about 2.5 mm are all that poses need
const mm = spacing(whole.grid);
const ct = boxResample(
  whole,
  whole.grid.size.map((n, axis) => Math.round((n * mm[axis]) / Math.max(2.5, mm[axis]))),
);
const map = resample(await readVolume(positionals[1], { quantity: "label" }), ct.grid, { interpolation: "nearest" });
const [nx, ny] = ct.grid.size;
const bones = options.bones.split(",").map(Number);
const part = (wanted) => ({ ...ct, values: Float32Array.from(ct.values, (mu, i) => (wanted(map.values[i]) ? mu : 0)) });
const parts = [part((label) => !bones.includes(label)), ...bones.map((bone) => part((label) => label === bone))];

const backend = await createBackend();
const detector = { rows: 160, columns: 160, pixelSize: [2.8, 2.8] };
const views = [0, 60].map((turn) =>
  cArmView({
    detector,
    sdd: 1020,
    isocenter: gridCenter(ct.grid),
    rotationDeg: [turn, 0, 0],
    translation: [0, 850, 0],
  }),
);
/** The X-rays of parts that have moved, each by its own motion of the rays. */
async function render(motions) {
  const sum = new Float32Array(views.length * detector.rows * detector.columns);
  for (const [i, motion] of motions.entries()) {
    const moved = views.map((view) => (motion ? transformView(view, motion) : view));
    const A = createProjector({ backend, grid: ct.grid, detector, views: moved, extent: "line" });
    const x = toDevice(backend, parts[i]);
    for (const [k, value] of (await toHost(A.apply(x))).values.entries()) sum[k] += value;
    x.dispose();
  }
  return sum;
}
/** World mm: where the voxels of a part are, every 50th of them, and their middle. */
const pointsOf = ({ values, grid }) =>
  [...values.keys()]
    .filter((i) => values[i] > 0)
    .filter((_, k) => k % 50 === 0)
    .map((i) => indexToWorld(grid, [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))]));
const points = parts.slice(1).map(pointsOf);
const middles = points.map((some) => [0, 1, 2].map((k) => some.reduce((sum, p) => sum + p[k], 0) / some.length));

const truth = [eulerMotion([4, -3, 5], [6, -4, 5], middles[0]), eulerMotion([-3, 4, -4], [-5, 3, 6], middles[1])];
const measured = await render([undefined, ...truth]);
const n = detector.rows * detector.columns;
const image = (values, i) => ({ ...detector, values: values.subarray(i * n, (i + 1) * n) });
const xrays = views.map((view, i) => ({ values: image(measured, i).values, detector, view }));
// the rest of the patient is a body too: bones alone explain little of an X-ray
const rest = [...new Set(map.values)].filter((label) => !bones.includes(label));
const found = await registerBodies({
  ...{ backend, volume: ct, labels: map, bodies: [rest, ...bones.map((bone) => [bone])], xrays },
  search: { rotationDeg: 10, translation: 15 },
});
const still = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
bones.forEach((bone, i) => {
  const off = (motion) =>
    targetRegistrationError(inversePose(motion), inversePose(truth[i]), points[i]).mean.toFixed(2);
  console.log(`bone ${bone}: ${off(still)} mm off, after registration ${off(found.motions[i + 1])} mm`);
});
console.log(`${found.verdict}: ${found.reasons.join("; ")}`);
if (options.out) {
  mkdirSync(options.out, { recursive: true });
  const rendered = await render(found.motions);
  for (const i of views.keys()) {
    const board = { ...detector, values: checkerboardImage(image(measured, i), image(rendered, i)) };
    await writeImage(join(options.out, `checkerboard-${i}.png`), board, { window: [0, 255] });
  }
}
await backend[Symbol.asyncDispose]();
