import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import type { Volume } from "../../volume/grid.js";
import { bytesPer } from "../numeric.js";
import { metadataText } from "../orientation.js";
import { checkWritable, littleEndianPieces } from "../valueBytes.js";
import { isInteger, type TypeOption, writtenType } from "../writtenType.js";
import {
  cause,
  createQuiet,
  FLOAT,
  freshName,
  headerAddress,
  INTEGER,
  loadLibrary,
  METADATA,
  TEXT,
  VOLUME,
  withMemory,
} from "./library.js";
import { eraseTime } from "./objectHeader.js";

/**
 * The bytes of a volume as HDF5: the data set `volume` [nz][ny][nx] in chunks of a slice, not compressed, with
 * `metadataText` in its attribute `tomograd`. Any version of HDF5 reads it; the same volume gives the same bytes. Memory:
 * the file, and a slice of the library's own.
 * @throws UNSUPPORTED_FORMAT (`missing-codec`), SHAPE_MISMATCH, NOT_FINITE, TOO_LARGE, WRITE_FAILED, and as `writtenType`
 */
export async function encodeHdf5(volume: Volume, options: TypeOption = {}, name = "the volume"): Promise<Uint8Array> {
  checkWritable(volume);
  const written = writtenType(volume, options);
  const width = bytesPer[written];
  const text = new TextEncoder().encode(metadataText(volume));
  const { values } = volume;
  const [nx, ny, nz] = volume.grid.size;
  const slice = nx * ny;
  const library = await loadLibrary(name);
  const quiet = createQuiet(library);
  /** A call of the library, which answers with a negative number if it cannot. */
  const done = <N extends number | bigint>(call: () => N): N => {
    const status = quiet.run(call);
    if (status >= 0) return status;
    throw fault("WRITE_FAILED", `${name} cannot be written as HDF5: ${cause(quiet.words())}`, {
      defect: "not-writable",
    });
  };
  const path = freshName();
  const plain = { vlen: false, signed: !written.startsWith("u") } as const;
  const [one, shape] = [[1, ny, nx].map(BigInt), [nz, ny, nx].map(BigInt)];
  // Headers of the earliest version, which every reader knows.
  const id = done(() => library.open(path, library.H5F_ACC_TRUNC, false, 0, library.H5F_LIBVER_LATEST));
  let isOpen = true;
  try {
    const type = isInteger(written) ? INTEGER : FLOAT;
    const numbers = { ...plain, type, size: width, shape: one, maxshape: shape, chunks: one };
    withMemory(library, Math.max(slice * width, text.length), name, (pointer) => {
      const steps = one.map(() => 1n);
      const at = BigInt(pointer);
      for (let z = 0; z < nz; z++) {
        let end = pointer;
        for (const piece of littleEndianPieces(values.subarray(z * slice, (z + 1) * slice), written)) {
          library.HEAPU8.set(piece, end);
          end += piece.length;
        }
        // The first slice makes the data set, so that no more of the volume need be in the library's memory.
        if (z > 0) done(() => library.set_dataset_data(id, VOLUME, one, [BigInt(z), 0n, 0n], steps, at));
        else {
          done(() => library.create_dataset(id, VOLUME, at, numbers));
          done(() => library.resize_dataset(id, VOLUME, shape));
        }
      }
      library.HEAPU8.set(text, pointer);
      const attribute = { ...plain, type: TEXT, size: text.length, cset: 1, shape: [] };
      done(() => library.create_attribute(id, VOLUME, METADATA, at, attribute));
    });
    const address = headerAddress(library, id, VOLUME);
    isOpen = false;
    done(() => library.close_file(id));
    const { node } = library.FS.lookupPath(path);
    const bytes = node.contents.subarray(0, node.usedBytes);
    eraseTime(bytes, address);
    return bytes;
  } finally {
    if (isOpen) quiet.run(() => library.close_file(id));
    library.FS.unlink(path);
  }
}

/** Writes an HDF5 file whole or not at all; see `encodeHdf5`. @throws WRITE_FAILED, and as `encodeHdf5` */
export async function writeHdf5(path: string, volume: Volume, options: TypeOption = {}): Promise<void> {
  await writeFileAtomically(path, [await encodeHdf5(volume, options, path)]);
}
