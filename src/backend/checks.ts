/**
 * What every backend asks of a call before it queues it: laws 2, 5 and 6, and the shapes, types and numbers of every
 * kernel. One row a kernel; kernels themselves check nothing again.
 */
import { fault } from "../core/errors.js";
import { nearestWord } from "../core/options.js";
import { describeValue } from "../core/words.js";
import {
  type Backend,
  type DeviceArray,
  describeShape,
  type ElementType,
  type HostArray,
  type Shape,
  sameShape,
  shapeLength,
} from "./backend.js";
import {
  wrongCount,
  wrongFreeRays,
  wrongJacobian,
  wrongMatrices,
  wrongRays,
  wrongResponse,
  wrongTable,
  wrongViewGradient,
} from "./checkRays.js";
import { KERNEL_NAMES, type KernelArguments, type KernelName } from "./kernels.js";

/** What an array argument must be. */
interface Slot {
  readonly type: ElementType;
  readonly kind?: Shape["kind"];
  /** Least number of elements. */
  readonly atLeast?: number;
  readonly optional?: boolean;
  /** A number or an array of one element. */
  readonly scalar?: boolean;
}

type NumberRule = "whole" | "finite" | "bound" | "positive" | "nonnegative" | "count" | "index";
/** With a question mark: may be left out. */
type NumberSlot = NumberRule | `${NumberRule}?`;
type Numbers<A> = { [P in keyof A]-?: NonNullable<A[P]> extends number ? P : never }[keyof A];
type Arrays<A> = { [P in keyof A]-?: DeviceArray extends A[P] ? P : never }[keyof A];

interface Rule<A> {
  readonly arrays: { readonly [P in Arrays<A>]-?: Slot };
  readonly numbers: { readonly [P in Numbers<A>]-?: NumberSlot };
  /** Arguments that must have one shape. */
  readonly same?: readonly Arrays<A>[];
  /** What else must agree in shape; returns what is wrong. */
  readonly shapes?: (args: A) => string | undefined;
  /** What settings must agree; returns what is wrong. */
  readonly settings?: (args: A) => string | undefined;
}

const any: Slot = { type: "real" };
const volume: Slot = { type: "real", kind: "volume" };
const projections: Slot = { type: "real", kind: "projections" };
const numbers: Slot = { type: "real", kind: "flat" };
const table: Slot = { type: "f64", kind: "flat" };
const scalar: Slot = { type: "real", kind: "flat", scalar: true };
const weights: Slot = { type: "real", optional: true };
const pixels: Slot = { type: "u32", kind: "flat", optional: true };
/** Whether a step is needed depends on the model. */
const step = { step: "bound?" } as const;

const reduction = { arrays: { out: { ...numbers, atLeast: 1 }, x: any }, numbers: {} } as const;

const bounds = { lower: "bound", upper: "bound" } as const;
const wrongBounds = ({ lower, upper }: { lower: number; upper: number }) =>
  lower <= upper ? undefined : `lower ${lower} is above upper ${upper}`;

const RULES: { readonly [K in KernelName]: Rule<KernelArguments[K]> } = {
  fill: { arrays: { out: any }, numbers: { value: "finite" } },
  copy: { arrays: { out: any, x: any }, numbers: {}, same: ["out", "x"] },
  axpby: { arrays: { a: scalar, x: any, b: scalar, y: any }, numbers: {}, same: ["x", "y"] },
  multiply: { arrays: { x: any, y: any }, numbers: {}, same: ["x", "y"] },
  clamp: { arrays: { x: any }, numbers: bounds, settings: wrongBounds },
  reciprocalOrZero: { arrays: { x: any }, numbers: { threshold: "finite" } },
  sign: { arrays: { x: any }, numbers: {} },
  mapPiecewise: {
    arrays: { x: any, knots: { ...table, atLeast: 4 } },
    numbers: {},
    shapes: ({ knots }) => (knots.length % 2 === 0 ? undefined : `knots are pairs x, y, not ${knots.length} numbers`),
  },
  selectLabel: {
    arrays: { out: volume, x: volume, labels: { type: "u8", kind: "volume" } },
    numbers: { label: "index" },
    same: ["out", "x", "labels"],
  },
  sum: reduction,
  sumAbsolute: reduction,
  sumSquares: reduction,
  dot: { arrays: { out: { ...numbers, atLeast: 1 }, x: any, y: any }, numbers: {}, same: ["x", "y"] },
  dotDifferences: {
    arrays: { out: { ...numbers, atLeast: 1 }, x: any, y: any, z: any },
    numbers: {},
    same: ["x", "y", "z"],
  },
  kullbackLeibler: {
    arrays: { out: { ...numbers, atLeast: 1 }, x: any, y: any, weights },
    numbers: {},
    same: ["x", "y", "weights"],
  },
  extrema: { arrays: { out: { ...numbers, atLeast: 2 }, x: any }, numbers: {} },
  totalVariation: { arrays: { out: { ...numbers, atLeast: 1 }, x: volume }, numbers: { delta: "nonnegative" } },
  totalVariationGradient: {
    arrays: { out: volume, x: volume },
    numbers: { delta: "positive", weight: "finite" },
    same: ["out", "x"],
  },
  surrogateStep: {
    arrays: { out: volume, at: volume, curvature: volume },
    numbers: { scale: "finite", delta: "positive", weight: "nonnegative", ...bounds },
    same: ["out", "at", "curvature"],
    settings: wrongBounds,
  },
  totalVariationDualStep: {
    arrays: { y: volume, curvature: volume, qx: volume, qy: volume, qz: volume, rx: volume, ry: volume, rz: volume },
    numbers: { weight: "nonnegative", step: "nonnegative", momentum: "finite", ...bounds },
    same: ["y", "curvature", "qx", "qy", "qz", "rx", "ry", "rz"],
    settings: wrongBounds,
  },
  totalVariationPrimal: {
    arrays: { x: volume, curvature: volume, qx: volume, qy: volume, qz: volume },
    numbers: { weight: "nonnegative", ...bounds },
    same: ["x", "curvature", "qx", "qy", "qz"],
    settings: wrongBounds,
  },
  normalizedCrossCorrelation: {
    arrays: { value: numbers, cotangent: projections, predicted: projections, target: projections },
    numbers: { epsilon: "positive" },
    same: ["cotangent", "predicted", "target"],
    shapes: ({ value, predicted }) => {
      const views = predicted.shape.kind === "projections" ? predicted.shape.views : 0;
      return value.length === views ? undefined : `value holds ${value.length} numbers for ${views} views`;
    },
  },
  adamStep: {
    arrays: { x: any, m: any, v: any, gradient: any },
    numbers: {
      step: "count",
      rate: "finite",
      beta1: "finite",
      beta2: "finite",
      epsilon: "positive",
      lower: "bound?",
    },
    same: ["x", "m", "v", "gradient"],
  },
  sgdStep: {
    arrays: { x: any, velocity: any, gradient: any },
    numbers: { rate: "finite", momentum: "finite", lower: "bound?" },
    same: ["x", "velocity", "gradient"],
  },
  project: {
    arrays: { views: table, pixels, out: projections, volume },
    numbers: step,
    shapes: (args) => wrongTable(args, args.out),
    settings: wrongRays,
  },
  projectAdjoint: {
    arrays: { views: table, pixels, out: volume, image: projections },
    numbers: step,
    shapes: (args) => wrongTable(args, args.image),
    settings: wrongRays,
  },
  projectLineJacobian: {
    arrays: { views: table, pixels, out: projections, jacobian: projections, volume },
    numbers: step,
    shapes: (args) => wrongTable(args, args.out) ?? wrongJacobian(args.jacobian, args.out),
    settings: wrongRays,
  },
  viewGradient: {
    arrays: { out: table, jacobian: projections, cotangent: projections },
    numbers: { firstView: "index" },
    shapes: wrongViewGradient,
  },
  projectMaximum: {
    arrays: { views: table, pixels, out: projections, volume },
    numbers: step,
    shapes: (args) => wrongTable(args, args.out),
    settings: wrongRays,
  },
  projectRays: {
    arrays: { rays: table, out: numbers, volume },
    numbers: step,
    shapes: (args) => wrongCount(args, args.out, 1),
    settings: wrongFreeRays,
  },
  projectRaysAdjoint: {
    arrays: { rays: table, out: volume, values: numbers },
    numbers: step,
    shapes: (args) => wrongCount(args, args.values, 1),
    settings: wrongFreeRays,
  },
  projectRaysJacobian: {
    arrays: { rays: table, out: table, volume },
    numbers: step,
    shapes: (args) => wrongCount(args, args.out, 6),
    settings: wrongFreeRays,
  },
  filterRows: {
    arrays: { image: projections, response: { ...table, atLeast: 2 } },
    numbers: {},
    shapes: wrongResponse,
  },
  backproject: {
    arrays: { out: volume, image: projections, matrices: table },
    numbers: { firstSlice: "whole" },
    shapes: wrongMatrices,
  },
};

const NUMBER_RULES: { readonly [R in NumberRule]: readonly [(value: number) => boolean, string] } = {
  whole: [Number.isInteger, "a whole number"],
  finite: [Number.isFinite, "a finite number"],
  bound: [(value) => !Number.isNaN(value), "a number"],
  positive: [(value) => value > 0 && value < Infinity, "a finite number above 0"],
  nonnegative: [(value) => value >= 0 && value < Infinity, "a finite number from 0"],
  count: [(value) => Number.isInteger(value) && value >= 1, "a whole number from 1"],
  index: [(value) => Number.isInteger(value) && value >= 0, "a whole number from 0"],
};

function checkNumber(kernel: string, name: string, value: unknown, slot: NumberSlot): void {
  if (value === undefined && slot.endsWith("?")) return;
  const [holds, words] = NUMBER_RULES[slot.replace("?", "") as NumberRule];
  if (typeof value === "number" && holds(value)) return;
  const code = typeof value === "number" && !Number.isFinite(value) ? "NOT_FINITE" : "INVALID_ARGUMENT";
  const given = typeof value === "number" ? value : describeValue(value);
  throw fault(code, `${kernel}: '${name}' must be ${words}, not ${given}`, { kernel, argument: name });
}

/**
 * Refuses an array that is not this backend's or that is gone (laws 2 and 6); `where` starts the message.
 * @throws WRONG_BACKEND, BUFFER_DISPOSED
 */
export function checkArray(backend: Backend, where: string, array: DeviceArray): void {
  if (array.backend !== backend)
    throw fault(
      "WRONG_BACKEND",
      `${where} belongs to another backend than this '${backend.name}'; download it and upload it here`,
      { label: array.label },
    );
  if (array.disposed) throw fault("BUFFER_DISPOSED", `${where} was disposed; make a new array`, { label: array.label });
}

function checkSlot(kernel: string, name: string, array: DeviceArray, slot: Slot): void {
  const { kind, type, atLeast = 1 } = slot;
  if (array.type === type && (!kind || array.shape.kind === kind) && array.length >= atLeast)
    if (!slot.scalar || array.length === 1) return;
  const wanted = slot.scalar ? "a number or 1 number" : `${kind ?? "an array"}${atLeast > 1 ? ` from ${atLeast}` : ""}`;
  throw fault(
    "SHAPE_MISMATCH",
    `${kernel}: '${name}' must be ${wanted} of type ${type}, not ${describeShape(array.shape)} of type ${array.type}`,
    { kernel, argument: name, label: array.label },
  );
}

/**
 * Checks the arguments of a call; every backend does so before it queues the work. What the arrays hold is not
 * looked at: a pixel number outside the image is a fault of the queued work (law 4).
 * @throws BUFFER_DISPOSED, WRONG_BACKEND, INVALID_ARGUMENT (an array bound twice, a missing or unknown setting),
 * SHAPE_MISMATCH, NOT_FINITE, UNSUPPORTED_KERNEL (no such kernel)
 */
export function checkCall<K extends KernelName>(backend: Backend, kernel: K, args: KernelArguments[K]): void {
  const rule: Rule<KernelArguments[K]> | undefined = RULES[kernel];
  if (!rule) {
    const near = nearestWord(kernel, KERNEL_NAMES);
    throw fault("UNSUPPORTED_KERNEL", `there is no kernel '${kernel}'${near ? `; did you mean '${near}'?` : ""}`);
  }
  if (typeof args !== "object" || args === null)
    throw fault("INVALID_ARGUMENT", `${kernel} takes an object of arguments, not ${describeValue(args)}`, { kernel });
  const given = args as unknown as { readonly [name: string]: unknown };
  const bound: DeviceArray[] = [];
  for (const [name, slot] of Object.entries<Slot>(rule.arrays)) {
    const value = given[name];
    if (value === undefined && slot.optional) continue;
    if (slot.scalar && typeof value === "number") {
      checkNumber(kernel, name, value, "finite");
      continue;
    }
    if (typeof value !== "object" || value === null || !("backend" in value))
      throw fault("INVALID_ARGUMENT", `${kernel}: '${name}' must be a device array, not ${describeValue(value)}`, {
        kernel,
      });
    const array = value as DeviceArray;
    checkArray(backend, `${kernel}: '${name}' (${array.label})`, array);
    if (bound.includes(array))
      throw fault("INVALID_ARGUMENT", `${kernel}: the array '${array.label}' is bound twice; copy it first`, {
        kernel,
      });
    bound.push(array);
    checkSlot(kernel, name, array, slot);
  }
  for (const [name, slot] of Object.entries<NumberSlot>(rule.numbers)) checkNumber(kernel, name, given[name], slot);
  const [first, ...others] = (rule.same ?? []) as readonly string[];
  for (const other of others.filter((name) => given[name] !== undefined)) {
    const [a, b] = [given[first] as DeviceArray, given[other] as DeviceArray];
    if (!sameShape(a.shape, b.shape))
      throw fault(
        "SHAPE_MISMATCH",
        `${kernel}: '${first}' is ${describeShape(a.shape)}, '${other}' is ${describeShape(b.shape)}; they must agree`,
        { kernel },
      );
  }
  const disagreement = rule.shapes?.(args);
  if (disagreement) throw fault("SHAPE_MISMATCH", `${kernel}: ${disagreement}`, { kernel });
  const wrong = rule.settings?.(args);
  if (wrong) throw fault("INVALID_ARGUMENT", `${kernel}: ${wrong}`, { kernel });
}

const SIZES: { readonly [K in Shape["kind"]]: (shape: Extract<Shape, { kind: K }>) => readonly number[] } = {
  flat: ({ length }) => [length],
  volume: ({ size }) => [size?.[0], size?.[1], size?.[2]],
  projections: ({ views, rows, columns }) => [views, rows, columns],
};

/** @throws INVALID_ARGUMENT */
function sizesOf(shape: Shape, label: string): readonly number[] {
  const sizes: ((shape: never) => readonly number[]) | undefined = SIZES[shape?.kind];
  if (sizes) return sizes(shape as never);
  const given = shape?.kind === undefined ? describeValue(shape) : `of kind ${describeValue(shape.kind)}`;
  throw fault("INVALID_ARGUMENT", `'${label}': a shape is of kind ${Object.keys(SIZES).join(", ")}; this is ${given}`, {
    label,
  });
}

const ELEMENT_TYPES: readonly ElementType[] = ["real", "f64", "u8", "u32"];

/** Checks what an array is to hold. @throws INVALID_ARGUMENT */
export function checkType(type: ElementType): void {
  if (ELEMENT_TYPES.includes(type)) return;
  throw fault("INVALID_ARGUMENT", `elements are of type ${ELEMENT_TYPES.join(", ")}, not ${describeValue(type)}`, {
    type,
  });
}

/**
 * Checks the shape of a new array: whole numbers from 1, no more elements than the backend allows.
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH, OUT_OF_MEMORY
 */
export function checkShape(backend: Backend, shape: Shape, label: string): void {
  const sizes = sizesOf(shape, label);
  if (!sizes.every((n) => Number.isInteger(n) && n >= 1))
    throw fault("SHAPE_MISMATCH", `'${label}': sizes are whole numbers from 1, not ${sizes.map(String).join(" x ")}`, {
      label,
    });
  const { maxElements } = backend.limits;
  if (shapeLength(shape) > maxElements)
    throw fault(
      "OUT_OF_MEMORY",
      `'${label}' has ${shapeLength(shape)} elements, '${backend.name}' holds ${maxElements}`,
      {
        label,
      },
    );
}

const HOST_ARRAYS = [Float32Array, Float64Array, Int16Array, Uint16Array, Uint8Array, Uint32Array];

/**
 * Checks an upload and says what the new array holds (the rule is at `Backend.upload`).
 * @throws INVALID_ARGUMENT, SHAPE_MISMATCH, OUT_OF_MEMORY
 */
export function checkUpload(
  backend: Backend,
  values: HostArray,
  shape: Shape,
  label: string,
  type?: ElementType,
): ElementType {
  checkShape(backend, shape, label);
  if (!HOST_ARRAYS.some((Kind) => values instanceof Kind)) {
    const names = HOST_ARRAYS.map(({ name }) => name).join(", ");
    throw fault("INVALID_ARGUMENT", `'${label}': values come as ${names}, not as ${describeValue(values)}`, { label });
  }
  if (values.length !== shapeLength(shape))
    throw fault("SHAPE_MISMATCH", `'${label}': ${values.length} values for ${describeShape(shape)}`, { label });
  if (type !== undefined) {
    checkType(type);
    return type;
  }
  if (values instanceof Uint8Array) return "u8";
  if (values instanceof Uint32Array) return "u32";
  return values instanceof Float64Array && shape.kind === "flat" ? "f64" : "real";
}
