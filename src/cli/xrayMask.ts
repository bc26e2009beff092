/** Which pixels of X-rays count: without the edges that a collimator shades, and by mask images. */
import type { Command } from "commander";
import { fault } from "../core/errors.js";
import { apertureMask, type RadiographFacts } from "../io/index.js";
import { eachXRay } from "./eachXRay.js";
import * as parse from "./parse.js";

/** What of X-rays does not count. */
export interface MaskChoice {
  /** Per X-ray, or once for all: pixels at the top, at the right, at the bottom and at the left. */
  readonly crop?: readonly (readonly number[])[];
  /** Files of images that are 0 where pixels do not count, one for each X-ray or one for all. */
  readonly imageMask?: readonly string[];
}

interface Size {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

/** An X-ray, and what its file says about it. */
type Shaded = Size & { readonly radiograph?: RadiographFacts };

export function addMaskOptions(command: Command): Command {
  return command
    .option(
      "--crop <top,right,bottom,left>",
      "pixels at the edges of an X-ray that do not count, as in a collimator's shadow; once for all X-rays or of each in turn",
      parse.repeat(
        parse.numbers(4, "four counts of pixels such as 40,0,40,0", (counts) =>
          counts.every((count) => Number.isInteger(count) && count >= 0),
        ),
      ),
    )
    .option(
      "--image-mask <file>",
      "image of an X-ray's size that is 0 where its pixels do not count (shadow, text, metal); once for all X-rays or of each in turn",
      parse.repeat((path) => path),
    );
}

/**
 * For each X-ray 1 where its pixels count, undefined where all do; what the collimator or shutter of its file shades does
 * not.
 * `masks`: the images of the files of `imageMask`, in order.
 * @throws INVALID_ARGUMENT (`contradictory-options`, `out-of-range`), SHAPE_MISMATCH (`length`)
 */
export function imageMasks(
  xrays: readonly Shaded[],
  { crop = [] }: MaskChoice,
  masks: readonly (Size & { readonly values: ArrayLike<number> })[],
): (Uint8Array | undefined)[] {
  const edgesOf = eachXRay("crop", crop, xrays.length);
  const maskOf = eachXRay("image-mask", masks, xrays.length);
  return xrays.map((xray, i) => {
    const [edges, mask] = [edgesOf[i], maskOf[i]];
    const open = xray.radiograph && apertureMask(xray.radiograph);
    if (!edges && !mask && !open) return undefined;
    const counts = open ?? new Uint8Array(xray.rows * xray.columns).fill(1);
    if (mask) applyMask(xray, mask, counts);
    if (edges) applyCrop(xray, edges, counts);
    return counts;
  });
}

function applyMask(
  { name, rows, columns }: Size,
  mask: Size & { readonly values: ArrayLike<number> },
  counts: Uint8Array,
): void {
  if (mask.rows !== rows || mask.columns !== columns)
    throw fault(
      "SHAPE_MISMATCH",
      `found a mask ${mask.name} of ${mask.rows} x ${mask.columns} pixels; expected ${rows} x ${columns} as of ${name}; make it of that X-ray`,
      { defect: "length", expected: rows * columns, length: mask.values.length },
    );
  for (let i = 0; i < counts.length; i++) if (mask.values[i] === 0) counts[i] = 0;
}

function applyCrop({ name, rows, columns }: Size, edges: readonly number[], counts: Uint8Array): void {
  const [top, right, bottom, left] = edges;
  if (top + bottom >= rows || left + right >= columns)
    throw fault(
      "INVALID_ARGUMENT",
      `found --crop ${edges.join(",")} for ${name} of ${rows} rows and ${columns} columns; expected some of each to be left`,
      { defect: "out-of-range" },
    );
  for (let i = 0; i < counts.length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    if (row < top || row >= rows - bottom || column < left || column >= columns - right) counts[i] = 0;
  }
}
