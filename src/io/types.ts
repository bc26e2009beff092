import type { Warning } from "../core/errors.js";
import type { Quantity, Volume } from "../volume/grid.js";
import type { StoredType } from "./numeric.js";

/** What a file was recognized as. */
export type VolumeFormat =
  | "nifti-1"
  | "nifti-2"
  | "analyze-7.5"
  | "dicom"
  | "nrrd"
  | "metaimage"
  | "npy"
  | "npz"
  | "tiff"
  | "mat"
  | "zarr"
  | "hdf5"
  | "png"
  | "jpeg";

/** A volume as it came out of a file. */
export interface VolumeFile extends Volume {
  readonly format: VolumeFormat;
  /** The numbers' type in the file; `values` may be another (scaling, widening). */
  readonly type: StoredType;
  /** How many volumes the file holds; 1 for most. */
  readonly frames: number;
  /** What is worth telling, e.g. `no-orientation`; empty for a file without defects. */
  readonly warnings: readonly Warning[];
}

/** How far a read has come. */
export interface ReadProgress {
  /** Slices (DICOM) or bytes (other formats) done so far. */
  readonly done: number;
  readonly total: number;
}

/** Options of every volume reader. */
export interface ReadVolumeOptions {
  /** What the numbers mean. @default what the file says: "hounsfield" for DICOM CT, else "unknown" */
  readonly quantity?: Quantity;
  /** Which volume of a file that holds several, from 0. @default 0, with a warning if there are more */
  readonly frame?: number;
  /** DICOM: which series of several: its SeriesInstanceUID, or its place in the list of the refusal, from 0. */
  readonly series?: string | number;
  /**
   * File with several arrays (NPZ, MATLAB, Zarr, HDF5): the name or path of the one to read. DICOM segmentation: the number or label of
   * one segment. @default the only one that can be a volume; all segments
   */
  readonly dataset?: string;
  /**
   * `readVolume` only: voxel index to RAS mm at voxel centers, for files that do not say: 12 numbers (three rows) or 16,
   * row by row. Replaces the file's own, if it has one, with the warning `orientation-replaced`.
   */
  readonly affine?: readonly number[];
  /** Refuse volumes that need more memory, bytes. @default 8 GiB */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReadProgress) => void;
}

/** Their names without `affine`, for the refusal of others by the readers of one format. */
export const readVolumeOptionNames = [
  "quantity",
  "frame",
  "series",
  "dataset",
  "maxBytes",
  "signal",
  "onProgress",
] as const;

/** bytes: what a volume may take unless `maxBytes` says otherwise. */
export const DEFAULT_MAX_BYTES = 8 * 2 ** 30;

/** Bytes that may be asked for whatever a file holds, and how often over those that it holds. */
const [FREE_BYTES, MOST_GROWTH] = [16 * 2 ** 20, 4096];

/**
 * bytes: what a volume may take of a format that stores fill values in no bytes: `maxBytes` if it is given, else as much
 * as `stored` bytes make plausible.
 */
export const allowedBytes = ({ maxBytes }: ReadVolumeOptions, stored: number): number =>
  maxBytes ?? Math.min(DEFAULT_MAX_BYTES, FREE_BYTES + MOST_GROWTH * stored);
