import fc from "fast-check";
import { expect, test } from "vitest";
import {
  add,
  linearPart,
  type Matrix4,
  norm,
  transformPoint,
  transformVector,
  type Vec3,
} from "../../src/core/linear.js";
import {
  cArmView,
  cotangentsToWorld,
  freeRayTable,
  metricOf,
  parallelTrajectory,
  type View,
  viewCotangentsToWorld,
  viewTable,
} from "../../src/geometry/index.js";
import { anyView, DETECTOR } from "./views.js";

/** Rotated, flipped, sheared, anisotropic. */
const AFFINE: Matrix4 = [2.07, -0.98, -0.38, -31, 0.38, -0.21, 2.67, 12, 0.63, 1.68, 0.57, 5, 0, 0, 0, 1];
const toVec3 = (table: Float64Array, at: number): Vec3 => [table[at], table[at + 1], table[at + 2]];

test("a view's table maps back to its world vectors, index coordinates count voxel centers at i + 1/2", () => {
  fc.assert(
    fc.property(anyView, fc.constantFrom(0, 0.5), (view, shift) => {
      const table = viewTable([view], AFFINE, shift);
      const back = (p: Vec3) => transformPoint(AFFINE, add(p, [-shift, -shift, -shift]));
      const start = view.beam === "cone" ? view.source : view.direction;
      const found = [
        view.beam === "cone" ? back(toVec3(table, 0)) : transformVector(AFFINE, toVec3(table, 0)),
        back(toVec3(table, 3)),
        transformVector(AFFINE, toVec3(table, 6)),
        transformVector(AFFINE, toVec3(table, 9)),
      ].flat();
      const expected = [start, view.firstPixel, view.columnStep, view.rowStep].flat();
      expect(Math.max(...found.map((x, i) => Math.abs(x - expected[i])))).toBeLessThan(1e-10);
      expect([...table.slice(12)]).toEqual([...metricOf(AFFINE)]);
    }),
  );
});

test("the metric gives lengths in mm", () => {
  const d: Vec3 = [0.3, -1.2, 2.5];
  const [xx, yy, zz, xy, xz, yz] = metricOf(AFFINE);
  const square =
    xx * d[0] ** 2 + yy * d[1] ** 2 + zz * d[2] ** 2 + 2 * (xy * d[0] * d[1] + xz * d[0] * d[2] + yz * d[1] * d[2]);
  expect(Math.sqrt(square)).toBeCloseTo(norm(transformVector(AFFINE, d)), 12);
});

test("cotangents pull back: <g, d(index)> = <world g, d(world)> for every vector of a view", () => {
  const view = cArmView({ detector: DETECTOR, sdd: 300, translation: [3, 200, -4], rotationDeg: [20, 10, 5] });
  const gradient = Float64Array.from({ length: 12 }, (_, i) => Math.cos(2 * i + 1));
  const world = viewCotangentsToWorld(gradient, AFFINE);
  const fields = ["source", "firstPixel", "columnStep", "rowStep"] as const;
  fields.forEach((field, n) => {
    for (let axis = 0; axis < 3; axis++) {
      const at = (h: number) => {
        const moved = view[field].map((x, i) => (i === axis ? x + h : x)) as unknown as Vec3;
        return viewTable([{ ...view, [field]: moved }], AFFINE)
          .slice(0, 12)
          .reduce((sum, x, i) => sum + x * gradient[i], 0);
      };
      expect(world[3 * n + axis]).toBeCloseTo(at(0.5) - at(-0.5), 10); // linear: any step is exact
    }
  });
  expect(cotangentsToWorld(gradient.slice(0, 6), AFFINE)).toEqual(world.slice(0, 6));
});

test("free rays: both ends in index coordinates", () => {
  const rays = Float64Array.of(1, 2, 3, 40, 50, 60);
  const table = freeRayTable(rays, AFFINE);
  const back = (at: number) => transformPoint(AFFINE, add(toVec3(table, at), [-0.5, -0.5, -0.5]));
  expect([...back(0), ...back(3)].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([...rays]);
});

test("moving volume and scanner together leaves the table alone", () => {
  const shift: Vec3 = [7, -3, 2];
  const view = cArmView({ detector: DETECTOR, sdd: 300, translation: [0, 200, 0] });
  const moved: View = { ...view, source: add(view.source, shift), firstPixel: add(view.firstPixel, shift) };
  const movedAffine = AFFINE.map((x, i) => (i % 4 === 3 && i < 12 ? x + shift[(i - 3) / 4] : x));
  const [a, b] = [viewTable([view], AFFINE), viewTable([moved], movedAffine)];
  expect(Math.max(...a.map((x, i) => Math.abs(x - b[i])))).toBeLessThan(1e-11);
});

test("mixed beams, a singular affine and arrays of a wrong length are refused", () => {
  const cone = cArmView({ detector: DETECTOR, sdd: 300 });
  const mixed = [cone, ...parallelTrajectory({ detector: DETECTOR, views: 1 }).views];
  expect(() => viewTable(mixed, AFFINE)).toThrow(/share one beam/);
  const flat = AFFINE.map((x, i) => (i < 4 ? 0 : x));
  expect(linearPart(flat).slice(0, 3)).toEqual([0, 0, 0]);
  expect(() => viewTable([cone], flat)).toThrow(/invertible/);
  expect(() => freeRayTable(new Float64Array(5), AFFINE)).toThrow(/6 numbers/);
  expect(() => viewCotangentsToWorld(new Float64Array(6), AFFINE)).toThrow(/12 numbers/);
  expect(() => cotangentsToWorld(new Float64Array(4), AFFINE)).toThrow(/3 numbers/);
});
