/** From the line Jacobian of a projector to the derivative of every pixel with respect to a pose and to intrinsics. */
import { inverse3, linearPart, subtract, transpose3, type Vec3 } from "../core/linear.js";
import type { View } from "../geometry/view.js";
import type { Grid } from "../volume/grid.js";

/** Numbers of a rigid motion. */
export const POSE_COLUMNS = 6;

/** What `poseColumns` needs to know of a view. */
export interface PoseColumnsInput {
  /** Kernel `projectLineJacobian`: six images one after another, of which the first of this view begins at `offset`. */
  readonly jacobian: Float32Array | Float64Array;
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  /** As rendered, world mm of the volume. */
  readonly view: View;
  readonly grid: Grid;
  /** World mm: what the motion turns about. */
  readonly center: Vec3;
  /** World mm per unit: how every pixel moves with each further parameter of the view; the source stays. */
  readonly pixelMotions: readonly Vec3[];
}

/**
 * With g_s and g_p, the derivatives of a pixel with respect to its source S and its own place P (world), the motion
 * omega x (X - c) + v of both gives the columns (S - c) x g_s + (P - c) x g_p for omega (per rad), g_s + g_p for v (per
 * mm), and g_p . m for a further motion m of the pixel. Of parallel rays with direction D, which only turns, they are
 * D x g_d + (P - c) x g_p and g_p. Float64, written to six images of `pose` and added to those of `intrinsic`, each
 * [row][column].
 */
export function poseColumns(
  input: PoseColumnsInput,
  pose: readonly Float64Array[],
  intrinsic: readonly Float64Array[],
): void {
  const { jacobian, offset, rows, columns, view, pixelMotions } = input;
  const n = rows * columns;
  const cone = view.beam === "cone" ? 1 : 0;
  const [sx, sy, sz] = view.beam === "cone" ? subtract(view.source, input.center) : view.direction;
  const first = subtract(view.firstPixel, input.center);
  const [cx, cy, cz] = view.columnStep;
  const [a, b, c, d, e, f, g, h, k] = transpose3(inverse3(linearPart(input.grid.indexToWorld)));
  const [wx, wy, wz, vx, vy, vz] = pose;
  for (let row = 0; row < rows; row++) {
    let px = first[0] + row * view.rowStep[0];
    let py = first[1] + row * view.rowStep[1];
    let pz = first[2] + row * view.rowStep[2];
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const s0 = jacobian[offset + i];
      const s1 = jacobian[offset + n + i];
      const s2 = jacobian[offset + 2 * n + i];
      const p0 = jacobian[offset + 3 * n + i];
      const p1 = jacobian[offset + 4 * n + i];
      const p2 = jacobian[offset + 5 * n + i];
      const ax = a * s0 + b * s1 + c * s2;
      const ay = d * s0 + e * s1 + f * s2;
      const az = g * s0 + h * s1 + k * s2;
      const bx = a * p0 + b * p1 + c * p2;
      const by = d * p0 + e * p1 + f * p2;
      const bz = g * p0 + h * p1 + k * p2;
      wx[i] = sy * az - sz * ay + py * bz - pz * by;
      wy[i] = sz * ax - sx * az + pz * bx - px * bz;
      wz[i] = sx * ay - sy * ax + px * by - py * bx;
      vx[i] = cone * ax + bx;
      vy[i] = cone * ay + by;
      vz[i] = cone * az + bz;
      for (let m = 0; m < pixelMotions.length; m++) {
        const motion = pixelMotions[m];
        intrinsic[m][i] += motion[0] * bx + motion[1] * by + motion[2] * bz;
      }
      px += cx;
      py += cy;
      pz += cz;
    }
  }
}
