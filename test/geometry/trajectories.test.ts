import { describe, expect, test } from "vitest";
import { add, dot, norm, normalize, scale, subtract, type Vec3 } from "../../src/core/linear.js";
import {
  type ConeView,
  cArmView,
  circularTrajectory,
  freeTrajectory,
  gantryView,
  halfFanDeg,
  helicalTrajectory,
  lookAtView,
  parallelTrajectory,
  positionerTrajectory,
  positionerView,
  projectPoint,
  randomSphereTrajectory,
  shortScanTrajectory,
  viewGeometry,
} from "../../src/geometry/index.js";
import { DETECTOR, viewDifference } from "./views.js";

const ISOCENTER: Vec3 = [5, -7, 11];
const GANTRY = { detector: DETECTOR, sid: 850, sdd: 1020, isocenter: ISOCENTER };
const sourceOf = (view: unknown) => subtract((view as ConeView).source, ISOCENTER);
const expectVector = (actual: readonly number[], expected: readonly number[]) => {
  expect(Math.max(...actual.map((x, i) => Math.abs(x - expected[i])))).toBeLessThan(1e-9);
};

describe("trajectories", () => {
  test("circular: angle 0 in front, 90 degrees at the patient's left, all at sid about the isocenter", () => {
    const { views, about } = circularTrajectory({ ...GANTRY, views: 4 });
    expectVector(sourceOf(views[0]), [0, 850, 0]);
    expectVector(sourceOf(views[1]), [-850, 0, 0]);
    expectVector(sourceOf(views[2]), [0, -850, 0]);
    expectVector(sourceOf(views[3]), [850, 0, 0]);
    for (const view of views) {
      const { column, row, depth } = projectPoint(view, ISOCENTER);
      expectVector([column, row, depth], [16.5, 10, 850]);
    }
    expect(about).toBe("circular, 4 views over 360 degrees, sid 850 mm, sdd 1020 mm");
  });

  test("circular: given angles, and the C-arm's first Euler angle, name the same views", () => {
    const { views } = circularTrajectory({ ...GANTRY, anglesDeg: [0, 33.5], offset: [3, 4] });
    const arm = { detector: DETECTOR, sdd: 1020, isocenter: ISOCENTER, offset: [3, 4] as const };
    expect(views[1]).toEqual(cArmView({ ...arm, rotationDeg: [33.5, 0, 0], translation: [0, 850, 0] }));
    expect(views[1]).toEqual(gantryView({ ...GANTRY, offset: [3, 4] }, 33.5));
  });

  test("short scan: 180 degrees plus the fan, at the middles of equal steps", () => {
    const half = (Math.atan2(34 * 1.2, 1020) * 180) / Math.PI;
    expect(halfFanDeg(GANTRY)).toBeCloseTo(half, 12);
    const { views } = shortScanTrajectory({ ...GANTRY, views: 10, startDeg: 20, marginDeg: 1 });
    const step = (180 + 2 * half + 2) / 10;
    expect(viewDifference(views[3], gantryView(GANTRY, 20 + 3.5 * step))).toBeLessThan(1e-9);
  });

  test("helical: one pitch along z per turn, its middle at the isocenter", () => {
    const { views } = helicalTrajectory({ ...GANTRY, views: 40, turns: 2, pitch: 30 });
    const z = views.map((view) => sourceOf(view)[2]);
    expect(z[20] - z[0]).toBeCloseTo(30, 10);
    expect(z.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 9);
    expectVector([sourceOf(views[5])[0], sourceOf(views[5])[1]], [-850, 0]);
  });

  test("random on a sphere: the seed alone decides, sources at sid, the mean direction near 0, head up", () => {
    const options = { ...GANTRY, views: 400, seed: 7 };
    const { views } = randomSphereTrajectory(options);
    expect(randomSphereTrajectory({ ...options, views: 10 }).views).toEqual(views.slice(0, 10));
    expect(randomSphereTrajectory({ ...options, seed: 8, views: 1 }).views[0]).not.toEqual(views[0]);
    const mean = views.reduce<Vec3>((sum, view) => add(sum, scale(sourceOf(view), 1 / 400)), [0, 0, 0]);
    expect(norm(mean)).toBeLessThan(850 * 0.15); // 3 standard deviations of the mean of 400 unit vectors
    for (const view of views) {
      expect(norm(sourceOf(view))).toBeCloseTo(850, 9);
      expect(view.rowStep[2]).toBeLessThan(0);
      expect(viewGeometry(view).handedness).toBe(1);
    }
    const band = randomSphereTrajectory({ ...options, maximumElevationDeg: 30 }).views;
    expect(Math.max(...band.map((view) => Math.abs(sourceOf(view)[2])))).toBeLessThan(425.0001);
  });

  test("a look from the front equals the AP view; looking along the head's axis works too", () => {
    const options = { detector: DETECTOR, sdd: 1020, offset: [3, -4] as const };
    const look = lookAtView({ ...options, source: add(ISOCENTER, [0, 850, 0]), target: ISOCENTER });
    expect(viewDifference(look, cArmView({ ...options, isocenter: ISOCENTER, translation: [0, 850, 0] }))).toBeLessThan(
      1e-9,
    );
    const below = lookAtView({ ...options, source: [0, 0, -500], target: [0, 0, 0] });
    expect(viewGeometry(below).handedness).toBe(1);
    expect(() => lookAtView({ ...options, source: [1, 2, 3], target: [1, 2, 3] })).toThrow(/must differ/);
  });

  test("DICOM positioner: LAO 90 puts the receptor at the patient's left, CRAN at the head, 0 in front", () => {
    const receptor = (primary: number, secondary: number) =>
      normalize(scale(sourceOf(positionerView(GANTRY, primary, secondary)), -1));
    expectVector(receptor(0, 0), [0, 1, 0]);
    expectVector(receptor(90, 0), [-1, 0, 0]);
    expectVector(receptor(-90, 0), [1, 0, 0]);
    expectVector(receptor(0, 90), [0, 0, 1]);
    const [a, b] = [(35 * Math.PI) / 180, (-20 * Math.PI) / 180];
    const expected = [-Math.sin(a) * Math.cos(b), Math.cos(a) * Math.cos(b), Math.sin(b)];
    expectVector(receptor(35, -20), expected);
    const { views } = positionerTrajectory({
      ...GANTRY,
      anglesDeg: [
        [35, -20],
        [0, 0],
      ],
    });
    expectVector(viewGeometry(views[0]).normal, expected);
    expect(views[0].rowStep[2]).toBeLessThan(0); // head up
    expect(dot(views[1].columnStep, [1, 0, 0])).toBeLessThan(0); // patient's right at the left of the image
  });

  test("parallel: half a turn, the detector through the isocenter, axes as in the circular scan", () => {
    const { views } = parallelTrajectory({ detector: DETECTOR, isocenter: ISOCENTER, views: 6, offset: [3, 4] });
    const cone = circularTrajectory({ ...GANTRY, views: 12, offset: [3, 4] }).views;
    views.forEach((view, k) => {
      expectVector(view.columnStep, cone[k].columnStep);
      expectVector(view.rowStep, cone[k].rowStep);
      expectVector(view.beam === "parallel" ? view.direction : [], viewGeometry(cone[k]).normal);
      const { column, row, depth } = projectPoint(view, ISOCENTER);
      expectVector([column, row, depth], [16.5 + 3 / 2.4, 10 + 4 / 3.1, 0]);
    });
  });

  test("a free list is checked view by view", () => {
    const { views } = circularTrajectory({ ...GANTRY, views: 3 });
    expect(freeTrajectory({ detector: DETECTOR, views }).about).toBe("free, 3 views");
    const mixed = [...views, ...parallelTrajectory({ detector: DETECTOR, views: 1 }).views];
    expect(() => freeTrajectory({ detector: DETECTOR, views: mixed })).toThrow(/share one beam/);
    const other = { ...DETECTOR, pixelSize: [2.4, 2.4] as const };
    expect(() => freeTrajectory({ detector: other, views })).toThrow(/view 0 has pixels/);
    expect(() => freeTrajectory({ detector: DETECTOR, views: [] })).toThrow(/above 0/);
  });

  test("swapped distances, no views and contradictory angles are refused", () => {
    expect(() => circularTrajectory({ ...GANTRY, sid: 1020, sdd: 850, views: 3 })).toThrow(/did you swap them/);
    expect(() => circularTrajectory({ ...GANTRY, views: 0 })).toThrow(/whole number above 0/);
    expect(() => circularTrajectory({ ...GANTRY, views: 2, anglesDeg: [1, 2] })).toThrow(/either anglesDeg or views/);
    expect(() => circularTrajectory({ ...GANTRY, views: 2, ...{ startdeg: 3 } })).toThrow(/did you mean 'startDeg'/);
    expect(() => helicalTrajectory({ ...GANTRY, views: 2, turns: 0, pitch: 3 })).toThrow(/range/);
    expect(() => randomSphereTrajectory({ ...GANTRY, views: 2, seed: 0.5 })).toThrow(/seed/);
  });
});
