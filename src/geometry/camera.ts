/**
 * The pinhole camera behind every pose convention: pixel -> camera -> world, and the vjp of that chain.
 *
 * Camera frame: source at the origin, +z towards the detector. The center of pixel (r, c) lies at
 * C (a, b, 1, 1) with a = first[0] + c * step[0], b = first[1] + r * step[1]; world X = P O p + isocenter.
 */
import { fault } from "../core/errors.js";
import {
  add,
  apply3,
  applyTransposed3,
  linearPart,
  type Matrix3,
  type Matrix4,
  multiply3,
  translationPart,
  type Vec3,
} from "../core/linear.js";
import type { ConeView, Detector, ParallelView } from "./view.js";

export interface Camera {
  /** Pose P, 4x4. */
  readonly pose: Matrix4;
  /** O, 3x3: camera axes before the pose. */
  readonly reorientation: Matrix3;
  /** C, 4x4 with last row 0 0 0 1: centered pixel coordinates to mm in the camera frame. */
  readonly calibration: Matrix4;
  /** Centered coordinates of pixel (0, 0). */
  readonly first: readonly [number, number];
  /** Their change from column to column and from row to row. */
  readonly step: readonly [number, number];
  /** mm, RAS: what the pose turns about. */
  readonly isocenter: Vec3;
}

/** Cotangents of a camera's numbers. */
export interface CameraCotangent {
  /** 16 numbers, as if all entries were free; the last row is 0 because no point depends on it. */
  readonly pose: number[];
  /** 16 numbers, last row 0. */
  readonly calibration: number[];
  readonly isocenter: Vec3;
}

/** First pixel, column step and row step in the camera frame. */
function pixelFrame({ calibration: m, first, step }: Camera): [Vec3, Vec3, Vec3] {
  const times = (c: number, s: number): Vec3 => [m[c] * s, m[4 + c] * s, m[8 + c] * s];
  const origin: Vec3 = [m[2] + m[3], m[6] + m[7], m[10] + m[11]];
  return [add(origin, add(times(0, first[0]), times(1, first[1]))), times(0, step[0]), times(1, step[1])];
}

/** The view of a point source at the camera's origin. */
export function coneViewOf(camera: Camera): ConeView {
  const { firstPixel, columnStep, rowStep } = worldFrame(camera);
  return { beam: "cone", source: add(translationPart(camera.pose), camera.isocenter), firstPixel, columnStep, rowStep };
}

/** The view of parallel rays along the camera's +z; `distance` (mm) is the length of `direction`. */
export function parallelViewOf(camera: Camera, distance: number): ParallelView {
  const direction = add(apply3(cameraAxes(camera), [0, 0, distance]), [0, 0, 0]);
  return { beam: "parallel", direction, ...worldFrame(camera) };
}

const cameraAxes = (camera: Camera) => multiply3(linearPart(camera.pose), camera.reorientation);

function worldFrame(camera: Camera) {
  const axes = cameraAxes(camera);
  const [first, column, row] = pixelFrame(camera);
  const origin = add(translationPart(camera.pose), camera.isocenter);
  // adding 0 makes 0 of -0, which text formats do not keep
  const vector = (v: Vec3) => add(apply3(axes, v), [0, 0, 0]);
  return { firstPixel: add(apply3(axes, first), origin), columnStep: vector(column), rowStep: vector(row) };
}

/**
 * Cotangents of the camera from the 12 numbers of a view (source or direction, first pixel, column step, row step, world
 * mm). For a parallel view `distance` is the one of `parallelViewOf`.
 */
export function cameraVjp(camera: Camera, cotangent: ArrayLike<number>, distance?: number): CameraCotangent {
  const [gStart, gFirst, gColumn, gRow] = splitCotangent(cotangent);
  const [first, column, row] = pixelFrame(camera);
  const start: Vec3 = [0, 0, distance ?? 0];
  const cone = distance === undefined;
  const pose = new Array<number>(16).fill(0);
  for (const [g, p] of [
    [gStart, start],
    [gFirst, first],
    [gColumn, column],
    [gRow, row],
  ] as const) {
    const turned = apply3(camera.reorientation, p);
    for (let r = 0; r < 3; r++) for (let c = 0; c < 3; c++) pose[4 * r + c] += g[r] * turned[c];
  }
  const gOrigin = cone ? add(gStart, gFirst) : gFirst;
  for (let r = 0; r < 3; r++) pose[4 * r + 3] = gOrigin[r];
  const axes = cameraAxes(camera);
  const [cFirst, cColumn, cRow] = [gFirst, gColumn, gRow].map((g) => applyTransposed3(axes, g));
  const calibration = new Array<number>(16).fill(0);
  for (let r = 0; r < 3; r++) {
    calibration[4 * r] = cFirst[r] * camera.first[0] + cColumn[r] * camera.step[0];
    calibration[4 * r + 1] = cFirst[r] * camera.first[1] + cRow[r] * camera.step[1];
    calibration[4 * r + 2] = calibration[4 * r + 3] = cFirst[r];
  }
  return { pose, calibration, isocenter: gOrigin };
}

/** 12 numbers as four vectors. @throws SHAPE_MISMATCH */
function splitCotangent(g: ArrayLike<number>): [Vec3, Vec3, Vec3, Vec3] {
  if (g.length !== 12)
    throw fault("SHAPE_MISMATCH", `the cotangent of a view is 12 numbers, got ${g.length}`, { length: g.length });
  const vector = (i: number): Vec3 => [g[i], g[i + 1], g[i + 2]];
  return [vector(0), vector(3), vector(6), vector(9)];
}

/** @throws INVALID_GEOMETRY if the detector has no pixels or the source is on it */
export function checkDetector(detector: Detector): void {
  const { rows, columns, pixelSize } = detector;
  for (const [name, value] of [
    ["rows", rows],
    ["columns", columns],
  ] as const)
    if (!(Number.isInteger(value) && value > 0))
      throw fault("INVALID_GEOMETRY", `detector.${name} must be a whole number above 0, got ${value}`, {
        field: `detector.${name}`,
        value,
      });
  if (pixelSize?.length !== 2 || !pixelSize.every((size) => size > 0 && size < Infinity))
    throw fault("INVALID_GEOMETRY", `detector.pixelSize must be two lengths above 0 mm, got [${pixelSize}]`, {
      field: "detector.pixelSize",
      value: pixelSize,
    });
}

/** @throws INVALID_GEOMETRY unless a length is above 0 mm and finite */
export function checkLength(field: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw fault("INVALID_GEOMETRY", `${field} must be a length above 0 mm, got ${value}`, { field, value });
}
