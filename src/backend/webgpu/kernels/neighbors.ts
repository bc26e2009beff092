/** Kernels of neighbors along z: a part of a volume that was cut is copied with the planes beside it. */
import type { DeviceArray } from "../../backend.js";
import { type Part, sizeOf } from "../array.js";
import type { Slot } from "../bufferPool.js";
import { copyUnits, dispatchElements, type KernelContext, partsOf } from "../kernel.js";
import type { Shader } from "../shader.js";

/** A buffer that holds a part of a volume and planes beside it; `ahead`: elements before those of the part. */
export interface Surrounded {
  readonly slot: Slot;
  readonly ahead: number;
}

/**
 * The parts of a volume, given by their number, with up to `before` and `after` planes beside them (two in all at most).
 * A copy holds until the next part is asked for; a volume in one part is not copied.
 */
export function surrounded(
  context: KernelContext,
  volume: DeviceArray | readonly Part[],
  { before = 0, after = 0 },
): (part: number) => Surrounded {
  const parts = "shape" in volume ? partsOf(volume) : volume;
  if (parts.length === 1) return () => ({ slot: parts[0].slot, ahead: 0 });
  const plane = parts[0].length / parts[0].units;
  const planes = parts.reduce((sum, { units }) => sum + units, 0);
  const slot = context.temporary(4 * plane * (before + Math.max(...parts.map(({ units }) => units)) + after));
  return (part) => {
    const { firstUnit, units } = parts[part];
    const first = Math.max(0, firstUnit - before);
    const end = Math.min(planes, firstUnit + units + after);
    copyUnits(context, { slot, first, units: end - first }, parts, "from array");
    return { slot, ahead: plane * (firstUnit - first) };
  };
}

/** Numbers that `CELL` needs beside `count`; `firstPlane`: the z of the first voxel of a part. */
export const CELL_SETTINGS = { nx: "u32", ny: "u32", nz: "u32", firstPlane: "u32" } as const;

/** Coordinates of voxel i of a part, and steps from a voxel to the next ones. */
export const CELL = `
fn cellOf(i: u32) -> vec3u {
  let inPlane = i % (setting.nx * setting.ny);
  return vec3u(inPlane % setting.nx, inPlane / setting.nx, setting.firstPlane + i / (setting.nx * setting.ny));
}
fn sizes() -> vec3u { return vec3u(setting.nx, setting.ny, setting.nz); }
fn strides() -> vec3u { return vec3u(1u, setting.nx, setting.nx * setting.ny); }`;

/** The numbers of `CELL_SETTINGS` for a part of a volume. */
export function cellSettings(volume: DeviceArray, { firstUnit }: Part) {
  const [nx, ny, nz] = sizeOf(volume);
  return { nx, ny, nz, firstPlane: firstUnit };
}

/** Runs a `perElement` shader with `CELL` over the parts of a volume. */
export function overCells(
  context: KernelContext,
  shader: Shader,
  volume: DeviceArray,
  bind: (part: number) => {
    readonly settings: { readonly [name: string]: number };
    readonly slots: { readonly [name: string]: Slot };
  },
): void {
  partsOf(volume).forEach((part, number) => {
    const { settings, slots } = bind(number);
    dispatchElements(context, shader, part.length, {
      settings: { ...settings, ...cellSettings(volume, part) },
      slots,
    });
  });
}
