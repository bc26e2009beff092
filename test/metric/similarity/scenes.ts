import { expect } from "vitest";
import { createRandom } from "../../../src/core/index.js";
import type { ImageStack, Similarity } from "../../../src/metric/index.js";

/** Smooth random images with an offset, [view][row][column]. */
export function smoothImages(seed: number, views: number, rows: number, columns: number, offset = 3): ImageStack {
  const random = createRandom(seed);
  const values = new Float64Array(views * rows * columns);
  for (let v = 0; v < views; v++)
    for (let wave = 0; wave < 12; wave++) {
      const [kr, kc] = [random.uniform() * 0.9, random.uniform() * 0.9];
      const [phase, height] = [random.uniform() * 6.28, 0.2 + random.uniform()];
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++)
          values[(v * rows + r) * columns + c] += height * Math.cos(kr * r + kc * c + phase);
    }
  return { values: values.map((x) => x + offset), views, rows, columns };
}

/** Images that are partly alike: share * first + the rest * other. */
export function mixedWith(first: ImageStack, seed: number, share: number): ImageStack {
  const other = smoothImages(seed, first.views, first.rows, first.columns);
  return { ...first, values: Float64Array.from(first.values, (x, i) => share * x + (1 - share) * other.values[i]) };
}

/** A mask without some rows of the first view and a rectangle in every view. */
export function someMask({ views, rows, columns }: ImageStack): Uint8Array {
  const mask = new Uint8Array(views * rows * columns).fill(1);
  mask.fill(0, 0, 3 * columns);
  for (let v = 0; v < views; v++)
    for (let r = 6; r < 10; r++) for (let c = 4; c < 9; c++) mask[(v * rows + r) * columns + c] = 0;
  return mask;
}

/** Random images as long as a stack. */
export function noise(seed: number, length: number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length }, () => random.uniform() - 0.5);
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

/**
 * Holds the cotangent to central differences of the sum of values: along random images, and at single pixels.
 * The error allowed is relative to the largest derivative of its kind.
 */
export function expectDerivative(
  similarity: Similarity,
  moving: ImageStack,
  fixed: ImageStack,
  {
    mask,
    step = 1e-5,
    tolerance = 1e-7,
    masksAll = true,
  }: {
    mask?: Uint8Array;
    step?: number;
    tolerance?: number;
    /** Whether pixels that do not count have no influence at all. */
    masksAll?: boolean;
  } = {},
): void {
  const prepared = similarity.prepare(fixed);
  const n = moving.values.length;
  const cotangent = new Float64Array(n);
  const plain = sum(prepared.evaluate(moving, { mask }));
  expect(sum(prepared.evaluate(moving, { mask, cotangent })), "the value with cotangent").toBe(plain);
  const along = (direction: (i: number) => number) => {
    const at = (h: number) =>
      sum(
        prepared.evaluate(
          { ...moving, values: Float64Array.from(moving.values, (x, i) => x + h * direction(i)) },
          { mask },
        ),
      );
    return (at(step) - at(-step)) / (2 * step);
  };
  const total = Math.sqrt(cotangent.reduce((s, x) => s + x * x, 0));
  expect(total, "the length of the gradient").toBeGreaterThan(0);
  for (let trial = 0; trial < 4; trial++) {
    const image = noise(100 + trial, n);
    const expected = cotangent.reduce((s, x, i) => s + x * image[i], 0);
    expect(Math.abs(along((i) => image[i]) - expected), "along an image").toBeLessThan(tolerance * total * 10);
  }
  for (let pixel = 0; pixel < n; pixel += Math.ceil(n / 40))
    expect(Math.abs(along((i) => (i === pixel ? 1 : 0)) - cotangent[pixel]), `pixel ${pixel}`).toBeLessThan(
      tolerance * total * 10,
    );
  if (mask && masksAll) for (let i = 0; i < n; i++) if (mask[i] === 0) expect(cotangent[i]).toBe(0);
}

/** Gradient and matrix of every view for some Jacobian images. */
export function solveFor(
  similarity: Similarity,
  moving: ImageStack,
  fixed: ImageStack,
  jacobian: readonly (Float64Array | Float32Array)[],
  mask?: Uint8Array,
) {
  const p = jacobian.length;
  const out = {
    gradient: Array.from({ length: moving.views }, () => new Float64Array(p)),
    hessian: Array.from({ length: moving.views }, () => new Float64Array(p * p)),
  };
  const prepared = similarity.prepare(fixed);
  const values = prepared.normalEquations!(moving, jacobian, out, { mask });
  return { values: values.slice(), ...out, prepared };
}

/** Holds the gradients of normal equations to cotangent times Jacobian image, and matrices to symmetry and x' H x >= 0. */
export function expectConsistent(
  similarity: Similarity,
  moving: ImageStack,
  fixed: ImageStack,
  jacobian: readonly Float64Array[],
  mask?: Uint8Array,
): void {
  const { values, gradient, hessian, prepared } = solveFor(similarity, moving, fixed, jacobian, mask);
  const n = moving.rows * moving.columns;
  const p = jacobian.length;
  const cotangent = new Float64Array(moving.values.length);
  expect([...values]).toEqual([...prepared.evaluate(moving, { mask, cotangent })]);
  for (let v = 0; v < moving.views; v++) {
    for (let c = 0; c < p; c++) {
      let expected = 0;
      for (let i = v * n; i < (v + 1) * n; i++) expected += cotangent[i] * jacobian[c][i];
      expect(gradient[v][c]).toBeCloseTo(expected, 11);
      for (let d = 0; d < p; d++) expect(hessian[v][c * p + d]).toBeCloseTo(hessian[v][d * p + c], 12);
    }
    const scale = Math.max(...hessian[v]);
    for (let trial = 0; trial < 30; trial++) {
      const x = noise(trial, p);
      let form = 0;
      for (let c = 0; c < p; c++) for (let d = 0; d < p; d++) form += x[c] * hessian[v][c * p + d] * x[d];
      expect(form).toBeGreaterThanOrEqual(-1e-12 * scale);
    }
  }
}
