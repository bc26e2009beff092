import { expect, test } from "vitest";
import { createBackend } from "../../src/backend/create.js";
import { add, scale } from "../../src/core/linear.js";
import { type ConeView, projectPoint, type View, viewGeometry } from "../../src/geometry/index.js";
import { registerViews } from "../../src/registration/index.js";
import { innerCorners } from "../../src/volume/index.js";
import { armAt, grid, moved, volume, xraysFrom } from "./patient.js";

/** The same X-ray filed with its detector elsewhere. */
const misfiled = <T extends { readonly view: unknown }>(xray: T, along: number, toward: number): T => {
  const view = xray.view as ConeView;
  const shift = add(scale(view.columnStep, along / 5), scale(viewGeometry(view).normal, toward));
  return { ...xray, view: { ...view, firstPixel: add(view.firstPixel, shift) } };
};

/** mm on the detector: mean distance of the corners of the inner half of the volume from where the true views show them. */
function reprojectionError(views: readonly View[], truth: readonly View[]): number {
  const corners = innerCorners(grid);
  const distances = views.flatMap((view, v) =>
    corners.map((corner) => {
      const [a, b] = [projectPoint(view, corner), projectPoint(truth[v], corner)];
      return 5 * Math.hypot(a.column - b.column, a.row - b.row);
    }),
  );
  return distances.reduce((sum, d) => sum + d, 0) / distances.length;
}

test("of a principal point 12 mm off in one of two X-rays, refining removes what it does to the projections", async () => {
  await using backend = await createBackend();
  const error = moved([4, -3, 5], [6, -5, 4]);
  const truth = [armAt(15), armAt(105)];
  const [first, second] = xraysFrom(truth, error);
  const xrays = [misfiled(first, 12, 0), second];
  const options = { backend, volume, xrays, recipe: "one-start", mask: "none" } as const;
  const refined = await registerViews({ ...options, refine: ["principalPoint"] });
  const believed = await registerViews(options);
  expect(reprojectionError(refined.views, truth)).toBeLessThan(1);
  expect(reprojectionError(believed.views, truth)).toBeGreaterThan(1.3 * reprojectionError(refined.views, truth));
  expect(believed.score).toBeLessThan(refined.score);
  // A shift of the body trades with one of both detectors; what differs between them does not.
  const [a, b] = refined.intrinsics.map(({ principalPoint }) => principalPoint ?? [Number.NaN, Number.NaN]);
  expect(Math.abs(a[0] - b[0] + 12)).toBeLessThan(4);
  expect(Math.abs(a[1] - b[1])).toBeLessThan(1);
});

test("a detector 60 mm too near is moved back", async () => {
  await using backend = await createBackend();
  const error = moved([3, 2, -4], [4, 3, -5]);
  const xrays = xraysFrom([armAt(15), armAt(105)], error).map((xray) => misfiled(xray, 0, -60));
  const refined = await registerViews({ backend, volume, xrays, recipe: "one-start", mask: "none", refine: ["sdd"] });
  for (const { sdd } of refined.intrinsics) expect(Math.abs((sdd ?? 0) - 60)).toBeLessThan(12);
  expect(Math.abs(viewGeometry(refined.views[0]).sdd - 1020)).toBeLessThan(12);
});
