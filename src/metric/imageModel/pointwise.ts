import { refuseUnknownOptions } from "../../core/index.js";
import { checkRange } from "../similarity/epsilon.js";
import { type ImageModel, lengthOf } from "./imageModel.js";

/** Fills the value at x into `out` and its derivative into `slope`, for every pixel. */
type Pointwise = (x: Float32Array | Float64Array, out: Float64Array, slope: Float64Array) => void;

function pointwise(name: string, evaluate: Pointwise): ImageModel {
  return {
    name,
    prepare(input) {
      const slope = new Float64Array(lengthOf(input));
      const scale = (from: Float32Array | Float64Array, out: Float64Array) => {
        for (let i = 0; i < slope.length; i++) out[i] = from[i] * slope[i];
      };
      return {
        input,
        output: input,
        apply: (image, out) => evaluate(image, out, slope),
        vjp: scale,
        jvp: scale,
        mask: (mask, out) => out.set(mask),
      };
    },
  };
}

const LARGEST = Number.MAX_VALUE;

/**
 * Beer-Lambert: I = I0 exp(-p), line integrals p to intensities. dI/dp = -I.
 * @param options.photons I0, in the unit wanted. @default 1
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`)
 */
export function beerLambert(options: { readonly photons?: number } = {}): ImageModel {
  refuseUnknownOptions("beerLambert", options, ["photons"]);
  const { photons = 1 } = options;
  checkRange("photons", photons, Number.MIN_VALUE, LARGEST);
  return pointwise(`Beer-Lambert with ${photons} photons`, (x, out, slope) => {
    for (let i = 0; i < out.length; i++) {
      out[i] = photons * Math.exp(-x[i]);
      slope[i] = -out[i];
    }
  });
}

/**
 * p = -ln(max(I, floor) / I0), intensities to line integrals. dp/dI = -1 / I, 0 below the floor.
 * @param options.photons I0, in the unit of the images. @default 1
 * @param options.floor intensities below count as this one; in the unit of the images. @default 1e-6 I0
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`)
 */
export function negativeLog(options: { readonly photons?: number; readonly floor?: number } = {}): ImageModel {
  refuseUnknownOptions("negativeLog", options, ["photons", "floor"]);
  const { photons = 1 } = options;
  const { floor = 1e-6 * photons } = options;
  checkRange("photons", photons, Number.MIN_VALUE, LARGEST);
  checkRange("floor", floor, Number.MIN_VALUE, LARGEST);
  return pointwise(`-ln(I / ${photons}), I at least ${floor}`, (x, out, slope) => {
    for (let i = 0; i < out.length; i++) {
      out[i] = -Math.log(Math.max(x[i], floor) / photons);
      slope[i] = x[i] > floor ? -1 / x[i] : 0;
    }
  });
}

/**
 * white - x: bright becomes dark.
 * @param options.white what 0 becomes, in the unit of the images. @default 1
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`)
 */
export function inversion(options: { readonly white?: number } = {}): ImageModel {
  refuseUnknownOptions("inversion", options, ["white"]);
  const { white = 1 } = options;
  checkRange("white", white, -LARGEST, LARGEST);
  return pointwise(`${white} - x`, (x, out, slope) => {
    for (let i = 0; i < out.length; i++) out[i] = white - x[i];
    slope.fill(-1);
  });
}

/**
 * white (x / white)^exponent for x > 0, else 0 (with derivative 0): the curve of a display or of a detector.
 * @param options.exponent above 0; below 1 it lifts what is dark
 * @param options.white the value that stays, above 0, in the unit of the images. @default 1
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`)
 */
export function gamma(options: { readonly exponent: number; readonly white?: number }): ImageModel {
  refuseUnknownOptions("gamma", options, ["exponent", "white"]);
  const { exponent, white = 1 } = options;
  checkRange("exponent", exponent, Number.MIN_VALUE, LARGEST);
  checkRange("white", white, Number.MIN_VALUE, LARGEST);
  return pointwise(`gamma ${exponent}, white ${white}`, (x, out, slope) => {
    for (let i = 0; i < out.length; i++) {
      const inside = x[i] > 0;
      out[i] = inside ? white * (x[i] / white) ** exponent : 0;
      slope[i] = inside ? (exponent * out[i]) / x[i] : 0;
    }
  });
}
