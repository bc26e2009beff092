import fc from "fast-check";
import { add, cross, dot, norm, normalize, scale, type Vec3 } from "../../src/core/linear.js";
import type { Detector, View } from "../../src/geometry/index.js";

/** A detector that is neither square nor even in both directions. */
export const DETECTOR: Detector = { rows: 21, columns: 34, pixelSize: [2.4, 3.1] };

const unit = fc.double({ min: -1, max: 1, noNaN: true });
const vector = fc.tuple(unit, unit, unit).map((v): Vec3 => [v[0], v[1], v[2]]);
const directions = vector.filter((v) => norm(v) > 0.2).map(normalize);

/**
 * Any view: turned, mirrored or not, with skewed steps, the principal point off the detector; sdd 300 to 900 mm, the
 * detector's normal within 60 degrees of the line of sight. The world's origin lies in front of the source.
 */
export const anyView: fc.Arbitrary<View> = fc
  .record({
    forward: directions,
    up: directions,
    sid: fc.double({ min: 200, max: 600, noNaN: true }),
    tilt: vector,
    skew: unit,
    mirrored: fc.boolean(),
    beam: fc.constantFrom("cone" as const, "parallel" as const),
    offset: vector,
  })
  .filter(({ forward, up }) => norm(cross(forward, up)) > 0.2)
  .map(({ forward, up, sid, tilt, skew, mirrored, beam, offset }): View => {
    const normal = normalize(add(forward, scale(tilt, 0.4)));
    const right = normalize(cross(normal, up));
    const down = cross(normal, right);
    const columnStep = scale(right, mirrored ? -2.4 : 2.4);
    const rowStep = add(scale(down, 3.1), scale(right, 0.5 * skew));
    const center = add(scale(forward, 300), scale(offset, 30));
    const firstPixel = add(center, add(scale(columnStep, -16.5), scale(rowStep, -10)));
    return beam === "cone"
      ? { beam, source: scale(forward, -sid), firstPixel, columnStep, rowStep }
      : { beam, direction: forward, firstPixel, columnStep, rowStep };
  });

/** A point within 100 mm of the world's origin. */
export const anyPoint = vector.map((v) => scale(v, 57));

/** The largest difference of the four vectors; directions count by angle only. */
export function viewDifference(a: View, b: View): number {
  const starts =
    a.beam === "cone" && b.beam === "cone"
      ? [a.source, b.source]
      : a.beam === "parallel" && b.beam === "parallel"
        ? [normalize(a.direction), normalize(b.direction)]
        : [[Number.NaN], [0]];
  const numbers = (view: View, start: readonly number[]) => [
    ...start,
    ...view.firstPixel,
    ...view.columnStep,
    ...view.rowStep,
  ];
  const second = numbers(b, starts[1]);
  return Math.max(...numbers(a, starts[0]).map((value, i) => Math.abs(value - second[i])));
}

/** Distance of a point from the line through two others. */
export function distanceFromLine(point: Vec3, a: Vec3, b: Vec3): number {
  const along = normalize(add(b, scale(a, -1)));
  const rest = add(point, scale(a, -1));
  return norm(add(rest, scale(along, -dot(rest, along))));
}
