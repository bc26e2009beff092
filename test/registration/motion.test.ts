import { expect, test } from "vitest";
import { IDENTITY4, inverseAffine, multiply4, transformPoint, type Vec3 } from "../../src/core/linear.js";
import { haltonPoint } from "../../src/registration/halton.js";
import { advanced, bounded, eulerMotion, sizeOfMotion } from "../../src/registration/motion.js";

const center: Vec3 = [12, -7, 30];
const start = eulerMotion([10, -20, 35], [4, 5, -6], center);

test("a small step moves every point by omega x (X - center) + v", () => {
  const step = [2e-7, -3e-7, 1e-7, 4e-6, -5e-6, 6e-6];
  const moved = advanced(start, step, center);
  for (const point of [
    [0, 0, 0],
    [100, -50, 20],
  ] as const) {
    const before = transformPoint(start, point);
    const after = transformPoint(moved, point);
    const [x, y, z] = before.map((value, axis) => value - center[axis]);
    const expected = [
      step[1] * z - step[2] * y + step[3],
      step[2] * x - step[0] * z + step[4],
      step[0] * y - step[1] * x + step[5],
    ];
    expected.forEach((value, axis) => {
      expect(after[axis] - before[axis]).toBeCloseTo(value, 10);
    });
  }
});

test("a pure turn leaves the center where it is", () => {
  const turned = advanced(eulerMotion([0, 0, 0], [0, 0, 0], center), [0.3, -0.2, 0.9, 0, 0, 0], center);
  transformPoint(turned, center).forEach((value, axis) => {
    expect(value).toBeCloseTo(center[axis], 12);
  });
});

test("a motion within the bound stays as it is, one beyond it is shortened to it", () => {
  const size = sizeOfMotion(start, center);
  const wide = { rotation: size.rotation * 1.01, translation: size.translation * 1.01 };
  expect(bounded(start, center, wide, IDENTITY4)).toBe(start);
  const short = bounded(start, center, { rotation: 0.2, translation: 3 }, IDENTITY4);
  const found = sizeOfMotion(short, center);
  expect(found.rotation).toBeCloseTo(0.2, 12);
  expect(found.translation).toBeCloseTo(3, 12);
  // Half of the way there and half of the way back is no way at all: the axis is kept.
  const half = bounded(start, center, { rotation: size.rotation / 2, translation: 0 }, IDENTITY4);
  const rest = multiply4(inverseAffine(multiply4(half, half)), start);
  expect(sizeOfMotion(rest, center).rotation).toBeLessThan(1e-9);
});

test("the bound is about the start: any motion from there on is as near as it would be from none", () => {
  const way = eulerMotion([30, 10, -15], [8, -9, 12], center);
  const bound = { rotation: 0.2, translation: 3 };
  const short = bounded(multiply4(way, start), center, bound, start);
  multiply4(bounded(way, center, bound, IDENTITY4), start).forEach((value, i) => {
    expect(short[i]).toBeCloseTo(value, 12);
  });
});

test("the first points of Halton's sequence in bases 2 and 3, shifted by a half", () => {
  const points = [0, 1, 2, 3].map((index) => haltonPoint(index, [0.5, 0.5, 0, 0, 0, 0]).slice(0, 2));
  const expected = [
    [0.5, 0.5],
    [0, 0.5 + 1 / 3],
    [0.75, (0.5 + 2 / 3) % 1],
    [0.25, 0.5 + 1 / 9],
  ];
  expected.forEach((point, i) => {
    point.forEach((value, axis) => {
      expect(points[i][axis]).toBeCloseTo(value, 12);
    });
  });
});
