/** A case of every kernel with an array of more than 1 MiB, for backends that cut such arrays. */
import type { KernelName } from "../kernels.js";
import { around } from "./backproject.js";
import { response } from "./filterRows.js";
import { sixTimes } from "./projectLineJacobian.js";
import { freeRayCases, viewCases } from "./rayCases.js";
import { LARGE_SCENE, LARGE_SIZE, LARGE_SMOOTH_SCENE } from "./scenes.js";
import { flat, type KernelCase, projections, table, uniform, volume } from "./spec.js";

const of = (seed: number, low = 0, high = 1) => volume(LARGE_SIZE, uniform(seed, low, high));
const one = <A>(args: A) => [{ name: `a ${LARGE_SIZE.join(" x ")} volume`, args }];
const images = (views: number, seed: number) => projections(views, 300, 311, uniform(seed));
const DETECTOR = [36, 44] as const;
const rays = { scenes: [LARGE_SCENE] };
const smooth = { scenes: [LARGE_SMOOTH_SCENE] };

export const LARGE_CASES: { readonly [K in KernelName]: readonly KernelCase<K>[] } = {
  fill: one({ out: of(1), value: 2.5 }),
  copy: one({ out: of(1), x: of(2, -1) }),
  axpby: one({ a: 0.3, x: of(1), b: 1.7, y: of(2) }),
  multiply: one({ x: of(1, -1), y: of(2) }),
  clamp: one({ x: of(1, -1), lower: 0.25, upper: 0.5 }),
  reciprocalOrZero: one({ x: of(1, -1, 2), threshold: 0.125 }),
  sign: one({ x: of(1, -1) }),
  mapPiecewise: one({ x: of(1, -2, 3), knots: table([-1, 0.5, 0, 0, 1, 2, 2, 1]) }),
  selectLabel: one({ out: of(1), x: of(2), labels: { ...of(3, 0, 4), type: "u8" as const }, label: 2 }),
  sum: one({ out: flat(1, 9), x: of(1) }),
  sumAbsolute: one({ out: flat(1, 9), x: of(1, -1) }),
  sumSquares: one({ out: flat(1, 9), x: of(1) }),
  dot: one({ out: flat(1, 9), x: of(1), y: of(2) }),
  dotDifferences: one({ out: flat(1, 9), x: of(1, 2, 3), y: of(2, 1, 2), z: of(3) }),
  extrema: one({ out: flat(2), x: of(1, -2, -1) }),
  kullbackLeibler: one({ out: flat(1, 9), x: of(1, 1, 3), y: of(2, 1, 3), weights: of(3) }),
  totalVariation: one({ out: flat(1, 9), x: of(1), delta: 0.01 }),
  totalVariationGradient: one({ out: of(2), x: of(1), delta: 0.05, weight: 0.7 }),
  surrogateStep: one({
    ...{ out: of(2, -1), at: of(1), curvature: of(3, 1, 5) },
    ...{ scale: 1.5, delta: 0.05, weight: 0.7, lower: 0, upper: 0.8 },
  }),
  totalVariationDualStep: one({
    ...{ y: of(1), curvature: of(2, 0.5, 2), qx: of(3, -0.5, 0.5), qy: of(4, -0.5, 0.5), qz: of(5, -0.5, 0.5) },
    ...{ rx: of(6, -1), ry: of(7, -1), rz: of(8, -1) },
    ...{ weight: 0.7, step: 0.3, momentum: 0.4, lower: 0, upper: 0.9 },
  }),
  totalVariationPrimal: one({
    ...{ x: of(1), curvature: of(2, 0.5, 2), qx: of(3, -1), qy: of(4, -1), qz: of(5, -1) },
    ...{ weight: 0.3, lower: 0, upper: 0.8 },
  }),
  normalizedCrossCorrelation: [
    {
      name: "3 views of 300 x 311",
      args: {
        value: flat(3, 9),
        cotangent: images(3, 3),
        predicted: images(3, 1),
        target: images(3, 2),
        epsilon: 1e-5,
      },
    },
  ],
  adamStep: one({
    ...{ x: of(1), m: of(2, -1), v: of(3, 0.1), gradient: of(4, -1), step: 7 },
    ...{ rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  }),
  sgdStep: one({ x: of(1), velocity: of(2, -1), gradient: of(3, -1), rate: 0.3, momentum: 0.5, lower: 0 }),
  project: viewCases((view, x, image) => ({ ...view, out: image, volume: x, accumulate: true }), rays),
  projectAdjoint: viewCases((view, x, image) => ({ ...view, out: x, image, accumulate: true }), rays),
  projectLineJacobian: viewCases(
    (view, x, image) => ({ ...view, out: image, jacobian: sixTimes(image), volume: x }),
    smooth,
  ),
  viewGradient: [
    {
      name: "2 views of 300 x 311",
      args: { out: table(new Array(24).fill(9)), jacobian: images(12, 1), cotangent: images(3, 2), firstView: 1 },
    },
  ],
  projectMaximum: viewCases((view, x, image) => ({ ...view, out: image, volume: x }), {
    ...smooth,
    models: ["siddon"],
  }),
  projectRays: freeRayCases((each, x, count) => ({ ...each, out: flat(count, 1), volume: x, accumulate: true }), rays),
  projectRaysAdjoint: freeRayCases(
    (each, x, count, index) => ({ ...each, out: x, values: flat(count, uniform(index)), accumulate: true }),
    rays,
  ),
  projectRaysJacobian: freeRayCases(
    (each, x, count) => ({ ...each, out: table(new Array(6 * count).fill(9)), volume: x }),
    smooth,
  ),
  filterRows: [
    {
      name: "3 views of 300 x 311, transforms of 1024",
      args: { image: images(3, 1), response: response(1024) },
    },
  ],
  backproject: one({
    ...{ out: of(1), image: projections(2, ...DETECTOR, uniform(2, -1)), firstSlice: 0, accumulate: true },
    matrices: table(around(2, { pixels: 0.3, sid: 300 }, LARGE_SIZE, DETECTOR).flat()),
  }),
};
