import type { Warning } from "../../core/errors.js";
import type { Matrix4 } from "../../core/linear.js";
import { IDENTITY4 } from "../../core/linear.js";
import { refuseBadAffine } from "../affine.js";
import { noOrientation } from "../orientation.js";
import { millimetersOf } from "../units.js";
import { isDocument } from "./arrayInfo.js";

/** An image of several resolutions, as OME-Zarr describes it. */
export interface Multiscales {
  /** The levels' arrays, finest first. */
  readonly levels: readonly string[];
  /** One for each axis of the arrays, slowest first. */
  readonly axes: readonly { readonly name: string; readonly unit: string | undefined }[];
  /** Per level the scale and the translation of each axis, in its unit. */
  readonly scales: readonly (readonly number[])[];
  readonly translations: readonly (readonly number[])[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * The first image that the attributes of a group describe; undefined if they describe none.
 * Source: OME-Zarr (NGFF) 0.4 and 0.5, "multiscales".
 */
export function multiscalesOf(attributes: Readonly<Record<string, unknown>>): Multiscales | undefined {
  const ome = isDocument(attributes.ome) ? attributes.ome : attributes;
  const image = list(ome.multiscales)[0];
  if (!isDocument(image)) return undefined;
  const axes = list(image.axes).map((axis) => {
    const { name, unit } = isDocument(axis) ? axis : { name: axis, unit: undefined };
    return { name: String(name), unit: typeof unit === "string" ? unit : undefined };
  });
  const sets = list(image.datasets).filter(isDocument);
  const shared = list(image.coordinateTransformations);
  const applied = sets.map((set) => combine([...list(set.coordinateTransformations), ...shared], axes.length));
  if (axes.length === 0 || sets.length === 0) return undefined;
  return {
    levels: sets.map(({ path }) => String(path).replace(/^\/+|\/+$/g, "")),
    axes,
    scales: applied.map(({ scale }) => scale),
    translations: applied.map(({ translation }) => translation),
  };
}

/** Scales and translations one after another as one scale and one translation. */
function combine(steps: readonly unknown[], axes: number) {
  let scale: number[] = new Array(axes).fill(1);
  let translation: number[] = new Array(axes).fill(0);
  for (const step of steps) {
    if (!isDocument(step)) continue;
    const factors = step.type === "scale" ? list(step.scale).map(Number) : undefined;
    const shifts = step.type === "translation" ? list(step.translation).map(Number) : undefined;
    if (factors) {
      scale = scale.map((s, i) => s * (factors[i] ?? Number.NaN));
      translation = translation.map((t, i) => t * (factors[i] ?? Number.NaN));
    }
    if (shifts) translation = translation.map((t, i) => t + (shifts[i] ?? Number.NaN));
  }
  return { scale, translation };
}

/**
 * Voxel index to mm along x, y and z by the scale and translation of a level. The format says nothing of directions.
 * @throws CORRUPT_FILE (`singular-affine`, `non-finite-affine`)
 */
export function scaledAffine(
  image: Multiscales,
  level: number,
  spatial: readonly number[],
  name: string,
): { indexToWorld: Matrix4; warnings: Warning[] } {
  const indexToWorld = [...IDENTITY4];
  const warnings = [noOrientation("OME-Zarr", true)];
  spatial.forEach((axis, row) => {
    if (axis < 0) return;
    const factor = millimetersOf(image.axes[axis].unit ?? "");
    indexToWorld[5 * row] = image.scales[level][axis] * (factor ?? 1);
    indexToWorld[4 * row + 3] = image.translations[level][axis] * (factor ?? 1);
    if (factor === undefined && warnings.length === 1)
      warnings.push({ defect: "unknown-unit", message: `${name} has no unit of length that is known; mm are assumed` });
  });
  refuseBadAffine(indexToWorld, name, "scale and translation");
  return { indexToWorld, warnings };
}
