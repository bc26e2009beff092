import { DICOM_HEAD, dicomKind } from "./dicom/sniff.js";
import type { Folder } from "./folder.js";
import type { Source } from "./source.js";
import type { ReadVolumeOptions, VolumeFile } from "./types.js";

/**
 * Reads a folder of a browser: a Zarr store, a DICOM series, a stack of pictures, or the one file in it that `readOne`
 * reads (with the data beside it that its header names).
 * @throws NOT_FOUND (`no-slices`) and what the formats' readers throw
 */
export async function folderVolume(
  folder: Folder,
  options: ReadVolumeOptions,
  readOne: (source: Source) => Promise<VolumeFile>,
): Promise<VolumeFile> {
  const { isZarrRoot, sourcesStore } = await import("./zarr/store.js");
  if (isZarrRoot(folder)) return (await import("./zarr/readZarr.js")).readZarr(sourcesStore(folder), options);
  const visible = [...folder].filter(([path]) => !/(^|\/)\./.test(path)).map(([, source]) => source);
  const heads = await Promise.all(visible.map((source) => source.read(0, DICOM_HEAD)));
  if (!heads.some((head) => dicomKind(head))) {
    const { findPictures, pictureVolume } = await import("./picture/pictureStack.js");
    const pictures = await findPictures(visible);
    if (pictures && pictures.sources.length > 1) return pictureVolume(pictures, options);
    const alone = await theVolume(visible);
    if (alone) return readOne(alone);
  }
  return (await import("./dicom/readDicom.js")).readDicom(visible, options);
}

/** Endings of voxels that have their header in another file. */
const VOXELS = /\.(raw|zraw|img|bin|gz|bz2|txt)$/i;

/** The only file, or the only one that is no other's voxels. */
function theVolume(sources: readonly Source[]): Source | undefined {
  if (sources.length === 1) return sources[0];
  const headers = sources.filter(({ name = "" }) => /\.(nii|hdr)\.gz$/i.test(name) || !VOXELS.test(name));
  return headers.length === 1 ? headers[0] : undefined;
}
