import { expect, test } from "vitest";
import { add, inverseAffine, scale, subtract, transformPoint, type Vec3 } from "../../src/core/linear.js";
import type { View } from "../../src/geometry/view.js";
import { cutFaceMask } from "../../src/registration/rayMask.js";
import { coneViews, grid, parallelViews } from "../projector/scene.js";

const size = { rows: 11, columns: 14 };

/** Walks along the whole line: false if it is inside the two other slabs anywhere beyond the outer centers of `axis`. */
function walked(view: View, axis: number, row: number, column: number): boolean {
  const pixel = add(view.firstPixel, add(scale(view.columnStep, column), scale(view.rowStep, row)));
  const direction = view.beam === "cone" ? subtract(pixel, view.source) : view.direction;
  const toIndex = inverseAffine(grid.indexToWorld);
  for (let t = -3; t <= 3; t += 5e-4) {
    const at = transformPoint(toIndex, add(pixel, scale(direction, t)) as Vec3).map((value) => value + 0.5);
    const within = (other: number, margin: number) => at[other] >= margin && at[other] <= grid.size[other] - margin;
    if ([0, 1, 2].every((other) => other === axis || within(other, 0)) && !within(axis, 0.5)) return false;
  }
  return true;
}

test.each([
  ["cone", coneViews(4)],
  ["parallel", parallelViews(4)],
] as const)("%s rays count unless they leave an oblique grid through its cut faces", (_, views) => {
  const mask = new Uint8Array(size.rows * size.columns);
  let [ones, pixels, differing] = [0, 0, 0];
  for (const view of views)
    for (const axis of [0, 1, 2] as const) {
      const count = cutFaceMask(view, grid, axis, size, mask);
      expect(count).toBe(mask.reduce((sum, value) => sum + value, 0));
      ones += count;
      pixels += mask.length;
      for (let row = 0; row < size.rows; row += 2)
        for (let column = 0; column < size.columns; column += 3)
          if ((mask[row * size.columns + column] === 1) !== walked(view, axis, row, column)) differing++;
    }
  // The walk steps over corners that a ray cuts by less than a step.
  expect(differing).toBeLessThan(4);
  expect(ones).toBeGreaterThan(0.1 * pixels);
  expect(ones).toBeLessThan(0.9 * pixels);
});

test("a ray that passes beside the volume counts, one along the cut axis does not", () => {
  const box = { size: [10, 10, 10] as const, indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
  const along = (direction: Vec3, firstPixel: Vec3): View => ({
    ...{ beam: "parallel", direction, firstPixel },
    ...{ columnStep: [direction[2], direction[0], direction[1]], rowStep: [direction[1], direction[2], direction[0]] },
  });
  const one = { rows: 1, columns: 1 };
  const counts = (view: View) => cutFaceMask(view, box, 2, one, new Uint8Array(1));
  expect(counts(along([1, 0, 0], [0, 30, 5]))).toBe(1);
  expect(counts(along([1, 0, 0], [0, 5, 5]))).toBe(1);
  expect(counts(along([1, 0, 0], [0, 5, 30]))).toBe(0);
  expect(counts(along([0, 0, 1], [5, 5, 0]))).toBe(0);
  expect(counts(along([0, 0, 1], [30, 5, 0]))).toBe(1);
});
