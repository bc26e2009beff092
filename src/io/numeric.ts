/** Number types as files store them, and their decoding. */
export type StoredType =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "float32"
  | "float64";

/** Bytes of one number. */
export const bytesPer: Readonly<Record<StoredType, number>> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
};

/** Numbers as they are held after decoding. */
export type Decoded =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** The type whose numbers an array holds. */
export const naturalType = (numbers: Decoded): StoredType =>
  numbers[Symbol.toStringTag].replace("Array", "").toLowerCase() as StoredType;

/** Whether this machine keeps the lowest byte first; nearly all do. */
export const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reverses the bytes of every number, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i + width <= bytes.length; i += width)
    for (let a = i, b = i + width - 1; a < b; a++, b--) {
      const swap = bytes[a];
      bytes[a] = bytes[b];
      bytes[b] = swap;
    }
}

/**
 * Stored bytes as numbers. The bytes must start their own buffer and may be changed. 64-bit integers become float64
 * (exact up to 2^53), float16 becomes float32 (exact), bool uint8.
 */
export function decode(bytes: Uint8Array<ArrayBuffer>, type: StoredType, littleEndian: boolean): Decoded {
  const width = bytesPer[type];
  if (width > 1 && littleEndian !== hostIsLittleEndian) swapBytes(bytes, width);
  const count = Math.floor(bytes.length / width);
  const { buffer } = bytes;
  switch (type) {
    case "bool":
    case "uint8":
      return new Uint8Array(buffer, 0, count);
    case "int8":
      return new Int8Array(buffer, 0, count);
    case "uint16":
      return new Uint16Array(buffer, 0, count);
    case "int16":
      return new Int16Array(buffer, 0, count);
    case "uint32":
      return new Uint32Array(buffer, 0, count);
    case "int32":
      return new Int32Array(buffer, 0, count);
    case "uint64":
      return Float64Array.from(new BigUint64Array(buffer, 0, count), Number);
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer, 0, count), Number);
    case "float16":
      return Float32Array.from(new Uint16Array(buffer, 0, count), halfToNumber);
    case "float32":
      return new Float32Array(buffer, 0, count);
    case "float64":
      return new Float64Array(buffer, 0, count);
  }
}

/** IEEE 754 binary16. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
