import type { Source } from "#platform";
import { throwIfAborted } from "../core/errors.js";
import { IDENTITY4 } from "../core/linear.js";
import type { Volume } from "../volume/grid.js";
import { arrayShape } from "./arrayShape.js";
import { npyTextPieces, readAppended, readHeader, readNpy, refuseTruncated, trailing, typedNpyPieces } from "./npy.js";
import { bytesPer, decode } from "./numeric.js";
import { metadataText, type OwnMetadata, orientationDoubt } from "./orientation.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, type VolumeFile } from "./types.js";
import { createValueCollector } from "./values.js";
import { type TypeOption, writtenType } from "./writtenType.js";

/**
 * A .npy file as a volume: [nz][ny][nx], one slice [ny][nx], or several volumes [frame][nz][ny][nx]. Affine and quantity
 * are those that `npyVolumePieces` appended; other files have the warning `no-orientation`.
 */
export async function npyVolume(
  source: Source,
  options: ReadVolumeOptions,
  metadata?: OwnMetadata,
  what = ".npy",
): Promise<VolumeFile> {
  const header = await readHeader(source);
  const { shape, type } = header;
  refuseTruncated(source, header);
  const own = metadata ?? (await readAppended(source, header));
  const { size, frames, frame, warnings } = arrayShape(shape, options);
  const [nx, ny, nz] = size;
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const collector = createValueCollector(nx * ny * nz, type, { slope: 1, intercept: 0 }, limit);
  const first = frame * nx * ny * nz;
  if (header.fortran) {
    const { values } = await readNpy(source, { maxBytes: limit });
    collector.put(values.subarray(first, first + nx * ny * nz), 0, 1, 0);
  } else {
    const slice = nx * ny * bytesPer[type];
    for (let k = 0; k < nz; k++) {
      throwIfAborted(options.signal);
      const bytes = (await source.read(header.offset + first * bytesPer[type] + k * slice, slice)).slice();
      collector.put(decode(bytes, type, header.littleEndian), k * nx * ny, 1, 0);
      options.onProgress?.({ done: k + 1, total: nz });
    }
  }
  const { values, warnings: further } = collector.finish();
  return {
    format: "npy",
    type,
    frames,
    quantity: options.quantity ?? own?.quantity ?? "unknown",
    grid: { size, indexToWorld: own?.indexToWorld ?? IDENTITY4 },
    values,
    warnings: [...orientationDoubt(own, what), ...(own ? [] : trailing(source, header)), ...warnings, ...further],
  };
}

/**
 * The bytes of a volume as .npy: the array [nz][ny][nx], and behind it, as numpy.save appends to an open file, a second
 * array with `metadataText`. numpy.load reads the first; called again on the open file, the second.
 * @throws SHAPE_MISMATCH, NOT_FINITE, and as `writtenType`
 */
export function* npyVolumePieces(volume: Volume, options: TypeOption = {}): Generator<Uint8Array> {
  const [nx, ny, nz] = volume.grid.size;
  yield* typedNpyPieces(volume.values, [nz, ny, nx], writtenType(volume, options));
  yield* npyTextPieces(metadataText(volume));
}
