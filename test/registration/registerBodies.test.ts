import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.js";
import { createBackend } from "../../src/backend/create.js";
import { inverseAffine, multiply4, transformPoint, type Vec3 } from "../../src/core/linear.js";
import { transformView, type View } from "../../src/geometry/index.js";
import { eulerMotion, registerBodies, type XRay } from "../../src/registration/index.js";
import { createGrid, createPhantom, indexToWorld, type Volume } from "../../src/volume/index.js";
import { armAt, detector } from "./patient.js";

/** Two odd bones beside each other. */
const left = createPhantom([
  { kind: "ellipsoid", center: [-40, 0, 0], radii: [14, 18, 55], density: 0.03 },
  { kind: "ellipsoid", center: [-52, 18, 38], radii: [12, 20, 10], density: 0.04 },
  { kind: "ellipsoid", center: [-30, -16, -40], radii: [16, 9, 12], density: 0.04 },
]);
const right = createPhantom([
  { kind: "ellipsoid", center: [42, 4, 0], radii: [17, 14, 52], density: 0.03 },
  { kind: "ellipsoid", center: [56, -14, 30], radii: [10, 18, 12], density: 0.045 },
  { kind: "ellipsoid", center: [30, 20, -36], radii: [18, 8, 9], density: 0.04 },
]);
const grid = createGrid({ size: [54, 28, 42], spacing: [3.5, 3.5, 3.5], center: [0, 0, 0] });
const rightValues = right.voxelize(grid).values;
const values = left.voxelize(grid).values.map((value, i) => value + rightValues[i]);
const volume: Volume = { quantity: "attenuation", grid, values };
const labels: Volume = {
  ...{ quantity: "label", grid },
  values: Uint8Array.from(values, (value, i) => {
    if (value === 0) return 0;
    return indexToWorld(grid, [i % 54, 0, 0])[0] < 0 ? 3 : 7;
  }),
};

let backend: Backend;
beforeAll(async () => {
  backend = await createBackend();
});
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
});

/** Exact X-rays of both bones, each moved in the world. */
const xraysOf = (views: readonly View[], moves: readonly (readonly number[])[]): XRay[] =>
  views.map((view) => {
    const images = [left, right].map(
      (bone, i) =>
        bone.project(
          { detector, views: [transformView(view, inverseAffine(moves[i]))], about: "test" },
          { extent: "line" },
        ).values,
    );
    return { values: images[0].map((value, i) => value + images[1][i]), detector, view };
  });

const moves = [eulerMotion([4, -3, 5], [5, -4, 6], [-40, 0, 0]), eulerMotion([-5, 2, -3], [-6, 3, -4], [42, 4, 0])];
const centers: Vec3[] = [
  [-40, 0, 0],
  [42, 4, 0],
];

test("two bones that moved apart are each found, to half a voxel", async () => {
  const xrays = xraysOf([armAt(10), armAt(100)], moves);
  const found = await registerBodies({ backend, volume, labels, bodies: [[3], [7, 9]], xrays, mask: "none" });
  found.motions.forEach((motion, body) => {
    // A bone at M X, seen from X-ray points Y, lies where the bone that stays would be seen from inverse(M) Y.
    const residual = multiply4(motion, moves[body]);
    for (const [dx, dz] of [
      [-10, -30],
      [10, 30],
    ]) {
      const point: Vec3 = [centers[body][0] + dx, centers[body][1], centers[body][2] + dz];
      const at = transformPoint(residual, point);
      expect(Math.hypot(...at.map((value, axis) => value - point[axis]))).toBeLessThan(1.75);
    }
  });
  expect(found.views[1]).toHaveLength(2);
  expect(backend.liveBytes).toBe(0);
});

test("bodies that cannot be are refused by name", async () => {
  const xrays = xraysOf([armAt(10)], moves);
  const given = { backend, volume, labels, xrays };
  const defectOf = (bodies: number[][], more = {}) =>
    registerBodies({ ...given, bodies, ...more }).then(
      () => undefined,
      (error) => error.detail.defect,
    );
  expect(await defectOf([[3], [5]])).toBe("empty-body");
  expect(await defectOf([])).toBe("empty-body");
  expect(await defectOf([[3], [7, 3]])).toBe("shared-label");
  expect(await defectOf([[3], [7]], { starts: [moves[0]] })).toBe("length");
  const sheared = moves[0].map((value, i) => (i === 1 ? value + 0.3 : value));
  expect(await defectOf([[3], [7]], { starts: [moves[0], sheared] })).toBe("not-a-rotation");
  const elsewhere = { ...labels, grid: createGrid({ size: [54, 28, 42], spacing: 3.5, center: [9, 0, 0] }) };
  expect(await defectOf([[3]], { labels: elsewhere })).toBe("grid-mismatch");
});
