import { writeFileAtomically } from "#platform";
import { fault } from "../core/errors.js";
import type { Volume } from "../volume/grid.js";

/** Writes a volume to a path whose ending it knows. */
export type VolumeWriter = (path: string, volume: Volume) => Promise<void>;

/** What writes each ending; loaded when it is asked for. */
const writers: readonly (readonly [RegExp, VolumeWriter])[] = [
  [/\.(nii(\.gz)?|hdr)$/i, async (...file) => (await import("./nifti/writeNifti.js")).writeNifti(...file)],
  [/\.(nrrd|nhdr)$/i, async (...file) => (await import("./nrrd/writeNrrd.js")).writeNrrd(...file)],
  [/\.(mha|mhd)$/i, async (...file) => (await import("./metaImage/writeMetaImage.js")).writeMetaImage(...file)],
  [/\.tiff?$/i, async (...file) => (await import("./tiff/writeTiff.js")).writeTiff(...file)],
  [/[/\\]$/, async (...folder) => (await import("./dicom/write/writeSeries.js")).writeDicomSeries(...folder)],
  [/\.dcm$/i, async (...file) => (await import("./dicom/write/writeSeries.js")).writeDicomSlice(...file)],
  [/\.zarr$/i, async (...folder) => (await import("./zarr/writeZarr.js")).writeZarr(...folder)],
  [/\.mat$/i, async (...file) => (await import("./matlab/writeMatlab.js")).writeMatlab(...file)],
  [/\.(h5|hdf5)$/i, async (...file) => (await import("./hdf5/writeHdf5.js")).writeHdf5(...file)],
  [/\.npz$/i, async (...file) => (await import("./npz/npz.js")).writeNpz(...file)],
  [
    /\.npy$/i,
    async (path, volume) => writeFileAtomically(path, (await import("./npyVolume.js")).npyVolumePieces(volume)),
  ],
];

/** What writes files of this path's ending. @throws UNSUPPORTED_FORMAT (`unknown-ending`) */
export function volumeWriter(path: string): VolumeWriter {
  const [, writer] = writers.find(([ending]) => ending.test(path)) ?? [];
  if (writer) return writer;
  throw fault(
    "UNSUPPORTED_FORMAT",
    `volumes are written as .nii, .nii.gz, .hdr, .nrrd, .nhdr, .mha, .mhd, .npy, .npz, .mat, .h5, .tif, .zarr, or as DICOM slices into a folder (a name that ends in /), not '${path}'`,
    { defect: "unknown-ending" },
  );
}

/**
 * Writes a volume by the ending of the path: .nii, .nii.gz, .nrrd, .mha, .npy, .npz, .mat, .h5 or .hdf5 (with the optional
 * package h5wasm), .tif or .tiff, .zarr (a new folder), or .hdr, .nhdr and .mhd with their voxels beside them; a path that ends in / becomes a folder of DICOM slices (see
 * `dicomSeriesFiles`), .dcm one slice. Affine and quantity are kept, and the type but in DICOM. A file appears whole or not
 * at all.
 * @throws UNSUPPORTED_FORMAT for another ending or without h5wasm (`missing-codec`), WRITE_FAILED
 */
export async function writeVolume(path: string, volume: Volume): Promise<void> {
  await volumeWriter(path)(path, volume);
}
