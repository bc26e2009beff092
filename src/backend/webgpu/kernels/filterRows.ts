/**
 * Rows convolved with a filter, directly: two operations a product against some forty of a backprojected voxel, of which
 * there are as many. The filter is transformed to distances in float64 on the host.
 */
import { fft } from "../../../core/fft.js";
import type { KernelName } from "../../kernels.js";
import { imagesOf } from "../array.js";
import { type Kernel, partsOf, pieces, tableOf } from "../kernel.js";
import { linearGroups } from "../recorder.js";
import { GROUP, GROUP_NUMBER, LINEAR_ENTRY, shader } from "../shader.js";

export type FilterKernel = Extract<KernelName, "filterRows">;

/** A workgroup takes 64 columns of four rows; 64 pixels of the rows at a time are in its memory. */
const FILTER_ROWS = shader({
  name: "filterRows",
  settings: { rows: "u32", columns: "u32", blocks: "u32", firstPixel: "u32" },
  buffers: { image: "write array<f32>", before: "read array<f32>", weights: "read array<f32>" },
  code: `
var<workgroup> tile: array<vec4f, ${GROUP}>;
@compute @workgroup_size(${GROUP})
fn main(${LINEAR_ENTRY}) {
  let row = 4u * (${GROUP_NUMBER} / setting.blocks);
  if (row >= setting.rows) { return; }
  let column = ${GROUP}u * (${GROUP_NUMBER} % setting.blocks) + local;
  let count = min(4u, setting.rows - row);
  var total = vec4f(0.0);
  for (var block = 0u; block < setting.blocks; block++) {
    let first = ${GROUP}u * block;
    var loaded = vec4f(0.0);
    if (first + local < setting.columns) {
      for (var k = 0u; k < count; k++) { loaded[k] = before[(row + k) * setting.columns + first + local]; }
    }
    tile[local] = loaded;
    workgroupBarrier();
    for (var j = 0u; j < ${GROUP}u; j++) {
      let distance = abs(i32(column) - i32(first + j));
      total += weights[distance] * tile[j];
    }
    workgroupBarrier();
  }
  if (column >= setting.columns) { return; }
  for (var k = 0u; k < count; k++) { image[setting.firstPixel + (row + k) * setting.columns + column] = total[k]; }
}`,
});

/** Products of a dispatch: a tenth of a second on a small GPU. */
const MOST_PRODUCTS = 2 ** 32;
/** Of what a dispatch reads, which is copied. */
const MOST_BYTES = 2 ** 26;

/** The even circular filter with these values at frequencies 0 .. L/2, at the distances below `count`, L or less. */
function weightsOf(response: Float64Array, count: number): Float64Array {
  const length = 2 * (response.length - 1);
  const real = Float64Array.from({ length }, (_, k) => response[Math.min(k, length - k)] / length);
  fft(real, new Float64Array(length));
  return real.subarray(0, count);
}

export const filterKernels: { readonly [K in FilterKernel]: Kernel<K> } = {
  filterRows: ({ image, response }, context) => {
    const { dispatch, copy, temporary, upload } = context;
    const { rows, columns } = imagesOf(image);
    const blocks = Math.ceil(columns / GROUP);
    const padded = new Float32Array(GROUP * blocks);
    padded.set(weightsOf(tableOf(response), columns));
    const weights = upload(padded);
    const bytes = 4 * columns;
    const most = Math.min(MOST_BYTES / bytes, MOST_PRODUCTS / columns ** 2);
    const parts = partsOf(image);
    const before = temporary(bytes * Math.max(1, Math.min(most, rows * Math.max(...parts.map(({ units }) => units)))));
    for (const { slot, units } of parts)
      for (const { first, end, share } of pieces(context, rows * units, most)) {
        const count = end - first;
        copy(slot, bytes * first, before, 0, bytes * count);
        dispatch(
          FILTER_ROWS,
          {
            settings: { rows: count, columns, blocks, firstPixel: columns * first },
            slots: { image: slot, before, weights },
          },
          linearGroups(blocks * Math.ceil(count / 4)),
          share,
        );
      }
  },
};
