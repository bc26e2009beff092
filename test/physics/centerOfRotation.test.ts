import { describe, expect, test } from "vitest";
import {
  circularTrajectory,
  parallelTrajectory,
  shortScanTrajectory,
  type Trajectory,
} from "../../src/geometry/index.js";
import { addNoise, binImages, binTrajectory, centerTrajectory, findCenterOfRotation } from "../../src/physics/index.js";
import { sheppLogan } from "../../src/volume/index.js";

/** Set-up R3 of the gates, in units of 100 mm: sid 5, sdd 7, 128² pixels over 4 x 4, 360 views; rows near the middle only. */
const SCALE = 100;
const gantry = (shift: number, rows = 1) => {
  const pixel = (4 * SCALE) / 128;
  return {
    detector: { rows, columns: 128, pixelSize: [pixel, pixel] as const },
    sid: 5 * SCALE,
    sdd: 7 * SCALE,
    offset: [shift * pixel, 0] as const,
  };
};
const phantom = sheppLogan({ radius: SCALE, density: 1 / SCALE });
/** Images of a scan whose detector is off by `shift` pixels, told as if it were not. */
const measured = (make: (offset: number) => Trajectory, shift: number) => ({
  ...make(0),
  values: phantom.project(make(shift)).values,
});

describe("gate R6: shifts of 1.5, -2.3 and 0.4 pixel are found to 0.05 pixel", () => {
  const scans: Record<string, (shift: number) => Trajectory> = {
    "cone, full turn": (shift) => circularTrajectory({ ...gantry(shift, 2), views: 360 }),
    "fan, clockwise": (shift) => circularTrajectory({ ...gantry(shift), views: 360, rangeDeg: -360 }),
    "fan, short scan": (shift) => shortScanTrajectory({ ...gantry(shift, 1), views: 180, marginDeg: 8 }),
    "parallel, full turn": (shift) => parallelTrajectory({ ...parallel(shift), views: 180, rangeDeg: 360 }),
  };
  const parallel = (shift: number) => {
    const pixel = (2.2 * SCALE) / 128;
    return {
      detector: { rows: 1, columns: 128, pixelSize: [pixel, pixel] as const },
      offset: [shift * pixel, 0] as const,
    };
  };
  for (const [name, make] of Object.entries(scans))
    test(name, () => {
      const errors = [1.5, -2.3, 0.4].map((shift) => {
        const found = findCenterOfRotation(measured(make, shift));
        // the detector moves to the left of the axis as its offset grows: the axis is seen further on in the row
        const truth = 63.5 + shift;
        return found.column - truth;
      });
      console.log(`R6 ${name}: errors ${errors.map((e) => e.toFixed(4)).join(", ")} pixel (bar 0.05)`);
      for (const error of errors) expect(Math.abs(error)).toBeLessThan(0.05);
    });
});

test("a parallel scan that stops a step short of half a turn: to 0.05 pixel, pixels averaging over their width", () => {
  // four views decide here: the edges of a phantom sampled at points would already be off by 0.09 pixel
  const fine = 4;
  const make = (shift: number) => {
    const pixel = (2.2 * SCALE) / 128 / fine;
    const detector = { rows: 1, columns: 128 * fine, pixelSize: [pixel, pixel] as const };
    return parallelTrajectory({ detector, offset: [shift * fine * pixel, 0], views: 180 });
  };
  const errors = [1.5, -2.3, 0.4].map((shift) => {
    const { values } = phantom.project(make(shift));
    const binned = binImages({ views: 180, rows: 1, columns: 128 * fine, values }, [1, fine]);
    const found = findCenterOfRotation({ ...binTrajectory(make(0), [1, fine]), values: binned.values });
    expect(found.method).toBe("seam");
    return found.column - (63.5 + shift);
  });
  console.log(
    `R6 parallel, short of half a turn: errors ${errors.map((e) => e.toFixed(4)).join(", ")} pixel (bar 0.05)`,
  );
  for (const error of errors) expect(Math.abs(error)).toBeLessThan(0.05);
});

test("with noise of 1e4 photons the center is still found to 0.05 pixel", () => {
  const scan = measured((shift) => circularTrajectory({ ...gantry(shift), views: 360 }), 1.5);
  const values = addNoise(scan.values, { photonsPerPixel: 1e4, seed: 3 });
  const { column } = findCenterOfRotation({ ...scan, values });
  expect(Math.abs(column - 65)).toBeLessThan(0.05);
});

test("the corrected geometry is that of the scan: every pixel within 0.05 pixel", () => {
  const make = (shift: number) => circularTrajectory({ ...gantry(shift), views: 360 });
  const { column } = findCenterOfRotation(measured(make, -2.3));
  const [corrected, truth] = [centerTrajectory(make(0), column), make(-2.3)];
  const pixel = (4 * SCALE) / 128;
  for (const [k, view] of corrected.views.entries()) {
    const distance = Math.hypot(...view.firstPixel.map((x, i) => x - truth.views[k].firstPixel[i]));
    expect(distance).toBeLessThan(0.05 * pixel);
  }
  expect(corrected.about).toContain("axis at column 61.2");
});

test("refuses arcs without opposite rays, empty projections, tilted or helical scans, and a center at the border", () => {
  const arc = (shift: number) => circularTrajectory({ ...gantry(shift, 1), views: 61, rangeDeg: 60 });
  const defect = (name: string) => expect.objectContaining({ detail: expect.objectContaining({ defect: name }) });
  expect(() => findCenterOfRotation(measured(arc, 0))).toThrowError(defect("no-opposite-rays"));
  const full = circularTrajectory({ ...gantry(0, 1), views: 90 });
  expect(() => findCenterOfRotation({ ...full, values: new Float32Array(90 * 128) })).toThrowError(defect("no-signal"));
  const views = full.views.map((view, k) => (k % 2 ? { ...view, firstPixel: [0, 0, 0] as const } : view));
  expect(() => findCenterOfRotation({ ...full, views, values: new Float32Array(90 * 128) })).toThrowError(
    defect("not-circular"),
  );
  const shifted = measured((shift) => circularTrajectory({ ...gantry(shift, 1), views: 90 }), 4);
  expect(() => findCenterOfRotation(shifted, { range: 2 })).toThrowError(defect("center-at-border"));
  expect(() => findCenterOfRotation(shifted, { range: 100 })).toThrowError(defect("out-of-range"));
});
