/** Weighted backprojection: one invocation gathers four voxels of neighboring slices from all views of a dispatch. */
import type { DeviceArray } from "../../backend.js";
import { type KernelName, NEAREST_DEPTH } from "../../kernels.js";
import { imagesOf, sizeOf } from "../array.js";
import type { Slot } from "../bufferPool.js";
import { dispatchElements, type Kernel, type KernelContext, partsOf, tableOf } from "../kernel.js";
import { perElement } from "../shader.js";

export type BackprojectKernel = Extract<KernelName, "backproject">;

/**
 * Column and row are counted from the central pixel, x and y from the central voxel, so that float32 holds small numbers
 * only; z is counted from slice 0, where callers put the isocenter: a slab has the bits of the whole. Pixels outside have
 * the weight 0.
 */
const BACKPROJECT = perElement({
  name: "backproject",
  settings: {
    ...{ nx: "u32", ny: "u32", planes: "u32", slice: "i32", keep: "u32" },
    ...{ rows: "u32", columns: "u32", views: "u32", firstPixel: "u32" },
  },
  buffers: { out: "write array<f32>", image: "read array<f32>", matrices: "read array<vec4f>" },
  code: `
struct Pair { first: vec4u, second: vec4u, byFirst: vec4f, bySecond: vec4f }
// the two pixels around a position counted from pixel \`middle\` of \`count\`, and their weights
fn around(position: vec4f, middle: i32, count: i32) -> Pair {
  let p = clamp(position, vec4f(f32(-middle) - 2.0), vec4f(f32(count - middle) + 1.0));
  let low = floor(p);
  let part = p - low;
  let at = vec4i(low) + middle;
  let last = vec4i(count - 1);
  var pair: Pair;
  pair.first = vec4u(clamp(at, vec4i(0), last));
  pair.second = vec4u(clamp(at + 1, vec4i(0), last));
  pair.byFirst = select(vec4f(0.0), 1.0 - part, at == clamp(at, vec4i(0), last));
  pair.bySecond = select(vec4f(0.0), part, at + 1 == clamp(at + 1, vec4i(0), last));
  return pair;
}
fn pixels(at: vec4u) -> vec4f { return vec4f(image[at.x], image[at.y], image[at.z], image[at.w]); }`,
  body: `
  let plane = setting.nx * setting.ny;
  let z = 4u * (i / plane);
  let inPlane = i % plane;
  let x = f32(i32(inPlane % setting.nx) - i32(setting.nx / 2u));
  let y = f32(i32(inPlane / setting.nx) - i32(setting.ny / 2u));
  let slices = f32(setting.slice + i32(z)) + vec4f(0.0, 1.0, 2.0, 3.0);
  let at = z * plane + inPlane;
  let count = min(4u, setting.planes - z);
  var total = vec4f(0.0);
  if (setting.keep == 1u) {
    for (var k = 0u; k < count; k++) { total[k] = out[at + k * plane]; }
  }
  for (var view = 0u; view < setting.views; view++) {
    let toColumn = matrices[3u * view];
    let toRow = matrices[3u * view + 1u];
    let toDepth = matrices[3u * view + 2u];
    let depth = toDepth.x * x + toDepth.y * y + toDepth.w + toDepth.z * slices;
    let seen = depth > vec4f(${NEAREST_DEPTH});
    let inverse = 1.0 / select(vec4f(1.0), depth, seen);
    let c = around((toColumn.x * x + toColumn.y * y + toColumn.w + toColumn.z * slices) * inverse,
      i32(setting.columns / 2u), i32(setting.columns));
    let r = around((toRow.x * x + toRow.y * y + toRow.w + toRow.z * slices) * inverse,
      i32(setting.rows / 2u), i32(setting.rows));
    let start = vec4u(setting.firstPixel + view * setting.rows * setting.columns);
    let upper = start + r.first * setting.columns;
    let lower = start + r.second * setting.columns;
    let near = r.byFirst * pixels(upper + c.first) + r.bySecond * pixels(lower + c.first);
    let far = r.byFirst * pixels(upper + c.second) + r.bySecond * pixels(lower + c.second);
    total += select(vec4f(0.0), (c.byFirst * near + c.bySecond * far) * inverse * inverse, seen);
  }
  for (var k = 0u; k < count; k++) { out[at + k * plane] = total[k]; }`,
});

/** Voxels times views of a dispatch: a tenth of a second on a small GPU. */
const MOST_UPDATES = 2 ** 29;
const MATRIX_FLOATS = 12;

/** Views of one part of the image, their matrices from the central voxel of slice 0 to the central pixel. */
interface ViewBatch {
  readonly image: Slot;
  readonly views: number;
  readonly firstPixel: number;
  readonly matrices: Slot;
}

/** Rows of a 3x4 matrix, relative to the central pixel and to voxel (nx/2, ny/2, 0). */
function centered(
  matrix: Float64Array,
  center: readonly [x: number, y: number],
  pixel: readonly [c: number, r: number],
) {
  const depth = matrix.subarray(8, 12);
  return [0, 1, 2].flatMap((row) => {
    const [x, y, z, last] = matrix.subarray(4 * row, 4 * row + 4).map((m, i) => m - (pixel[row] ?? 0) * depth[i]);
    return [x, y, z, last + x * (center[0] + 0.5) + y * (center[1] + 0.5) + z * 0.5];
  });
}

function viewBatches(image: DeviceArray, matrices: DeviceArray, out: DeviceArray, context: KernelContext): ViewBatch[] {
  const { rows, columns } = imagesOf(image);
  const [nx, ny] = sizeOf(out);
  const table = tableOf(matrices);
  const most = Math.floor(context.maxBindingBytes / (4 * MATRIX_FLOATS));
  return partsOf(image).flatMap(({ slot, firstUnit, units }) =>
    Array.from({ length: Math.ceil(units / most) }, (_, batch) => {
      const [first, views] = [batch * most, Math.min(most, units - batch * most)];
      const numbers = new Float32Array(MATRIX_FLOATS * views);
      for (let view = 0; view < views; view++) {
        const at = 12 * (firstUnit + first + view);
        const middle = [Math.floor(columns / 2), Math.floor(rows / 2)] as const;
        const center = [Math.floor(nx / 2), Math.floor(ny / 2)] as const;
        numbers.set(centered(table.subarray(at, at + 12), center, middle), MATRIX_FLOATS * view);
      }
      return { image: slot, views, firstPixel: first * rows * columns, matrices: context.upload(numbers) };
    }),
  );
}

export const backprojectKernels: { readonly [K in BackprojectKernel]: Kernel<K> } = {
  backproject: ({ out, image, matrices, firstSlice, accumulate }, context) => {
    const { rows, columns } = imagesOf(image);
    const [nx, ny] = sizeOf(out);
    const batches = viewBatches(image, matrices, out, context);
    for (const { slot, firstUnit, units: planes } of partsOf(out))
      for (const [number, { views, firstPixel, ...slots }] of batches.entries())
        dispatchElements(
          context,
          BACKPROJECT,
          nx * ny * Math.ceil(planes / 4),
          {
            settings: {
              ...{ nx, ny, planes, slice: firstSlice + firstUnit, keep: accumulate || number > 0 ? 1 : 0 },
              ...{ rows, columns, views, firstPixel },
            },
            slots: { ...slots, out: slot },
          },
          MOST_UPDATES / (4 * views),
        );
  },
};
