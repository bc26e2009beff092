import type { StoredType } from "./numeric.js";

/** NumPy's codes of types, without the byte order: of .npy headers and of Zarr version 2. */
export const numpyTypes: Readonly<Record<string, StoredType>> = {
  b1: "bool",
  u1: "uint8",
  i1: "int8",
  u2: "uint16",
  i2: "int16",
  u4: "uint32",
  i4: "int32",
  u8: "uint64",
  i8: "int64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};
