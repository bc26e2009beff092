import { writeFileAtomically } from "#platform";
import { fault, type Warning } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import type { Volume } from "../volume/grid.js";
import type { VoxelEncoding } from "./voxelEncoding.js";
import { otherType, type TypeOption, type WrittenType, writtenType, writtenTypes } from "./writtenType.js";

/** Options of `writeVolume`. */
export interface WriteVolumeOptions extends TypeOption {
  /**
   * How .nrrd, .nhdr, .mha and .mhd hold the numbers: as bytes (.raw beside a detached header), as bytes in a compressed
   * stream (.raw.gz, .zraw), or, NRRD alone, as text (.txt). @default "compressed" in NRRD, "raw" in MetaImage
   */
  readonly encoding?: VoxelEncoding;
}

/** Writes a volume to a path whose ending it knows. */
type VolumeWriter = (path: string, volume: Volume, options: WriteVolumeOptions) => Promise<void>;

/** Endings of the formats that hold numbers in more than one way. */
const ENCODED = /\.(nrrd|nhdr|mha|mhd)$/i;

/** What writes each ending; loaded when it is asked for. */
const writers: readonly (readonly [RegExp, VolumeWriter])[] = [
  [/\.(nii(\.gz)?|hdr)$/i, async (...all) => (await import("./nifti/writeNifti.js")).writeNifti(...all)],
  [/\.(nrrd|nhdr)$/i, async (...all) => (await import("./nrrd/writeNrrd.js")).writeNrrd(...all)],
  [/\.(mha|mhd)$/i, async (...all) => (await import("./metaImage/writeMetaImage.js")).writeMetaImage(...all)],
  [/\.tiff?$/i, async (...all) => (await import("./tiff/writeTiff.js")).writeTiff(...all)],
  [/[/\\]$/, async (...all) => (await import("./dicom/write/writeSeries.js")).writeDicomSeries(...all)],
  [/\.dcm$/i, async (...all) => (await import("./dicom/write/writeSeries.js")).writeDicomSlice(...all)],
  [/\.zarr$/i, async (...all) => (await import("./zarr/writeZarr.js")).writeZarr(...all)],
  [/\.mat$/i, async (...all) => (await import("./matlab/writeMatlab.js")).writeMatlab(...all)],
  [/\.(h5|hdf5)$/i, async (...all) => (await import("./hdf5/writeHdf5.js")).writeHdf5(...all)],
  [/\.npz$/i, async (...all) => (await import("./npz/npz.js")).writeNpz(...all)],
  [
    /\.npy$/i,
    async (path, ...all) => writeFileAtomically(path, (await import("./npyVolume.js")).npyVolumePieces(...all)),
  ],
];

/**
 * The type that the numbers get, and what is worth telling about it: `precision` where DICOM's 16 bits round, `other-type`
 * where an integer type of the file that was read is not kept.
 * @throws as `writtenType`
 */
export async function typeInFile(
  path: string,
  volume: Volume,
  options: TypeOption = {},
): Promise<{ type: WrittenType; warnings: Warning[] }> {
  if (/([/\\]|\.dcm)$/i.test(path)) {
    const { slope, signed } = (await import("./dicom/write/stored.js")).volumeForm(volume, options);
    const type = signed ? "int16" : "uint16";
    if (slope === 1) return { type, warnings: otherType(volume, type) };
    const message = `DICOM slices hold 16 bits: values are rounded to steps of ${slope.toPrecision(3)}`;
    return { type, warnings: [{ defect: "precision", message }] };
  }
  const held = /\.tiff?$/i.test(path) ? (await import("./tiff/writeTiff.js")).tiffTypes : writtenTypes;
  const type = writtenType(volume, options, held);
  return { type, warnings: otherType(volume, type) };
}

/**
 * What writes volumes to this path, told by its ending.
 * @throws UNSUPPORTED_FORMAT (`unknown-ending`), INVALID_ARGUMENT for an option that the format does not have
 */
export function volumeWriter(path: string, options: WriteVolumeOptions = {}): (volume: Volume) => Promise<void> {
  refuseUnknownOptions("writeVolume", options, ["encoding", "type"]);
  const [, writer] = writers.find(([ending]) => ending.test(path)) ?? [];
  if (options.encoding !== undefined && writer && !ENCODED.test(path))
    throw fault(
      "INVALID_ARGUMENT",
      `the encoding is chosen in .nrrd, .nhdr, .mha and .mhd, not in '${path}' (.nii.gz is .nii compressed): leave it out`,
      { defect: "contradictory-options" },
    );
  if (writer) return (volume) => writer(path, volume, options);
  throw fault(
    "UNSUPPORTED_FORMAT",
    `volumes are written as .nii, .nii.gz, .hdr, .nrrd, .nhdr, .mha, .mhd, .npy, .npz, .mat, .h5, .tif, .zarr, or as DICOM slices into a folder (a name that ends in /), not '${path}'`,
    { defect: "unknown-ending" },
  );
}

/**
 * Writes a volume by the ending of the path: .nii, .nii.gz, .nrrd, .mha, .npy, .npz, .mat, .h5 or .hdf5 (with the optional
 * package h5wasm), .tif or .tiff, .zarr (a new folder), or .hdr, .nhdr and .mhd with their voxels beside them; a path that ends in / becomes a folder of DICOM slices (see
 * `dicomSeriesFiles`), .dcm one slice. Affine and quantity are kept, and the type of the file that was read (`TypeOption` says how).
 * A file appears whole or not at all.
 * @throws UNSUPPORTED_FORMAT for another ending or without h5wasm (`missing-codec`), INVALID_ARGUMENT for an encoding that
 *   the format does not have, WRITE_FAILED
 */
export async function writeVolume(path: string, volume: Volume, options: WriteVolumeOptions = {}): Promise<void> {
  await volumeWriter(path, options)(volume);
}
