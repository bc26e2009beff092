import type { Source } from "#platform";
import { fault, type TomogradError } from "../core/errors.js";

/** A header of text longer than this is none, bytes. */
const LONGEST = 1 << 22;
/** The first piece that is read, bytes. */
const FIRST = 1 << 14;

/** The text that heads a file, and where it ends. */
export interface TextHeader {
  readonly text: string;
  /** Where the voxels begin, bytes; undefined if the file ends before the header does. */
  readonly end: number | undefined;
}

/** Reads the text of a header up to where `endOf` says that it ends (undefined: not in these bytes). */
export async function readTextHeader(
  source: Source,
  endOf: (bytes: Uint8Array) => number | undefined,
): Promise<TextHeader> {
  for (let length = FIRST; ; length *= 4) {
    const bytes = await source.read(0, Math.min(length, LONGEST));
    const end = endOf(bytes);
    if (end !== undefined || bytes.length >= source.size || length >= LONGEST)
      return { text: new TextDecoder().decode(bytes.subarray(0, end)), end };
  }
}

/** Text as numbers; NaN where it is none. */
export const numbersOf = (text: string): number[] =>
  text
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => (/^[+-]?inf(inity)?$/i.test(word) ? Number.POSITIVE_INFINITY : Number(word)));

/** @throws CORRUPT_FILE (`bad-dimension`) unless all sizes are counts whose product is a safe integer */
export function checkSizes(sizes: readonly number[], name: string): void {
  const product = sizes.reduce((a, b) => a * b, 1);
  if (sizes.length === 0 || sizes.some((n) => !(Number.isInteger(n) && n >= 1)) || !Number.isSafeInteger(product))
    throw fault("CORRUPT_FILE", `${name}: impossible dimensions ${sizes.join(" x ")}`, { defect: "bad-dimension" });
}

/** The error for a header that lacks what it must have. */
export const missingField = (name: string, field: string): TomogradError =>
  fault("CORRUPT_FILE", `${name}: the header has no '${field}'`, { defect: "missing-field", field });
