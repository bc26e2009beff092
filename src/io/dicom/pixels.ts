import { fault } from "../../core/errors.js";
import { type Decoded, decode, type StoredType } from "../numeric.js";
import type { Slice } from "./parseSlice.js";

/** The type in which a slice stores its pixels. */
export const pixelType = ({ bitsAllocated, signed }: Slice): StoredType => `${signed ? "int" : "uint"}${bitsAllocated}`;

/**
 * The stored values of a slice, [row][column]: the bits above and below the stored ones cut off, the sign extended from
 * the highest stored bit; before rescale.
 * @throws TRUNCATED_FILE
 */
export async function readPixels(slice: Slice): Promise<Decoded> {
  const length = (slice.rows * slice.columns * slice.bitsAllocated) / 8;
  const bytes = await slice.source.read(slice.pixelOffset, length);
  if (bytes.length < length)
    throw fault("TRUNCATED_FILE", `${slice.name}: the image needs ${length} bytes, ${bytes.length} could be read`, {
      defect: "truncated",
      file: slice.name,
    });
  const pixels = decode(bytes.slice(), pixelType(slice), slice.littleEndian);
  if (slice.bitsStored < slice.bitsAllocated) {
    const left = 31 - slice.highBit;
    const right = 32 - slice.bitsStored;
    if (slice.signed) for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] << left) >> right;
    else for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] << left) >>> right;
  }
  return pixels;
}
