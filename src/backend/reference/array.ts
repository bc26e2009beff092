import { invariant } from "../../core/errors.js";
import type { Vec3 } from "../../core/linear.js";
import type { Backend, DeviceArray, ElementType, Shape } from "../backend.js";
import { shapeLength } from "../backend.js";

/** What a `reference` array is made of; "real" is float64. */
export type Values = Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** An array in plain memory: volumes x fastest, projections [view][row][column]. */
export interface ReferenceArray extends DeviceArray {
  readonly values: Values;
}

/** Bytes of an array. */
export const referenceBytes = (shape: Shape, type: ElementType): number =>
  shapeLength(shape) * { real: 8, f64: 8, u8: 1, u32: 4 }[type];

/** A new array of zeros; `freed` is called once, when it is disposed. */
export function createReferenceArray(
  backend: Backend,
  shape: Shape,
  type: ElementType,
  label: string,
  freed: (bytes: number) => void,
): ReferenceArray {
  const length = shapeLength(shape);
  const values =
    type === "u8" ? new Uint8Array(length) : type === "u32" ? new Uint32Array(length) : new Float64Array(length);
  let disposed = false;
  const dispose = () => {
    if (!disposed) freed(values.byteLength);
    disposed = true;
  };
  return {
    backend,
    shape,
    type,
    label,
    length,
    values,
    get disposed() {
      return disposed;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

/** The numbers of a "real" or "f64" array. */
export const numbersOf = (array: DeviceArray) => (array as ReferenceArray).values as Float64Array;
/** The whole numbers of a "u8" or "u32" array. */
export const integersOf = (array: DeviceArray) => (array as ReferenceArray).values as Uint8Array | Uint32Array;

/** [nx, ny, nz] of a volume. */
export function sizeOf({ shape }: DeviceArray): Vec3 {
  invariant(shape.kind === "volume", "calls are checked before they run");
  return shape.size;
}

/** Views, rows and columns of projections. */
export function imagesOf({ shape }: DeviceArray): Extract<Shape, { kind: "projections" }> {
  invariant(shape.kind === "projections", "calls are checked before they run");
  return shape;
}
