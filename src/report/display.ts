import { fault } from "../core/index.js";
import { orderStatistic } from "./orderStatistic.js";

/** Values from `low` (first end of the scale) to `high` (last end); outside they saturate. */
export interface DisplayWindow {
  readonly low: number;
  readonly high: number;
}

/**
 * How line integrals become grey:
 * - `radiograph`: bones white on black, with the soft shoulders of film: s² (3 - 2 s) of the window's share s;
 * - `line-integral`: proportional to the value, for measuring by eye;
 * - `fluoroscopy`: the radiograph inverted, bones dark on white.
 */
export type DisplayPreset = "radiograph" | "line-integral" | "fluoroscopy";

interface Appearance {
  /** Fractions of the pixels below and above which the window saturates. */
  readonly saturated: readonly [number, number];
  readonly film: boolean;
  readonly inverted: boolean;
}

const APPEARANCES: Record<DisplayPreset, Appearance> = {
  radiograph: { saturated: [0.01, 0.003], film: true, inverted: false },
  "line-integral": { saturated: [0, 0], film: false, inverted: false },
  fluoroscopy: { saturated: [0.01, 0.003], film: true, inverted: true },
};

/** The names of the presets. */
export const DISPLAY_PRESETS = Object.keys(APPEARANCES) as DisplayPreset[];

function appearance(preset: DisplayPreset): Appearance {
  if (!(preset in APPEARANCES))
    throw fault("INVALID_ARGUMENT", `a display preset is one of ${DISPLAY_PRESETS.join(", ")}; got '${preset}'`, {
      preset,
    });
  return APPEARANCES[preset];
}

/** Smallest and largest finite value; [0, 1] if there is none, one unit wide if all are equal. */
export function valueWindow(values: ArrayLike<number>): DisplayWindow {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (low > high) return { low: 0, high: 1 };
  return { low, high: high > low ? high : low + 1 };
}

function finiteOf(values: ArrayLike<number>): Float64Array {
  const finite = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) finite[count++] = values[i];
  return finite.subarray(0, count);
}

/** The window of a preset for an image; `line-integral` starts at 0 (the value of air) unless values are negative. */
export function displayWindow(values: ArrayLike<number>, preset: DisplayPreset = "radiograph"): DisplayWindow {
  const [below, above] = appearance(preset).saturated;
  const range = valueWindow(values);
  if (below + above === 0) return { low: Math.min(0, range.low), high: range.high };
  const finite = finiteOf(values);
  const at = (fraction: number) => orderStatistic(finite, Math.round(fraction * (finite.length - 1)));
  const window = { low: at(below), high: at(1 - above) };
  return window.high > window.low ? window : range;
}

/** How `greyImage` shows values. */
export interface GreyOptions {
  /** @default "radiograph" */
  readonly preset?: DisplayPreset;
  /** Give it to show several images alike. @default displayWindow(values, preset) */
  readonly window?: DisplayWindow;
}

/** 8-bit grey of values, 0 = black, same order. NaN becomes the dark end of the scale. */
export function greyImage(values: ArrayLike<number>, options: GreyOptions = {}): Uint8Array {
  const { preset = "radiograph", window = displayWindow(values, preset) } = options;
  const { film, inverted } = appearance(preset);
  const grey = new Uint8Array(values.length);
  for (let i = 0; i < grey.length; i++) {
    const share = Math.min(1, Math.max(0, (values[i] - window.low) / (window.high - window.low))) || 0;
    const tone = film ? share * share * (3 - 2 * share) : share;
    grey[i] = Math.round(255 * (inverted ? 1 - tone : tone));
  }
  return grey;
}

/** Ends and middle of the scale of signed values, sRGB: blue (negative), white (0), red (positive). */
export const SIGNED_COLORS = [
  [33, 102, 172],
  [255, 255, 255],
  [178, 24, 43],
] as const;

/** Largest finite magnitude of values, at least the smallest positive number. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = Number.MIN_VALUE;
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i])) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/** 8-bit RGB (3 numbers a pixel) of signed values: -limit blue, 0 white, +limit red. NaN becomes black. */
export function signedImage(values: ArrayLike<number>, limit = largestMagnitude(values)): Uint8Array {
  const [negative, zero, positive] = SIGNED_COLORS;
  const rgb = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const share = Math.min(1, Math.abs(values[i]) / limit);
    const end = values[i] < 0 ? negative : positive;
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(zero[c] + share * (end[c] - zero[c]));
  }
  return rgb;
}

/** a - b. @throws SHAPE_MISMATCH */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  if (a.length !== b.length)
    throw fault("SHAPE_MISMATCH", `two images of one size are needed, got ${a.length} and ${b.length} pixels`);
  return Float64Array.from(a, (value, i) => value - b[i]);
}
