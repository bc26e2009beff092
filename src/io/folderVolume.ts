import { DICOM_HEAD, dicomKind } from "./dicom/sniff.js";
import type { Folder } from "./folder.js";
import type { Input, Source } from "./source.js";
import type { ReadVolumeOptions, VolumeFile } from "./types.js";

/**
 * Reads a folder: a Zarr store, a DICOM series, a stack of pictures, or the one file in it that `readOne` reads (with the
 * data beside it that its header names). `whole` is what the reader of DICOM gets, the visible files unless it is given.
 * @throws NOT_FOUND (`no-slices`) and what the formats' readers throw
 */
export async function folderVolume(
  folder: Folder,
  options: ReadVolumeOptions,
  readOne: (source: Source) => Promise<VolumeFile>,
  whole?: Input | readonly Input[],
): Promise<VolumeFile> {
  const { isZarrRoot, sourcesStore } = await import("./zarr/store.js");
  if (isZarrRoot(folder)) return (await import("./zarr/readZarr.js")).readZarr(sourcesStore(folder), options);
  const visible = [...folder].filter(([path]) => !/(^|\/)\./.test(path)).map(([, source]) => source);
  if (!(await someDicom(visible))) {
    const { findPictures, pictureVolume } = await import("./picture/pictureStack.js");
    // Pictures of several folders are several stacks.
    const oneFolder = visible.every(({ name = "" }) => !name.includes("/"));
    const pictures = oneFolder ? await findPictures(visible) : undefined;
    if (pictures && pictures.sources.length > 1) return pictureVolume(pictures, options);
    const alone = await theVolume(visible);
    if (alone) return readOne(alone);
  }
  return (await import("./dicom/readDicom.js")).readDicom(whole ?? visible, options);
}

async function someDicom(sources: readonly Source[]): Promise<boolean> {
  for (const source of sources) if (dicomKind(await source.read(0, DICOM_HEAD))) return true;
  return false;
}

/** Endings of voxels that have their header in another file. */
const VOXELS = /\.(raw|zraw|img|bin|gz|bz2|txt)$/i;

/** The only file, or the only one that is no other's voxels. */
function theVolume(sources: readonly Source[]): Source | undefined {
  if (sources.length === 1) return sources[0];
  const headers = sources.filter(({ name = "" }) => /\.(nii|hdr)\.gz$/i.test(name) || !VOXELS.test(name));
  return headers.length === 1 ? headers[0] : undefined;
}
