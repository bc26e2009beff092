/** What a kernel is made of: the calls that turn its arguments into dispatches. */
import { fault } from "../../core/errors.js";
import type { DeviceArray } from "../backend.js";
import type { KernelArguments, KernelName } from "../kernels.js";
import type { AdjointWays } from "./adjointWays.js";
import { type GpuArray, gpuArray, type Part } from "./array.js";
import type { Slot } from "./bufferPool.js";
import { linearGroups, type Recorder } from "./recorder.js";
import { type Bound, type Elements, GROUP, type Shader } from "./shader.js";

/** What a kernel may do. */
export interface KernelContext extends Pick<Recorder, "dispatch" | "copy" | "clear"> {
  /** Most bytes of one buffer. */
  readonly maxBindingBytes: number;
  /** Of what takes a small GPU a tenth of a second, the share that one dispatch may do: 1, less in tests. */
  readonly workShare: number;
  /** How adjoints of views are computed where a gather applies. */
  readonly adjoint: AdjointWays;
  /** A buffer for this call alone; what it holds is left over. */
  temporary(bytes: number): Slot;
  /** A buffer for this call alone that holds `values`. */
  upload(values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): Slot;
  /** Makes the parts of a table that this call writes, in float32. */
  tableOutput(table: DeviceArray): readonly Part[];
}

/** Records the dispatches of a call whose arguments are checked. */
export type Kernel<K extends KernelName> = (args: KernelArguments[K], context: KernelContext) => void;

/** The numbers of a table on the host. */
export function tableOf(array: DeviceArray): Float64Array<ArrayBuffer> {
  const { numbers, label } = gpuArray(array);
  if (numbers) return numbers;
  throw fault("INVALID_ARGUMENT", `the table '${label}' was computed on the device; download it and upload it again`, {
    label,
  });
}

/**
 * Elements of a dispatch that does a few operations for each. Most bytes an element, 56, move in a step of the dual of total
 * variation: 1.9 GB, 75 ms at the 25 GB/s of a small GPU that has its processor's memory.
 */
export const MOST_ELEMENTS = 2 ** 25;

/** Pieces [first, end) of `count` units, of which a small GPU does `most` in a tenth of a second, at multiples of `grain`. */
export function* pieces({ workShare }: Pick<KernelContext, "workShare">, count: number, most: number, grain = 1) {
  const step = grain * Math.max(1, Math.floor((most * workShare) / grain));
  for (let first = 0; first < count; first += step) {
    const end = Math.min(count, first + step);
    yield { first, end, share: (end - first) / (most * workShare) };
  }
}

/** Runs a `perElement` shader for `count` elements; more than `most` are cut into several dispatches. */
export function dispatchElements<N extends string, B extends string>(
  context: KernelContext,
  shader: Shader<N, B>,
  count: number,
  bound: Bound<Exclude<N, Elements>, B>,
  most = MOST_ELEMENTS,
): void {
  for (const { first, end, share } of pieces(context, count, Math.min(most, MOST_ELEMENTS), GROUP)) {
    const settings = { ...bound.settings, firstElement: first, count: end } as { readonly [name in N]: number };
    const groups = linearGroups(Math.ceil((end - first) / GROUP));
    context.dispatch(shader, { settings, slots: bound.slots }, groups, share);
  }
}

/** Runs a `perElement` shader over the parts of arrays of one shape. */
export function overParts<N extends string, B extends string>(
  context: KernelContext,
  shader: Shader<N, B>,
  arrays: { readonly [name in B]: DeviceArray | Slot },
  settings: { readonly [name in Exclude<N, Elements>]: number },
  most = MOST_ELEMENTS,
): void {
  const entries = Object.entries<DeviceArray | Slot>(arrays);
  const first = entries.map(([, array]) => array).find((array) => "parts" in array) as GpuArray;
  first.parts.forEach(({ length }, part) => {
    const slots = entries.map(([name, array]) => [
      name,
      "parts" in array ? (array as GpuArray).parts[part].slot : array,
    ]);
    dispatchElements(context, shader, length, { settings, slots: Object.fromEntries(slots) }, most);
  });
}

/** Copies units (planes, views or numbers) of an array to or from a buffer that holds them from unit `first` on. */
export function copyUnits(
  { copy }: KernelContext,
  { slot, first, units }: { readonly slot: Slot; readonly first: number; readonly units: number },
  array: DeviceArray | readonly Part[],
  way: "from array" | "to array",
): void {
  for (const part of "shape" in array ? partsOf(array) : array) {
    const bytes = (4 * part.length) / part.units;
    const start = Math.max(first, part.firstUnit);
    const count = Math.min(first + units, part.firstUnit + part.units) - start;
    if (count <= 0) continue;
    const [inSlot, inPart] = [bytes * (start - first), bytes * (start - part.firstUnit)];
    if (way === "to array") copy(slot, inSlot, part.slot, inPart, bytes * count);
    else copy(part.slot, inPart, slot, inSlot, bytes * count);
  }
}

/** Numbers that WGSL may do without: infinities become the largest float32. */
export const finite = (value: number): number => {
  const most = 3.4028234663852886e38;
  return Math.min(Math.max(value, -most), most);
};

/** The only part of a small array. */
export const onlySlot = (array: DeviceArray): Slot => gpuArray(array).parts[0].slot;

/** The parts of an array. */
export const partsOf = (array: DeviceArray): readonly Part[] => gpuArray(array).parts;
