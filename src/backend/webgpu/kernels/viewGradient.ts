/** Sums of jacobian times cotangent over the pixels of each view. */
import type { KernelName } from "../../kernels.js";
import { imagesOf } from "../array.js";
import { copyUnits, type Kernel } from "../kernel.js";
import { shader } from "../shader.js";

export type GradientKernel = Extract<KernelName, "viewGradient">;

const LANES = 256;

/** One workgroup a view: each invocation takes every 256th pixel, then the lanes are added in a tree. */
const VIEW_GRADIENT = shader({
  name: "viewGradient",
  settings: { rows: "u32", columns: "u32" },
  buffers: { slopes: "read array<f32>", cotangent: "read array<f32>", out: "write array<f32>" },
  code: `
struct Sums { source: vec3f, pixel: vec3f, column: vec3f, row: vec3f }
var<workgroup> lanes: array<Sums, ${LANES}>;
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let view = group.x;
  let all = setting.rows * setting.columns;
  var own: Sums;
  for (var inView = local; inView < all; inView += ${LANES}u) {
    let at = 6u * view * all + inView;
    let y = cotangent[view * all + inView];
    let byPixel = y * vec3f(slopes[at + 3u * all], slopes[at + 4u * all], slopes[at + 5u * all]);
    own.source += y * vec3f(slopes[at], slopes[at + all], slopes[at + 2u * all]);
    own.pixel += byPixel;
    own.column += f32(inView % setting.columns) * byPixel;
    own.row += f32(inView / setting.columns) * byPixel;
  }
  lanes[local] = own;
  workgroupBarrier();
  for (var half = ${LANES / 2}u; half > 0u; half >>= 1u) {
    if (local < half) {
      lanes[local].source += lanes[local + half].source;
      lanes[local].pixel += lanes[local + half].pixel;
      lanes[local].column += lanes[local + half].column;
      lanes[local].row += lanes[local + half].row;
    }
    workgroupBarrier();
  }
  if (local == 0u) {
    for (var c = 0u; c < 3u; c++) {
      out[12u * view + c] = lanes[0].source[c];
      out[12u * view + 3u + c] = lanes[0].pixel[c];
      out[12u * view + 6u + c] = lanes[0].column[c];
      out[12u * view + 9u + c] = lanes[0].row[c];
    }
  }
}`,
});

/** Of the limit of workgroups in one direction. */
const MOST_VIEWS = 32768;
/** Of the views that one dispatch sums. */
const MOST_BYTES = 2 ** 26;

export const gradientKernels: { readonly [K in GradientKernel]: Kernel<K> } = {
  viewGradient: ({ out, jacobian, cotangent, firstView }, context) => {
    const { views, rows, columns } = imagesOf(jacobian);
    const bytes = 4 * rows * columns;
    const most = Math.max(
      1,
      Math.min(MOST_VIEWS, Math.floor(Math.min(context.maxBindingBytes, MOST_BYTES) / (6 * bytes))),
    );
    context.tableOutput(out);
    const slopes = context.temporary(6 * bytes * Math.min(most, views / 6));
    const weights = context.temporary(bytes * Math.min(most, views / 6));
    const sums = context.temporary(48 * Math.min(most, views / 6));
    for (let view = 0; view < views / 6; view += most) {
      const units = Math.min(most, views / 6 - view);
      copyUnits(context, { slot: slopes, first: 6 * view, units: 6 * units }, jacobian, "from array");
      copyUnits(context, { slot: weights, first: firstView + view, units }, cotangent, "from array");
      context.dispatch(
        VIEW_GRADIENT,
        { settings: { rows, columns }, slots: { slopes, cotangent: weights, out: sums } },
        [units],
      );
      copyUnits(context, { slot: sums, first: 12 * view, units: 12 * units }, out, "to array");
    }
  },
};
