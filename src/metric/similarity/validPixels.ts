import { eroder } from "./erode.js";
import type { PlaneSize } from "./plane.js";

/** The pixels that count, and a list of those that do not. */
export interface ValidPixels {
  /** 1 where a pixel counts. */
  readonly valid: Uint8Array;
  readonly invalid: Int32Array;
  /** Entries of `invalid` that are in use. */
  invalidCount: number;
  /** Takes a new mask: pixels count whose neighbors up to `reach` away are all in it. */
  update(mask: Uint8Array | undefined): void;
}

/** `outside`: whether neighbors outside of the image count as valid. */
export function validPixels(size: PlaneSize, reach: number, outside: boolean): ValidPixels {
  const n = size.rows * size.columns;
  const erode = eroder(size, reach, outside);
  const pixels: ValidPixels = {
    valid: new Uint8Array(n),
    invalid: new Int32Array(n),
    invalidCount: 0,
    update(mask) {
      const { valid, invalid } = pixels;
      erode(mask, valid);
      let count = 0;
      for (let i = 0; i < n; i++) if (valid[i] === 0) invalid[count++] = i;
      pixels.invalidCount = count;
    },
  };
  pixels.update(undefined);
  return pixels;
}

/** 0 in every lane of the pixels that do not count. */
export function clearInvalid(images: Float64Array, { invalid, invalidCount }: ValidPixels, lanes = 1): void {
  if (lanes === 1) for (let k = 0; k < invalidCount; k++) images[invalid[k]] = 0;
  else
    for (let k = 0; k < invalidCount; k++)
      for (let at = invalid[k] * lanes, end = at + lanes; at < end; at++) images[at] = 0;
}
