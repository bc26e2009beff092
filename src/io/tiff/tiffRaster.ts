import { fault } from "../../core/errors.js";
import { bytesPer } from "../numeric.js";
import { orientationWarnings, pixelSizeOf, type Raster } from "../picture/raster.js";
import type { Source } from "../source.js";
import { tooLarge } from "../values.js";
import { type Directory, tags } from "./directory.js";
import { describePage, readPage } from "./page.js";
import { pageWarnings, readTiffPages } from "./readTiff.js";

/**
 * One page of a TIFF file as a picture.
 * @throws INVALID_ARGUMENT if there is no such page, and as `readPage`
 */
export async function tiffRaster(source: Source, page: number | undefined, maxBytes: number): Promise<Raster> {
  const name = source.name ?? "the file";
  const { pages, littleEndian } = await readTiffPages(source);
  const number = page ?? 0;
  if (!(Number.isInteger(number) && number >= 0 && number < pages.length))
    throw fault("INVALID_ARGUMENT", `${name} has ${pages.length} pages; there is no number ${number}`, {
      defect: "out-of-range",
    });
  const directory = pages[number];
  const described = await describePage(directory, name);
  const { columns, rows, samples, type } = described;
  const needed = columns * rows * samples * bytesPer[type];
  if (needed > maxBytes) throw tooLarge(needed, maxBytes);
  const values = await readPage(source, described, littleEndian);
  const message = `the file has ${pages.length} pages, the first is read; choose with 'page'`;
  return {
    columns,
    rows,
    samples,
    type,
    values,
    ...(await pixelSize(directory)),
    warnings: [
      ...pageWarnings({ ...described, samples: 1 }),
      ...orientationWarnings((await directory.numbers(tags.orientation))[0] ?? 1),
      ...(pages.length > 1 && page === undefined ? [{ defect: "several-pages", message }] : []),
    ],
  };
}

async function pixelSize(directory: Directory): Promise<{ pixelSize?: readonly [number, number] }> {
  const one = async (tag: number) => (await directory.numbers(tag))[0] ?? 0;
  const unit = await one(tags.resolutionUnit);
  const millimeters = unit === 3 ? 10 : unit === 2 ? 25.4 : 0;
  if (millimeters === 0) return {};
  return pixelSizeOf((await one(tags.xResolution)) / millimeters, (await one(tags.yResolution)) / millimeters);
}
