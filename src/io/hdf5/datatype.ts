/** Classes of datatypes whose numbers are read. */
const [INTEGER, FLOAT, ENUMERATION] = [0, 1, 8];

/** Bits of IEEE 754 by bytes: [exponent's place, its bits, mantissa's place, its bits, bias]. */
const ieee: Readonly<Record<number, readonly number[]>> = {
  2: [10, 5, 0, 10, 15],
  4: [23, 8, 0, 23, 127],
  8: [52, 11, 0, 52, 1023],
};

/**
 * What keeps the numbers of a datatype message from being integers that fill their bytes or IEEE 754 floats, in words;
 * undefined if nothing does. The library hands out the bytes alone.
 * Source: "HDF5 File Format Specification" 3.0, IV.A.2.d.
 */
export function unusualBits(message: DataView): string | undefined {
  if (message.byteLength < 12) return "a damaged type";
  const kind = message.getUint8(0) & 15;
  const size = message.getUint32(4, true);
  const properties = new DataView(message.buffer, message.byteOffset + 8, message.byteLength - 8);
  if (kind === ENUMERATION) return unusualBits(properties);
  const [offset, precision] = [properties.getUint16(0, true), properties.getUint16(2, true)];
  if (kind === INTEGER)
    return offset === 0 && precision === 8 * size
      ? undefined
      : `integers of ${precision} bits from bit ${offset} of ${8 * size} on`;
  if (kind !== FLOAT || properties.byteLength < 12) return "numbers of another kind";
  const [vax, implied] = [(message.getUint8(1) & 0x41) === 0x41, ((message.getUint8(1) >> 4) & 3) === 2];
  const found = [4, 5, 6, 7].map((at) => properties.getUint8(at));
  const all = [...found, properties.getUint32(8, true)];
  const [, exponent, , mantissa] = found;
  const usual =
    offset === 0 &&
    precision === 8 * size &&
    !vax &&
    implied &&
    message.getUint8(2) === 8 * size - 1 &&
    ieee[size]?.every((value, i) => value === all[i]);
  if (usual) return undefined;
  const name = size === 2 && exponent === 8 && mantissa === 7 ? "bfloat16" : "not IEEE 754";
  return `floats of ${8 * size} bits that are ${name} (exponent ${exponent}, mantissa ${mantissa} bits)`;
}
