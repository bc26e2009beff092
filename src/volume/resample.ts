/** Values of a volume on another grid, found through the world. */
import { fault, inverseAffine, multiply4, refuseUnknownOptions } from "../core/index.js";
import { airValue, type VoxelArray, voxelArray, voxelType } from "./createVolume.js";
import type { Grid, Quantity, Volume } from "./grid.js";
import { validateGrid, voxelCount } from "./gridFrame.js";

/** `nearest`: the voxel that holds the point (on a face the upper one); `linear`: between the centers around it. */
export type Interpolation = "nearest" | "linear";

/** How values between voxels and outside the grid are found. */
export interface ResampleOptions {
  /** @default "nearest" for labels, else "linear" */
  readonly interpolation?: Interpolation;
  /** What points outside the volume get. @default -1000 for Hounsfield units, else 0 */
  readonly outside?: number;
}

/** Entries of index-to-index affines this near to an integer are that integer, so that equal axes give equal values. */
const SNAP = 1e-10;
/** Voxels; a point this near outside the volume's face still lies inside. */
const FACE = 1e-9;

/**
 * Resamples a volume onto any grid: each target voxel gets the value at its center's world position. A point lies inside
 * if it lies in a voxel; between the outermost centers and the outer faces `linear` takes the border's value.
 * No smoothing: for coarser grids average first (`boxResample`). `nearest` keeps the voxel type; `linear` gives float64
 * from float64, else float32.
 * @throws INVALID_ARGUMENT for linear labels (defect `interpolated-labels`), INVALID_GEOMETRY (see `validateGrid`)
 */
export function resample<Q extends Quantity>(volume: Volume<Q>, grid: Grid, options: ResampleOptions = {}): Volume<Q> {
  refuseUnknownOptions("resample", options, ["interpolation", "outside"]);
  const { quantity, values } = volume;
  const { interpolation = quantity === "label" ? "nearest" : "linear", outside = airValue(quantity) } = options;
  if (quantity === "label" && interpolation !== "nearest")
    throw fault("INVALID_ARGUMENT", "labels have no values in between: resample them with 'nearest'", {
      defect: "interpolated-labels",
    });
  validateGrid(grid);
  const toSource = multiply4(inverseAffine(volume.grid.indexToWorld), grid.indexToWorld).map((m) =>
    Math.abs(m - Math.round(m)) < SNAP ? Math.round(m) : m,
  );
  const nearest = interpolation === "nearest";
  const type = nearest || values instanceof Float64Array ? voxelType(values) : "float32";
  const out = voxelArray(type, voxelCount(grid));
  const lookup = (nearest ? nearestValue : linearValue)(values, volume.grid.size, outside);
  let o = 0;
  for (let k = 0; k < grid.size[2]; k++)
    for (let j = 0; j < grid.size[1]; j++) {
      const x0 = toSource[1] * j + toSource[2] * k + toSource[3];
      const y0 = toSource[5] * j + toSource[6] * k + toSource[7];
      const z0 = toSource[9] * j + toSource[10] * k + toSource[11];
      for (let i = 0; i < grid.size[0]; i++)
        out[o++] = lookup(x0 + toSource[0] * i, y0 + toSource[4] * i, z0 + toSource[8] * i);
    }
  return { quantity, grid, values: out };
}

type Lookup = (x: number, y: number, z: number) => number;

/** True where a point in index coordinates lies in a voxel; NaN does not. */
const within = (q: number, n: number) => q >= -0.5 - FACE && q <= n - 0.5 + FACE;
const clamp = (q: number, n: number) => Math.min(Math.max(q, 0), n - 1);

function nearestValue(values: VoxelArray, [nx, ny, nz]: Grid["size"], outside: number): Lookup {
  const round = (q: number, n: number) => clamp(Math.floor(q + 0.5 + FACE), n);
  return (x, y, z) =>
    within(x, nx) && within(y, ny) && within(z, nz)
      ? values[round(x, nx) + nx * (round(y, ny) + ny * round(z, nz))]
      : outside;
}

function linearValue(values: VoxelArray, [nx, ny, nz]: Grid["size"], outside: number): Lookup {
  return (x, y, z) => {
    if (!(within(x, nx) && within(y, ny) && within(z, nz))) return outside;
    const cx = clamp(x, nx);
    const cy = clamp(y, ny);
    const cz = clamp(z, nz);
    const i = Math.floor(cx);
    const j = Math.floor(cy);
    const k = Math.floor(cz);
    // Steps to the upper neighbors; on the last center the neighbor is itself and has weight 0.
    const right = i < nx - 1 ? 1 : 0;
    const up = j < ny - 1 ? nx : 0;
    const beyond = k < nz - 1 ? nx * ny : 0;
    const fx = cx - i;
    const fy = cy - j;
    const v = i + nx * (j + ny * k);
    const w = v + beyond;
    const a = mix(values[v], values[v + right], fx);
    const b = mix(values[v + up], values[v + up + right], fx);
    const c = mix(values[w], values[w + right], fx);
    const d = mix(values[w + up], values[w + up + right], fx);
    return mix(mix(a, b, fy), mix(c, d, fy), cz - k);
  };
}

const mix = (a: number, b: number, t: number) => a + t * (b - a);
