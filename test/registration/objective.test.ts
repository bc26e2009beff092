import { expect, test } from "vitest";
import { createBackend } from "../../src/backend/create.js";
import { IDENTITY4, type Vec3 } from "../../src/core/linear.js";
import { ncc } from "../../src/metric/index.js";
import { toDevice } from "../../src/projector/index.js";
import type { Candidate, Layout } from "../../src/registration/layout.js";
import { eulerMotion } from "../../src/registration/motion.js";
import { createObjective } from "../../src/registration/objective.js";
import { render, type Scene } from "../../src/registration/renderer.js";
import { coneViews, detector, randomVolume } from "../projector/scene.js";

const center: Vec3 = [5, 1, 10];

test.each([false, true])("score and gradient are the same however much is asked for; toned: %s", async (toned) => {
  await using backend = await createBackend({ prefer: "reference" });
  const layout: Layout = {
    ...{ centers: [center], views: 2, refine: ["sdd"], starts: [IDENTITY4] },
    bound: { rotation: Math.PI, translation: 1e3 },
  };
  const bodies = [toDevice(backend, randomVolume(3))];
  const scene: Scene = { backend, bodies, detector, views: coneViews(2).slice(0, 2), layout, model: "joseph" };
  const at = (motion: Candidate["motions"][number]): Candidate => ({ motions: [motion], intrinsics: [[0], [0]] });
  const n = detector.rows * detector.columns;
  const { images } = await render(scene, [at(IDENTITY4)], false);
  const comparison = {
    ...{ scene, counted: [undefined, undefined], cutAxis: 2 as const },
    fixed: [0, 1].map((view) => Float64Array.from(images.subarray(view * n, (view + 1) * n), (x) => Math.sqrt(x + 1))),
  };
  const objective = createObjective(comparison, ncc({ trim: 0.1 }), toned);
  const candidates = [at(eulerMotion([3, -4, 5], [1, 2, -1], center))];
  const [all] = await objective.appraise(candidates, "equations");
  const [some] = await objective.appraise(candidates, "gradient");
  const [none] = await objective.appraise(candidates, "none");
  expect(all.score).toBeGreaterThan(0.1);
  expect([some.score, none.score]).toEqual([all.score, all.score]);
  expect([some.hessian.length, none.hessian.length, none.gradient.length]).toEqual([0, 0, 0]);
  const size = Math.hypot(...all.gradient);
  expect(size).toBeGreaterThan(0);
  // Sums of the same float64 products in another order.
  all.gradient.forEach((value, i) => {
    expect(Math.abs(some.gradient[i] - value)).toBeLessThan(1e-12 * size);
  });
  bodies[0].dispose();
});
