import { fault } from "../../core/index.js";
import type { FeatureFilter } from "./features.js";
import type { PlaneSize } from "./plane.js";

/** How an image goes on outside: mirrored at its outermost pixels (not repeating them), or 0. */
export type BlurBorder = "reflect" | "zero";

/** Weights of a Gaussian at whole pixels up to `reach` away, with the sum 1. */
export function gaussianWeights(sigma: number, reach: number): Float64Array {
  const raw = Float64Array.from({ length: 2 * reach + 1 }, (_, t) =>
    Math.exp(-((t - reach) ** 2) / (2 * sigma * sigma)),
  );
  const sum = raw.reduce((total, w) => total + w, 0);
  return raw.map((w) => w / sum);
}

/**
 * Gaussian mean with a window of 2 reach + 1 pixels, rows and then columns; sigma in pixels.
 * @throws SHAPE_MISMATCH (defect `too-small`) if the border is mirrored and an image has no more than `reach` pixels a side
 */
export function gaussianFeatures(size: PlaneSize, sigma: number, reach: number, border: BlurBorder): FeatureFilter {
  const { rows, columns } = size;
  if (border === "reflect" && Math.min(rows, columns) <= reach)
    throw fault("SHAPE_MISMATCH", `an image of ${rows} x ${columns} is too small to be mirrored ${reach} pixels deep`, {
      defect: "too-small",
      rows,
      columns,
    });
  const weights = gaussianWeights(sigma, reach);
  const between = new Float64Array(rows * columns);
  let betweenLanes = between;
  const alongRow = borderIndex(columns, reach, border);
  const alongColumn = borderIndex(rows, reach, border);
  return {
    features: 1,
    reach,
    apply(image, [out], lanes = 1) {
      if (lanes > 1 && betweenLanes.length !== image.length) betweenLanes = new Float64Array(image.length);
      const half = lanes === 1 ? between : betweenLanes;
      const width = columns * lanes;
      for (let lane = 0; lane < lanes; lane++)
        gather(image, half, lane, rows, columns, width, lanes, alongRow, weights);
      gather(half, out, 0, width, rows, 1, width, alongColumn, weights);
    },
    adjoint([cotangent], image) {
      scatter(cotangent, between, columns, rows, 1, columns, alongColumn, weights);
      scatter(between, image, rows, columns, columns, 1, alongRow, weights);
    },
  };
}

/** Which pixel stands at -reach .. length - 1 + reach; -1: none. */
function borderIndex(length: number, reach: number, border: BlurBorder): Int32Array {
  return Int32Array.from({ length: length + 2 * reach }, (_, t) => {
    const i = t - reach;
    if (i >= 0 && i < length) return i;
    if (border === "zero") return -1;
    return i < 0 ? -i : 2 * (length - 1) - i;
  });
}

function gather(
  from: Float64Array,
  out: Float64Array,
  first: number,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
  index: Int32Array,
  weights: Float64Array,
): void {
  for (let line = 0, start = first; line < lines; line++, start += lineStep)
    for (let i = 0, at = start; i < length; i++, at += step) {
      let sum = 0;
      for (let t = 0; t < weights.length; t++) {
        const j = index[i + t];
        if (j >= 0) sum += weights[t] * from[start + j * step];
      }
      out[at] = sum;
    }
}

function scatter(
  from: Float64Array,
  out: Float64Array,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
  index: Int32Array,
  weights: Float64Array,
): void {
  out.fill(0);
  for (let line = 0; line < lines; line++)
    for (let i = 0, at = line * lineStep; i < length; i++, at += step)
      for (let t = 0; t < weights.length; t++) {
        const j = index[i + t];
        if (j >= 0) out[line * lineStep + j * step] += weights[t] * from[at];
      }
}
