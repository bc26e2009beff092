/** Elements between the host and the parts of an array. */
import type { ElementType, HostArray } from "../backend.js";
import type { Part } from "./array.js";
import { partBytes, type Range } from "./layout.js";

export type Elements =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>;

const CONSTRUCTORS = { real: Float32Array, f64: Float64Array, u8: Uint8Array, u32: Uint32Array } as const;

/** Float32, in memory that no other thread writes: WebGPU takes no other. */
const isOwnFloat32 = (values: HostArray): values is Float32Array<ArrayBuffer> =>
  values instanceof Float32Array && values.buffer instanceof ArrayBuffer;

/** What is written for a range of the elements, as the device has it; float32 numbers are not copied. */
export function storedPart(
  values: HostArray,
  type: ElementType,
  { first, length }: Range,
): ArrayBufferView<ArrayBuffer> {
  const own = values.subarray(first, first + length);
  if (type === "u32") return Uint32Array.from(own);
  if (type !== "u8") return isOwnFloat32(own) ? own : Float32Array.from(own);
  const bytes = new Uint8Array(partBytes(length, type));
  bytes.set(own);
  return bytes;
}

/** All elements in the host's order, from the bytes of each part (tables: float32 there). */
export function loadParts(
  type: ElementType,
  length: number,
  parts: readonly Part[],
  bytes: readonly ArrayBuffer[],
): Elements {
  const values = new CONSTRUCTORS[type](length);
  const stored = type === "f64" ? Float32Array : CONSTRUCTORS[type];
  parts.forEach((part, i) => {
    values.set(new stored(bytes[i], 0, part.length), part.first);
  });
  return values;
}
