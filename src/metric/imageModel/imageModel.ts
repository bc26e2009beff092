import type { StackShape } from "../similarity/similarity.js";

/** A differentiable map from images to images, as from line integrals to what a detector shows; a recipe without buffers. */
export interface ImageModel {
  /** For reports, with the parameters that decide the numbers. */
  readonly name: string;
  /** Makes the work arrays for images of a shape. @throws SHAPE_MISMATCH, INVALID_ARGUMENT if it does not fit them */
  prepare(input: StackShape): PreparedImageModel;
}

/**
 * An image model for one shape. `vjp` and `jvp` are the derivative at the images of the last `apply`, J^T c and J t; both
 * overwrite `out`. Arrays are [view][row][column] of the shape said; in and out may not be one array.
 */
export interface PreparedImageModel {
  readonly input: StackShape;
  readonly output: StackShape;
  /** out (output) <- the images of `image` (input). */
  apply(image: Float32Array | Float64Array, out: Float64Array): void;
  /** out (input) <- the cotangent of the input for that of the output. */
  vjp(cotangent: Float64Array, out: Float64Array): void;
  /** out (output) <- the change of the output for a change of the input, as a Jacobian image. */
  jvp(tangent: Float32Array | Float64Array, out: Float64Array): void;
  /** out (output) <- 1 where the pixel behind it counts in a mask of the input, else 0. */
  mask(mask: Uint8Array, out: Uint8Array): void;
}

/** Values in a stack of a shape. */
export const lengthOf = ({ views, rows, columns }: StackShape): number => views * rows * columns;

/** Models one after the other, the first named first. None at all is the identity. */
export function compose(...models: readonly ImageModel[]): ImageModel {
  return {
    name: models.map(({ name }) => name).join(", then ") || "identity",
    prepare(input) {
      const stages: PreparedImageModel[] = [];
      let shape = input;
      for (const model of models) {
        const stage = model.prepare(shape);
        stages.push(stage);
        shape = stage.output;
      }
      return chain(input, stages);
    },
  };
}

function chain(input: StackShape, stages: readonly PreparedImageModel[]): PreparedImageModel {
  const last = stages.length - 1;
  const output = stages[last]?.output ?? input;
  // What lies between stage k and k + 1: images, and then their changes.
  const between = stages.slice(0, last < 0 ? 0 : last).map((stage) => new Float64Array(lengthOf(stage.output)));
  const masks = between.map((values) => new Uint8Array(values.length));
  return {
    input,
    output,
    apply(image, out) {
      if (last < 0) out.set(image);
      for (let k = 0; k <= last; k++) stages[k].apply(k === 0 ? image : between[k - 1], k === last ? out : between[k]);
    },
    vjp(cotangent, out) {
      if (last < 0) out.set(cotangent);
      for (let k = last; k >= 0; k--)
        stages[k].vjp(k === last ? cotangent : between[k], k === 0 ? out : between[k - 1]);
    },
    jvp(tangent, out) {
      if (last < 0) out.set(tangent);
      for (let k = 0; k <= last; k++) stages[k].jvp(k === 0 ? tangent : between[k - 1], k === last ? out : between[k]);
    },
    mask(mask, out) {
      if (last < 0) out.set(mask);
      for (let k = 0; k <= last; k++) stages[k].mask(k === 0 ? mask : masks[k - 1], k === last ? out : masks[k]);
    },
  };
}
