import { fault } from "../core/errors.js";

/**
 * The value of an option for each of `count` X-ray images: given once it is that of all, else each has its own, in turn.
 * @throws INVALID_ARGUMENT (`contradictory-options`)
 */
export function eachXRay<T>(option: string, values: readonly T[], count: number): (T | undefined)[] {
  if (values.length > 1 && values.length !== count)
    throw fault(
      "INVALID_ARGUMENT",
      `found ${values.length} of --${option} for ${count} X-ray images; expected one for each, in their order, or one for all`,
      { defect: "contradictory-options" },
    );
  return Array.from({ length: count }, (_, i) => values[i] ?? values[0]);
}
