/** From counts to the transmission I / I0: darks, flats, the beam's drift, and pixels that say nothing. */
import { fault, refuseUnknownOptions, type Warning } from "../core/index.js";
import { counted } from "../core/words.js";
import { fillBadPixels, findBadPixels } from "./badPixels.js";
import { checkStack, type ImageStack, medianOf } from "./countStack.js";

/** Options of `toTransmission`. */
export interface TransmissionOptions {
  /** Images without an object, one or more. Without them I0 is `photonsPerPixel` or the air beside the object. */
  readonly flats?: ImageStack;
  /**
   * When each flat was taken, as the number of the view before which it was (0: before the scan; the number of views:
   * after it). Flats of one time are averaged, between times they are interpolated. @default all are averaged
   */
  readonly flatsAt?: readonly number[];
  /** Images without a beam, averaged. @default 0 everywhere */
  readonly darks?: ImageStack;
  /** I0 in counts (above the dark), the same for all pixels and views, instead of flats. */
  readonly photonsPerPixel?: number;
  /** Columns at each edge of the detector that see air at least on one side: each view is scaled to transmission 1 there. */
  readonly airColumns?: number;
  /** Counts as stored from which on a pixel is saturated. @default none is */
  readonly saturation?: number;
  /** Transmissions below this are starved (metal): they count with weight 0. @default 0: none */
  readonly starvedBelow?: number;
}

/** Transmissions, and which of them are measurements. */
export interface Transmission extends ImageStack {
  /** 1 for a measurement, 0 for a value filled in or starved; [view][row][column]. */
  readonly weights: Uint8Array;
  readonly warnings: readonly Warning[];
  readonly found: {
    /** Pixels of the detector that are bad in every view. */
    readonly deadPixels: number;
    /** Single values: not a number, saturated, starved. */
    readonly notFinite: number;
    readonly saturated: number;
    readonly starved: number;
    /** Smallest and largest factor that brings the air beside the object to 1; with `airColumns`. */
    readonly drift?: readonly [number, number];
  };
}

/** The smallest transmission, so that its logarithm is finite. */
export const SMALLEST_TRANSMISSION = 1e-6;

/** A mean of air that lies further from 1 than this, in line integrals, is told. */
const AIR_TOLERANCE = 0.01;

/**
 * Transmission I / I0 = (counts - dark) / (flat - dark), at least 1e-6. Pixels that are dead (far from their neighbors in
 * the flats or the darks; without flats in the mean of 8 views or more), not finite or saturated take the median of the good pixels around them
 * and weight 0. With `airColumns` the brighter of the two margins of each view is scaled to 1 (by its median: a high
 * percentile would grow with the noise).
 * @throws SHAPE_MISMATCH, INVALID_ARGUMENT (defects `missing-option`, `contradictory-options`, `out-of-range`, `no-signal`,
 * `no-good-pixel`)
 */
export function toTransmission(counts: ImageStack, options: TransmissionOptions = {}): Transmission {
  const known = ["flats", "flatsAt", "darks", "photonsPerPixel", "airColumns", "saturation", "starvedBelow"];
  refuseUnknownOptions("toTransmission", options, known);
  checkStack("the counts", counts);
  checkOptions(counts, options);
  const { views, rows, columns } = counts;
  const pixels = rows * columns;
  const dark = options.darks ? meanImage(options.darks, "the darks", counts) : new Float64Array(pixels);
  const openBeam = flatSeries(counts, options, dark);
  const { saturation = Number.POSITIVE_INFINITY } = options;

  const values = counts.values.slice();
  const bad = new Uint8Array(values.length);
  const found = { deadPixels: 0, notFinite: 0, saturated: 0, starved: 0 };
  for (let view = 0; view < views; view++) {
    const flat = openBeam.at(view);
    for (let i = 0; i < pixels; i++) {
      const at = view * pixels + i;
      const raw = counts.values[at];
      if (!Number.isFinite(raw)) found.notFinite++;
      else if (raw >= saturation) found.saturated++;
      else {
        values[at] = (raw - dark[i]) / flat[i];
        continue;
      }
      values[at] = Number.NaN;
      bad[at] = 1;
    }
  }
  const dead = deadPixels({ ...counts, values }, dark, openBeam.mean, options);
  for (let i = 0; i < pixels; i++)
    if (dead[i]) {
      found.deadPixels++;
      for (let view = 0; view < views; view++) bad[view * pixels + i] = 1;
    }
  fillBadPixels({ views, rows, columns, values }, bad);
  const drift = options.airColumns ? scaleToAir({ views, rows, columns, values }, options.airColumns) : undefined;

  const weights = bad.map((isBad) => 1 - isBad);
  const { starvedBelow = 0 } = options;
  for (let i = 0; i < values.length; i++) {
    if (weights[i] && values[i] < starvedBelow) {
      weights[i] = 0;
      found.starved++;
    }
    values[i] = Math.max(SMALLEST_TRANSMISSION, values[i]);
  }
  return {
    views,
    rows,
    columns,
    values,
    weights,
    found: { ...found, ...(drift && { drift }) },
    warnings: warningsOf(found, drift),
  };
}

function checkOptions(counts: ImageStack, options: TransmissionOptions): void {
  const refuse = (defect: string, message: string) => {
    throw fault("INVALID_ARGUMENT", message, { defect });
  };
  const { flats, flatsAt, photonsPerPixel, airColumns, saturation, starvedBelow } = options;
  if (!flats && photonsPerPixel === undefined && airColumns === undefined)
    refuse("missing-option", "I0 is not known: give flats, photonsPerPixel or airColumns");
  if (flats && photonsPerPixel !== undefined)
    refuse("contradictory-options", "I0 comes from the flats or from photonsPerPixel: leave one out");
  if (flatsAt && flatsAt.length !== flats?.views)
    refuse(
      "contradictory-options",
      `flatsAt needs one number for each of ${flats?.views ?? 0} flats, got ${flatsAt.length}`,
    );
  if (flatsAt && !flatsAt.every(Number.isFinite)) refuse("out-of-range", "flatsAt holds numbers of views");
  if (photonsPerPixel !== undefined && !(photonsPerPixel > 0 && Number.isFinite(photonsPerPixel)))
    refuse("out-of-range", `photonsPerPixel must be above 0, got ${photonsPerPixel}`);
  if (
    airColumns !== undefined &&
    !(Number.isInteger(airColumns) && airColumns >= 1 && 2 * airColumns <= counts.columns)
  )
    refuse("out-of-range", `airColumns is a count from 1 to half of the ${counts.columns} columns, got ${airColumns}`);
  if (saturation !== undefined && !(saturation > 0))
    refuse("out-of-range", `saturation must be above 0: ${saturation}`);
  if (starvedBelow !== undefined && !(starvedBelow >= 0 && starvedBelow < 1))
    refuse("out-of-range", `starvedBelow is a transmission from 0 to below 1, got ${starvedBelow}`);
}

/** The mean of a stack, [row][column], NaN left out. @throws SHAPE_MISMATCH */
function meanImage(stack: ImageStack, what: string, like: ImageStack): Float64Array {
  checkStack(what, stack);
  if (stack.rows !== like.rows || stack.columns !== like.columns)
    throw fault(
      "SHAPE_MISMATCH",
      `${what} have ${stack.rows} x ${stack.columns} pixels, the counts ${like.rows} x ${like.columns}`,
      { defect: "inconsistent-geometry" },
    );
  const pixels = stack.rows * stack.columns;
  const sum = new Float64Array(pixels);
  const count = new Uint32Array(pixels);
  for (let at = 0; at < stack.values.length; at++)
    if (Number.isFinite(stack.values[at])) {
      sum[at % pixels] += stack.values[at];
      count[at % pixels]++;
    }
  return sum.map((total, i) => total / count[i]);
}

/** The open beam above the dark at each view, and its mean; NaN where a pixel has none. */
function flatSeries(
  counts: ImageStack,
  { flats, flatsAt, photonsPerPixel = 1 }: TransmissionOptions,
  dark: Float64Array,
): { at(view: number): Float64Array; readonly mean: Float64Array } {
  const pixels = counts.rows * counts.columns;
  if (!flats) {
    const constant = new Float64Array(pixels).fill(photonsPerPixel);
    return { at: () => constant, mean: constant };
  }
  const above = (image: Float64Array) => image.map((value, i) => (value > dark[i] ? value - dark[i] : Number.NaN));
  const mean = above(meanImage(flats, "the flats", counts));
  if (!(medianOf(mean.filter(Number.isFinite)) > 0))
    throw fault("INVALID_ARGUMENT", "the flats are nowhere brighter than the darks: were they exchanged?", {
      defect: "no-signal",
    });
  const times = [...new Set(flatsAt ?? [])].sort((a, b) => a - b);
  if (times.length < 2) return { at: () => mean, mean };
  const groups = times.map((time) => {
    const members = (flatsAt ?? []).flatMap((t, k) => (t === time ? [k] : []));
    const values = new Float64Array(members.length * pixels);
    for (const [i, k] of members.entries()) values.set(flats.values.subarray(k * pixels, (k + 1) * pixels), i * pixels);
    return above(meanImage({ ...flats, views: members.length, values }, "the flats", counts));
  });
  const out = new Float64Array(pixels);
  return {
    mean,
    at(view) {
      const next = times.findIndex((time) => time > view);
      const k = next < 0 ? times.length - 2 : Math.max(0, next - 1);
      const t = Math.min(1, Math.max(0, (view - times[k]) / (times[k + 1] - times[k])));
      for (let i = 0; i < pixels; i++) out[i] = (1 - t) * groups[k][i] + t * groups[k + 1][i];
      return out;
    },
  };
}

/** Views from which on an object has moved enough that its edges leave no outlier in the mean of all. */
const MOVING_VIEWS = 8;

/** Pixels that are bad in every view: in the flats and in the darks; without flats in the mean of all views. */
function deadPixels(
  transmissions: ImageStack,
  dark: Float64Array,
  flat: Float64Array,
  { flats, darks }: TransmissionOptions,
): Uint8Array {
  const { views, rows, columns } = transmissions;
  const marks: Uint8Array[] = [];
  if (flats) marks.push(findBadPixels(flat, rows, columns));
  else if (views >= MOVING_VIEWS)
    marks.push(findBadPixels(meanImage(transmissions, "the transmissions", transmissions), rows, columns));
  if (darks) marks.push(findBadPixels(dark, rows, columns, medianOf(flat.filter(Number.isFinite))));
  return Uint8Array.from({ length: rows * columns }, (_, i) => (marks.some((mark) => mark[i]) ? 1 : 0));
}

/** Scales each view so that the median of its brighter margin is 1. In place. @returns the extreme factors */
function scaleToAir({ views, rows, columns, values }: ImageStack, width: number): [number, number] {
  const pixels = rows * columns;
  const margin = new Float64Array(rows * width);
  const extremes: [number, number] = [Number.POSITIVE_INFINITY, 0];
  for (let view = 0; view < views; view++) {
    const image = values.subarray(view * pixels, (view + 1) * pixels);
    const levels = [0, columns - width].map((first) => {
      for (let row = 0; row < rows; row++)
        for (let c = 0; c < width; c++) margin[row * width + c] = image[row * columns + first + c];
      return medianOf(margin);
    });
    const level = Math.max(...levels);
    if (!(level > 0))
      throw fault("INVALID_ARGUMENT", `view ${view} has no counts in the margins of ${width} columns`, {
        defect: "no-signal",
        view,
      });
    for (let i = 0; i < pixels; i++) image[i] /= level;
    extremes[0] = Math.min(extremes[0], 1 / level);
    extremes[1] = Math.max(extremes[1], 1 / level);
  }
  return extremes;
}

function warningsOf(found: Omit<Transmission["found"], "drift">, drift?: readonly [number, number]): Warning[] {
  const warnings: Warning[] = [];
  const tell = (defect: string, count: number, what: string, then: string) => {
    if (count > 0) warnings.push({ defect, message: `${counted(count, what)} ${then}` });
  };
  tell("dead-pixels", found.deadPixels, "pixel", "of the detector differ from all around and were filled in");
  tell("non-finite-values", found.notFinite, "value", "that are NaN or infinite were filled in");
  tell("saturated", found.saturated, "saturated value", "were filled in");
  tell("starved", found.starved, "value", "below the smallest transmission count with weight 0");
  if (drift && Math.log(drift[1] / drift[0]) > AIR_TOLERANCE)
    warnings.push({
      defect: "beam-drift",
      message: `the open beam differs by ${(100 * (drift[1] / drift[0] - 1)).toPrecision(2)} % between views; each was scaled to its air`,
    });
  return warnings;
}
