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
  /** [row][column]: 0 where a pixel does not count (a collimator's shadow, text, metal); it may be anything, NaN too. @default all count */
  readonly mask?: Uint8Array;
  /** World mm of the volume. */
  readonly view: View;
  /** Names it in messages. @default "X-ray 1", ... */
  readonly name?: string;
}

/** How far a pixel's size may be from the step of its view, as a share: what rounding in files makes. */
const SPACING_TOLERANCE = 1e-3;

/**
 * @param poses `together`: rendered in one call, with one kind of beam
 * @throws SHAPE_MISMATCH (`length`: not rows x columns numbers), INVALID_GEOMETRY (`mixed-beams`,
 * `inconsistent-pixel-size`, `degenerate-view`), NOT_FINITE, INVALID_ARGUMENT (`constant-image`, `empty-mask`, `no-xrays`)
 */
export function checkXRays(xrays: readonly XRay[], poses: "together" | "apart" = "together"): void {
  if (xrays.length === 0)
    throw fault("INVALID_ARGUMENT", "found no X-ray; expected at least one; give xrays", { defect: "no-xrays" });
  xrays.forEach((xray, index) => {
    const name = nameOf(xray, index);
    checkView(xray.view);
    checkSize(xray, name);
    if (poses === "together") checkBeam(xray, name, xrays[0]);
    checkSpacing(xray, name);
    checkValues(xray, name);
  });
}

/** What an X-ray is called in messages. */
export const nameOf = ({ name }: XRay, index: number): string => name ?? `X-ray ${index + 1}`;

/** @throws SHAPE_MISMATCH (`length`) */
export function checkSize({ values, mask, detector: { rows, columns } }: XRay, name: string): void {
  const expected = rows * columns;
  for (const [what, { length }] of Object.entries({ pixels: values, "bytes of mask": mask ?? values }))
    if (length !== expected)
      throw fault(
        "SHAPE_MISMATCH",
        `${name}: found ${length} ${what}; expected ${rows} x ${columns} as its detector says; correct rows and columns`,
        { defect: "length", expected, length },
      );
}

function checkBeam({ view }: XRay, name: string, first: XRay): void {
  if (view.beam === first.view.beam) return;
  throw fault(
    "INVALID_GEOMETRY",
    `${name}: found a ${view.beam} beam; expected a ${first.view.beam} beam as of the first X-ray; register it by itself`,
    { defect: "mixed-beams" },
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

function checkValues({ values, mask, detector: { columns } }: XRay, name: string): void {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (mask?.[i] === 0) continue;
    const value = values[i];
    if (!Number.isFinite(value))
      throw fault(
        "NOT_FINITE",
        `${name}: found ${value} at row ${Math.floor(i / columns)}, column ${i % columns}; expected finite pixels; fill, crop or mask them`,
        { defect: "not-finite", index: i },
      );
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high)
    throw fault(
      "INVALID_ARGUMENT",
      `${name}: found a mask of 0 everywhere; expected 1 where pixels count; correct it`,
      {
        defect: "empty-mask",
      },
    );
  if (low === high)
    throw fault("INVALID_ARGUMENT", `${name}: found ${low} in every pixel; expected an image; is it the right file?`, {
      defect: "constant-image",
    });
}
