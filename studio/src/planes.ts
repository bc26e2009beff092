import type { Plane } from "tomograd/report";

/** World axes (0 x, 1 y, 2 z) that a plane is at right angles to, and along which columns and rows run, both falling. */
export interface PlaneAxes {
  readonly normal: 0 | 1 | 2;
  readonly across: 0 | 1 | 2;
  readonly down: 0 | 1 | 2;
}

/** How `sliceVolume` draws the planes. */
export const PLANE_AXES: Readonly<Record<Plane, PlaneAxes>> = {
  axial: { normal: 2, across: 0, down: 1 },
  coronal: { normal: 1, across: 0, down: 2 },
  sagittal: { normal: 0, across: 1, down: 2 },
};

const ENDS = [
  ["L", "R"],
  ["P", "A"],
  ["I", "S"],
] as const;

/** Least part of a direction along an axis for the axis' letter to be named. */
const NAMED = 0.38;

/** Letters of a direction in RAS, the strongest first: "R", "LA", "SRA"; at most two. */
export function directionLetters(direction: readonly number[]): string {
  const length = Math.hypot(...direction) || 1;
  return direction
    .map((value, axis) => ({ part: Math.abs(value) / length, letter: ENDS[axis][value > 0 ? 1 : 0] }))
    .filter(({ part }) => part > NAMED)
    .sort((a, b) => b.part - a.part)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join("");
}

/** "I 3.1": mm from the world's origin along an axis, with the letter of the side that a point lies on. */
export const coordinateInWords = (point: readonly number[], axis: number): string =>
  `${ENDS[axis][point[axis] >= 0 ? 1 : 0]} ${Math.abs(point[axis]).toFixed(1)}`;

/** "R 12.3  A 4.0  I 3.1". */
export const placeInWords = (point: readonly number[]): string =>
  [0, 1, 2].map((axis) => coordinateInWords(point, axis)).join("  ");
