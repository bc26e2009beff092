import { join } from "node:path";
import { expect } from "vitest";
import { goldenFolder, hasGolden, readManifest } from "./folders.js";
import { readNpyFile } from "./npy.js";

/** An array of the golden folder: where it lies and what it holds. */
export interface GoldenEntry {
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly what: string;
}

/** As in numpy.allclose, and `atol_of_max` relative to the largest absolute value of the reference. */
export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
  readonly atol_of_max?: number;
}

export interface GoldenVolume {
  /** [nx, ny, nz] */
  readonly shape: readonly [number, number, number];
  /** Index of a voxel center to RAS mm, rows. */
  readonly affine: readonly (readonly number[])[];
  /** `affine` moved so that the isocenter is the origin. */
  readonly affine_centered: readonly (readonly number[])[];
  readonly isocenter: readonly [number, number, number];
  readonly hu: GoldenEntry;
  readonly density_f32: GoldenEntry;
  readonly mask: GoldenEntry;
}

export interface GoldenCase {
  readonly name: string;
  readonly kind: string;
  readonly arrays: Readonly<Record<string, GoldenEntry>>;
  readonly tolerances: Readonly<Record<string, Tolerance>>;
  readonly note?: string;
  /** Arrays in which the library gives NaN. */
  readonly contains_nan?: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: the other fields depend on the kind
  readonly [field: string]: any;
}

const manifest: { volumes: Record<string, GoldenVolume>; cases: GoldenCase[] } = hasGolden
  ? readManifest(goldenFolder)
  : { volumes: {}, cases: [] };

/** All cases of some kinds, in the order of the manifest; none without a golden folder. */
export const goldenCases = (...kinds: string[]): GoldenCase[] => manifest.cases.filter((c) => kinds.includes(c.kind));

/** Every kind of the manifest. */
export const goldenKinds = (): string[] => [...new Set(manifest.cases.map((c) => c.kind))];

/** A volume of the manifest by name. */
export function goldenVolume(name: string): GoldenVolume {
  const volume = manifest.volumes[name];
  if (!volume) throw new Error(`the golden manifest has no volume '${name}'`);
  return volume;
}

/** The values of an array as float64, in the order of the file (C order). */
export const goldenValues = (entry: GoldenEntry): Float64Array => readNpyFile(join(goldenFolder, entry.file)).values;

/** The values of a [i][j][k] array (C order), x fastest: `values[i + nx * (j + ny * k)]`. */
export const goldenVolumeValues = (entry: GoldenEntry): Float64Array =>
  toXFastest(goldenValues(entry), entry.shape as [number, number, number]);

/** C order [i][j][k] to x fastest. */
export function toXFastest(values: Float64Array, [nx, ny, nz]: readonly [number, number, number]): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0, n = 0; i < nx; i++)
    for (let j = 0; j < ny; j++) for (let k = 0; k < nz; k++) out[i + nx * (j + ny * k)] = values[n++];
  return out;
}

/** The elements of a row-major matrix given as rows. */
export const flatMatrix = (rows: readonly (readonly number[])[]): number[] => rows.flat();

/** The largest absolute value; NaN counts as 0. */
export const largest = (values: ArrayLike<number>): number => {
  let result = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > result) result = Math.abs(values[i]);
  return result;
};

/** |actual - expected| of every element. */
export function differences(actual: ArrayLike<number>, expected: ArrayLike<number>): Float64Array {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values against ${expected.length}`);
  return Float64Array.from({ length: actual.length }, (_, i) => Math.abs(actual[i] - expected[i]));
}

/** The smallest value that at least the fraction `p` (0..1) of the values do not exceed; 0 of none. */
export function percentile(values: Float64Array, p: number): number {
  if (values.length === 0) return 0;
  return values.slice().sort()[Math.max(0, Math.ceil(p * values.length) - 1)];
}

/** The largest of |actual - expected| in units of what the tolerance allows: <= 1 is within it. Skips where `use` is 0. */
export function excess(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  use?: ArrayLike<number>,
): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const absolute = (tolerance.atol ?? 0) + (tolerance.atol_of_max ?? 0) * largest(expected);
  let result = 0;
  for (let i = 0; i < actual.length; i++) {
    if (use && !use[i]) continue;
    if (actual[i] === expected[i] || (Number.isNaN(actual[i]) && Number.isNaN(expected[i]))) continue;
    const ratio = Math.abs(actual[i] - expected[i]) / (absolute + (tolerance.rtol ?? 0) * Math.abs(expected[i]));
    if (!(ratio <= result)) result = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
  }
  return result;
}

/** Asserts that every element is within the tolerance; `what` names the array in the message. */
export function expectClose(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  use?: ArrayLike<number>,
): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  expect(
    excess(actual, expected, tolerance, use),
    `${what}: largest difference in units of ${JSON.stringify(tolerance)}`,
  ).toBeLessThanOrEqual(1);
}
