import { writeFileAtomically } from "#platform";
import { fault } from "../core/errors.js";
import type { Vec3 } from "../core/linear.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { Projections } from "../volume/grid.js";

/** One picture: numbers [row][column]. */
export interface Image {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
}

/** How an image becomes gray levels. */
export interface ImageOptions {
  /** The values that become black and white; what lies outside is clipped. low > high inverts. @default lowest and highest value */
  readonly window?: readonly [low: number, high: number];
  /** Gray levels: 8 (256) or 16 (65536). @default 8 */
  readonly bits?: 8 | 16;
  /** Which view of projections, from 0. @default 0 */
  readonly view?: number;
  /** Of a .dcm alone, mm, RAS: where the machine's axes meet, see `encodeRtImage`. @default [0, 0, 0] */
  readonly isocenter?: Vec3;
}

/**
 * A gray PNG of an image: level = round((value - low) / (high - low) * (2^bits - 1)), clipped. A window of no width
 * (a constant image) gives black.
 * @throws NOT_FINITE if a value or the window is NaN or infinite, SHAPE_MISMATCH, INVALID_ARGUMENT
 */
export async function encodePng(image: Image | Projections, options: ImageOptions = {}): Promise<Uint8Array> {
  refuseUnknownOptions("an image", options, ["window", "bits", "view"]);
  const bits = options.bits ?? 8;
  if (bits !== 8 && bits !== 16)
    throw fault("INVALID_ARGUMENT", `bits must be 8 or 16, not ${bits}`, { defect: "out-of-range" });
  const { rows, columns, values } = "detector" in image ? oneView(image, options.view ?? 0) : image;
  if (rows * columns !== values.length || values.length === 0)
    throw fault("SHAPE_MISMATCH", `${values.length} values do not fill ${rows} rows of ${columns} columns`, {
      defect: "length",
    });
  const [low, high] = options.window ?? extent(values);
  if (!Number.isFinite(low) || !Number.isFinite(high))
    throw fault("NOT_FINITE", `a window must be finite, not ${low}..${high}`, { defect: "not-finite" });
  const top = 2 ** bits - 1;
  const factor = high === low ? 0 : top / (high - low);
  const data = bits === 8 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const level = (values[i] - low) * factor;
    if (Number.isNaN(level)) throw fault("NOT_FINITE", `pixel ${i} is not a number`, { defect: "non-finite-values" });
    data[i] = Math.round(Math.min(top, Math.max(0, level)));
  }
  const { encode } = await import("fast-png");
  return encode({ width: columns, height: rows, data, depth: bits, channels: 1 });
}

/**
 * Writes an image whole or not at all: a gray .png (`encodePng`), or one view of projections as a DICOM RT image with its
 * geometry, .dcm (`encodeRtImage`; line integrals of 16 bits, `window` is how it is shown).
 * @throws UNSUPPORTED_FORMAT for another ending, INVALID_ARGUMENT, WRITE_FAILED
 */
export async function writeImage(path: string, image: Image | Projections, options: ImageOptions = {}): Promise<void> {
  if (/\.dcm$/i.test(path)) {
    const { bits, ...others } = options;
    if (!("detector" in image) || bits === 8)
      throw fault(
        "INVALID_ARGUMENT",
        bits === 8
          ? "RT images have 16 bits"
          : "a .dcm holds a view: give projections, with their geometry; pictures are .png",
        { defect: "contradictory-options" },
      );
    const { encodeRtImage } = await import("./dicom/write/writeRtImage.js");
    return writeFileAtomically(path, await encodeRtImage(image, others));
  }
  if (!/\.png$/i.test(path))
    throw fault("UNSUPPORTED_FORMAT", `images are written as .png or .dcm, not '${path}'`, {
      defect: "unknown-ending",
    });
  await writeFileAtomically(path, await encodePng(image, options));
}

function oneView({ detector: { rows, columns }, views, values }: Projections, view: number): Image {
  if (!Number.isInteger(view) || view < 0 || view >= views.length)
    throw fault("INVALID_ARGUMENT", `there are ${views.length} views; there is no number ${view}`, {
      defect: "out-of-range",
    });
  const length = rows * columns;
  return { rows, columns, values: values.subarray(view * length, (view + 1) * length) };
}

function extent(values: ArrayLike<number>): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw fault("NOT_FINITE", `pixel ${i} is ${values[i]}; an image needs finite values or a window`, {
        defect: "non-finite-values",
      });
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}
