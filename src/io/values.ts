import { fault, type TomogradError, type Warning } from "../core/errors.js";
import type { Volume } from "../volume/grid.js";
import type { Decoded, StoredType } from "./numeric.js";

/** Collects decoded numbers into the array of a volume. */
export interface ValueCollector {
  /** Writes slope * stored + intercept at `at`. */
  put(stored: Decoded, at: number, slope: number, intercept: number): void;
  /** The array, and what is worth telling about it. */
  finish(): { values: Volume["values"]; warnings: Warning[] };
}

/** Integers above this are not all float32 numbers, respectively not all float64 numbers. */
const [FLOAT32_INTEGERS, FLOAT64_INTEGERS] = [2 ** 24, 2 ** 53];

const bytesOf = { int16: 2, float32: 4, float64: 8 };

/**
 * A collector of `count` numbers. Unscaled uint8 stays uint8; other integers go into the narrowest of int16, float32 and
 * float64 that holds all of them exactly, widened when the first number asks for it; float64 stays; all else is float32.
 * @throws TOO_LARGE (`too-large`) if the array would exceed `maxBytes` or cannot be had
 */
export function createValueCollector(
  count: number,
  type: StoredType,
  scaling: { slope: number; intercept: number } | "varying",
  maxBytes: number,
): ValueCollector {
  const allocate = <T>(bytes: number, make: () => T): T => {
    if (count * bytes > maxBytes) throw tooLarge(count * bytes, maxBytes);
    try {
      return make();
    } catch (error) {
      throw tooLarge(count * bytes, maxBytes, error);
    }
  };
  const unscaled = scaling !== "varying" && scaling.slope === 1 && scaling.intercept === 0;
  /** Int16 holds whatever comes; there is nothing to look for. */
  const fits = unscaled && (type === "int16" || type === "int8");
  const floating = type === "float16" || type === "float32" || type === "float64";
  let values: Volume["values"];
  if ((type === "uint8" || type === "bool") && unscaled) values = allocate(1, () => new Uint8Array(count));
  else if (type === "float64") values = allocate(bytesOf.float64, () => new Float64Array(count));
  else if (type === "float16" || type === "float32") values = allocate(bytesOf.float32, () => new Float32Array(count));
  else values = allocate(bytesOf.int16, () => new Int16Array(count));

  let inexact = false;
  let notFinite = 0;
  const widen = (lowest: number, highest: number, whole: boolean) => {
    if (values instanceof Int16Array && (!whole || lowest < -32768 || highest > 32767)) {
      const narrow = values;
      values = allocate(bytesOf.float32, () => Float32Array.from(narrow));
    }
    const largest = Math.max(-lowest, highest);
    if (whole && values instanceof Float32Array && largest > FLOAT32_INTEGERS) {
      const narrow = values;
      values = allocate(bytesOf.float64, () => Float64Array.from(narrow));
    }
    if (whole && largest > FLOAT64_INTEGERS) inexact = true;
  };

  return {
    put(stored, at, slope, intercept) {
      const identity = slope === 1 && intercept === 0;
      if (floating) {
        for (let i = 0; i < stored.length; i++) if (!Number.isFinite(stored[i])) notFinite++;
      } else if (!fits && !(values instanceof Uint8Array)) {
        let lowest = Number.POSITIVE_INFINITY;
        let highest = Number.NEGATIVE_INFINITY;
        for (let i = 0; i < stored.length; i++) {
          if (stored[i] < lowest) lowest = stored[i];
          if (stored[i] > highest) highest = stored[i];
        }
        const ends = [slope * lowest + intercept, slope * highest + intercept];
        if (stored.length > 0)
          widen(Math.min(...ends), Math.max(...ends), Number.isInteger(slope) && Number.isInteger(intercept));
      }
      if (identity) values.set(stored, at);
      else for (let i = 0; i < stored.length; i++) values[at + i] = slope * stored[i] + intercept;
    },
    finish() {
      const warnings: Warning[] = [];
      if (inexact)
        warnings.push({ defect: "precision", message: "integers beyond 2^53 lost their last digits in float64" });
      if (notFinite > 0)
        warnings.push({ defect: "non-finite-values", message: `${notFinite} of ${count} voxels are NaN or infinite` });
      return { values, warnings };
    },
  };
}

/** The error for a volume that does not fit. */
export const tooLarge = (needed: number, limit: number, cause?: unknown): TomogradError =>
  fault(
    "TOO_LARGE",
    `the volume needs ${needed} bytes and the limit is ${limit}: raise maxBytes, or crop or reduce the file`,
    { defect: "too-large", needed, limit },
    cause,
  );
