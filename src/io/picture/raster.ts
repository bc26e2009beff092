import type { Warning } from "../../core/errors.js";
import type { Decoded, StoredType } from "../numeric.js";

/** A picture as its file holds it. */
export interface Raster {
  readonly columns: number;
  readonly rows: number;
  /** Numbers of each pixel: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha. */
  readonly samples: number;
  readonly type: StoredType;
  /** [row][column][sample] */
  readonly values: Decoded;
  /** [along a row, along a column], mm, where the file says so. */
  readonly pixelSize?: readonly [number, number];
  readonly warnings: readonly Warning[];
}

/** Resolutions that programs write when they know none: 72 and 96 pixels an inch. */
const SCREENS = [72, 96];

/** Pixel size from pixels per millimeter; none where a program wrote a screen's resolution. */
export function pixelSizeOf(across: number, down: number): { pixelSize?: readonly [number, number] } {
  if (!(across > 0 && down > 0 && Number.isFinite(across) && Number.isFinite(down))) return {};
  // PNG and JPEG round to whole pixels per meter or centimeter.
  const screen = [across, down].every((n) => SCREENS.some((dpi) => Math.abs(25.4 * n - dpi) < 0.6));
  return screen ? {} : { pixelSize: [1 / across, 1 / down] };
}

/** The warning of a picture that its file wants turned or mirrored (the Orientation tag of TIFF and EXIF). */
export const orientationWarnings = (orientation: number): Warning[] =>
  orientation >= 2 && orientation <= 8
    ? [
        {
          defect: "orientation-tag",
          message: `the file wants to be shown turned or mirrored (orientation ${orientation}); pixels are read as stored`,
        },
      ]
    : [];
