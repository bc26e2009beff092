/**
 * Points of [0, 1)^6 that fill it evenly: the Halton sequence in bases 2, 3, 5, 7, 11, 13, point 0 being the origin.
 * Source: Halton, Numerische Mathematik 2, 1960.
 */
const BASES = [2, 3, 5, 7, 11, 13];

/** Point `index` of the sequence, shifted by `shift` in each coordinate, modulo 1. */
export function haltonPoint(index: number, shift: readonly number[]): number[] {
  return BASES.map((base, axis) => {
    let value = shift[axis];
    for (let rest = index, digit = 1 / base; rest > 0; rest = Math.floor(rest / base), digit /= base)
      value += digit * (rest % base);
    return value - Math.floor(value);
  });
}
