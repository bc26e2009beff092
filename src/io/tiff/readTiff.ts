import { fault, isTomogradError, throwIfAborted, type Warning } from "../../core/errors.js";
import { toGray } from "../color.js";
import { chooseFrame } from "../frame.js";
import { bytesPer, type Decoded, decode } from "../numeric.js";
import { orientationWarnings } from "../picture/raster.js";
import type { Source } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, type VolumeFile } from "../types.js";
import { createValueCollector } from "../values.js";
import { type Directory, readDirectories, tags } from "./directory.js";
import { layoutOf } from "./layout.js";
import { describePage, type Page, readPage } from "./page.js";

/** The pages of a file that are pictures of their own. */
export interface TiffPages {
  readonly littleEndian: boolean;
  readonly pages: readonly Directory[];
}

/** Bits of NewSubfileType: a smaller copy of another page, a transparency mask. */
const NO_SLICE = 1 | 4;

/** The directories that are slices: smaller copies and masks are left out. @throws as `readDirectories` */
export async function readTiffPages(source: Source): Promise<TiffPages> {
  const { littleEndian, directories } = await readDirectories(source);
  const pages: Directory[] = [];
  for (const directory of directories)
    if ((((await directory.numbers(tags.subfile))[0] ?? 0) & NO_SLICE) === 0) pages.push(directory);
  if (pages.length === 0)
    throw fault("CORRUPT_FILE", `${source.name ?? "the file"} has no page`, { defect: "bad-header" });
  return { littleEndian, pages };
}

/**
 * A TIFF stack: one page a slice, [nz][ny][nx]. Stored samples are kept whatever the photometric interpretation; color
 * becomes gray. Affine and quantity are those that tomograd wrote; ImageJ's and OME's spacings are taken; other files
 * have the warning `no-orientation`. Memory: the volume and one page.
 * @throws TRUNCATED_FILE, CORRUPT_FILE, UNSUPPORTED_FORMAT, SHAPE_MISMATCH (`mixed-size`), TOO_LARGE, ABORTED
 */
export async function tiffVolume(source: Source, options: ReadVolumeOptions): Promise<VolumeFile> {
  const name = source.name ?? "the file";
  const { pages, littleEndian } = await readTiffPages(source);
  const layout = await layoutOf(pages[0], pages.length);
  const { slices, frames } = layout;
  const several: Warning[] = [];
  const frame = chooseFrame(frames, options, name, several);
  const first = await describePage(pages[0], name);
  const { columns, rows, type } = first;
  if (layout.contiguous && columns * rows * slices * frames * bytesPer[type] > source.size)
    throw fault("TRUNCATED_FILE", `${name}: ${slices * frames} slices do not fit into its ${source.size} bytes`, {
      defect: "truncated",
    });
  refuseImpossible(columns * rows * slices, source, name);
  const collector = createValueCollector(
    columns * rows * slices,
    type,
    { slope: 1, intercept: 0 },
    options.maxBytes ?? DEFAULT_MAX_BYTES,
  );
  for (let k = 0; k < slices; k++) {
    throwIfAborted(options.signal);
    const number = layout.page(frame, k);
    collector.put(await slice(number).catch(atSlice(name, k)), k * columns * rows, 1, 0);
    options.onProgress?.({ done: k + 1, total: slices });
  }
  const turned = orientationWarnings((await pages[0].numbers(tags.orientation))[0] ?? 1);
  const { values, warnings } = collector.finish();
  return {
    format: "tiff",
    type,
    frames,
    quantity: options.quantity ?? layout.quantity,
    grid: { size: [columns, rows, slices], indexToWorld: layout.indexToWorld },
    values,
    warnings: [...layout.warnings, ...pageWarnings(first), ...turned, ...several, ...warnings],
  };

  async function slice(number: number): Promise<Decoded> {
    if (layout.contiguous) return contiguousPage(source, first, number, littleEndian);
    const page = await describePage(pages[number], name);
    if (page.columns !== columns || page.rows !== rows || page.type !== type || page.samples !== first.samples)
      throw fault(
        "SHAPE_MISMATCH",
        `${name}: page ${number} is ${page.columns} x ${page.rows} of ${page.type}, page 0 ${columns} x ${rows} of ${type}`,
        { defect: "mixed-size", page: number },
      );
    return toGray(await readPage(source, page, littleEndian), page.samples, page.photometric === 2);
  }
}

/** Says in which slice a file ends. */
const atSlice = (name: string, slice: number) => (error: unknown) => {
  if (!isTomogradError(error, "TRUNCATED_FILE")) throw error;
  throw fault("TRUNCATED_FILE", `${name} ends in slice ${slice}: ${error.message}`, { ...error.detail, slice }, error);
};

/** What a reader of measurements must know about a page. */
export function pageWarnings({ photometric, samples }: Page): Warning[] {
  if (photometric === 0)
    return [{ defect: "white-is-zero", message: "the file shows small values bright; the stored values are kept" }];
  if (photometric === 3)
    return [{ defect: "palette", message: "the file shows its values in colors; the stored values are kept" }];
  if (samples > 1) return [{ defect: "color", message: "color is read as its luminance" }];
  return [];
}

/** No compression that is read makes more than 3840 bytes of one. */
const MOST_GROWTH = 3840;

function refuseImpossible(needed: number, source: Source, name: string): void {
  if (needed > MOST_GROWTH * source.size)
    throw fault("TRUNCATED_FILE", `${name}: ${source.size} bytes cannot hold ${needed} voxels`, {
      defect: "truncated",
      needed,
      found: source.size,
    });
}

/** A slice of a file of ImageJ that has one directory: uncompressed, behind the slices before it. */
async function contiguousPage(source: Source, page: Page, number: number, littleEndian: boolean): Promise<Decoded> {
  const name = source.name ?? "the file";
  const { columns, rows, samples, type, directory } = page;
  const [compression = 1] = await directory.numbers(tags.compression);
  const [start] = await directory.numbers(tags.stripOffsets, rows);
  if (compression !== 1 || samples !== 1 || start === undefined)
    throw fault("UNSUPPORTED_FORMAT", `${name}: an ImageJ stack with one directory is uncompressed gray`, {
      defect: "unsupported-compression",
    });
  const length = columns * rows * bytesPer[type];
  const bytes = await source.read(start + number * length, length);
  if (bytes.length < length)
    throw fault("TRUNCATED_FILE", `${name} ends in slice ${number}`, { defect: "truncated", found: source.size });
  return decode(bytes.slice(), type, littleEndian);
}
