/** How every kernel other than those of projectors and of filtered backprojection becomes phases of `assembly/`. */
import type { DeviceArray } from "../backend.js";
import type { KernelArguments, KernelName, Scalar } from "../kernels.js";
import type { FilteredKernel } from "./filteredPhases.js";
import { volumeStrides } from "./layout.js";
import { type Lower, type Phase, type ProgramContext, wasmArray } from "./program.js";
import type { ProjectorKernel } from "./projectorPhases.js";
import { CHUNK, chunks, keepingPadding, linear, linesOf, zeroPhase } from "./storagePhases.js";

/** A kernel's code, and the arrays that it writes as a whole, whatever they held (padding included). */
export interface Lowering<K extends KernelName> {
  readonly lower: Lower<K>;
  readonly overwrites?: (args: KernelArguments[K]) => readonly DeviceArray[];
}

/** Address (0 for a number) and number. */
const scalarArgs = (scalar: Scalar): number[] =>
  typeof scalar === "number" ? [0, scalar] : [wasmArray(scalar).pointer, 0];

/** Sums tiles of the kind `entry` of x into out[0]; the address of an array that is left out is 0. */
function sumTiles(
  entry: string,
  out: DeviceArray,
  x: DeviceArray,
  context: ProgramContext,
  others: readonly (DeviceArray | undefined)[] = [],
): Phase[] {
  const array = wasmArray(x);
  const partial = context.temporary(8 * chunks(array));
  const pointers = others.map((other) => (other ? wasmArray(other).pointer : 0));
  return [
    linear(entry, array, [array.pointer, array.bytes, partial, ...pointers]),
    addPartialSums(out, partial, chunks(array)),
  ];
}

const addPartialSums = (out: DeviceArray, partial: number, count: number): Phase => ({
  entry: "addPartialSums",
  tasks: 1,
  args: [wasmArray(out).pointer, partial, count],
});

function extrema({ out, x }: KernelArguments["extrema"], context: ProgramContext): Phase[] {
  const array = wasmArray(x);
  const { lines, lineBytes, firstPlane, firstLine, front, usedPlanes, usedLines, length } = linesOf(array);
  const flat = array.shape.kind === "flat";
  // A long flat array is cut into planes of one chunk.
  const planes = flat ? chunks(array) : usedPlanes;
  const planeBytes = flat ? CHUNK : lines * lineBytes;
  const each = flat ? CHUNK / 4 : length;
  const last = flat ? length - (planes - 1) * each : length;
  const first = array.pointer + firstPlane * planeBytes + firstLine * lineBytes + front;
  const partial = context.temporary(8 * planes);
  return [
    { entry: "extrema", tasks: planes, args: [first, planeBytes, usedLines, lineBytes, each, last, planes, partial] },
    { entry: "joinExtrema", tasks: 1, args: [wasmArray(out).pointer, partial, planes] },
  ];
}

/** First voxel, nx, ny, nz, strides of x and y in bytes. */
function voxelArgs(array: DeviceArray): number[] {
  const { shape, pointer } = wasmArray(array);
  const size = shape.kind === "volume" ? shape.size : ([1, 1, shape.kind === "flat" ? shape.length : 0] as const);
  const { sx, sy, offset } = volumeStrides(size);
  return [pointer + 4 * offset, ...size, 4 * sx, 4 * sy];
}

const firstElement = (array: DeviceArray): number => voxelArgs(array)[0];

function totalVariation({ out, x, delta }: KernelArguments["totalVariation"], context: ProgramContext): Phase[] {
  const args = voxelArgs(x);
  const tasks = args[1];
  const partial = context.temporary(8 * tasks);
  return [{ entry: "totalVariation", tasks, args: [...args, delta, partial] }, addPartialSums(out, partial, tasks)];
}

/** One plane a task, with scratch for the norms of three lines each. */
function gradientArgs(
  { out, x, delta, weight }: KernelArguments["totalVariationGradient"],
  context: ProgramContext,
): number[] {
  const args = voxelArgs(x);
  const [, tasks, , nz] = args;
  const scratchBytes = 3 * 16 * (Math.ceil(nz / 4) + 2);
  return [...args, delta, firstElement(out), weight, context.temporary(tasks * scratchBytes), scratchBytes];
}

function totalVariationGradient(args: KernelArguments["totalVariationGradient"], context: ProgramContext): Phase[] {
  const own = gradientArgs(args, context);
  return [{ entry: "totalVariationGradient", tasks: own[1], args: own }];
}

function surrogateStep(args: KernelArguments["surrogateStep"], context: ProgramContext): Phase[] {
  const { at, curvature, scale, lower, upper } = args;
  const own = [...gradientArgs({ ...args, x: at }, context), firstElement(curvature), scale, lower, upper];
  return [{ entry: "surrogateStep", tasks: own[1], args: own }];
}

/** Slabs of the dual step for each thread: more balance the load, each costs a plane of x(r) more. */
const SLABS_PER_THREAD = 4;

function totalVariationDualStep(args: KernelArguments["totalVariationDualStep"], context: ProgramContext): Phase[] {
  const { y, curvature, qx, qy, qz, rx, ry, rz, weight, step, momentum, lower, upper } = args;
  const [, nx, ny, nz, ...strides] = voxelArgs(y);
  const slabs = Math.min(nx, SLABS_PER_THREAD * context.threads);
  const lineBytes = 16 * (Math.ceil(nz / 4) + 1);
  const scratch = context.temporary(4 * slabs * ny * lineBytes);
  const own = [
    ...[y, curvature, qx, qy, qz, rx, ry, rz].map(firstElement),
    ...[nx, ny, nz, ...strides, weight, lower, upper, step, momentum, slabs, scratch, lineBytes],
  ];
  return ["totalVariationDualEdges", "totalVariationDualStep"].map((entry) => ({ entry, tasks: slabs, args: own }));
}

function totalVariationPrimal(args: KernelArguments["totalVariationPrimal"]): Phase[] {
  const { x, curvature, qx, qy, qz, weight, lower, upper } = args;
  const [, nx, ...rest] = voxelArgs(x);
  const own = [...[x, curvature, qx, qy, qz].map(firstElement), nx, ...rest, weight, lower, upper];
  return [{ entry: "totalVariationPrimal", tasks: nx, args: own }];
}

function normalizedCrossCorrelation(args: KernelArguments["normalizedCrossCorrelation"]): Phase[] {
  const { value, cotangent, predicted, target, epsilon } = args;
  const pointers = [value, cotangent, predicted, target].map((array) => wasmArray(array).pointer);
  const { usedPlanes, usedLines, lineBytes, length } = linesOf(wasmArray(predicted));
  const own = [...pointers, length, usedLines, lineBytes, epsilon];
  return [{ entry: "normalizedCrossCorrelation", tasks: usedPlanes, args: own }];
}

function adamStep(args: KernelArguments["adamStep"]): Phase[] {
  const { step, rate, beta1, beta2, epsilon, lower = -Infinity } = args;
  const x = wasmArray(args.x);
  const pointers = [x, args.m, args.v, args.gradient].map((array) => wasmArray(array).pointer);
  const corrections = [rate / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
  return [linear("adamStep", x, [...pointers, x.bytes, beta1, beta2, ...corrections, epsilon, lower])];
}

function sgdStep(args: KernelArguments["sgdStep"]): Phase[] {
  const { rate, momentum, lower = -Infinity } = args;
  const x = wasmArray(args.x);
  const pointers = [x, args.velocity, args.gradient].map((array) => wasmArray(array).pointer);
  return keepingPadding(x, linear("sgdStep", x, [...pointers, x.bytes, rate, momentum, lower]), lower <= 0);
}

function mapPiecewise(args: KernelArguments["mapPiecewise"], context: ProgramContext): Phase[] {
  const x = wasmArray(args.x);
  const segments = args.knots.length / 2 - 1;
  const prepared = context.temporary(48 * segments);
  return [
    { entry: "prepareSegments", tasks: 1, args: [wasmArray(args.knots).pointer, segments, prepared] },
    ...keepingPadding(x, linear("mapPiecewise", x, [x.pointer, x.bytes, prepared, segments]), false),
  ];
}

function selectLabel(args: KernelArguments["selectLabel"]): Phase[] {
  const out = wasmArray(args.out);
  // Labels are bytes: a larger one occurs nowhere.
  if (args.label > 255) return [zeroPhase(out)];
  const [x, labels] = [wasmArray(args.x), wasmArray(args.labels)];
  return [linear("selectLabel", out, [out.pointer, x.pointer, labels.pointer, out.bytes, args.label])];
}

/** A kernel on the whole of its array `x`. */
const inPlace =
  <K extends "clamp" | "reciprocalOrZero" | "sign">(
    entry: K,
    numbers: (args: KernelArguments[K]) => readonly number[],
    keepsZero: (args: KernelArguments[K]) => boolean,
  ): Lower<K> =>
  (args) => {
    const x = wasmArray(args.x);
    return keepingPadding(x, linear(entry, x, [x.pointer, x.bytes, ...numbers(args)]), keepsZero(args));
  };

export const LOWERINGS: { readonly [K in Exclude<KernelName, ProjectorKernel | FilteredKernel>]: Lowering<K> } = {
  fill: {
    lower: ({ out, value }) => {
      const array = wasmArray(out);
      if (value === 0) return [zeroPhase(array)];
      return keepingPadding(array, linear("fill", array, [array.pointer, array.bytes, value]), false);
    },
    overwrites: ({ out }) => [out],
  },
  copy: {
    lower: ({ out, x }) => {
      const [to, from] = [wasmArray(out), wasmArray(x)];
      return [linear("copy", to, [to.pointer, from.pointer, to.bytes])];
    },
    overwrites: ({ out }) => [out],
  },
  axpby: {
    lower: ({ a, x, b, y }) => {
      const [from, to] = [wasmArray(x), wasmArray(y)];
      return [linear("axpby", to, [from.pointer, to.pointer, to.bytes, ...scalarArgs(a), ...scalarArgs(b)])];
    },
  },
  multiply: {
    lower: ({ x, y }) => [
      linear("multiply", wasmArray(y), [wasmArray(x).pointer, wasmArray(y).pointer, wasmArray(y).bytes]),
    ],
  },
  clamp: {
    lower: inPlace(
      "clamp",
      ({ lower, upper }) => [lower, upper],
      ({ lower, upper }) => lower <= 0 && upper >= 0,
    ),
  },
  reciprocalOrZero: {
    lower: inPlace(
      "reciprocalOrZero",
      ({ threshold }) => [threshold],
      ({ threshold }) => threshold >= 0,
    ),
  },
  sign: {
    lower: inPlace(
      "sign",
      () => [],
      () => true,
    ),
  },
  mapPiecewise: { lower: mapPiecewise },
  selectLabel: { lower: selectLabel, overwrites: ({ out }) => [out] },
  sum: { lower: ({ out, x }, context) => sumTiles("sum", out, x, context) },
  sumAbsolute: { lower: ({ out, x }, context) => sumTiles("sumAbsolute", out, x, context) },
  sumSquares: { lower: ({ out, x }, context) => sumTiles("dot", out, x, context, [x]) },
  dot: { lower: ({ out, x, y }, context) => sumTiles("dot", out, x, context, [y]) },
  dotDifferences: { lower: ({ out, x, y, z }, context) => sumTiles("dotDifferences", out, x, context, [y, z]) },
  kullbackLeibler: {
    lower: ({ out, x, y, weights }, context) => sumTiles("kullbackLeibler", out, x, context, [y, weights]),
  },
  extrema: { lower: extrema },
  totalVariation: { lower: totalVariation },
  totalVariationGradient: { lower: totalVariationGradient },
  surrogateStep: { lower: surrogateStep },
  totalVariationDualStep: { lower: totalVariationDualStep },
  totalVariationPrimal: { lower: totalVariationPrimal },
  normalizedCrossCorrelation: { lower: normalizedCrossCorrelation },
  adamStep: { lower: adamStep },
  sgdStep: { lower: sgdStep },
};
