/** Set-ups of the gates of filtered backprojection: circular scans of phantoms with exact line integrals. */
import type { Backend } from "../../src/backend/backend.js";
import type { Vec3 } from "../../src/core/linear.js";
import type { Detector, Trajectory, View } from "../../src/geometry/view.js";
import { toHost } from "../../src/projector/arrays.js";
import { createProjector } from "../../src/projector/createProjector.js";
import { type FdkOptions, fdk } from "../../src/reconstruction/fdk.js";
import { createGrid } from "../../src/volume/createGrid.js";
import type { Grid, Projections, Volume } from "../../src/volume/grid.js";

export interface CircleOptions {
  readonly anglesRad: readonly number[];
  /** Source to axis, and to the detector. */
  readonly sid?: number;
  readonly sdd?: number;
  readonly columns?: number;
  readonly rows?: number;
  readonly pitch?: number;
  /** Of the middle of the detector from the axis, along its rows. */
  readonly shift?: number;
}

/** Scans of the cube [-1, 1]³ unless said: source at 5, detector at 7, 128 columns of 4/128; z along columns. */
export function circle(options: CircleOptions): Trajectory {
  const { anglesRad, sid = 5, sdd = 7, columns = 128, rows = columns, pitch = 4 / 128, shift = 0 } = options;
  const views = anglesRad.map((angle): View => {
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    const [u, v] = [shift - (pitch * (columns - 1)) / 2, (-pitch * (rows - 1)) / 2];
    return {
      beam: "cone",
      source: [sid * x, sid * y, 0],
      firstPixel: [(sid - sdd) * x - y * u, (sid - sdd) * y + x * u, v],
      columnStep: [-y * pitch, x * pitch, 0],
      rowStep: [0, 0, pitch],
    };
  });
  const detector: Detector = { rows, columns, pixelSize: [pitch, pitch] };
  return { detector, views, about: `${views.length} views of a gate` };
}

/** Angles of `count` views over a turn, from 0 on. */
export const turn = (count: number, radians = 2 * Math.PI) =>
  Array.from({ length: count }, (_, k) => (radians * k) / count);

/** The middle `slices` slices of n x n x n voxels of the cube [-1, 1]³. */
export const cubeGrid = (n: number, slices = n): Grid => createGrid({ size: [n, n, slices], spacing: 2 / n });

/** What `fdk` makes of projections, on the host. */
export async function reconstructed(
  backend: Backend,
  projections: Projections,
  grid: Grid,
  options: FdkOptions = {},
): Promise<Volume & { readonly warnings: readonly string[]; readonly used: Readonly<Record<string, unknown>> }> {
  const { views, detector } = projections;
  using A = createProjector({ backend, grid, detector, views });
  const { volume, warnings, used } = await fdk(A, projections, options);
  try {
    return { ...(await toHost(volume)), warnings: warnings.map(({ defect }) => defect), used };
  } finally {
    volume.dispose();
  }
}

/** Values of the voxels whose centers are chosen. */
export function chosen(volume: Volume, inside: (point: Vec3) => boolean): number[] {
  const { size, indexToWorld: m } = volume.grid;
  const values: number[] = [];
  for (let k = 0, voxel = 0; k < size[2]; k++)
    for (let j = 0; j < size[1]; j++)
      for (let i = 0; i < size[0]; i++, voxel++)
        if (inside([m[0] * i + m[3], m[5] * j + m[7], m[10] * k + m[11]])) values.push(volume.values[voxel]);
  return values;
}

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Root mean square difference of chosen voxels. */
export function rms(a: Volume, b: Volume, inside: (point: Vec3) => boolean): number {
  const [x, y] = [chosen(a, inside), chosen(b, inside)];
  return Math.sqrt(mean(x.map((value, i) => (value - y[i]) ** 2)));
}

/** Says how far a figure is from its bar. */
export function report(gate: string, figure: number, bar: number): void {
  console.log(
    `${gate}: ${figure.toPrecision(3)}, bar ${bar}, margin ${((1 - Math.abs(figure) / bar) * 100).toFixed(0)} %`,
  );
}
