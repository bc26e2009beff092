/**
 * Detectors on an arc about the source, whose columns stand at equal angles (equiangular fans, the detectors of clinical
 * CT). They are described by the flat detector that touches the arc at the principal point, with `shape: "arc"`: column c
 * is seen at the angle (c - principal column) * width / sdd from the perpendicular, row r at the height of the flat one.
 * Projectors know flat detectors alone: such projections are resampled once, when they are read.
 */
import { add, scale, type Vec3 } from "../core/linear.js";
import { cos, sin } from "../core/trigonometry.js";
import { detectorFrame, notRepresentable } from "./sameView.js";
import type { Detector, View } from "./view.js";
import { viewGeometry } from "./viewGeometry.js";

const PROGRAM = "A detector on an arc";
/** Radians from the perpendicular beyond which a flat detector would be of endless width: 75 degrees. */
const WIDEST = (75 * Math.PI) / 180;

/** Columns by which a flat column may lie beyond the middle of the arc's last one: it takes that one's value. */
const EDGE = 0.05;

interface Arc {
  readonly sdd: number;
  /** Principal point, [column, row]. */
  readonly foot: readonly [number, number];
  /** Radians from column to column. */
  readonly step: number;
}

function arcOf(view: View, detector: Detector): Arc {
  if (view.beam !== "cone") throw notRepresentable(PROGRAM, "its rays are parallel");
  const { sdd, principalPoint } = viewGeometry(view);
  const [column] = principalPoint!;
  const step = detector.pixelSize[0] / sdd;
  const widest = Math.max(Math.abs(column), Math.abs(detector.columns - 1 - column)) * step;
  if (!(widest < WIDEST))
    throw notRepresentable(
      PROGRAM,
      `it reaches ${((widest * 180) / Math.PI).toFixed(1)} degrees from the perpendicular`,
    );
  return { sdd, foot: principalPoint!, step };
}

/**
 * Rays [view][row][column][6] from the source to the pixels of a detector on an arc, world mm, as `createRayProjector`
 * takes them.
 * @throws INVALID_GEOMETRY (`not-representable`: parallel rays, more than 75 degrees, pixels not at right angles)
 */
export function arcRays({
  detector,
  views,
}: {
  readonly detector: Detector;
  readonly views: readonly View[];
}): Float64Array {
  const { rows, columns, pixelSize } = detector;
  const rays = new Float64Array(6 * views.length * rows * columns);
  let at = 0;
  for (const view of views) {
    const { sdd, foot, step } = arcOf(view, detector);
    const { u, v } = detectorFrame(view, detector, PROGRAM);
    const { normal } = viewGeometry(view);
    const source = (view as Extract<View, { beam: "cone" }>).source;
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        const angle = (c - foot[0]) * step;
        const across = add(scale(normal, sdd * cos(angle)), scale(u, sdd * sin(angle)));
        const pixel: Vec3 = add(source, add(across, scale(v, (r - foot[1]) * pixelSize[1])));
        rays.set(source, at);
        rays.set(pixel, at + 3);
        at += 6;
      }
  }
  return rays;
}

/** A stack with its views. */
interface Measured {
  readonly detector: Detector;
  readonly views: readonly View[];
  readonly about: string;
  /** [view][row][column] */
  readonly values: Float32Array | Float64Array;
}

/**
 * Projections of a detector on an arc as those of the flat one: the pixel at (u, v) from the principal point has the ray of
 * the arc's column principal + atan(u / sdd) / step and row principal + v cos(atan(u / sdd)) / height; the value is
 * interpolated by cubic convolution (Catmull-Rom) in both directions, the edge repeated. Pixels keep their size; the flat
 * detector has as many columns as the arc covers. The line integral of a ray is the same on both.
 * Source of the weights: Keys, IEEE Trans. ASSP 29(6), 1981.
 * @throws INVALID_GEOMETRY (`not-representable`), also where views differ in sdd or principal point
 */
export function flattenArc({ detector, views, about, values }: Measured): Measured {
  const { rows, columns, pixelSize } = detector;
  const arcs = views.map((view) => arcOf(view, detector));
  const [{ sdd, foot, step }] = arcs;
  for (const [k, other] of arcs.entries())
    if (Math.abs(other.sdd - sdd) > 1e-6 * sdd || Math.hypot(other.foot[0] - foot[0], other.foot[1] - foot[1]) > 1e-6)
      throw notRepresentable(PROGRAM, `view ${k} has another sdd or principal point than view 0`);
  const [width] = pixelSize;
  // flat columns on either side of those of the arc, as far as the arc reaches
  const beyond = (columnsAway: number) =>
    Math.floor((sdd * Math.tan((columnsAway + EDGE) * step)) / width - columnsAway + 1e-9);
  const before = beyond(foot[0]);
  const after = beyond(columns - 1 - foot[0]);
  const wide = columns + before + after;
  const flat: Detector = { rows, columns: wide, pixelSize };
  const out =
    values instanceof Float64Array
      ? new Float64Array(views.length * rows * wide)
      : new Float32Array(views.length * rows * wide);
  const along = Array.from({ length: wide }, (_, j) => {
    const angle = Math.atan(((j - before - foot[0]) * width) / sdd);
    return { ...cubic(foot[0] + angle / step, columns), cos: Math.cos(angle) };
  });
  for (let k = 0; k < views.length; k++)
    for (let r = 0; r < rows; r++)
      for (let j = 0; j < wide; j++) {
        const { at, weights, cos } = along[j];
        const up = cubic(foot[1] + (r - foot[1]) * cos, rows);
        let sum = 0;
        for (let a = 0; a < 4; a++) {
          const row = (k * rows + up.at[a]) * columns;
          for (let b = 0; b < 4; b++) sum += up.weights[a] * weights[b] * values[row + at[b]];
        }
        out[(k * rows + r) * wide + j] = sum;
      }
  const moved = views.map((view) => ({ ...view, firstPixel: add(view.firstPixel, scale(view.columnStep, -before)) }));
  return { detector: flat, views: moved, about, values: out };
}

/** The four neighbors of a place among `count`, the edge repeated, and their weights. */
function cubic(place: number, count: number): { at: number[]; weights: number[] } {
  const inside = Math.min(count - 1, Math.max(0, place));
  const base = Math.floor(inside);
  const t = inside - base;
  const at = [-1, 0, 1, 2].map((i) => Math.min(count - 1, Math.max(0, base + i)));
  const weights = [
    t * (-0.5 + t * (1 - 0.5 * t)),
    1 + t * t * (-2.5 + 1.5 * t),
    t * (0.5 + t * (2 - 1.5 * t)),
    t * t * (-0.5 + 0.5 * t),
  ];
  return { at, weights };
}
