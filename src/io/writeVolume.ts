import { writeFileAtomically } from "#platform";
import { fault } from "../core/errors.js";
import type { Volume } from "../volume/grid.js";

/**
 * Writes a volume by the ending of the path: .nii, .nii.gz, .nrrd, .mha, .npy, .tif or .tiff, or .nhdr and .mhd with
 * their voxels beside them; type, affine and quantity are kept. A file appears whole or not at all.
 * @throws UNSUPPORTED_FORMAT for another ending, WRITE_FAILED
 */
export async function writeVolume(path: string, volume: Volume): Promise<void> {
  if (/\.nii(\.gz)?$/i.test(path)) return (await import("./nifti/writeNifti.js")).writeNifti(path, volume);
  if (/\.npy$/i.test(path)) return writeFileAtomically(path, (await import("./npy.js")).npyVolumePieces(volume));
  if (/\.npz$/i.test(path)) return (await import("./npz/npz.js")).writeNpz(path, volume);
  if (/\.tiff?$/i.test(path)) return (await import("./tiff/writeTiff.js")).writeTiff(path, volume);
  if (/\.(nrrd|nhdr)$/i.test(path)) return (await import("./nrrd/writeNrrd.js")).writeNrrd(path, volume);
  if (/\.(mha|mhd)$/i.test(path)) return (await import("./metaImage/writeMetaImage.js")).writeMetaImage(path, volume);
  throw fault(
    "UNSUPPORTED_FORMAT",
    `volumes are written as .nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, .npy, .npz or .tif, not '${path}'`,
    {
      defect: "unknown-ending",
    },
  );
}
