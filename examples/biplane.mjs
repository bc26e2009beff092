/**
 * How much does a second X-ray help? Registers a CT to one X-ray and to two at right angles, from the same rough start.
 *
 *   node examples/biplane.mjs [CT] [--out DIR]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
import { createVolumePyramid, eulerMotion, registerViews, targetRegistrationError } from "tomograd/registration";
import { checkerboardImage } from "tomograd/report";
import { innerCorners } from "tomograd/volume";

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string" } } });
const bundled = fileURLToPath(new URL("../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url));
const ct = hounsfieldToAttenuation(await readVolume(positionals[0] ?? bundled, { quantity: "hounsfield" }));
const center = gridCenter(ct.grid);
const landmarks = innerCorners(ct.grid);

const backend = await createBackend();
const x = toDevice(backend, ct);
const detector = { rows: 128, columns: 128, pixelSize: [3.125, 3.125] };
const render = (views) => createProjector({ backend, grid: ct.grid, detector, views, extent: "line" });
const truth = [0, 90].map((turn) =>
  cArmView({ detector, sdd: 1020, isocenter: center, rotationDeg: [turn, 0, 0], translation: [0, 850, 0] }),
);
// where the C-arm says that it stood: 15 to 20 degrees and 15 to 20 mm off
const start = truth.map((view) => transformView(view, eulerMotion([18, -15, 20], [15, -20, 18], center)));
const { values } = await toHost(render(truth).apply(x));
const n = detector.rows * detector.columns;
const image = (all, i) => all.subarray(i * n, (i + 1) * n);

const pyramid = createVolumePyramid(backend, ct);
for (const count of [1, 2]) {
  const xrays = start.slice(0, count).map((view, i) => ({ values: image(values, i), detector, view }));
  const { motion, views, verdict, seconds } = await registerViews({ volume: pyramid, xrays });
  // the motion undoes the one that the start was moved by
  const undone = inversePose(eulerMotion([18, -15, 20], [15, -20, 18], center));
  const { mean, inPlane, depth } = targetRegistrationError(
    inversePose(motion),
    inversePose(undone),
    landmarks,
    start[0],
  );
  console.log(
    `${count} X-ray${count > 1 ? "s" : ""}: ${mean.toFixed(3)} mm off (across the first beam ${inPlane.toFixed(3)}, along it ${depth.toFixed(3)}), ${verdict}, ${seconds.toFixed(1)} s`,
  );
  if (!options.out) continue;
  mkdirSync(options.out, { recursive: true });
  const found = await toHost(render(views).apply(x));
  const [measured, rendered] = [values, found.values].map((all) => ({ ...detector, values: image(all, count - 1) }));
  const board = { ...detector, values: checkerboardImage(measured, rendered) };
  await writeImage(join(options.out, `checkerboard-${count}.png`), board, { window: [0, 255] });
}
await backend[Symbol.asyncDispose]();
