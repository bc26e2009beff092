/**
 * An X-ray as a screen shows it: bones bright by an inverted curve, a collimator's edges dark. What was done to it is done to
 * the rendering too, inside the gradient: the pose found with that image model, and without it.
 *
 *   node examples/image-model.mjs [CT]
 */
import { fileURLToPath } from "node:url";
import {
  cArmView,
  createBackend,
  createProjector,
  gridCenter,
  hounsfieldToAttenuation,
  readVolume,
  toDevice,
  toHost,
} from "tomograd";
import { cArmViewVjp, inversePose, poseToMatrix } from "tomograd/geometry";
import {
  beerLambert,
  collimator,
  compose,
  evaluateSimilarity,
  gamma,
  inversion,
  meanSquaredErrorSimilarity,
  minMax,
  withImageModels,
} from "tomograd/metric";
import { lbfgs } from "tomograd/optimizer";
import { targetRegistrationError } from "tomograd/registration";
import { innerCorners } from "tomograd/volume";

const bundled = fileURLToPath(new URL("../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url));
const ct = hounsfieldToAttenuation(await readVolume(process.argv[2] ?? bundled, { quantity: "hounsfield" }));
const center = gridCenter(ct.grid);
const detector = { rows: 80, columns: 80, pixelSize: [5, 5] };
const shape = { views: 1, rows: 80, columns: 80 };
/** Three Euler angles ZXY (rad), then mm: the pose of the C-arm about the center of the CT. */
const [truth, start] = [
  [0, 0, 0, 0, 850, 0],
  [0.1, -0.08, 0.12, 8, 838, -9],
];
const posed = (x) => ({ detector, sdd: 1020, isocenter: center, rotation: x.slice(0, 3), translation: x.slice(3) });

const backend = await createBackend();
const volume = toDevice(backend, ct);
const scanner = createProjector({ backend, grid: ct.grid, detector, views: [cArmView(posed(truth))], extent: "line" });
const open = Uint8Array.from({ length: 80 * 80 }, (_, i) => (i % 80 > 5 && i % 80 < 74 ? 1 : 0));
const screen = compose(beerLambert(), minMax, gamma({ exponent: 0.5 }), inversion(), collimator({ open }));
const shown = new Float64Array(80 * 80);
screen.prepare(shape).apply((await toHost(scanner.apply(volume))).values, shown);

for (const [name, similarity] of [
  ["with the image model", withImageModels(meanSquaredErrorSimilarity(), { moving: screen })],
  ["without, by gain and offset", meanSquaredErrorSimilarity({ affineInvariant: true })],
]) {
  const prepared = similarity.prepare({ ...shape, values: shown });
  const found = await lbfgs(
    async (x) => {
      const camera = scanner.withViews([cArmView(posed([...x]))]);
      const image = camera.apply(volume);
      const error = await evaluateSimilarity(prepared, image);
      const pose = cArmViewVjp(posed([...x]), await camera.vjpViews(volume, error.cotangent));
      const value = await error.value();
      for (const resource of [error, image, camera]) resource.dispose();
      return { value, gradient: [...pose.rotation, ...pose.translation] };
    },
    start,
    { scales: [0.05, 0.05, 0.05, 5, 5, 5], iterations: 60 },
  );
  const landmarks = innerCorners(ct.grid).map((corner) => corner.map((value, axis) => value - center[axis]));
  const [before, after, right] = [start, [...found.x], truth].map((x) =>
    inversePose(poseToMatrix({ parameterization: "euler_angles", rotation: x.slice(0, 3), translation: x.slice(3) })),
  );
  const off = (pose) => targetRegistrationError(pose, right, landmarks).mean.toFixed(2);
  console.log(`${name}: ${off(before)} mm off, after ${found.evaluations} evaluations ${off(after)} mm`);
}
await backend[Symbol.asyncDispose]();
