/** The unknowns of the geometry, eliminated: what of a residual they explain. */
import { fault } from "../core/errors.js";
import { type ArrowSystem, createArrowSystem } from "./arrowSystem.js";

/** One number a view and free motion, and one a common error: mm and rad. */
export interface GeometryNumbers {
  readonly perView: readonly Float64Array[];
  readonly common: Float64Array;
}

/** The linear problem min over d of |r - J d|²_F + sum (expected d')² weights, d' = d + what was corrected so far. */
export interface GeometrySystem {
  /** The best d for a residual, given F times it. `so far`: see above; left out: 0. */
  numbersFor(sharpResidual: Float32Array, soFar?: GeometryNumbers): GeometryNumbers;
  /** images <- images - M d, where M is J or F J. */
  subtract(images: Float32Array, matrix: "J" | "FJ", d: GeometryNumbers): void;
}

interface Parts {
  readonly views: number;
  readonly pixels: number;
  /** Free numbers of each view, then those of all. */
  readonly own: number;
  readonly shared: number;
  /** [view][number][pixel]: J and F J. */
  readonly columns: Float32Array;
  readonly sharpColumns: Float32Array;
  /** Prior weight of each number: of one view's, then of the common ones. */
  readonly weights: readonly number[];
}

/** @throws INVALID_GEOMETRY (defect `unobservable`) where neither data nor prior fix a number */
export function createGeometrySystem(parts: Parts): GeometrySystem {
  const { views, pixels, own, shared, columns, sharpColumns, weights } = parts;
  const count = own + shared;
  const column = (from: Float32Array, view: number, k: number) => {
    const at = (view * count + k) * pixels;
    return from.subarray(at, at + pixels);
  };
  const corner = new Float64Array(shared * shared);
  for (let a = 0; a < shared; a++) corner[a * shared + a] = weights[own + a];
  const blocks: Float64Array[] = [];
  const couplings: Float64Array[] = [];
  for (let v = 0; v < views; v++) {
    const block = new Float64Array(own * own);
    const coupling = new Float64Array(own * shared);
    for (let a = 0; a < count; a++)
      for (let b = 0; b <= a; b++) {
        const value = product(column(columns, v, a), column(sharpColumns, v, b));
        if (a < own) block[a * own + b] = block[b * own + a] = value;
        else if (b < own) coupling[b * shared + a - own] = value;
        else {
          corner[(a - own) * shared + b - own] += value;
          if (a !== b) corner[(b - own) * shared + a - own] += value;
        }
      }
    for (let a = 0; a < own; a++) block[a * own + a] += weights[a];
    blocks.push(block);
    couplings.push(coupling);
  }
  const arrow: ArrowSystem | undefined = createArrowSystem(blocks, couplings, corner);
  if (!arrow)
    throw fault("INVALID_GEOMETRY", "the projections do not fix the free numbers of the geometry; free fewer of them", {
      defect: "unobservable",
    });
  return {
    numbersFor(sharpResidual, soFar) {
      const common = new Float64Array(shared);
      const perView = Array.from({ length: views }, (_, v) => {
        const image = sharpResidual.subarray(v * pixels, (v + 1) * pixels);
        for (let a = 0; a < shared; a++) common[a] += product(column(columns, v, own + a), image);
        return Float64Array.from(
          { length: own },
          (_, a) => product(column(columns, v, a), image) - weights[a] * (soFar?.perView[v][a] ?? 0),
        );
      });
      for (let a = 0; a < shared; a++) common[a] -= weights[own + a] * (soFar?.common[a] ?? 0);
      return arrow.solve(perView, common);
    },
    subtract(images, matrix, d) {
      const from = matrix === "J" ? columns : sharpColumns;
      for (let v = 0; v < views; v++)
        for (let k = 0; k < count; k++) {
          const factor = k < own ? d.perView[v][k] : d.common[k - own];
          const image = column(from, v, k);
          for (let i = 0, o = v * pixels; i < pixels; i++, o++) images[o] -= factor * image[i];
        }
    },
  };
}

/** Sum of x y in float64. */
export function product(x: Float32Array, y: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
