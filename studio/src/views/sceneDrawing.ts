/** The scene as lines and hung-up pictures, in parallel projection: a picture on a plane is then drawn by one affine map. */
import type { Vec3 } from "tomograd";
import { type ConeView, type Detector, detectorCorners } from "tomograd/geometry";
import { PLANE_AXES } from "../planes";
import type { PaintedSlice } from "./painted";

/** Where the eye is: degrees around the patient from the front, and above. */
export interface Eye {
  readonly azimuthDeg: number;
  readonly elevationDeg: number;
}

/** World to CSS pixels; `depth` grows away from the eye. */
export interface Projection {
  readonly place: (point: Vec3) => readonly [number, number];
  readonly depth: (point: Vec3) => number;
}

export const plus = (a: Vec3, b: Vec3, factor = 1): Vec3 => [
  a[0] + factor * b[0],
  a[1] + factor * b[1],
  a[2] + factor * b[2],
];
const dot = (a: Vec3, b: Vec3) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** CSS pixels kept free around what is shown. */
const MARGIN = 30;

/** The projection that shows all points as large as they fit into a picture of `size`, in its middle. */
export function projectionOf(
  eye: Eye,
  points: readonly Vec3[],
  size: { readonly width: number; readonly height: number },
): Projection {
  const [a, e] = [eye.azimuthDeg, eye.elevationDeg].map((degrees) => (degrees * Math.PI) / 180);
  // in front of the patient (+y) the eye sees the patient's right (+x) at its left
  const right: Vec3 = [-Math.cos(a), -Math.sin(a), 0];
  const toEye: Vec3 = [-Math.sin(a) * Math.cos(e), Math.cos(a) * Math.cos(e), Math.sin(e)];
  const up: Vec3 = [Math.sin(a) * Math.sin(e), -Math.cos(a) * Math.sin(e), Math.cos(e)];
  const across = spanOf(points, right);
  const upwards = spanOf(points, up);
  const zoom = Math.max(
    0.01,
    Math.min((size.width - 2 * MARGIN) / across.length, (size.height - 2 * MARGIN) / upwards.length),
  );
  return {
    place: (point) => [
      size.width / 2 + zoom * (dot(point, right) - across.middle),
      size.height / 2 - zoom * (dot(point, up) - upwards.middle),
    ],
    depth: (point) => -dot(point, toEye),
  };
}

function spanOf(points: readonly Vec3[], direction: Vec3): { readonly middle: number; readonly length: number } {
  const along = points.length > 0 ? points.map((point) => dot(point, direction)) : [-100, 100];
  const [low, high] = [Math.min(...along), Math.max(...along)];
  return { middle: (low + high) / 2, length: Math.max(1, high - low) };
}

/** A part of a canvas, hung up between three world points. */
export interface Hung {
  readonly canvas: HTMLCanvasElement;
  /** Pixels of the canvas: left, top, width, height. */
  readonly part: readonly [number, number, number, number];
  /** World mm of the part's upper left, upper right and lower left corner. */
  readonly corners: readonly [Vec3, Vec3, Vec3];
}

/** A slice cut in four at the crosshair: then the pictures do not pierce each other and can be drawn from back to front. */
export function quarters({ canvas, picture }: PaintedSlice, crosshair: Vec3): Hung[] {
  const { across, down, normal } = PLANE_AXES[picture.plane];
  const { corner, pixel, rows, columns } = picture;
  const cut = (axis: number, count: number) =>
    Math.min(count, Math.max(0, Math.round((corner[axis] - crosshair[axis]) / pixel)));
  const [x, y] = [cut(across, columns), cut(down, rows)];
  const at = (column: number, row: number): Vec3 => {
    const point = [...corner] as [number, number, number];
    point[across] -= column * pixel;
    point[down] -= row * pixel;
    point[normal] = crosshair[normal];
    return point;
  };
  return [
    [0, 0, x, y],
    [x, 0, columns - x, y],
    [0, y, x, rows - y],
    [x, y, columns - x, rows - y],
  ]
    .filter(([, , w, h]) => w > 0 && h > 0)
    .map(([left, top, w, h]) => ({
      canvas,
      part: [left, top, w, h] as const,
      corners: [at(left, top), at(left + w, top), at(left, top + h)] as const,
    }));
}

/** The radiograph on its detector. */
export function hungDetector(canvas: HTMLCanvasElement, view: ConeView, detector: Detector): Hung {
  const [first, right, , below] = detectorCorners(view, detector);
  return { canvas, part: [0, 0, canvas.width, canvas.height], corners: [first, right, below] };
}

/** Draws a hung-up picture. */
export function drawHung(context: CanvasRenderingContext2D, { canvas, part, corners }: Hung, p: Projection): void {
  const [o, right, below] = corners.map(p.place);
  const [left, top, w, h] = part;
  context.save();
  context.transform(
    (right[0] - o[0]) / w,
    (right[1] - o[1]) / w,
    (below[0] - o[0]) / h,
    (below[1] - o[1]) / h,
    o[0],
    o[1],
  );
  context.drawImage(canvas, left, top, w, h, 0, 0, w, h);
  context.restore();
}

/** Middle of a hung-up picture, to sort by. */
export const middleOf = ({ corners: [o, right, below] }: Hung): Vec3 =>
  plus(plus(o, plus(right, o, -1), 0.5), plus(below, o, -1), 0.5);

/** The 12 edges of a box with corners in the order of `gridCorners`: x fastest. */
export const BOX_EDGES = [
  ...[0, 2, 4, 6].map((i) => [i, i + 1] as const),
  ...[0, 1, 4, 5].map((i) => [i, i + 2] as const),
  ...[0, 1, 2, 3].map((i) => [i, i + 4] as const),
];
