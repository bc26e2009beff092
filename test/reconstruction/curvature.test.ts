import { afterAll, describe, expect, test } from "vitest";
import { createWasmBackend } from "../../src/backend/wasm/index.js";
import { circularTrajectory, helicalTrajectory } from "../../src/geometry/index.js";
import type { Trajectory } from "../../src/geometry/view.js";
import { createProjector } from "../../src/projector/createProjector.js";
import { curvatureOf } from "../../src/reconstruction/curvature.js";
import { createWorkspace, startVolume } from "../../src/reconstruction/workspace.js";
import { cube } from "./gates.js";

const backend = await createWasmBackend();
afterAll(() => backend[Symbol.asyncDispose]());

const gantry = { detector: { rows: 36, columns: 36, pixelSize: [0.1, 0.1] as const }, sid: 5, sdd: 7 };

/** D of a cube of 24³ in [-1, 1]³, its views in so many subsets. */
async function curvature(trajectory: Trajectory, subsets: number, weighted = false) {
  const grid = cube(24);
  using A = createProjector({ backend, grid, ...trajectory, model: "joseph" });
  const values = new Float32Array(A.views.length * 36 * 36);
  const projections = { ...trajectory, values };
  const options = weighted ? { weights: values.map((_, i) => 1 + (i % 7)) } : {};
  const owned: Disposable[] = [];
  const own = <T extends Disposable>(resource: T): T => {
    owned.push(resource);
    return resource;
  };
  const x = own(await startVolume(A, {}, "density"));
  const settings = { subsets, lower: 0, upper: Infinity, tolerance: 0 };
  const { work } = createWorkspace({ A, projections, options, settings, x, own });
  const { volume, median } = await curvatureOf(work, work.parts);
  const D = await backend.download(volume.array);
  for (const resource of owned.reverse()) resource[Symbol.dispose]();
  return { D, median };
}

/** |a - b| over b, of each voxel. */
const differences = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]) / b[i]);
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...differences(a, b));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the curvature of the data term", () => {
  const circle = circularTrajectory({ ...gantry, views: 360 });

  // few pixels meet a voxel in a view: from view to view their number changes by a fifth, and so does D's summand
  test("of 360 views on a circle in 5 subsets is that of all to 0.5 % in the mean, from the 72 views of one", async () => {
    const [some, all] = [await curvature(circle, 5), await curvature(circle, 1)];
    expect(mean(differences(some.D, all.D))).toBeLessThan(0.005);
    expect(difference(some.D, all.D)).toBeLessThan(0.05);
    expect(difference([some.median], [all.median])).toBeLessThan(0.005);
    // sums of other terms: not the bits of all
    expect(some.D).not.toEqual(all.D);
  });

  // float32 sums in another order
  test("of weighted rays, of 60 views, and of a helix is summed over all views", async () => {
    const [few, helix] = [
      circularTrajectory({ ...gantry, views: 60 }),
      helicalTrajectory({ ...gantry, views: 360, pitch: 0.5, turns: 3 }),
    ];
    expect(difference((await curvature(circle, 5, true)).D, (await curvature(circle, 1, true)).D)).toBeLessThan(1e-5);
    expect(difference((await curvature(few, 5)).D, (await curvature(few, 1)).D)).toBeLessThan(1e-5);
    expect(difference((await curvature(helix, 5)).D, (await curvature(helix, 1)).D)).toBeLessThan(1e-5);
  });
});
