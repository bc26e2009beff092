import { gunzip } from "#platform";
import { fault } from "../core/errors.js";
import { refuseUnknownOptions } from "../core/options.js";
import { createByteStream } from "./byteStream.js";
import { folderOfPaths, folderPath, type Inputs, withoutHandles } from "./folder.js";
import { ofFile } from "./ofFile.js";
import { placed } from "./orientation.js";
import { type Input, isAddress, looksLikeGzip, type Source, sourcePieces, toSource } from "./source.js";
import { type ReadVolumeOptions, readVolumeOptionNames, type VolumeFile } from "./types.js";

/** Endings of voxels whose header is another file. */
const VOXELS_ALONE = /\.(raw|zraw|img)(\.gz|\.bz2)?$/i;
/** Enough to recognize every format, bytes. */
const HEAD = 544;

/**
 * Reads a volume from a path, a folder, bytes, a File or Blob, a web address (by HTTP ranges), or a browser's folder (a
 * directory handle, a FileList, a list of Files), recognizing the format by its content: NIfTI-1 and -2 (plain or gzip), ANALYZE 7.5, a DICOM series
 * (folder, list of files, or one file), NRRD and MetaImage (attached or detached), .npy and .npz ([nz][ny][nx]), TIFF
 * stacks, a folder or list of PNG, JPEG or TIFF slices, MATLAB arrays,
 * HDF5 data sets (with the optional package h5wasm), Zarr folders (version 2 or 3, OME-Zarr).
 * Values are [nz][ny][nx], x fastest; the affine is RAS mm at voxel centers.
 * @throws UNSUPPORTED_FORMAT (`bad-magic`) if nothing recognizes it, and what the format's reader throws
 * @example const ct = await readVolume("chest/");   // a folder of DICOM slices: HU
 */
export async function readVolume(input: Inputs, options: ReadVolumeOptions = {}): Promise<VolumeFile> {
  refuseUnknownOptions("readVolume", options, [...readVolumeOptionNames, "affine"]);
  const { affine, ...others } = options;
  const inputs = await withoutHandles(input);
  if (!(inputs instanceof Map)) return placed(await recognized(inputs as Input | readonly Input[], others), affine);
  const { folderVolume } = await import("./folderVolume.js");
  return placed(await folderVolume(inputs, others, (source) => recognized(source, others)), affine);
}

async function recognized(input: Input | readonly Input[], options: ReadVolumeOptions): Promise<VolumeFile> {
  const path = await folderPath(input);
  if (path !== undefined || Array.isArray(input)) {
    const zarr = await import("./zarr/store.js");
    if (path !== undefined && (await zarr.isZarrFolder(path)))
      return (await import("./zarr/readZarr.js")).readZarr(await zarr.folderStore(path), options);
    const folder = await folderOfPaths(path ?? (input as readonly Input[]));
    if (folder && folder.size > 0) {
      const { folderVolume } = await import("./folderVolume.js");
      return folderVolume(folder, options, (source) => recognized(source, options), input);
    }
    const { findPictures, pictureVolume } = await import("./picture/pictureStack.js");
    const pictures = await findPictures(path === undefined ? (input as readonly Input[]) : []);
    if (pictures) return pictureVolume(pictures, options);
    return (await import("./dicom/readDicom.js")).readDicom(input, options);
  }
  const one = input as Input;
  const remote = isAddress(one) ? await zarrAt(one, options) : undefined;
  if (remote) return remote;
  const source = await toSource(one, options);
  const name = source.name ?? "the input";
  const head = await contentHead(source);
  const { dicomKind } = await import("./dicom/sniff.js");
  const { looksLikeNifti } = await import("./nifti/header.js");
  const { looksLikeNpy } = await import("./npy.js");
  const plain = !looksLikeGzip(await source.read(0, 2));
  if (plain && looksLikeNpy(head)) return (await import("./npyVolume.js")).npyVolume(source, options);
  // Two-file images need the path to find their second half.
  if (looksLikeNifti(head))
    return (await import("./nifti/readNifti.js")).readNifti(
      typeof one === "string" && /\.hdr(\.gz)?$/i.test(one) ? one : source,
      options,
    );
  if (!plain && !/\.(nii|hdr)(\.gz)?$/i.test(name) && !VOXELS_ALONE.test(name))
    throw fault("UNSUPPORTED_FORMAT", `${name} is gzip, through which NIfTI alone is read`, {
      hint: "gunzip it first",
      defect: "unsupported-compression",
    });
  const { looksLikeNrrd } = await import("./nrrd/header.js");
  const { looksLikeMetaImage } = await import("./metaImage/header.js");
  // As do headers whose voxels lie in other files.
  const located = typeof one === "string" || one instanceof URL ? one : source;
  if (looksLikeNrrd(head)) return (await import("./nrrd/readNrrd.js")).readNrrd(located, options);
  if (looksLikeMetaImage(head)) return (await import("./metaImage/readMetaImage.js")).readMetaImage(located, options);
  if (dicomKind(head) || /\.(dcm|ima)$/i.test(name))
    return (await import("./dicom/readDicom.js")).readDicom(source, options);
  const other = await laboratoryVolume(source, options);
  if (other) return other;
  if (source.size === 0) throw fault("CORRUPT_FILE", `${name} is empty`, { defect: "empty-file" });
  if (/\.(nii|hdr)(\.gz)?$/i.test(name) && head.length < 348)
    throw fault(
      "TRUNCATED_FILE",
      `${name}: a NIfTI header has 348 bytes, the file ${head.length}: it is cut short, or another kind of file`,
      {
        defect: "truncated",
      },
    );
  if (VOXELS_ALONE.test(name))
    throw fault("UNSUPPORTED_FORMAT", `${name} holds voxels without a header`, {
      hint: "open its header (.hdr, .nhdr or .mhd), with this file beside it",
      defect: "bad-magic",
    });
  throw fault(
    "UNSUPPORTED_FORMAT",
    `${name} is none of the formats that are read: NIfTI, DICOM, NRRD, MetaImage, .npy, .npz, TIFF, PNG, JPEG, MATLAB, HDF5`,
    {
      defect: "bad-magic",
    },
  );
}

/** The formats of laboratories and microscopes, which are not read through gzip. */
async function laboratoryVolume(source: Source, options: ReadVolumeOptions): Promise<VolumeFile | undefined> {
  const head = await source.read(0, HEAD);
  const { looksLikeTiff } = await import("./tiff/directory.js");
  if (looksLikeTiff(head)) return (await import("./tiff/readTiff.js")).tiffVolume(source, options);
  const { looksLikeZip } = await import("./npz/zip.js");
  if (looksLikeZip(head)) return (await import("./npz/npz.js")).npzVolume(source, options);
  const { pictureFormat } = await import("./picture/readImage.js");
  if (pictureFormat(head))
    return (await import("./picture/pictureStack.js")).pictureVolume({ sources: [source], others: [] }, options);
  const { isHdf5, hdf5Volume } = await import("./hdf5/readHdf5.js");
  if (await isHdf5(source)) return hdf5Volume(source, options);
  const { looksLikeMatlab, matlabVolume } = await import("./matlab/readMatlab.js");
  return looksLikeMatlab(head) ? matlabVolume(source, options) : undefined;
}

/** The volume of a Zarr folder on the web; undefined if the address is of another kind. */
async function zarrAt(address: string | URL, options: ReadVolumeOptions): Promise<VolumeFile | undefined> {
  const { mayBeZarr, urlStore } = await import("./zarr/store.js");
  if (!mayBeZarr(address)) return undefined;
  const store = await urlStore(address, options);
  return store && (await import("./zarr/readZarr.js")).readZarr(store, options);
}

/** The first bytes of the content, inflated if it is gzip. */
async function contentHead(source: Source): Promise<Uint8Array> {
  const head = await source.read(0, HEAD);
  if (!looksLikeGzip(head)) return head;
  const stream = createByteStream(gunzip(sourcePieces(source)));
  try {
    return await stream.take(HEAD);
  } catch (error) {
    throw ofFile(error, source.name);
  } finally {
    await stream.close();
  }
}
