import { fault, inverseAffine, transformPoint, type Vec3 } from "../core/index.js";
import { type Grid, gridCorners, spacing, type Volume } from "../volume/index.js";
import type { EdgeLetters, Image } from "./picture.js";

/** A plane of the patient: seen from the feet, from the front, from the patient's left. */
export type Plane = "axial" | "coronal" | "sagittal";

/** A slice through the patient, drawn as radiologists do. */
export interface Slice extends Image {
  readonly plane: Plane;
  /** [row][column]. */
  readonly values: Float32Array;
  /** World RAS mm: where the plane cuts its axis. */
  readonly position: number;
  readonly pixelSize: readonly [number, number];
  readonly letters: EdgeLetters;
}

interface Layout {
  /** World axis that the plane is perpendicular to, and those that columns and rows run along (both downwards in value). */
  readonly normal: number;
  readonly across: number;
  readonly down: number;
  readonly letters: EdgeLetters;
}

/** Patient's right on the image's left, anterior up (axial), superior up; sagittal: anterior on the image's left. */
const LAYOUTS: Record<Plane, Layout> = {
  axial: { normal: 2, across: 0, down: 1, letters: { left: "R", right: "L", top: "A", bottom: "P" } },
  coronal: { normal: 1, across: 0, down: 2, letters: { left: "R", right: "L", top: "S", bottom: "I" } },
  sagittal: { normal: 0, across: 1, down: 2, letters: { left: "A", right: "P", top: "S", bottom: "I" } },
};

/** The names of the planes, in the order in which they are shown. */
export const PLANES = Object.keys(LAYOUTS) as Plane[];

/** Where and how to cut. */
export interface SliceOptions {
  /** World RAS mm that the plane goes through. @default the center of the voxel in the middle of the grid */
  readonly through?: Vec3;
  /** Value outside the grid. @default the smallest value of the volume */
  readonly outside?: number;
}

/**
 * A slice of a volume on any grid, also rotated, flipped or sheared: world axes are sampled at square pixels as large
 * as the smallest spacing, over the box around the grid. Values between voxel centers are trilinear (labels: nearest);
 * a plane through voxel centers of a grid along the world axes shows exactly those voxels.
 */
export function sliceVolume(volume: Volume, plane: Plane, options: SliceOptions = {}): Slice {
  const layout = LAYOUTS[plane];
  if (!layout) throw fault("INVALID_ARGUMENT", `a plane is one of ${PLANES.join(", ")}; got '${plane}'`, { plane });
  const { grid } = volume;
  const through = options.through ?? middleVoxel(grid);
  const pixel = Math.min(...spacing(grid));
  const corners = gridCorners(grid);
  const [across, down] = [layout.across, layout.down].map((axis) => {
    const along = corners.map((corner) => corner[axis]);
    const high = Math.max(...along);
    const count = Math.max(1, Math.round((high - Math.min(...along)) / pixel));
    return { high, count, axis };
  });
  const worldToIndex = inverseAffine(grid.indexToWorld);
  const sample = volume.quantity === "label" ? nearestValue : trilinearValue;
  const outside = options.outside ?? smallest(volume.values);
  const values = new Float32Array(across.count * down.count);
  const point: [number, number, number] = [...through];
  for (let row = 0, at = 0; row < down.count; row++) {
    point[down.axis] = down.high - (row + 0.5) * pixel;
    for (let column = 0; column < across.count; column++, at++) {
      point[across.axis] = across.high - (column + 0.5) * pixel;
      values[at] = sample(volume, transformPoint(worldToIndex, point), outside);
    }
  }
  return {
    plane,
    position: through[layout.normal],
    rows: down.count,
    columns: across.count,
    values,
    pixelSize: [pixel, pixel],
    letters: layout.letters,
  };
}

/** The axial, coronal and sagittal slice through one point. */
export const sliceThreePlanes = (volume: Volume, options: SliceOptions = {}): Slice[] =>
  PLANES.map((plane) => sliceVolume(volume, plane, options));

function middleVoxel({ size, indexToWorld }: Grid): Vec3 {
  const [i, j, k] = size.map((n) => Math.floor(n / 2));
  return transformPoint(indexToWorld, [i, j, k]);
}

const smallest = (values: ArrayLike<number>): number => {
  let low = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] < low) low = values[i];
  return low;
};

const isInside = ({ size }: Grid, q: Vec3): boolean =>
  q.every((coordinate, axis) => coordinate >= -0.5 && coordinate <= size[axis] - 0.5);

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** The voxel that holds index coordinates q (centers at integers). */
function nearestValue({ grid, values }: Volume, q: Vec3, outside: number): number {
  if (!isInside(grid, q)) return outside;
  const [nx, ny, nz] = grid.size;
  const at = (coordinate: number, n: number) => clamp(Math.round(coordinate), 0, n - 1);
  return values[at(q[0], nx) + nx * (at(q[1], ny) + ny * at(q[2], nz))];
}

/** Trilinear at index coordinates q (centers at integers), constant in the outer half voxels. */
function trilinearValue({ grid, values }: Volume, q: Vec3, outside: number): number {
  if (!isInside(grid, q)) return outside;
  const [nx, ny, nz] = grid.size;
  const x = clamp(q[0], 0, nx - 1);
  const y = clamp(q[1], 0, ny - 1);
  const z = clamp(q[2], 0, nz - 1);
  const i = Math.min(Math.floor(x), Math.max(0, nx - 2));
  const j = Math.min(Math.floor(y), Math.max(0, ny - 2));
  const k = Math.min(Math.floor(z), Math.max(0, nz - 2));
  const [fx, fy, fz] = [x - i, y - j, z - k];
  let sum = 0;
  for (let corner = 0; corner < 8; corner++) {
    const [dx, dy, dz] = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const weight = (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy) * (dz ? fz : 1 - fz);
    if (weight > 0) sum += weight * values[i + dx + nx * (j + dy + ny * (k + dz))];
  }
  return sum;
}
