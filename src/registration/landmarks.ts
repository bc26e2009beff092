/** Landmarks before they are used: what is wrong with them, said by name. */
import { fault } from "../core/errors.js";
import { subtract, type Vec3 } from "../core/linear.js";
import { symmetricEigen } from "../core/symmetricEigen.js";
import { projectPoints } from "../geometry/points.js";
import type { Detector, View } from "../geometry/view.js";
import { behindSource, checkFinite } from "./targetError.js";

/** Where a landmark was found in an image; pixel centers at 0, 1, ... */
export interface LandmarkPixel {
  readonly column: number;
  readonly row: number;
}

/** Shares of the landmarks' extent below which two are one, or all lie on a line or in a plane. */
const SAME = 1e-9;
const FLAT = 1e-6;

/** How landmarks lie: their middle, principal axes (rows; longest first) and extents along them (standard deviations, mm). */
export interface LandmarkShape {
  readonly middle: Vec3;
  readonly axes: readonly [Vec3, Vec3, Vec3];
  readonly extents: readonly [number, number, number];
  readonly planar: boolean;
}

/**
 * How landmarks lie.
 * @throws INVALID_ARGUMENT: `too-few-landmarks`, `duplicate-landmarks`, `collinear-landmarks`; NOT_FINITE
 */
export function landmarkShape(landmarks: readonly Vec3[], least: number): LandmarkShape {
  checkFinite(landmarks);
  const n = landmarks.length;
  if (n < least)
    throw fault("INVALID_ARGUMENT", `a pose needs at least ${least} landmarks, got ${n}; name more of them`, {
      defect: "too-few-landmarks",
      count: n,
    });
  const middle = [0, 1, 2].map((k) => landmarks.reduce((sum, x) => sum + x[k], 0) / n) as unknown as Vec3;
  const away = landmarks.map((x) => subtract(x, middle));
  const size = Math.max(...away.map((d) => Math.hypot(...d)));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      if (Math.hypot(...subtract(landmarks[i], landmarks[j])) <= SAME * size)
        throw fault(
          "INVALID_ARGUMENT",
          `landmarks ${j} and ${i} are the same point [${landmarks[i]}]; leave one out, or correct it`,
          { defect: "duplicate-landmarks", indices: [j, i] },
        );
  const covariance = [0, 1, 2].flatMap((r) => [0, 1, 2].map((c) => away.reduce((sum, d) => sum + d[r] * d[c], 0) / n));
  const { values, vectors } = symmetricEigen(covariance, 3);
  const extents = [2, 1, 0].map((k) => Math.sqrt(Math.max(0, values[k]))) as unknown as LandmarkShape["extents"];
  if (extents[1] <= FLAT * extents[0])
    throw fault("INVALID_ARGUMENT", "all landmarks lie on one line, about which a pose may turn; add one beside it", {
      defect: "collinear-landmarks",
    });
  const axes = [2, 1, 0].map((k) => vectors[k]) as unknown as LandmarkShape["axes"];
  return { middle, axes, extents, planar: extents[2] <= FLAT * extents[0] };
}

/**
 * Refuses landmarks that a view cannot show: behind its source, or all more than one detector's width away from it, as
 * where they are in another frame than the volume (LPS instead of RAS, voxels instead of mm).
 * @throws INVALID_GEOMETRY: `landmarks-behind-source`, `landmarks-off-detector`; NOT_FINITE
 */
export function checkLandmarks(landmarks: readonly Vec3[], view: View, detector: Detector): void {
  checkFinite(landmarks);
  const seen = projectPoints(view, landmarks);
  const frames = "are they in the volume's frame (RAS, mm)?";
  const behind = view.beam === "cone" ? seen.findIndex(({ depth }) => !(depth > 0)) : -1;
  if (behind >= 0) throw behindSource(behind, seen[behind].depth, frames);
  refuseFarPixels(seen, detector, "the landmarks project", frames);
}

/** @throws INVALID_GEOMETRY (`landmarks-off-detector`) if all pixels are farther off the detector than its size */
export function refuseFarPixels(
  pixels: readonly LandmarkPixel[],
  { rows, columns }: Detector,
  what: string,
  advice: string,
): void {
  const far = (x: number, size: number) => x < -size || x > 2 * size;
  if (pixels.length === 0 || !pixels.every(({ column, row }) => far(column, columns) || far(row, rows))) return;
  const { column, row } = pixels[0];
  throw fault(
    "INVALID_GEOMETRY",
    `${what} far off the detector of ${columns} x ${rows} pixels, the first to column ${column.toFixed(0)}, row ${row.toFixed(0)}; ${advice}`,
    { defect: "landmarks-off-detector" },
  );
}
