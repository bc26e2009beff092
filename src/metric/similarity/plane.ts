import { fault } from "../../core/index.js";
import { lanesFor } from "./gram.js";
import type { EvaluateOptions, ImageStack, NormalEquations, PreparedSimilarity, StackShape } from "./similarity.js";

import type { JacobianImages } from "./term.js";

/** The size of one image, [row][column]. */
export interface PlaneSize {
  readonly rows: number;
  readonly columns: number;
}

/** Compares one moving image with the fixed image of a view; a similarity as its view loop sees it. */
export interface PlaneComparison {
  /** The value; fills `cotangent` with d(value)/d(moving) if there is one. May not change `moving`. */
  compare(view: number, moving: Float64Array, mask?: Uint8Array, cotangent?: Float64Array): number;
  /** Adds the Gauss-Newton matrix (p * p) at the images last compared. May change the Jacobian images. */
  addHessian?(jacobian: JacobianImages, hessian: Float64Array): void;
}

/** Copies `out.length` numbers from `start` on. One loop per type of array keeps each of them fast. */
export function copyPlane(from: Float32Array | Float64Array, start: number, out: Float64Array): void {
  if (from instanceof Float32Array) for (let i = 0; i < out.length; i++) out[i] = from[start + i];
  else for (let i = 0; i < out.length; i++) out[i] = from[start + i];
}

/** The images of a stack as float64 copies. @throws SHAPE_MISMATCH (defect `length`) */
export function planesOf(stack: ImageStack): Float64Array[] {
  checkStack("the fixed images", stack, stack);
  const { views, rows, columns } = stack;
  return Array.from({ length: views }, (_, v) => {
    const plane = new Float64Array(rows * columns);
    copyPlane(stack.values, v * plane.length, plane);
    return plane;
  });
}

/** @throws SHAPE_MISMATCH (defect `length`) */
export function checkStack(what: string, stack: ImageStack, { views, rows, columns }: StackShape): void {
  if (stack.views !== views || stack.rows !== rows || stack.columns !== columns)
    throw fault(
      "SHAPE_MISMATCH",
      `${what} are ${stack.views} x ${stack.rows} x ${stack.columns} (views, rows, columns); expected ${views} x ${rows} x ${columns}`,
      { defect: "length", expected: [views, rows, columns], got: [stack.views, stack.rows, stack.columns] },
    );
  checkLength(`the values of ${what}`, stack.values, views * rows * columns);
}

/** @throws SHAPE_MISMATCH (defect `length`) */
export function checkLength(what: string, values: { readonly length: number }, expected: number): void {
  if (values.length === expected && expected > 0) return;
  throw fault("SHAPE_MISMATCH", `${what}: found ${values.length} numbers; expected ${expected} (and more than 0)`, {
    defect: "length",
    expected,
    length: values.length,
  });
}

/** Makes a prepared similarity of a comparison of single images. */
export function overViews(shape: StackShape, comparison: PlaneComparison): PreparedSimilarity {
  const { views, rows, columns } = shape;
  const n = rows * columns;
  const values = new Float64Array(views);
  const moving = new Float64Array(n);
  const cotangent = new Float64Array(n);
  const maskPlane = new Uint8Array(n);
  let images: JacobianImages = { values: new Float64Array(0), lanes: 0, parameters: 0 };

  const load = (stack: ImageStack, mask: Uint8Array | undefined, view: number): Uint8Array | undefined => {
    copyPlane(stack.values, view * n, moving);
    if (!mask) return undefined;
    for (let i = 0; i < n; i++) maskPlane[i] = mask[view * n + i] === 0 ? 0 : 1;
    return maskPlane;
  };
  const check = (stack: ImageStack, { mask, cotangent: out }: EvaluateOptions) => {
    checkStack("the moving images", stack, shape);
    if (mask) checkLength("mask", mask, views * n);
    if (out) checkLength("cotangent", out, views * n);
  };

  const evaluate = (stack: ImageStack, options: EvaluateOptions = {}) => {
    check(stack, options);
    for (let view = 0; view < views; view++) {
      const mask = load(stack, options.mask, view);
      values[view] = comparison.compare(view, moving, mask, options.cotangent ? cotangent : undefined);
      options.cotangent?.set(cotangent, view * n);
    }
    return values;
  };
  if (!comparison.addHessian) return { shape, evaluate };

  const normalEquations = (
    stack: ImageStack,
    jacobian: readonly (Float32Array | Float64Array)[],
    out: NormalEquations,
    options: Pick<EvaluateOptions, "mask"> = {},
  ) => {
    const p = jacobian.length;
    check(stack, options);
    for (const image of jacobian) checkLength("a Jacobian image", image, views * n);
    checkLength("out.gradient", out.gradient, views);
    checkLength("out.hessian", out.hessian, views);
    if (images.parameters !== p) {
      const lanes = lanesFor(p);
      images = { values: new Float64Array(n * lanes), lanes, parameters: p };
    }
    for (let view = 0; view < views; view++) {
      checkLength("the gradient of a view", out.gradient[view], p);
      checkLength("the hessian of a view", out.hessian[view], p * p);
      const mask = load(stack, options.mask, view);
      values[view] = comparison.compare(view, moving, mask, cotangent);
      for (let c = 0; c < p; c++) out.gradient[view][c] += loadLane(jacobian[c], view * n, cotangent, images, c);
      comparison.addHessian?.(images, out.hessian[view]);
    }
    return values;
  };
  return { shape, evaluate, normalEquations };
}

/** Copies an image into lane c, and gives its product with the cotangent. */
function loadLane(
  from: Float32Array | Float64Array,
  start: number,
  cotangent: Float64Array,
  { values, lanes }: JacobianImages,
  c: number,
): number {
  let sum = 0;
  if (from instanceof Float32Array)
    for (let i = 0, at = c; i < cotangent.length; i++, at += lanes) {
      const x = from[start + i];
      values[at] = x;
      sum += x * cotangent[i];
    }
  else
    for (let i = 0, at = c; i < cotangent.length; i++, at += lanes) {
      const x = from[start + i];
      values[at] = x;
      sum += x * cotangent[i];
    }
  return sum;
}
