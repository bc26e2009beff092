/** Measured X-rays as registration takes them, and what it refuses. */
import { fault } from "../core/errors.js";
import { norm } from "../core/linear.js";
import type { Detector, View } from "../geometry/view.js";
import { checkView } from "../geometry/viewGeometry.js";

/** A measured X-ray and where it was taken from, as far as is known. */
export interface XRay {
  /**
   * [row][column]: line integrals, or anything that rises with them (-ln of the intensities); gain and offset do not
   * matter. Large where the body is dense: invert pictures that show bone dark.
   */
  readonly values: Float32Array | Float64Array;
  readonly detector: Detector;
  /** World mm of the volume. */
  readonly view: View;
  /** Names it in messages. @default "X-ray 1", ... */
  readonly name?: string;
}

/** How far a pixel's size may be from the step of its view, as a share: what rounding in files makes. */
const SPACING_TOLERANCE = 1e-3;

/**
 * @throws SHAPE_MISMATCH (`length`: not rows x columns numbers; `different-detectors`), INVALID_GEOMETRY
 * (`inconsistent-pixel-size`, `degenerate-view`), NOT_FINITE, INVALID_ARGUMENT (`constant-image`, `no-xrays`)
 */
export function checkXRays(xrays: readonly XRay[]): void {
  if (xrays.length === 0)
    throw fault("INVALID_ARGUMENT", "found no X-ray; expected at least one; give xrays", { defect: "no-xrays" });
  xrays.forEach((xray, index) => {
    const name = nameOf(xray, index);
    checkView(xray.view);
    checkSize(xray, name, xrays[0]);
    checkSpacing(xray, name);
    checkValues(xray.values, name, xray.detector.columns);
  });
}

/** What an X-ray is called in messages. */
export const nameOf = ({ name }: XRay, index: number): string => name ?? `X-ray ${index + 1}`;

function checkSize({ values, detector, view }: XRay, name: string, first: XRay): void {
  const { rows, columns } = detector;
  if (values.length !== rows * columns)
    throw fault(
      "SHAPE_MISMATCH",
      `${name}: found ${values.length} pixels; expected ${rows} x ${columns} as its detector says; correct rows and columns`,
      { defect: "length", expected: rows * columns, length: values.length },
    );
  if (rows !== first.detector.rows || columns !== first.detector.columns || view.beam !== first.view.beam)
    throw fault(
      "SHAPE_MISMATCH",
      `${name}: found ${rows} x ${columns} pixels of a ${view.beam} beam; expected ${first.detector.rows} x ${first.detector.columns} of a ${first.view.beam} beam as the first X-ray; resample or crop it, or register it by itself`,
      { defect: "different-detectors" },
    );
}

function checkSpacing({ detector, view }: XRay, name: string): void {
  const found = [norm(view.columnStep), norm(view.rowStep)];
  detector.pixelSize.forEach((expected, axis) => {
    if (Math.abs(found[axis] - expected) <= SPACING_TOLERANCE * expected) return;
    throw fault(
      "INVALID_GEOMETRY",
      `${name}: found pixels of ${expected} mm along a ${["row", "column"][axis]}; expected ${found[axis]} mm, the step of its view; correct one of them`,
      { defect: "inconsistent-pixel-size", pixelSize: expected, step: found[axis] },
    );
  });
}

function checkValues(values: XRay["values"], name: string, columns: number): void {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value))
      throw fault(
        "NOT_FINITE",
        `${name}: found ${value} at row ${Math.floor(i / columns)}, column ${i % columns}; expected finite pixels; fill or crop them`,
        { defect: "not-finite", index: i },
      );
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(high > low))
    throw fault("INVALID_ARGUMENT", `${name}: found ${low} in every pixel; expected an image; is it the right file?`, {
      defect: "constant-image",
    });
}
