import { describe, expect, test } from "vitest";
import { cArmView } from "../../src/geometry/cArm.js";
import { type DiffDrrRender, renderDiffDrr } from "../../src/projector/parity.js";
import type { Volume } from "../../src/volume/grid.js";
import { hasGolden } from "../helpers/folders.js";
import { expectClose, type GoldenCase, goldenCases, goldenValues, goldenVolumeValues } from "../helpers/golden.js";
import { centeredVolume, goldenDetector, parityRenderer } from "./goldenScene.js";

/** A pose of the manifest: [rotation in radians or words, translation]. */
type StoredPose = readonly [string | readonly number[], readonly [number, number, number]];

/** Adam as in torch (Kingma and Ba 2015), in place on `x`. */
function createAdam(x: Float64Array, o: { lr: number; betas: readonly [number, number]; eps: number }) {
  const m = new Float64Array(x.length);
  const v = new Float64Array(x.length);
  const [b1, b2] = o.betas;
  let step = 0;
  return (gradient: Float64Array): void => {
    step++;
    const c1 = 1 - b1 ** step;
    const c2 = Math.sqrt(1 - b2 ** step);
    for (let i = 0; i < x.length; i++) {
      m[i] = b1 * m[i] + (1 - b1) * gradient[i];
      v[i] = b2 * v[i] + (1 - b2) * gradient[i] * gradient[i];
      x[i] -= (o.lr / c1) * (m[i] / (Math.sqrt(v[i]) / c2 + o.eps));
    }
  };
}

/** The tutorial's loop: one view, density from zeros, mean squared error against the image rescaled to [0, 1]. */
function reconstruct(c: GoldenCase) {
  const detector = goldenDetector(c.detector);
  const { density: truth } = centeredVolume(c.volume);
  const estimate: Volume = { ...truth, values: new Float64Array(truth.values.length) };
  const renderAt = (volume: Volume, [rotation, translation]: StoredPose): DiffDrrRender =>
    renderDiffDrr({
      volume,
      detector,
      renderer: parityRenderer(c),
      views: [
        cArmView({
          detector,
          sdd: c.detector.sdd,
          orientation: c.orientation,
          rotation: typeof rotation === "string" ? [Math.PI / 180, 0, 0] : rotation,
          translation,
        }),
      ],
    });
  const target = rescaled(renderAt(truth, c.poses.train).values);
  const step = createAdam(estimate.values as Float64Array, c.optimizer);
  const losses = new Float64Array(c.optimizer.steps);
  for (let i = 0; i < losses.length; i++) {
    const render = renderAt(estimate, c.poses.train);
    const difference = render.values.map((x, at) => x - target[at]);
    losses[i] = difference.reduce((sum, x) => sum + x * x, 0) / difference.length;
    step(render.vjpVolume(difference.map((x) => (2 * x) / difference.length)));
  }
  return { target, losses, truth, estimate, renderAt };
}

function rescaled(values: Float64Array): Float64Array {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return values.map((x) => (x - low) / (high - low));
}

describe.skipIf(!hasGolden)(
  "DiffDRR's reconstruction tutorial, float64, at the tolerances of the golden folder",
  () => {
    test.each(goldenCases("reconstruction").map((c) => [c.name, c] as const))(
      "%s: every loss, the final density and its images at the stored poses",
      (_, c) => {
        const { arrays, tolerances } = c;
        const compared = new Set<string>();
        const check = (name: string, actual: ArrayLike<number>, toleranceName: string, volume = false) => {
          if (!arrays[name]) return;
          const expected = volume ? goldenVolumeValues(arrays[name]) : goldenValues(arrays[name]);
          expectClose(name, actual, expected, tolerances[toleranceName]);
          compared.add(name);
        };
        const { target, losses, truth, estimate, renderAt } = reconstruct(c);
        check("target_f64", target, "final");
        check("losses_f64", losses, "losses_f64");
        check("losses_f32", losses, "losses_f32");
        check("density_final_f32", estimate.values, "final", true);
        for (const name of ["train", "closer", "rotated"]) {
          check(`truth_${name}_f64`, renderAt(truth, c.poses[name]).values, "final");
          check(`final_${name}_f64`, renderAt(estimate, c.poses[name]).values, "final");
        }
        expect(compared).toEqual(new Set(Object.keys(arrays)));
      },
      // 101 steps in float64 on one core: 15 s alone, four times that where other programs run
      240_000,
    );
  },
);
