/** Elements between the host's order (plane, slow, fast) and the device's, by way of a scratch plane that fits the cache. */
import type { ElementType, HostArray } from "../backend.js";
import type { Layout } from "./layout.js";

export type Elements = Float32Array | Float64Array | Uint8Array | Uint32Array;

type Constructor = {
  new (length: number): Elements;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Elements;
};

const CONSTRUCTORS: Readonly<Record<ElementType, Constructor>> = {
  real: Float32Array,
  f64: Float64Array,
  u8: Uint8Array,
  u32: Uint32Array,
};

/** The whole allocation of an array, padding included. */
export const storedElements = (type: ElementType, memory: WebAssembly.Memory, pointer: number, layout: Layout) =>
  new CONSTRUCTORS[type](memory.buffer, pointer, layout.storedElements);

/** Lines transposed at once: few enough that their cache lines do not displace each other. */
const LINES = 8;

/** Writes the elements; the padding must be 0 already. */
export function storeElements(type: ElementType, values: HostArray, layout: Layout, stored: Elements): void {
  const { planes, fast, slow, offset, hostPlane, hostSlow, devicePlane, deviceFast } = layout;
  if (layout.kind === "flat") {
    stored.set(values);
    return;
  }
  const scratch = new CONSTRUCTORS[type](fast * slow);
  for (let plane = 0; plane < planes; plane++) {
    for (let s = 0; s < slow; s++) {
      const line = plane * hostPlane + s * hostSlow;
      scratch.set(values.subarray(line, line + fast), s * fast);
    }
    const target = offset + plane * devicePlane;
    for (let f0 = 0; f0 < fast; f0 += LINES) {
      const f1 = Math.min(f0 + LINES, fast);
      for (let s = 0; s < slow; s++)
        for (let f = f0; f < f1; f++) stored[target + f * deviceFast + s] = scratch[s * fast + f];
    }
  }
}

/** A new array of the elements in the host's order, in memory that is not shared. */
export function loadElements(type: ElementType, layout: Layout, stored: Elements): Elements {
  const { planes, fast, slow, offset, hostPlane, hostSlow, devicePlane, deviceFast } = layout;
  const values = new CONSTRUCTORS[type](planes * fast * slow);
  if (layout.kind === "flat") {
    values.set(stored.subarray(0, fast));
    return values;
  }
  const scratch = new CONSTRUCTORS[type](fast * slow);
  for (let plane = 0; plane < planes; plane++) {
    const source = offset + plane * devicePlane;
    for (let f0 = 0; f0 < fast; f0 += LINES) {
      const f1 = Math.min(f0 + LINES, fast);
      for (let s = 0; s < slow; s++)
        for (let f = f0; f < f1; f++) scratch[s * fast + f] = stored[source + f * deviceFast + s];
    }
    for (let s = 0; s < slow; s++)
      values.set(scratch.subarray(s * fast, (s + 1) * fast), plane * hostPlane + s * hostSlow);
  }
  return values;
}
