/** How the kernels of filtered backprojection become phases of `assembly/`. */
import type { DeviceArray } from "../backend.js";
import type { KernelArguments, KernelName } from "../kernels.js";
import { projectionStrides, volumeStrides } from "./layout.js";
import type { Lowering } from "./lowerings.js";
import { type Phase, type ProgramContext, wasmArray } from "./program.js";
import { clearPaddingPhase, keepingPadding, zeroPhase } from "./storagePhases.js";

export type FilteredKernel = Extract<KernelName, "filterRows" | "backproject">;

/** Rows of zeros before and after those of the copy that `assembly/backproject.ts` reads; the same there. */
const BORDER_ROWS = 8;
/** Columns of zeros of that copy, one before and two after. */
const BORDER_COLUMNS = 3;
/** Numbers of a scratch line before the first row, and after the last: a vector of voxels may reach beyond the copy. */
const LINE_MARGIN = 40;
/** Most voxels along x in one task: a tile of 16 x 16 columns of a few hundred voxels stays in the second cache. */
const TILE = 16;

function imageOf(image: DeviceArray) {
  const { shape, pointer } = wasmArray(image);
  const { views, rows, columns } = shape.kind === "projections" ? shape : { views: 0, rows: 0, columns: 0 };
  return { pointer, views, rows, columns, pitch: projectionStrides({ rows, columns }).column };
}

/** Eight rows a transform; tasks share what needs memory of its own, so there are few of them. */
function filterPhases({ image, response }: KernelArguments["filterRows"], context: ProgramContext): Phase[] {
  const { pointer, views, rows, columns, pitch } = imageOf(image);
  const length = 2 * (response.length - 1);
  const groups = views * Math.ceil(rows / 8);
  const tasks = Math.min(groups, 4 * context.threads);
  const [twiddles, reordered] = [context.temporary(8 * length), context.temporary(4 * length)];
  const scratch = context.temporary(32 * length * tasks);
  const own = [pointer, views, rows, columns, pitch, length, wasmArray(response).pointer];
  const args = [...own, twiddles, reordered, scratch, tasks];
  return [
    { entry: "prepareFilter", tasks: 1, args },
    // eight rows are transformed together, and rounding leaks from one to another: also into the padding
    ...keepingPadding(wasmArray(image), { entry: "filterRows", tasks, args }, rows % 4 === 0),
  ];
}

function backprojectPhases(args: KernelArguments["backproject"], context: ProgramContext): Phase[] {
  const { pointer, views, rows, columns, pitch } = imageOf(args.image);
  const out = wasmArray(args.out);
  const [nx, ny, nz] = out.shape.kind === "volume" ? out.shape.size : [1, 1, 1];
  const { sx, sy, offset } = volumeStrides([nx, ny, nz]);
  const tile = Math.max(1, Math.min(TILE, Math.floor(nx / (4 * context.threads))));
  const tasks = Math.ceil(nx / tile);
  const borderedPitch = pitch + 2 * BORDER_ROWS;
  const bordered = context.temporary(4 * views * (columns + BORDER_COLUMNS) * borderedPitch);
  const lineBytes = 4 * (pitch + 2 * LINE_MARGIN);
  const lines = context.temporary(lineBytes * tasks);
  const images = [pointer, views, rows, columns, pitch, bordered, borderedPitch];
  const voxels = [out.pointer + 4 * offset, nx, ny, nz, 4 * sx, 4 * sy, args.firstSlice];
  const own = [...images, ...voxels, wasmArray(args.matrices).pointer, tile, lines, lineBytes];
  return [
    ...(args.accumulate ? [] : [zeroPhase(out)]),
    { entry: "addBorder", tasks: views, args: own },
    { entry: "backproject", tasks, args: own },
    clearPaddingPhase(out),
  ];
}

export const filteredLowerings: { readonly [K in FilteredKernel]: Lowering<K> } = {
  filterRows: { lower: filterPhases },
  backproject: {
    lower: backprojectPhases,
    overwrites: ({ out, accumulate }) => (accumulate ? [] : [out]),
  },
};
