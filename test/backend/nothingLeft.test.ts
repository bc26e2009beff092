/** Whatever call of a backend fails: what was allocated until then is free again. */
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { selfCalibrate } from "../../src/calibration/index.js";
import { fault, isTomogradError } from "../../src/core/errors.js";
import { circularTrajectory } from "../../src/geometry/index.js";
import { meanAbsoluteError, meanSquaredError, normalizedCrossCorrelation } from "../../src/metric/index.js";
import { adam } from "../../src/optimizer/index.js";
import { mapOnDevice } from "../../src/physics/piecewise.js";
import {
  createProjector,
  createRayProjector,
  labelChannels,
  labelChannelsAdjoint,
  toDevice,
  zeroProjections,
} from "../../src/projector/index.js";
import {
  asdPocs,
  autoTv,
  cgls,
  fdk,
  fistaTv,
  fit as fitVolume,
  lsqr,
  mlem,
  osSqs,
  ossart,
  pdhg,
  raysThrough,
  regionProjections,
  sirt,
  tikhonov,
} from "../../src/reconstruction/index.js";
import { createVolumePyramid } from "../../src/registration/index.js";
import { totalVariationOf } from "../../src/regularizer/totalVariation.js";
import { createGrid } from "../../src/volume/index.js";
import { randomVolume } from "../projector/scene.js";

const backend = createReferenceBackend();
const grid = createGrid({ size: [5, 5, 4], spacing: [2, 2, 2] });
const trajectory = circularTrajectory({
  ...{ sid: 200, sdd: 300, views: 4 },
  detector: { rows: 5, columns: 8, pixelSize: [3, 3] },
});
const { detector, views } = trajectory;
const volume = randomVolume(3, grid);
const labels = { quantity: "label", grid, values: new Uint8Array(100).fill(1) } as const;
const projections = {
  detector,
  views,
  about: "test",
  values: Float32Array.from({ length: 160 }, (_, i) => 1 + (i % 7)),
};
const rays = Float64Array.of(-50, 0, 0, 50, 1, 1);
const options = { iterations: 1, mask: { ...volume, values: volume.values.map((v) => (v > 0.1 ? 1 : 0)) } };
const weights = new Float32Array(160).fill(0.5);

const A = createProjector({ backend, grid, detector, views });
const R = createRayProjector({ backend, grid, rays });
const x = toDevice(backend, volume);
const l = toDevice(backend, labels);
const y = toDevice(backend, projections);
const z = zeroProjections(backend, detector, views);
const integrals = R.apply(x);

afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
});

type Result = Disposable | readonly Disposable[] | { readonly [name: string]: unknown } | undefined;

const WORK: Readonly<Record<string, () => Result | Promise<unknown>>> = {
  "createProjector with pixels": () => A.withPixels(Uint32Array.of(1, 2)),
  apply: () => A.apply(x),
  adjoint: () => A.adjoint(y),
  maximum: () => A.maximum(x),
  lineJacobian: () => ({ ...A.lineJacobian(x) }),
  vjpViews: () => A.vjpViews(x, y),
  "apply of rays": () => R.apply(x),
  "adjoint of rays": () => R.adjoint(integrals),
  "jacobian of rays": () => R.jacobian(x),
  labelChannels: () => labelChannels(A, x, l, [0, 1]),
  labelChannelsAdjoint: () => labelChannelsAdjoint(A, [y, z], l, [0, 1]),
  meanSquaredError: () => meanSquaredError(y, z, { mask: z, count: 1 }),
  meanAbsoluteError: () => meanAbsoluteError(y, z),
  normalizedCrossCorrelation: () => normalizedCrossCorrelation()(y, z),
  totalVariationOf: () => totalVariationOf(x),
  mapOnDevice: () => mapOnDevice(z.array, Float64Array.of(0, 0, 1, 1)) as undefined,
  adam: () => adam(x),
  createVolumePyramid: () => createVolumePyramid(backend, volume),
  raysThrough: () => raysThrough(A),
  regionProjections: () => regionProjections(A, volume, projections),
  fdk: () => fdk(A, projections, { short: false }),
  fit: () =>
    fitVolume(A, projections, { iterations: 1, rayFraction: 0.5, totalVariation: { weight: 0.1, delta: 0.1 } }),
  sirt: () => sirt(A, projections, { ...options, weights }),
  ossart: () => ossart(A, projections, { ...options, subsets: 2 }),
  mlem: () => mlem(A, projections, options),
  cgls: () => cgls(A, projections, { iterations: 1, weights }),
  lsqr: () => lsqr(A, projections, { iterations: 1 }),
  tikhonov: () => tikhonov(A, projections, options),
  pdhg: () => pdhg(A, projections, options),
  osSqs: () => osSqs(A, projections, { ...options, weights, subsets: 2 }),
  fistaTv: () => fistaTv(A, projections, options),
  asdPocs: () => asdPocs(A, projections, options),
  autoTv: () => autoTv(A, projections, { ...options, weights }),
  "image of an iteration": () =>
    sirt(A, projections, {
      iterations: 1,
      onIteration: async ({ image }) => {
        await image();
      },
    }),
  selfCalibrate: () => selfCalibrate({ backend, grid, projections, iterations: 1, inner: 1 }),
};

/** Fails the call of the backend with this number; tells whether it came so far. */
function failAt(number: number): () => boolean {
  let calls = 0;
  for (const method of ["allocate", "upload", "run", "download"] as const) {
    const original = backend[method].bind(backend) as (...args: unknown[]) => never;
    vi.spyOn(backend, method).mockImplementation((...args: unknown[]) => {
      if (calls++ === number) throw fault("OUT_OF_MEMORY", "as the test wants it");
      return original(...args);
    });
  }
  return () => calls > number;
}

function disposeOf(result: unknown): void {
  if (typeof result !== "object" || result === null || ArrayBuffer.isView(result)) return;
  if (Symbol.dispose in result) (result as Disposable)[Symbol.dispose]();
  else
    for (const part of Object.values(result))
      if (typeof part === "object" && part && Symbol.dispose in part) disposeOf(part);
}

for (const [name, work] of Object.entries(WORK))
  test(`${name}: nothing is left, whichever call fails`, async () => {
    const held = backend.liveBytes;
    const leaks: string[] = [];
    for (let number = 0; ; number++) {
      const failed = failAt(number);
      let result: unknown;
      try {
        result = await work();
      } catch (error) {
        if (!isTomogradError(error, "OUT_OF_MEMORY")) throw error;
      }
      vi.restoreAllMocks();
      disposeOf(result);
      if (backend.liveBytes !== held) leaks.push(`call ${number}: ${backend.liveBytes - held} bytes`);
      if (!failed()) break;
      if (leaks.length > 0) break;
    }
    expect(leaks).toEqual([]);
  });
