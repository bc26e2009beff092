import { describe, expect, test } from "vitest";
import { createBackend } from "../../src/backend/index.js";
import { cross, norm, subtract, type Vec3 } from "../../src/core/linear.js";
import {
  arcRays,
  circularTrajectory,
  flattenArc,
  parallelTrajectory,
  pixelToWorld,
  shortScanTrajectory,
} from "../../src/geometry/index.js";
import { createProjector } from "../../src/projector/index.js";

const detector = { rows: 9, columns: 120, pixelSize: [5, 6], shape: "arc" } as const;
const gantry = { detector, sid: 600, sdd: 1000, offset: [31, 4] } as const;
const scan = circularTrajectory({ ...gantry, views: 3 });
const [width, height] = detector.pixelSize;

/** Line integral of exp(-|x - center|² / (2 sigma²)): sqrt(2 pi) sigma exp(-d² / (2 sigma²)), d the ray's distance. */
const sigma = 20;
const blob = (source: Vec3, pixel: Vec3): number => {
  const sum = [
    [30, -20, 5],
    [-110, 40, -10],
    [0, 150, 12],
  ].map((center) => {
    const along = subtract(pixel, source);
    const d = norm(cross(subtract(center as unknown as Vec3, source), along)) / norm(along);
    return Math.sqrt(2 * Math.PI) * sigma * Math.exp((-d * d) / (2 * sigma * sigma));
  });
  return sum[0] + sum[1] + sum[2];
};
const onArc = () => {
  const rays = arcRays(scan);
  const vector = (at: number): Vec3 => [rays[at], rays[at + 1], rays[at + 2]];
  return Float64Array.from({ length: rays.length / 6 }, (_, i) => blob(vector(6 * i), vector(6 * i + 3)));
};

describe("a detector on an arc", () => {
  test("has all pixels of a row at one distance from the source, at equal angles of width / sdd", () => {
    const rays = arcRays(scan);
    for (const row of [0, 8]) {
      const pixel = (c: number) => {
        const at = 6 * (120 * row + c);
        return subtract([rays[at + 3], rays[at + 4], rays[at + 5]], [rays[at], rays[at + 1], rays[at + 2]]);
      };
      for (let c = 1; c < 120; c++) {
        const [a, b] = [pixel(c - 1), pixel(c)];
        // the axis is z: seen along it, the radius is sdd
        expect(Math.hypot(b[0], b[1])).toBeCloseTo(1000, 9);
        const angle = Math.atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]);
        expect(Math.abs(angle)).toBeCloseTo(width / 1000, 12);
      }
    }
    // the columns run the way of the flat detector
    const first = subtract([rays[6 * 119 + 3], rays[6 * 119 + 4], 0], [rays[3], rays[4], 0]);
    const step = scan.views[0].columnStep;
    expect(first[0] * step[0] + first[1] * step[1]).toBeGreaterThan(0);
  });

  test("becomes a flat one: three blobs as exact integrals put them, to 5e-4 of the largest", () => {
    const arc = { ...scan, values: onArc() };
    const { detector: flat, views, values } = flattenArc(arc);
    expect(flat).toEqual({ rows: 9, columns: flat.columns, pixelSize: [width, height] });
    expect(flat.columns).toBeGreaterThan(120);
    let [largest, worst, unchanged] = [0, 0, 0];
    views.forEach((view, k) => {
      if (view.beam !== "cone") throw new Error("a cone");
      for (let r = 0; r < 9; r++)
        for (let j = 0; j < flat.columns; j++) {
          const exact = blob(view.source, pixelToWorld(view, j, r));
          largest = Math.max(largest, exact);
          const inner = r > 0 && r < 8 && j > 1 && j < flat.columns - 2; // the edge is repeated
          if (inner) worst = Math.max(worst, Math.abs(values[(9 * k + r) * flat.columns + j] - exact));
          if (j < 120)
            unchanged = Math.max(
              unchanged,
              Math.abs(arc.values[(9 * k + r) * 120 + j] - blob(view.source, pixelToWorld(scan.views[k], j, r))),
            );
        }
    });
    // Catmull-Rom errs by h³ f t (1 - t) (1 - 2 t) / 12 <= 0.008 h³ 1.38 / s³ (f: third derivative), s = 30 mm on the
    // detector: 0.5e-4 along columns of 5 mm, 0.9e-4 along rows of 6 mm; smaller s of the blobs behind the axis, hence 5e-4
    expect(worst / largest).toBeLessThan(5e-4);
    // taking the arc for flat is wrong by a hundred times that
    expect(unchanged / largest).toBeGreaterThan(0.05);
  });

  test("reaches further in a short scan, and is refused by projectors, of parallel beams, and beyond 75 degrees", async () => {
    const flat = { rows: 9, columns: 120, pixelSize: [5, 6] } as const;
    const about = (chosen: typeof flat | typeof detector) =>
      shortScanTrajectory({ ...gantry, detector: chosen, offset: [0, 0], views: 2 }).about;
    // 180 degrees + 2 * 300 / 1000 radians, + 2 atan(0.3)
    expect(about(detector)).toContain("over 214.38 degrees");
    expect(about(flat)).toContain("over 213.4 degrees");
    const grid = { size: [2, 2, 2], indexToWorld: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] } as const;
    const backend = await createBackend({ prefer: "reference" });
    expect(() => createProjector({ backend, grid, ...{ detector, views: scan.views } })).toThrow(/take flat detectors/);
    expect(() => arcRays(parallelTrajectory({ detector, views: 1 }))).toThrow(/parallel/);
    const huge = { ...detector, columns: 600 };
    expect(() => arcRays(circularTrajectory({ ...gantry, detector: huge, views: 1 }))).toThrow(/degrees from the perp/);
  });
});
