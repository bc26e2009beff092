import { fault, throwIfAborted } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import { chooseFrame } from "../frame.js";
import type { Input } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, readVolumeOptionNames, type VolumeFile } from "../types.js";
import { createValueCollector } from "../values.js";
import { collect } from "./collect.js";
import { meaningOf } from "./meaning.js";
import { lookUp } from "./modalityTable.js";
import { paddingWarning, withoutPadding } from "./padding.js";
import type { Scratch } from "./pixelData.js";
import { labelMap } from "./segmentation.js";
import { chooseSeries, type DicomSeries, describeSeries } from "./series.js";
import { stackSlices } from "./stack.js";

/**
 * Reads a series of DICOM images: a folder (and the folders in it), a list of files, or one file; also an enhanced
 * multi-frame image, a dose grid (in its own units) or a segmentation (as labels, see `labelMap`) in one file. Compressed
 * pixels are decoded slice by slice.
 * Values are slope * stored + intercept, slice by slice ("hounsfield" for CT), [slice][row][column], slices by ascending
 * position along their normal; the affine is RAS mm. Memory: the volume and one slice.
 * @throws NOT_FOUND, UNSUPPORTED_FORMAT, TRUNCATED_FILE, CORRUPT_FILE, INVALID_GEOMETRY, INVALID_ARGUMENT (`mixed-series`, `contradictory-options`), TOO_LARGE, ABORTED
 */
export async function readDicom(input: Input | readonly Input[], options: ReadVolumeOptions = {}): Promise<VolumeFile> {
  refuseUnknownOptions("readDicom", options, readVolumeOptionNames);
  chooseFrame(1, options, "a DICOM series", []);
  const chosen = chooseSeries(await collect(input, options.signal), options.series);
  if (chosen.slices.every(({ segment }) => segment)) {
    const { type } = chosen.slices[0].pixels;
    const { warnings, ...labels } = await labelMap(chosen.slices, options);
    const before = [...chosen.warnings, ...chosen.slices.flatMap((s) => s.warnings)];
    const quantity = options.quantity ?? "label";
    return { format: "dicom", type, frames: 1, quantity, ...labels, warnings: [...before, ...warnings] };
  }
  if (options.dataset !== undefined)
    throw fault(
      "INVALID_ARGUMENT",
      `${chosen.slices[0].name} is no DICOM segmentation, whose segments 'dataset' chooses; of several series 'series' chooses one: leave 'dataset' out`,
      { defect: "contradictory-options" },
    );
  const stack = await stackSlices(chosen.slices);
  const { slices } = stack;
  const { columns, rows } = slices[0];
  const { type } = slices[0].pixels;
  const count = columns * rows * slices.length;
  const collector = createValueCollector(count, type, "varying", options.maxBytes ?? DEFAULT_MAX_BYTES);
  const scratch: Scratch = {};
  const meaning = meaningOf(slices);
  const quantity = options.quantity ?? meaning.quantity;
  const hounsfield = quantity === "hounsfield";
  let padded = 0;
  for (const [k, slice] of slices.entries()) {
    throwIfAborted(options.signal);
    const stored = await slice.pixels.readFrame(slice.frame, scratch);
    const { table, slope, intercept } = slice;
    if (table) collector.put(lookUp(table, stored), k * rows * columns, 1, 0);
    else {
      const { values, count } = hounsfield ? withoutPadding(stored, slice) : { values: stored, count: 0 };
      padded += count;
      collector.put(values, k * rows * columns, slope, intercept);
    }
    options.onProgress?.({ done: k + 1, total: slices.length });
  }
  const { values, warnings } = collector.finish();
  if (slices.some(({ pixels }) => pixels.photometric === "MONOCHROME1"))
    warnings.push({
      defect: "white-is-zero",
      message: `${slices[0].name} is MONOCHROME1 and shows small values bright; the values themselves are kept`,
    });
  if (padded > 0) warnings.push(paddingWarning(padded));
  return {
    format: "dicom",
    type,
    frames: 1,
    quantity,
    grid: { size: [columns, rows, slices.length], indexToWorld: stack.indexToWorld },
    values,
    warnings: [
      ...chosen.warnings,
      ...slices.flatMap((slice) => slice.warnings),
      ...meaning.warnings,
      ...stack.warnings,
      ...warnings,
    ],
  };
}

/**
 * The series that a folder, a list of files or one file holds, to choose from: their place in this list or their `uid` is
 * what the option `series` of `readVolume` takes. Localizers are listed only where there is nothing else; images that are no
 * volume stand last, with their `problem`.
 * @throws as `readDicom`
 */
export async function listDicomSeries(
  input: Input | readonly Input[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<DicomSeries[]> {
  refuseUnknownOptions("listDicomSeries", options, ["signal"]);
  const found = await collect(input, options.signal);
  const series = describeSeries(found);
  if (series.length === 0) chooseSeries(found, undefined);
  return series;
}
