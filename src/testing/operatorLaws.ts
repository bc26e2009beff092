/** Laws of pairs of kernels: an operator and its transpose, an image and the same image from another kernel. */
import { type Backend, type DeviceArray, shapeLength } from "../backend/backend.js";
import type { KernelArguments } from "../backend/kernels.js";
import { type ArraySpec, hostValues, type KernelCase } from "../backend/specs/spec.js";
import { innerProduct } from "./compare.js";
import { uploadArguments } from "./runCase.js";

type Transpose = "projectAdjoint" | "projectRaysAdjoint";

/** A and Aᵀ of one case on a backend, as functions of plain arrays; freed by `dispose`. */
function openOperator<K extends Transpose>(backend: Backend, kernel: K, args: KernelCase<K>["args"]) {
  const uploaded = uploadArguments<K>(backend, args);
  const bound = uploaded.args as KernelArguments["projectAdjoint"] & KernelArguments["projectRaysAdjoint"];
  const image: DeviceArray = kernel === "projectAdjoint" ? bound.image : bound.values;
  const volume = bound.out;
  const through = (input: Float32Array, from: DeviceArray, run: (x: DeviceArray) => DeviceArray) => {
    using x = backend.upload(input, from.shape, "input");
    return backend.download(run(x));
  };
  return {
    volumeLength: volume.length,
    imageLength: image.length,
    apply: (x: Float32Array) =>
      through(x, volume, (input) => {
        if (kernel === "projectAdjoint")
          backend.run("project", { ...bound, volume: input, out: image, accumulate: false });
        else backend.run("projectRays", { ...bound, volume: input, out: image, accumulate: false });
        return image;
      }),
    adjoint: (y: Float32Array) =>
      through(y, image, (input) => {
        if (kernel === "projectAdjoint") backend.run("projectAdjoint", { ...bound, image: input, accumulate: false });
        else backend.run("projectRaysAdjoint", { ...bound, values: input, accumulate: false });
        return volume;
      }),
    dispose: uploaded.dispose,
  };
}

const uniformNumbers = (spec: ArraySpec, seed: number) =>
  hostValues({ ...spec, numbers: { seed, low: 0, high: 1 } }) as Float32Array;

const arraysOf = <K extends Transpose>(kernel: K, args: KernelCase<K>["args"]) => {
  const named = args as KernelCase<"projectAdjoint">["args"] & KernelCase<"projectRaysAdjoint">["args"];
  return { x: named.out, y: kernel === "projectAdjoint" ? named.image : named.values };
};

/** Rays of a case that a kernel computes. */
export function raysOf<K extends Transpose>(kernel: K, { args }: KernelCase<K>): number {
  const { y } = arraysOf(kernel, args);
  const { pixels } = args as KernelCase<"projectAdjoint">["args"];
  const { shape } = y;
  return pixels && shape.kind === "projections" ? shape.views * shapeLength(pixels.shape) : shapeLength(shape);
}

/**
 * What float32 leaves of `adjointDefect`: a number of A x is a sum of some ten terms, rounded to 2^-24 of it each time, and
 * these errors add up like a random walk over the rays. 1e-8 can be asked for from a thousand rays on.
 */
export const float32Defect = (rays: number): number => Math.max(1e-8, (6 * 2 ** -24) / Math.sqrt(rays));

/** |<A x, y> - <x, Aᵀ y>| / (|A x| |y|) for x and y uniform in [0, 1], up to the border; 0 where no ray meets the grid. */
export async function adjointDefect<K extends Transpose>(
  backend: Backend,
  kernel: K,
  { args }: KernelCase<K>,
): Promise<number> {
  const operator = openOperator(backend, kernel, args);
  const specs = arraysOf(kernel, args);
  const [x, y] = [uniformNumbers(specs.x, 11), uniformNumbers(specs.y, 12)];
  try {
    const [image, volume] = [await operator.apply(x), await operator.adjoint(y)];
    const scale = Math.sqrt(innerProduct(image, image) * innerProduct(y, y));
    const difference = Math.abs(innerProduct(image, y) - innerProduct(x, volume));
    return difference === 0 ? 0 : difference / scale;
  } finally {
    operator.dispose();
  }
}

/**
 * Compares (A e_j)_i with (Aᵀ e_i)_j for `voxels` x `pixels` single entries spread over volume and image.
 * Returns the largest difference over the largest weight, the entries compared, and how many of them were not 0.
 */
export async function entryDefect<K extends Transpose>(
  backend: Backend,
  kernel: K,
  { args }: KernelCase<K>,
  voxels = 105,
  pixels = 45,
): Promise<{ readonly defect: number; readonly compared: number; readonly filled: number }> {
  const operator = openOperator(backend, kernel, args);
  const spread = (length: number, count: number) =>
    Array.from({ length: Math.min(length, count) }, (_, i) => Math.floor((i * length) / Math.min(length, count)));
  const unit = (length: number, at: number) => {
    const values = new Float32Array(length);
    values[at] = 1;
    return values;
  };
  try {
    const rows = spread(operator.imageLength, pixels);
    const columns = spread(operator.volumeLength, voxels);
    // asked for together: a read-back is slow on some backends
    const adjoints = await Promise.all(rows.map((i) => operator.adjoint(unit(operator.imageLength, i))));
    const images = await Promise.all(columns.map((j) => operator.apply(unit(operator.volumeLength, j))));
    let [defect, largest, filled] = [0, 0, 0];
    columns.forEach((j, column) => {
      rows.forEach((i, row) => {
        const [a, b] = [images[column][i], adjoints[row][j]];
        defect = Math.max(defect, Math.abs(a - b));
        largest = Math.max(largest, Math.abs(a), Math.abs(b));
        if (a !== 0) filled++;
      });
    });
    return { defect: defect === 0 ? 0 : defect / largest, compared: rows.length * columns.length, filled };
  } finally {
    operator.dispose();
  }
}
