/** Stacks of images out of any file that holds a volume: which of its axes count views, rows and columns. */
import { fault, isTomogradError, type Warning } from "../core/errors.js";
import { readVolume } from "./readVolume.js";
import type { Input } from "./source.js";
import type { ReadVolumeOptions, VolumeFile } from "./types.js";

/** What an axis of a stack counts. */
const AXES = ["view", "row", "column"] as const;

/** One axis of a stack as its file has it. */
interface Axis {
  readonly name: (typeof AXES)[number];
  readonly reversed: boolean;
}

/** Numbers of a stack in the order [view][row][column]. */
export interface Stack {
  /** Of the file's axes, slowest first. */
  readonly sizes: readonly number[];
  readonly views: number;
  readonly rows: number;
  readonly columns: number;
  readonly values: VolumeFile["values"];
  /** mm from column to column and from row to row, if the file says them. */
  readonly pixelSize?: readonly [number, number];
  /** mm: coordinates of pixel (0, 0) in the file's own frame (ITK's: x = left), if it has one. */
  readonly origin?: readonly [number, number];
  readonly warnings: readonly Warning[];
}

/**
 * The axes of an order such as "row,view,column" (slowest first; a minus counts an axis from its other end).
 * @throws INVALID_ARGUMENT (`bad-order`)
 */
export function parseOrder(order: string): readonly Axis[] {
  const axes = order.split(",").map((word) => {
    const [, minus, name] = /^\s*(-?)\s*(\w+)\s*$/.exec(word) ?? [];
    return { name: name as Axis["name"], reversed: minus === "-" };
  });
  if (axes.length !== 3 || !AXES.every((wanted) => axes.some(({ name }) => name === wanted)))
    throw fault(
      "INVALID_ARGUMENT",
      `an order names view, row and column once each, slowest first, such as "row,view,column" or "view,-row,column"; got "${order}"`,
      { defect: "bad-order", order },
    );
  return axes;
}

/**
 * Reads a stack of images: every file and folder that `readVolume` knows, its slowest axis first in `order`.
 * @throws what `readVolume` throws; a stack that is cut off names the first view that is not whole (`detail.view`)
 */
export async function readStack(
  input: Input | readonly Input[],
  order: readonly Axis[],
  options: ReadVolumeOptions,
): Promise<Stack> {
  const volume = await readVolume(input, options).catch((error) => {
    throw cutOff(error, order);
  });
  const { grid, values, warnings } = volume;
  const sizes = [...grid.size].reverse();
  const [views, rows, columns] = AXES.map((wanted) => sizes[order.findIndex(({ name }) => name === wanted)]);
  return { sizes, views, rows, columns, values: reordered(values, sizes, order), ...frameOf(volume, order), warnings };
}

/** The order in which axes of these sizes count views, rows and columns as wanted; undefined if there is none. */
export function fittingOrder(sizes: readonly number[], wanted: readonly number[]): string | undefined {
  for (let first = 0; first < 3; first++)
    for (const turn of [1, 2]) {
      const order = [first, (first + turn) % 3, (first + 2 * turn) % 3];
      if (order.every((axis, i) => sizes[i] === wanted[axis])) return order.map((axis) => AXES[axis]).join(",");
    }
  return undefined;
}

/** The values in the order [view][row][column]; the same array if they are. */
function reordered(
  values: VolumeFile["values"],
  sizes: readonly number[],
  order: readonly Axis[],
): VolumeFile["values"] {
  if (order.every(({ name, reversed }, i) => name === AXES[i] && !reversed)) return values;
  const strides = [sizes[1] * sizes[2], sizes[2], 1];
  let first = 0;
  const [views, rows, columns] = AXES.map((wanted) => {
    const axis = order.findIndex(({ name }) => name === wanted);
    const { reversed } = order[axis];
    if (reversed) first += (sizes[axis] - 1) * strides[axis];
    return { size: sizes[axis], stride: reversed ? -strides[axis] : strides[axis] };
  });
  const out = values.slice();
  let to = 0;
  for (let v = 0; v < views.size; v++)
    for (let r = 0; r < rows.size; r++) {
      let from = first + v * views.stride + r * rows.stride;
      for (let c = 0; c < columns.size; c++, from += columns.stride) out[to++] = values[from];
    }
  return out;
}

/** Formats whose header says how large pixels are. */
const WITH_SPACING = ["nifti-1", "nifti-2", "analyze-7.5", "nrrd", "metaimage"];

function frameOf(
  { format, grid: { indexToWorld: m }, warnings }: VolumeFile,
  order: readonly Axis[],
): Pick<Stack, "pixelSize" | "origin"> {
  if (!WITH_SPACING.includes(format) || warnings.some(({ defect }) => defect === "no-spacing")) return {};
  const spacing = (axis: number) => Math.hypot(m[axis], m[4 + axis], m[8 + axis]);
  const axis = (wanted: Axis["name"]) => 2 - order.findIndex(({ name }) => name === wanted);
  const pixelSize = [spacing(axis("column")), spacing(axis("row"))] as const;
  // ITK's frame is left, posterior, superior: x and y of RAS turned around
  const upright = -m[0] > 0 && -m[5] > 0 && order.every(({ name, reversed }, i) => name === AXES[i] && !reversed);
  return upright && (format === "metaimage" || format === "nrrd")
    ? { pixelSize, origin: [0 - m[3], 0 - m[7]] }
    : { pixelSize };
}

/** The error of a file that ends too early, with the first view that is not whole where that can be told. */
function cutOff(error: unknown, order: readonly Axis[]): unknown {
  if (!isTomogradError(error, "TRUNCATED_FILE") || order[0].name !== "view") return error;
  const { slice, needed, found, offset = 0, shape } = error.detail as Record<string, number> & { shape?: number[] };
  const share = (found - offset) / (needed - offset);
  const view = slice ?? (shape ? Math.max(0, Math.floor(share * shape[0] + 1e-9)) : undefined);
  if (view === undefined || !Number.isFinite(view)) return error;
  const message = `the stack is cut off in view ${view} (counted from 0): ${error.message}`;
  return fault("TRUNCATED_FILE", message, { ...error.detail, view }, error);
}
