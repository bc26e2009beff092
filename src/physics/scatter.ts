/** Scattered photons, as a constant part of what is counted behind the object. */
import { fault, refuseUnknownOptions } from "../core/index.js";
import { checkStack, type ImageStack } from "./countStack.js";

/** Options of `subtractScatter`. */
export interface ScatterOptions {
  /** Scattered photons among all that are counted behind the object, 0 to below 1. */
  readonly fraction: number;
  /** Transmissions below this are behind the object. @default 0.9 */
  readonly objectBelow?: number;
}

/** At least this share of a pixel's own transmission is left. */
const LEAST_PRIMARY = 0.05;

/**
 * Subtracts scatter in counts: in each view the constant S = fraction times the mean transmission behind the object, since
 * scatter is smooth over the detector. A pixel keeps at least a twentieth of its own. A new array.
 * Source: Boellaard, van Herk, Mijnheer, Radiother. Oncol. 44, 1997 (a uniform fraction), in the form without kernel.
 * @throws INVALID_ARGUMENT (defect `out-of-range`)
 */
export function subtractScatter(stack: ImageStack, options: ScatterOptions): ImageStack {
  refuseUnknownOptions("subtractScatter", options, ["fraction", "objectBelow"]);
  checkStack("subtractScatter", stack);
  const { fraction, objectBelow = 0.9 } = options;
  if (!(fraction >= 0 && fraction < 1))
    throw fault("INVALID_ARGUMENT", `the fraction of scatter lies from 0 to below 1, got ${fraction}`, {
      defect: "out-of-range",
    });
  const { views, values } = stack;
  const pixels = values.length / views;
  const out = values.slice();
  for (let view = 0; view < views; view++) {
    const image = out.subarray(view * pixels, (view + 1) * pixels);
    let sum = 0;
    let count = 0;
    for (const transmission of image)
      if (transmission < objectBelow) {
        sum += transmission;
        count++;
      }
    if (count === 0) continue;
    const scatter = (fraction * sum) / count;
    for (let i = 0; i < pixels; i++) image[i] = Math.max(LEAST_PRIMARY * image[i], image[i] - scatter);
  }
  return { ...stack, values: out };
}
