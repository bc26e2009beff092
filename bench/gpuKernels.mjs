/** Arguments for every kernel of the list, as data: n³ voxels, n x n pixels. */
import { gpuScene } from "./gpuScene.mjs";

const STEP_MM = 1;
const MODELS = ["siddon", "joseph", "trilinear"];

const real = (shape, low = 0, high = 1) => ({ shape, type: "real", low, high });
const flat = (length) => ({ kind: "flat", length });
const table = (values) => ({ shape: flat(values.length), type: "f64", values: Float64Array.from(values) });
const discretization = (model) => ({ model, extent: "segment", ...(model === "trilinear" && { step: STEP_MM }) });

/** On volumes; a call counts as one view. */
function volumeKernels(n) {
  const shape = { kind: "volume", size: [n, n, n] };
  const volume = (low, high) => real(shape, low, high);
  const sums = { out: real(flat(1)), x: volume() };
  const optimizer = { x: volume(), gradient: volume(-1) };
  const penalty = { delta: 0.05, weight: 0.7 };
  const dual = { curvature: volume(0.5, 2), qx: volume(-0.5, 0.5), qy: volume(-0.5, 0.5), qz: volume(-0.5, 0.5) };
  return [
    ["fill", ["out"], { out: volume(), value: 2 }],
    ["copy", ["out"], { out: volume(), x: volume() }],
    ["axpby", ["y"], { a: 0.5, x: volume(), b: 0.5, y: volume() }],
    ["multiply", ["y"], { x: volume(0.99, 1.01), y: volume() }],
    ["clamp", ["x"], { x: volume(), lower: 0.2, upper: 0.8 }],
    ["reciprocalOrZero", ["x"], { x: volume(0.5, 2), threshold: 0.6 }],
    ["sign", ["x"], { x: volume(-1, 1) }],
    ["mapPiecewise", ["x"], { x: volume(), knots: table([0, 0, 0.3, 0.1, 0.6, 0.7, 1, 1]) }],
    ["selectLabel", ["out"], { out: volume(), x: volume(), labels: { shape, type: "u8", low: 0, high: 4 }, label: 2 }],
    ["sum", ["out"], sums],
    ["sumAbsolute", ["out"], sums],
    ["sumSquares", ["out"], sums],
    ["dot", ["out"], { ...sums, y: volume() }],
    ["dotDifferences", ["out"], { ...sums, y: volume(1, 2), z: volume(0, 3) }],
    ["kullbackLeibler", ["out"], { ...sums, y: volume(0.5, 1.5) }],
    ["extrema", ["out"], { ...sums, out: real(flat(2)) }],
    ["totalVariation", ["out"], { ...sums, delta: penalty.delta }],
    ["totalVariationGradient", ["out"], { out: volume(), x: volume(), ...penalty }],
    [
      "surrogateStep",
      ["out"],
      { out: volume(-1), at: volume(), curvature: volume(1, 5), scale: 2.5, ...penalty, lower: 0, upper: 0.8 },
    ],
    [
      "totalVariationDualStep",
      ["qx", "qy", "qz", "rx", "ry", "rz"],
      {
        ...{ ...dual, y: volume(), rx: volume(-1), ry: volume(-1), rz: volume(-1) },
        ...{ weight: 0.7, step: 0.3, momentum: 0.4, lower: 0, upper: 0.9 },
      },
    ],
    ["totalVariationPrimal", ["x"], { ...dual, x: volume(), weight: 0.3, lower: 0, upper: 0.8 }],
    [
      "adamStep",
      ["x", "m", "v"],
      {
        ...{ ...optimizer, m: volume(-1), v: volume(), step: 3, rate: 0.01 },
        ...{ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      },
    ],
    ["sgdStep", ["x", "velocity"], { ...optimizer, velocity: volume(-1), rate: 0.01, momentum: 0.9 }],
  ].map(([kernel, writes, args]) => ({ name: kernel, kernel, writes, elements: n ** 3, views: 1, args }));
}

/** Rays through the volume; `pixels`: a list of those to be computed, by all but the gather, which takes whole views. */
function rayKernels(n, views, pixels) {
  const scene = gpuScene(n, views);
  const volume = real({ kind: "volume", size: [n, n, n] }, 0.01, 0.03);
  const stack = (count) => real({ kind: "projections", views: count, rows: n, columns: n });
  const count = scene.rays.length / 6;
  const list = pixels && { pixels: { shape: flat(pixels.length), type: "u32", values: Uint32Array.from(pixels) } };
  return MODELS.flatMap((model) => {
    const whole = { ...discretization(model), beam: "cone", views: table(scene.views) };
    const rays = { ...whole, ...list };
    const free = { ...discretization(model), rays: table(scene.rays), metric: scene.metric };
    const accumulate = false;
    return [
      ["project", views, ["out"], { ...rays, out: stack(views), volume, accumulate }],
      ["projectAdjoint", views, ["out"], { ...whole, out: volume, image: stack(views), accumulate }, "gather"],
      ["projectAdjoint", views, ["out"], { ...rays, out: volume, image: stack(views), accumulate }, "scatter"],
      [
        "projectLineJacobian",
        views,
        ["out", "jacobian"],
        { ...rays, out: stack(views), jacobian: stack(6 * views), volume },
      ],
      ...(model === "siddon" ? [["projectMaximum", views, ["out"], { ...rays, out: stack(views), volume }]] : []),
      ["projectRays", 1, ["out"], { ...free, out: real(flat(count)), volume, accumulate }],
      ["projectRaysAdjoint", 1, ["out"], { ...free, out: volume, values: real(flat(count)), accumulate }],
      ["projectRaysJacobian", 1, ["out"], { ...free, out: table(new Float64Array(6 * count)), volume }],
    ].map(([kernel, number, writes, args, adjoint]) => ({
      name: [kernel, kernel === "projectMaximum" ? undefined : model, adjoint].filter(Boolean).join(", "),
      ...{ kernel, writes, args, adjoint, elements: n ** 3, views: number },
    }));
  });
}

/** On views; those without a volume count pixels. */
function imageKernels(n, views) {
  const stack = (count) => real({ kind: "projections", views: count, rows: n, columns: n });
  const length = 2 ** Math.ceil(Math.log2(2 * n));
  const ramp = table(Array.from({ length: length / 2 + 1 }, (_, k) => k / length));
  const images = { predicted: stack(views), target: stack(views), cotangent: stack(views), value: real(flat(views)) };
  const sums = { out: table(new Float64Array(12 * views)), jacobian: stack(6 * views), cotangent: stack(views) };
  const volume = real({ kind: "volume", size: [n, n, n] });
  const { matrices } = gpuScene(n, views);
  const whole = { out: volume, image: stack(views), matrices: table(matrices), firstSlice: 0, accumulate: false };
  return [
    ["viewGradient", ["out"], n ** 2, { ...sums, firstView: 0 }],
    ["normalizedCrossCorrelation", ["value", "cotangent"], n ** 2, { ...images, epsilon: 1e-5 }],
    ["filterRows", ["image"], n ** 2, { image: stack(views), response: ramp }],
    ["backproject", ["out"], n ** 3, whole],
  ].map(([kernel, writes, elements, args]) => ({ name: kernel, kernel, writes, elements, views, args }));
}

/**
 * Cases of every kernel: `elements` are voxels (of image kernels pixels) a view. Arguments with a shape are arrays, of
 * numbers uniform from `low` to `high` or of `values`. `adjoint`: on a GPU by this way, see docs/backends.md.
 */
export const gpuCases = (n, views, pixels) => [
  ...volumeKernels(n),
  ...rayKernels(n, views, pixels),
  ...imageKernels(n, views),
];
