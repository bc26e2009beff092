import { describe, expect, test } from "vitest";
import type { Vec3 } from "../../src/core/linear.js";
import { cArmView, se3Exp } from "../../src/geometry/index.js";
import { targetRegistrationError } from "../../src/registration/targetError.js";

const still = se3Exp([0, 0, 0], [0, 0, 0]);
const moved = (t: Vec3) => se3Exp([0, 0, 0], t);
const landmarks: Vec3[] = [-30, 30].flatMap((x) => [-40, 40].flatMap((y) => [-50, 50].map((z): Vec3 => [x, y, z])));
/** Looks along -y from y = 850; the detector lies at y = -170. */
const view = cArmView({
  detector: { rows: 128, columns: 100, pixelSize: [3, 2] },
  ...{ sdd: 1020, translation: [0, 850, 0] },
});

test("a shift counts with its length at every landmark", () => {
  const { mean, each } = targetRegistrationError(moved([3, 4, 12]), still, landmarks);
  expect(each.every((value) => Math.abs(value - 13) < 1e-12)).toBe(true);
  expect(mean).toBeCloseTo(13, 12);
});

test("a turn moves a landmark by 2 r sin(angle / 2), r its distance from the axis", () => {
  const { each } = targetRegistrationError(se3Exp([0, 0, 0.1], [0, 0, 0]), still, [[3, 4, 99]]);
  expect(each[0]).toBeCloseTo(10 * Math.sin(0.05), 12);
});

describe("seen by a view", () => {
  test("a landmark at the isocenter shifted across the view by 5 mm: 6 mm on the detector at magnification 1.2", () => {
    const error = targetRegistrationError(moved([3, 0, 4]), still, [[0, 0, 0]], view);
    expect(error.projection).toBeCloseTo(6, 10);
    expect(error.inPlane).toBeCloseTo(5, 10);
    expect(error.depth).toBeCloseTo(0, 12);
    // the triangle source, landmark, shifted landmark
    expect(error.reprojection).toBeCloseTo((850 * 5) / Math.hypot(850, 5), 9);
  });

  test("a shift along the central axis is depth alone for a landmark on it, and little else for those beside it", () => {
    const on = targetRegistrationError(moved([0, 7, 0]), still, [[0, 10, 0]], view);
    expect([on.mean, on.depth]).toEqual([expect.closeTo(7, 12), expect.closeTo(7, 12)]);
    for (const part of [on.projection, on.inPlane, on.reprojection]) expect(part).toBeCloseTo(0, 9);
    const beside = targetRegistrationError(moved([0, 7, 0]), still, landmarks, view);
    expect(beside.depth).toBeCloseTo(7, 12);
    expect(beside.inPlane).toBeGreaterThan(0.3);
    expect(beside.inPlane).toBeLessThan(0.7);
  });

  test("moving view, truth and estimate together changes nothing", () => {
    const frame = se3Exp([0.3, -0.8, 1.4], [100, -20, 60]);
    const turned = cArmView({
      detector: { rows: 128, columns: 100, pixelSize: [3, 2] },
      sdd: 1020,
      pose: product(frame, moved([0, 850, 0])),
    });
    const estimate = se3Exp([0.02, 0.01, -0.03], [1, 2, 3]);
    const here = targetRegistrationError(estimate, still, landmarks, view);
    const there = targetRegistrationError(product(frame, estimate), frame, landmarks, turned);
    for (const key of ["mean", "projection", "inPlane", "depth", "reprojection"] as const)
      expect(there[key]).toBeCloseTo(here[key], 9);
  });

  test("parallel rays have magnification 1, and a ray along their direction", () => {
    const parallel = { ...view, beam: "parallel" as const, direction: [0, -1, 0] as const };
    const error = targetRegistrationError(moved([3, 9, 4]), still, landmarks, parallel);
    for (const part of [error.projection, error.inPlane, error.reprojection]) expect(part).toBeCloseTo(5, 9);
    expect(error.depth).toBeCloseTo(9, 9);
  });

  test("an estimate behind the source projects to Infinity, a truth there is refused", () => {
    const behind = targetRegistrationError(moved([0, 1000, 0]), still, [[0, 0, 0]], view);
    expect([behind.projection, behind.inPlane, behind.reprojection]).toEqual([Infinity, Infinity, Infinity]);
    expect(behind.depth).toBeCloseTo(1000, 9);
    expect(() => targetRegistrationError(still, moved([0, 1000, 0]), [[0, 0, 0]], view)).toThrow(
      /landmark 0 lies 150.0 mm behind the source/,
    );
  });
});

test("no landmark, NaN and a matrix that is not rigid are refused", () => {
  expect(() => targetRegistrationError(still, still, [])).toThrow(/at least one landmark/);
  expect(() =>
    targetRegistrationError(still, still, [
      [0, 0, 0],
      [0, Number.NaN, 0],
    ]),
  ).toThrow(/landmark 1/);
  expect(() =>
    targetRegistrationError(
      still.map((v) => 2 * v),
      still,
      landmarks,
    ),
  ).toThrow(/must be a rotation/);
});

function product(a: readonly number[], b: readonly number[]): number[] {
  return a.map((_, n) => [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * Math.floor(n / 4) + k] * b[4 * k + (n % 4)], 0));
}
