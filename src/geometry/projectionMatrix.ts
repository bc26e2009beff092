/**
 * Views to and from 3x4 projection matrices and 3x3 intrinsics. P maps homogeneous RAS mm to homogeneous pixels
 * (column, row, 1) with pixel CENTERS AT INDEX + 1/2, as in computer vision; our own pixel coordinates are 1/2 less.
 * Matrices are flat and row-major: P 12 numbers, K 9, extrinsics 16.
 */
import { fault } from "../core/errors.js";
import {
  add,
  affine,
  apply3,
  cross,
  determinant3,
  dot,
  inverse3,
  linearPart,
  type Matrix3,
  type Matrix4,
  multiply3,
  norm,
  scale,
  translationPart,
  type Vec3,
} from "../core/linear.js";
import { checkLength } from "./camera.js";
import { pixelFunctions } from "./points.js";
import type { View } from "./view.js";
import { checkView, viewGeometry } from "./viewGeometry.js";

/**
 * P of a view. Cone: scaled so that the third row gives the depth in mm from the source. Parallel: the third row is
 * 0 0 0 1.
 */
export function viewToProjectionMatrix(view: View): number[] {
  const { origin, columnOf, rowOf, alongOf } = pixelFunctions(view);
  if (view.beam === "parallel")
    return [...columnOf, 0.5 - dot(columnOf, origin), ...rowOf, 0.5 - dot(rowOf, origin), 0, 0, 0, 1];
  const unit = 1 / norm(alongOf);
  const rows = [columnOf, rowOf].map((f) => scale(add(f, scale(alongOf, 0.5)), unit));
  return [...rows, scale(alongOf, unit)].flatMap((row) => [...row, -dot(row, origin)]);
}

/** What a projection matrix does not say about a view. */
export interface ProjectionMatrixOptions {
  /** mm from the source to the detector plane; or give `pixelSize`. Not for parallel beams. */
  readonly sdd?: number;
  /** mm: length of the column step and of the row step; both must fit the matrix to 0.1 %. */
  readonly pixelSize?: readonly [number, number];
  /** A point in front of the source (world mm), which decides the sign of P. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
}

/**
 * The view of a projection matrix. With P = [M | p4], scaled so that the third row of M has length 1 and the isocenter a
 * depth above 0: source = -M⁻¹ p4, pixel (c, r) = source + sdd M⁻¹ (c + 1/2, r + 1/2, 1).
 * A third row 0 0 0 w means parallel rays: the detector is then put at right angles to them through the isocenter, and
 * the rays run so that columns go right and rows down as seen from the source (P cannot tell).
 * Source of the formulas: Hartley and Zisserman, Multiple View Geometry, 2nd ed., section 6.2.
 * @throws INVALID_GEOMETRY (defect `singular-projection`), INVALID_ARGUMENT
 */
export function projectionMatrixToView(matrix: readonly number[], options: ProjectionMatrixOptions = {}): View {
  const isocenter = options.isocenter ?? [0, 0, 0];
  const { rows, last } = split(matrix);
  if (norm(rows[2]) <= 1e-12 * norm(rows[0])) return parallelView(rows, last, isocenter);
  const { m, p4 } = normalized(rows, last, isocenter);
  const inverse = inverseOf(m);
  const source = scale(apply3(inverse, p4), -1);
  const [column, row]: Vec3[] = [
    [inverse[0], inverse[3], inverse[6]],
    [inverse[1], inverse[4], inverse[7]],
  ];
  const sdd = detectorDistance(options, norm(column), norm(row));
  const firstPixel = add(source, scale(apply3(inverse, [0.5, 0.5, 1]), sdd));
  const view = { source, firstPixel, columnStep: scale(column, sdd), rowStep: scale(row, sdd) };
  const cone: View = { beam: "cone", ...view };
  checkView(cone);
  return cone;
}

function parallelView(rows: readonly Vec3[], last: Vec3, isocenter: Vec3): View {
  if (last[2] === 0) throw singular("its third row is 0");
  const [a, b] = [scale(rows[0], 1 / last[2]), scale(rows[1], 1 / last[2])];
  const direction = cross(a, b);
  const square = dot(direction, direction);
  if (!(square > 0)) throw singular("its first two rows are parallel");
  const [columnStep, rowStep] = [scale(cross(b, direction), 1 / square), scale(cross(direction, a), 1 / square)];
  const column = dot(a, isocenter) + last[0] / last[2] - 0.5;
  const row = dot(b, isocenter) + last[1] / last[2] - 0.5;
  const firstPixel = add(isocenter, add(scale(columnStep, -column), scale(rowStep, -row)));
  const view: View = {
    beam: "parallel",
    direction: scale(direction, 1 / Math.sqrt(square)),
    firstPixel,
    columnStep,
    rowStep,
  };
  checkView(view);
  return view;
}

/** A pinhole camera: P = K [R | t]. */
export interface PinholeCamera {
  /** K, 3x3 upper triangular, pixels, centers at index + 1/2, K[2][2] = 1, focal lengths above 0. */
  readonly intrinsics: Matrix3;
  /** World to camera, 4x4: camera +x along columns, +y along rows, +z to the detector. Its determinant is -1 for a mirrored view. */
  readonly extrinsics: Matrix4;
}

/**
 * K and [R | t] of a projection matrix by RQ decomposition with positive focal lengths, checked to 1e-9 of |M|.
 * @param isocenter a point in front of the source, which decides the sign of P
 * @throws INVALID_GEOMETRY (defect `singular-projection`), also for a parallel beam
 */
export function decomposeProjectionMatrix(matrix: readonly number[], isocenter: Vec3 = [0, 0, 0]): PinholeCamera {
  const { rows, last } = split(matrix);
  if (!(norm(rows[2]) > 0)) throw singular("its third row is 0: a parallel beam has no intrinsics");
  const { m, p4 } = normalized(rows, last, isocenter);
  const [m1, m2, r3]: Vec3[] = [
    [m[0], m[1], m[2]],
    [m[3], m[4], m[5]],
    [m[6], m[7], m[8]],
  ];
  const across = (v: Vec3, axis: Vec3) => add(v, scale(axis, -dot(v, axis)));
  const rest2 = across(across(m2, r3), r3); // twice: to rounding also for a far principal point
  const fy = norm(rest2);
  const r2 = scale(rest2, 1 / fy);
  const rest1 = across(across(across(m1, r3), r2), r3);
  const fx = norm(rest1);
  const r1 = scale(rest1, 1 / fx);
  const k = [fx, dot(m1, r2), dot(m1, r3), 0, fy, dot(m2, r3), 0, 0, 1];
  const r = [...r1, ...r2, ...r3];
  const error = Math.hypot(...multiply3(k, r).map((value, i) => value - m[i]));
  if (!(error < 1e-9 * Math.hypot(...m))) throw singular(`K R differs from M by ${error}`);
  return { intrinsics: k, extrinsics: affine(r, apply3(inverseOf(k), p4)) };
}

/** P = K [R | t] of intrinsics (pixel centers at index + 1/2) and world-to-camera extrinsics. */
export function composeProjectionMatrix({ intrinsics, extrinsics }: PinholeCamera): number[] {
  const m = multiply3(intrinsics, linearPart(extrinsics));
  const p4 = apply3(intrinsics, translationPart(extrinsics));
  return [0, 1, 2].flatMap((r) => [m[3 * r], m[3 * r + 1], m[3 * r + 2], p4[r]]);
}

/** The cone view of a pinhole camera; `sdd` or `pixelSize` say how far away its detector is. */
export function pinholeToView(camera: PinholeCamera, options: Omit<ProjectionMatrixOptions, "isocenter">): View {
  const toWorld = inverse3(linearPart(camera.extrinsics));
  const isocenter = apply3(toWorld, add([0, 0, 1], scale(translationPart(camera.extrinsics), -1)));
  return projectionMatrixToView(composeProjectionMatrix(camera), { ...options, isocenter });
}

/** K, [R | t] and sdd (mm) of a cone view; the inverse of `pinholeToView`. */
export function viewToPinhole(view: View): PinholeCamera & { readonly sdd: number } {
  const camera = decomposeProjectionMatrix(viewToProjectionMatrix(view), view.firstPixel);
  return { ...camera, sdd: viewGeometry(view).sdd };
}

function split(p: readonly number[]): { rows: [Vec3, Vec3, Vec3]; last: Vec3 } {
  if (p.length !== 12 || !p.every(Number.isFinite))
    throw fault("SHAPE_MISMATCH", `a projection matrix is 12 finite numbers (3x4, row-major), got [${p}]`, {
      length: p.length,
    });
  const row = (r: number): Vec3 => [p[4 * r], p[4 * r + 1], p[4 * r + 2]];
  return { rows: [row(0), row(1), row(2)], last: [p[3], p[7], p[11]] };
}

/** M and p4 scaled so that the third row has length 1 and the isocenter a depth above 0. */
function normalized(rows: readonly Vec3[], last: Vec3, isocenter: Vec3): { m: number[]; p4: Vec3 } {
  const depth = dot(rows[2], isocenter) + last[2];
  if (depth === 0) throw singular(`the isocenter [${isocenter}] lies beside the source; name a point in front of it`);
  const unit = Math.sign(depth) / norm(rows[2]);
  return { m: rows.flatMap((row) => scale(row, unit)), p4: scale(last, unit) };
}

/** Inverse of a matrix whose rows may differ much in length (pixels and mm). */
function inverseOf(m: Matrix3): number[] {
  const lengths = [0, 3, 6].map((r) => Math.hypot(m[r], m[r + 1], m[r + 2]));
  const rows = m.map((value, i) => value / lengths[Math.floor(i / 3)]);
  if (!(Math.abs(determinant3(rows)) > 1e-13)) throw singular("its left 3x3 part is not invertible");
  return inverse3(rows).map((value, i) => value / lengths[i % 3]);
}

function detectorDistance({ sdd, pixelSize }: ProjectionMatrixOptions, column: number, row: number): number {
  if ((sdd === undefined) === (pixelSize === undefined))
    throw fault(
      "INVALID_ARGUMENT",
      "a projection matrix does not say how far the detector is: give either sdd or pixelSize",
      {
        defect: "missing-distance",
      },
    );
  if (sdd !== undefined) {
    checkLength("sdd", sdd);
    return sdd;
  }
  const [fromColumn, fromRow] = [pixelSize![0] / column, pixelSize![1] / row];
  checkLength("sdd of pixelSize", fromColumn);
  if (!(Math.abs(fromRow - fromColumn) < 1e-3 * fromColumn))
    throw fault(
      "INVALID_GEOMETRY",
      `pixel size ${pixelSize} mm does not fit the matrix: it means sdd ${fromColumn} mm along columns and ${fromRow} mm along rows`,
      { defect: "inconsistent-pixel-size", pixelSize },
    );
  return (fromColumn + fromRow) / 2;
}

const singular = (why: string) =>
  fault("INVALID_GEOMETRY", `this projection matrix describes no view: ${why}`, { defect: "singular-projection" });
