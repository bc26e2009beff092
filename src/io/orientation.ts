import { fault, type Warning } from "../core/errors.js";
import { determinant3, IDENTITY4, linearPart, type Matrix4 } from "../core/linear.js";
import type { Quantity, Volume } from "../volume/grid.js";
import type { VolumeFile } from "./types.js";

/** What tomograd writes into formats that have no place for it. */
export interface OwnMetadata {
  readonly indexToWorld: Matrix4;
  readonly quantity: Quantity;
  /** The volume came from a file that does not say how it lies. */
  readonly unoriented?: true;
}

const quantities: readonly Quantity[] = ["hounsfield", "attenuation", "density", "label", "unknown"];

/** The quantity in a description "tomograd QUANTITY"; undefined for any other text. */
export const describedQuantity = (description: string): Quantity | undefined => {
  const word = /^tomograd (\w+)\b/.exec(description)?.[1] as Quantity | undefined;
  return word && quantities.includes(word) ? word : undefined;
};

/** The affine and the quantity as one line of JSON: what TIFF, .npy and .npz carry. @throws NOT_FINITE */
export function metadataText(volume: Volume): string {
  const { indexToWorld } = volume.grid;
  if (!indexToWorld.every(Number.isFinite))
    throw fault("NOT_FINITE", `an affine must be finite: ${indexToWorld}`, { defect: "non-finite-affine" });
  const { quantity } = volume;
  return JSON.stringify({ tomograd: { indexToWorld, quantity, ...(isUnoriented(volume) && { unoriented: true }) } });
}

/** True for text that begins as `metadataText` does. */
export const isOwnMetadata = (text: string): boolean => text.startsWith('{"tomograd":');

/** What `metadataText` wrote; undefined for any other text. @throws CORRUPT_FILE (`singular-affine`) */
export function parseMetadata(text: string): OwnMetadata | undefined {
  if (!isOwnMetadata(text)) return undefined;
  let content: { tomograd?: Partial<OwnMetadata> | null };
  try {
    content = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { indexToWorld, quantity, unoriented } = content.tomograd ?? {};
  if (!Array.isArray(indexToWorld) || !quantity || !quantities.includes(quantity)) return undefined;
  return {
    indexToWorld: checkedAffine(indexToWorld, "CORRUPT_FILE", "the affine in the file"),
    quantity,
    ...(unoriented === true && { unoriented }),
  };
}

/** The warning of a file without directions: what is assumed, the size of voxels too unless it is `sized`, and what to do. */
export const noOrientation = (what: string, sized = false): Warning => ({
  defect: "no-orientation",
  message: `${what} has no directions${sized ? "" : " and no size of voxels"}; axes are taken as right, anterior, superior${sized ? "" : ", voxels as 1 mm"} (the option 'affine' says otherwise)`,
});

/** `noOrientation`, unless tomograd wrote the file and knew the directions. */
export const orientationDoubt = (own: OwnMetadata | undefined, what: string, sized = false): Warning[] =>
  own && !own.unoriented ? [] : [noOrientation(what, sized || own !== undefined)];

/** Whether a volume is as it was read from a file that does not say how it lies; writers pass that on. */
export const isUnoriented = (volume: Volume): boolean =>
  ((volume as Partial<VolumeFile>).warnings ?? []).some(({ defect }) => defect === "no-orientation");

/** An affine with positive spacings (mm) along the world's axes. */
export const spacingAffine = ([x, y, z]: readonly number[]): Matrix4 =>
  IDENTITY4.map((one, i) => (i === 0 ? x : i === 5 ? y : i === 10 ? z : one));

/** 12 or 16 numbers as a matrix. @throws `code` with `bad-affine`, `non-finite-affine`, or `singular-affine` */
function checkedAffine(numbers: readonly number[], code: "INVALID_ARGUMENT" | "CORRUPT_FILE", what: string): Matrix4 {
  const matrix = numbers.length === 12 ? [...numbers, 0, 0, 0, 1] : [...numbers];
  const refused = (why: string, defect: string) => fault(code, `${what} ${why}: ${numbers.join(", ")}`, { defect });
  if (matrix.length !== 16 || [0, 0, 0, 1].some((value, i) => matrix[12 + i] !== value))
    throw refused("must be 12 numbers, or 16 that end in 0, 0, 0, 1", "bad-affine");
  if (!matrix.every(Number.isFinite)) throw refused("must be finite", "non-finite-affine");
  const lengths = [0, 1, 2].map((k) => Math.hypot(matrix[k], matrix[4 + k], matrix[8 + k]));
  if (!(Math.abs(determinant3(linearPart(matrix))) > 1e-6 * lengths[0] * lengths[1] * lengths[2]))
    throw refused("must not fold the volume flat", "singular-affine");
  return matrix;
}

/** The volume under the affine that the caller gave, if one was. @throws INVALID_ARGUMENT as `checkedAffine` */
export function placed(volume: VolumeFile, affine: readonly number[] | undefined): VolumeFile {
  if (affine === undefined) return volume;
  const indexToWorld = checkedAffine(affine, "INVALID_ARGUMENT", "the option 'affine'");
  const others = volume.warnings.filter(({ defect }) => defect !== "no-orientation");
  const replaced = {
    defect: "orientation-replaced",
    message: "the file has an affine of its own; the option 'affine' replaces it",
  };
  const warnings = others.length < volume.warnings.length ? others : [...others, replaced];
  return { ...volume, grid: { ...volume.grid, indexToWorld }, warnings };
}
