import type { KernelName, Scalar } from "../../kernels.js";
import type { Slot } from "../bufferPool.js";
import { finite, type Kernel, type KernelContext, onlySlot, overParts, partsOf, tableOf } from "../kernel.js";
import { perElement } from "../shader.js";

export type ElementwiseKernel = Extract<
  KernelName,
  "fill" | "copy" | "axpby" | "multiply" | "clamp" | "reciprocalOrZero" | "sign" | "mapPiecewise" | "selectLabel"
>;

const IN_PLACE = { x: "write array<f32>" } as const;

const FILL = perElement({
  name: "fill",
  settings: { value: "f32" },
  buffers: { out: "write array<f32>" },
  body: "out[i] = setting.value;",
});

const AXPBY = perElement({
  name: "axpby",
  settings: { a: "f32", b: "f32" },
  buffers: { x: "read array<f32>", y: "write array<f32>", aAt: "read array<f32>", bAt: "read array<f32>" },
  // a number comes with an array of 0
  body: "y[i] = (setting.a + aAt[0]) * x[i] + (setting.b + bAt[0]) * y[i];",
});

const MULTIPLY = perElement({
  name: "multiply",
  settings: {},
  buffers: { x: "read array<f32>", y: "write array<f32>" },
  body: "y[i] *= x[i];",
});

const CLAMP = perElement({
  name: "clamp",
  settings: { lower: "f32", upper: "f32" },
  buffers: IN_PLACE,
  body: "x[i] = min(max(x[i], setting.lower), setting.upper);",
});

const RECIPROCAL = perElement({
  name: "reciprocalOrZero",
  settings: { threshold: "f32" },
  buffers: IN_PLACE,
  body: "x[i] = select(0.0, 1.0 / x[i], x[i] > setting.threshold);",
});

const SIGN = perElement({ name: "sign", settings: {}, buffers: IN_PLACE, body: "x[i] = sign(x[i]);" });

/** A segment: where it begins, value there, slope. */
const PIECEWISE = perElement({
  name: "mapPiecewise",
  settings: { last: "u32" },
  buffers: { ...IN_PLACE, segments: "read array<vec4f>" },
  body: `
  let value = x[i];
  var segment = 0u;
  while (segment < setting.last && value >= segments[segment + 1u].x) { segment++; }
  let s = segments[segment];
  x[i] = s.y + max(value - s.x, select(-3.4e38, 0.0, segment == 0u)) * s.z;`,
});

const SELECT = perElement({
  name: "selectLabel",
  settings: { label: "u32" },
  buffers: { out: "write array<f32>", x: "read array<f32>", labels: "read array<u32>" },
  body: `
  let found = (labels[i / 4u] >> (8u * (i % 4u))) & 255u;
  out[i] = select(0.0, x[i], found == setting.label);`,
});

/** A scalar as a number and a buffer to be added to it. */
function scalar(value: Scalar, { upload }: KernelContext): readonly [number, Slot] {
  return typeof value === "number" ? [value, upload(new Float32Array(1))] : [0, onlySlot(value)];
}

const copyParts: Kernel<"copy"> = ({ out, x }, { copy }) => {
  const from = partsOf(x);
  for (const [i, { slot, length }] of partsOf(out).entries()) copy(from[i].slot, 0, slot, 0, 4 * length);
};

/** Of elements with where segments begin, of a dispatch: a tenth of a second on a small GPU. */
const MOST_COMPARISONS = 2 ** 31;

const mapPiecewise: Kernel<"mapPiecewise"> = ({ x, knots }, context) => {
  const table = tableOf(knots);
  const count = table.length / 2 - 1;
  const segments = new Float32Array(4 * count);
  for (let s = 0; s < count; s++) {
    const [x0, y0, x1, y1] = table.subarray(2 * s, 2 * s + 4);
    segments.set([x0, y0, (y1 - y0) / (x1 - x0)], 4 * s);
  }
  const arrays = { x, segments: context.upload(segments) };
  overParts(context, PIECEWISE, arrays, { last: count - 1 }, MOST_COMPARISONS / count);
};

export const elementwiseKernels: { readonly [K in ElementwiseKernel]: Kernel<K> } = {
  fill: ({ out, value }, context) => overParts(context, FILL, { out }, { value }),
  copy: copyParts,
  axpby: ({ a, x, b, y }, context) => {
    const [[aValue, aAt], [bValue, bAt]] = [scalar(a, context), scalar(b, context)];
    overParts(context, AXPBY, { x, y, aAt, bAt }, { a: aValue, b: bValue });
  },
  multiply: ({ x, y }, context) => overParts(context, MULTIPLY, { x, y }, {}),
  clamp: ({ x, lower, upper }, context) =>
    overParts(context, CLAMP, { x }, { lower: finite(lower), upper: finite(upper) }),
  reciprocalOrZero: ({ x, threshold }, context) => overParts(context, RECIPROCAL, { x }, { threshold }),
  sign: ({ x }, context) => overParts(context, SIGN, { x }, {}),
  mapPiecewise,
  selectLabel: ({ out, x, labels, label }, context) => overParts(context, SELECT, { out, x, labels }, { label }),
};
