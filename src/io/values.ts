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
/** The smallest and the largest positive number that float32 holds with all its digits. */
const [FLOAT32_LEAST, FLOAT32_MOST] = [2 ** -126, (2 - 2 ** -23) * 2 ** 127];

const bytesOf = { int16: 2, float32: 4, float64: 8 };

/**
 * A collector of `count` numbers. Unscaled uint8 stays uint8; other integers go into the narrowest of int16, float32 and
 * float64 that holds all of them exactly, widened when the first number asks for it; float64 stays; all else is float32,
 * or float64 where scaled numbers need its digits or its range.
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
  const toFloat64 = () => {
    const narrow = values;
    if (!(narrow instanceof Float64Array)) values = allocate(bytesOf.float64, () => Float64Array.from(narrow));
  };
  /** Makes room for numbers from `lowest` to `highest`, `whole` ones or `step` apart (0: anything in between). */
  const widen = (lowest: number, highest: number, step: number, whole: boolean) => {
    const largest = Math.max(Math.abs(lowest), Math.abs(highest));
    if (whole && values instanceof Int16Array && lowest >= -32768 && highest <= 32767) return;
    const beyond = largest > FLOAT32_MOST || (largest > 0 && largest < FLOAT32_LEAST);
    if (beyond || (step > 0 && largest > FLOAT32_INTEGERS * step)) toFloat64();
    else if (values instanceof Int16Array) {
      const narrow = values;
      values = allocate(bytesOf.float32, () => Float32Array.from(narrow));
    }
    if (step > 0 && largest > FLOAT64_INTEGERS * step) inexact = true;
  };

  return {
    put(stored, at, slope, intercept) {
      const identity = slope === 1 && intercept === 0;
      const looked = floating ? !identity && type !== "float64" : !fits && !(values instanceof Uint8Array);
      if (looked) {
        const [lowest, highest] = finiteRange(stored);
        const ends = [slope * lowest + intercept, slope * highest + intercept];
        const whole = !floating && Number.isInteger(slope) && Number.isInteger(intercept);
        const step = floating ? 0 : whole ? 1 : Math.abs(slope);
        if (lowest <= highest) widen(Math.min(...ends), Math.max(...ends), step, whole);
      }
      if (identity) values.set(stored, at);
      else for (let i = 0; i < stored.length; i++) values[at + i] = slope * stored[i] + intercept;
      if (floating || !identity)
        for (let i = at; i < at + stored.length; i++) if (!Number.isFinite(values[i])) notFinite++;
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

/** Smallest and largest finite number; the smallest is the larger one if there is none. */
function finiteRange(numbers: Decoded): [number, number] {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i];
    if (value < lowest && value !== Number.NEGATIVE_INFINITY) lowest = value;
    if (value > highest && value !== Number.POSITIVE_INFINITY) highest = value;
  }
  return [lowest, highest];
}

/** The error for a volume that does not fit. */
export const tooLarge = (needed: number, limit: number, cause?: unknown): TomogradError =>
  fault(
    "TOO_LARGE",
    `the volume needs ${needed} bytes and the limit is ${limit}: raise maxBytes, or crop or reduce the file`,
    { defect: "too-large", needed, limit },
    cause,
  );
