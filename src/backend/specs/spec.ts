/** Kernel specifications as data: what to run, what it writes, how near to the reference it must come. */
import { createRandom } from "../../core/random.js";
import type { DeviceArray, ElementType, HostArray, Shape } from "../backend.js";
import { shapeLength } from "../backend.js";
import type { KernelArguments, KernelName } from "../kernels.js";

/** Numbers of a case: as listed, all the same, or uniform in [low, high). */
export type Numbers =
  | readonly number[]
  | number
  | { readonly seed: number; readonly low: number; readonly high: number };

/** An array of a case. */
export interface ArraySpec {
  readonly shape: Shape;
  readonly type: ElementType;
  readonly numbers: Numbers;
}

type Described<T> = T extends DeviceArray ? ArraySpec : T;

/** The arguments of a kernel with plain data in place of device arrays. */
export type CaseArguments<K extends KernelName> = {
  readonly [P in keyof KernelArguments[K]]: Described<KernelArguments[K][P]>;
};

export interface KernelCase<K extends KernelName> {
  readonly name: string;
  readonly args: CaseArguments<K>;
}

/** Largest error over the largest magnitude of the output, for float32; float64 backends are held to 1e-12. */
export interface Tolerance {
  /** At the 99th percentile. */
  readonly percentile99: number;
  readonly worst: number;
  readonly reason: string;
}

export interface KernelSpec<K extends KernelName> {
  readonly kernel: K;
  /** The arguments that the kernel changes. */
  readonly writes: readonly (keyof KernelArguments[K] & string)[];
  readonly tolerance: Tolerance;
  readonly cases: readonly KernelCase<K>[];
  readonly laws?: {
    /** <A x, y> = <x, Aᵀ y> and (A e_j)_i = (Aᵀ e_i)_j with that kernel. */
    readonly transposeOf?: KernelName;
    /** `out` has the same bits as that kernel's. */
    readonly sameBitsAs?: KernelName;
  };
}

export const uniform = (seed: number, low = 0, high = 1): Numbers => ({ seed, low, high });

export const flat = (length: number, numbers: Numbers = 0): ArraySpec => ({
  shape: { kind: "flat", length },
  type: "real",
  numbers,
});

export const table = (numbers: readonly number[]): ArraySpec => ({
  shape: { kind: "flat", length: numbers.length },
  type: "f64",
  numbers,
});

export const list = (numbers: readonly number[]): ArraySpec => ({ ...table(numbers), type: "u32" });

export const volume = (size: readonly [number, number, number], numbers: Numbers = 0): ArraySpec => ({
  shape: { kind: "volume", size },
  type: "real",
  numbers,
});

export const projections = (views: number, rows: number, columns: number, numbers: Numbers = 0): ArraySpec => ({
  shape: { kind: "projections", views, rows, columns },
  type: "real",
  numbers,
});

/** An array of any shape with other numbers. */
export const like = (shape: Shape, numbers: Numbers = 0): ArraySpec => ({ shape, type: "real", numbers });

/** One number, an odd flat array, a volume and projections, none a multiple of 4. */
export const SHAPES: readonly (readonly [string, Shape])[] = [
  ["one number", { kind: "flat", length: 1 }],
  ["7 numbers", { kind: "flat", length: 7 }],
  ["a 5 x 3 x 7 volume", { kind: "volume", size: [5, 3, 7] }],
  ["2 views of 3 x 5", { kind: "projections", views: 2, rows: 3, columns: 5 }],
  ["a 33 x 31 x 17 volume", { kind: "volume", size: [33, 31, 17] }],
];

/** Cases of a kernel over the shapes. */
export const overShapes = <K extends KernelName>(
  args: (shape: Shape) => CaseArguments<K>,
  shapes = SHAPES,
): readonly KernelCase<K>[] => shapes.map(([name, shape]) => ({ name, args: args(shape) }));

/** Nothing is rounded. */
export const EXACT: Tolerance = {
  percentile99: 0,
  worst: 0,
  reason: "values are chosen or copied, nothing is rounded",
};
/** A handful of float32 operations. */
export const FEW_ROUNDINGS: Tolerance = {
  percentile99: 1e-6,
  worst: 1e-6,
  reason: "a few float32 operations of 6e-8 each, and arguments rounded to float32",
};
export const WIDE_SUM: Tolerance = {
  percentile99: 2e-6,
  worst: 2e-6,
  reason: "partial sums are wider than float32 or pairwise; terms and result are rounded to float32 (6e-8)",
};

/** The numbers of a case's array for `upload`; reals are float32 numbers, so that every backend gets the same. */
export function hostValues({ shape, type, numbers }: ArraySpec): HostArray {
  const length = shapeLength(shape);
  const values =
    type === "u8" ? new Uint8Array(length) : type === "u32" ? new Uint32Array(length) : new Float64Array(length);
  if (typeof numbers === "number") values.fill(numbers);
  else if ("seed" in numbers) {
    const random = createRandom(numbers.seed);
    for (let i = 0; i < length; i++) values[i] = numbers.low + (numbers.high - numbers.low) * random.uniform();
  } else values.set(numbers);
  return type === "real" ? new Float32Array(values) : values;
}
