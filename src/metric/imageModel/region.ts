import { fault, refuseUnknownOptions } from "../../core/index.js";
import { checkCount } from "../similarity/epsilon.js";
import { type ImageModel, lengthOf } from "./imageModel.js";

/** A rectangle of pixels. */
export interface CropOptions {
  /** First row and column that stay. */
  readonly row: number;
  readonly column: number;
  /** How many stay. */
  readonly rows: number;
  readonly columns: number;
}

/**
 * The pixels of a rectangle of every view.
 * @throws INVALID_ARGUMENT (defects `unknown-option`, `out-of-range`); on `prepare` SHAPE_MISMATCH (`too-small`)
 */
export function crop(options: CropOptions): ImageModel {
  refuseUnknownOptions("crop", options, ["row", "column", "rows", "columns"]);
  const { row, column, rows, columns } = options;
  checkCount("row", row, 0);
  checkCount("column", column, 0);
  checkCount("rows", rows);
  checkCount("columns", columns);
  return {
    name: `rows ${row} to ${row + rows - 1}, columns ${column} to ${column + columns - 1}`,
    prepare(input) {
      if (row + rows > input.rows || column + columns > input.columns)
        throw fault(
          "SHAPE_MISMATCH",
          `images of ${input.rows} x ${input.columns} do not hold ${rows} x ${columns} pixels from row ${row}, column ${column} on`,
          { defect: "too-small", rows: input.rows, columns: input.columns },
        );
      const output = { views: input.views, rows, columns };
      const length = lengthOf(output);
      const source = Int32Array.from({ length }, (_, i) => {
        const view = Math.floor(i / (rows * columns));
        const r = Math.floor(i / columns) % rows;
        return (view * input.rows + row + r) * input.columns + column + (i % columns);
      });
      const gather = <T extends Float64Array | Uint8Array>(from: ArrayLike<number>, out: T) => {
        for (let i = 0; i < length; i++) out[i] = from[source[i]];
      };
      return {
        input,
        output,
        apply: gather,
        jvp: gather,
        mask: gather,
        vjp(cotangent, out) {
          out.fill(0);
          for (let i = 0; i < length; i++) out[source[i]] = cotangent[i];
        },
      };
    },
  };
}

/** The shadow of a collimator. */
export interface CollimatorOptions {
  /** 1 where the beam passes, 0 in the shadow: [row][column] for every view, or [view][row][column]. */
  readonly open: Uint8Array;
  /** What the shadow shows, in the unit of the images. @default 0 */
  readonly shadow?: number;
}

/**
 * Pixels in the shadow of a collimator have one value, and derivative 0. They still count in a similarity: to leave them
 * out give it a mask.
 * @throws INVALID_ARGUMENT (defect `unknown-option`); on `prepare` SHAPE_MISMATCH (`length`)
 */
export function collimator(options: CollimatorOptions): ImageModel {
  refuseUnknownOptions("collimator", options, ["open", "shadow"]);
  const { open, shadow = 0 } = options;
  return {
    name: `collimator, shadow ${shadow}`,
    prepare(input) {
      const n = lengthOf(input);
      const perView = input.rows * input.columns;
      if (open.length !== perView && open.length !== n)
        throw fault(
          "SHAPE_MISMATCH",
          `found ${open.length} bytes in open; expected ${perView} (for every view) or ${n}`,
          {
            defect: "length",
            length: open.length,
          },
        );
      const passes = Uint8Array.from({ length: n }, (_, i) => (open[i % open.length] === 0 ? 0 : 1));
      const cut = (from: Float32Array | Float64Array, out: Float64Array) => {
        for (let i = 0; i < n; i++) out[i] = passes[i] === 0 ? 0 : from[i];
      };
      return {
        input,
        output: input,
        apply(image, out) {
          for (let i = 0; i < n; i++) out[i] = passes[i] === 0 ? shadow : image[i];
        },
        vjp: cut,
        jvp: cut,
        mask: (mask, out) => out.set(mask),
      };
    },
  };
}
