import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import type { Volume } from "../../volume/grid.js";
import { chosenArray } from "../chosenArray.js";
import { npyTextPieces, readNpyShape, readNpyText, typedNpyPieces } from "../npy.js";
import { npyVolume } from "../npyVolume.js";
import { metadataText, parseMetadata } from "../orientation.js";
import { bytesSource, type Source } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, type VolumeFile } from "../types.js";
import { type TypeOption, writtenType } from "../writtenType.js";
import { openZipEntry, readZipDirectory, readZipEntryStart, type ZipEntry, zipPieces } from "./zip.js";

/** The array with `metadataText`. */
const METADATA = "tomograd";
/** A string of metadata is not longer than this, bytes. */
const LONGEST_METADATA = 1 << 16;

/**
 * A volume of an .npz archive: the array that `dataset` names, or the only one of two to four axes. Arrays are as in
 * `npyVolume`; affine and quantity are those that `npzPieces` wrote.
 * @throws UNSUPPORTED_FORMAT (`bad-magic`: no array in the archive), INVALID_ARGUMENT (`several-arrays`), NOT_FOUND
 *   (`missing-dataset`), and what `npyVolume` and `openZipEntry` throw
 */
export async function npzVolume(source: Source, options: ReadVolumeOptions): Promise<VolumeFile> {
  const name = source.name ?? "the archive";
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const entries = (await readZipDirectory(source)).filter((entry) => /\.npy$/.test(entry.name));
  if (entries.length === 0)
    throw fault("UNSUPPORTED_FORMAT", `${name} is a ZIP archive without .npy arrays`, {
      defect: "bad-magic",
      hint: "unpack it and open what is in it",
    });
  const nameOf = (entry: ZipEntry) => entry.name.replace(/\.npy$/, "");
  const own = entries.find((entry) => nameOf(entry) === METADATA && entry.size <= LONGEST_METADATA);
  const text = own && (await readNpyText(await openZipEntry(source, own, maxBytes)));
  const metadata = text === undefined ? undefined : parseMetadata(text);
  const arrays = entries.filter((entry) => entry !== own || !metadata);
  const listed = async (entry: ZipEntry) => ({ name: nameOf(entry), shape: await shapeOf(source, entry) });
  const chosen = await chosenArray(name, arrays.map(nameOf), options.dataset, (index) => listed(arrays[index]));
  const content = await openZipEntry(source, arrays[chosen], maxBytes);
  const volume = await npyVolume(
    content,
    options,
    metadata && nameOf(arrays[chosen]) === "volume" ? metadata : undefined,
    ".npz",
  );
  return { ...volume, format: "npz" };
}

/** The header of a .npy file is hardly longer than this, bytes. */
const HEADER = 1024;

/** The shape of an array; none for what is no array of numbers. */
async function shapeOf(source: Source, entry: ZipEntry): Promise<readonly number[]> {
  return (await readNpyShape(bytesSource(await readZipEntryStart(source, entry, HEADER)))) ?? [];
}

/**
 * The bytes of an .npz of a volume, as numpy.savez lays it out: `volume` [nz][ny][nx] and `tomograd`, a string of
 * `metadataText`. The voxels are not copied.
 * @throws SHAPE_MISMATCH, NOT_FINITE, TOO_LARGE, and as `writtenType`
 */
export function npzPieces(volume: Volume, options: TypeOption = {}): Iterable<Uint8Array> {
  const [nx, ny, nz] = volume.grid.size;
  return zipPieces([
    { name: "volume.npy", pieces: typedNpyPieces(volume.values, [nz, ny, nx], writtenType(volume, options)) },
    { name: `${METADATA}.npy`, pieces: npyTextPieces(metadataText(volume)) },
  ]);
}

/** Writes an .npz whole or not at all; see `npzPieces`. @throws WRITE_FAILED, and as `npzPieces` */
export const writeNpz = async (path: string, volume: Volume, options: TypeOption = {}): Promise<void> =>
  writeFileAtomically(path, npzPieces(volume, options));
