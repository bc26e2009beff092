import { kindOfPath, listFolder, pathOfUrl } from "#platform";
import { fault, isTomogradError, throwIfAborted, type Warning } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import { counted } from "../../core/words.js";
import { chooseFrame } from "../frame.js";
import { type Input, type Source, toSource } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, readVolumeOptionNames, type VolumeFile } from "../types.js";
import { createValueCollector } from "../values.js";
import { meaningOf } from "./meaning.js";
import { lookUp } from "./modalityTable.js";
import { paddingWarning, withoutPadding } from "./padding.js";
import { parseSlices, type Slice } from "./parseSlice.js";
import type { Scratch } from "./pixelData.js";
import { labelMap } from "./segmentation.js";
import { bySeries, chooseSeries, type DicomSeries, describeSeries } from "./series.js";
import { DICOM_HEAD, dicomKind } from "./sniff.js";
import { stackSlices } from "./stack.js";

/** Folders inside folders that are looked into. */
const DEPTH = 6;

/**
 * Reads a series of DICOM images: a folder (and the folders in it), a list of files, or one file; also an enhanced
 * multi-frame image, a dose grid (in its own units) or a segmentation (as labels, see `labelMap`) in one file. Compressed
 * pixels are decoded slice by slice.
 * Values are slope * stored + intercept, slice by slice ("hounsfield" for CT), [slice][row][column], slices by ascending
 * position along their normal; the affine is RAS mm. Memory: the volume and one slice.
 * @throws NOT_FOUND, UNSUPPORTED_FORMAT, TRUNCATED_FILE, CORRUPT_FILE, INVALID_GEOMETRY, INVALID_ARGUMENT (`mixed-series`), TOO_LARGE, ABORTED
 */
export async function readDicom(input: Input | readonly Input[], options: ReadVolumeOptions = {}): Promise<VolumeFile> {
  refuseUnknownOptions("readDicom", options, readVolumeOptionNames);
  chooseFrame(1, options, "a DICOM series", []);
  const { slices: found, warnings: skipped } = await collect(input, options.signal);
  const chosen = chooseSeries(found, options.series);
  if (chosen.slices.every(({ segment }) => segment)) {
    const { type } = chosen.slices[0].pixels;
    const { warnings, ...labels } = await labelMap(chosen.slices, options);
    const before = [...skipped, ...chosen.warnings, ...chosen.slices.flatMap((s) => s.warnings)];
    const quantity = options.quantity ?? "label";
    return { format: "dicom", type, frames: 1, quantity, ...labels, warnings: [...before, ...warnings] };
  }
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
  if (padded > 0) warnings.push(paddingWarning(padded));
  return {
    format: "dicom",
    type,
    frames: 1,
    quantity,
    grid: { size: [columns, rows, slices.length], indexToWorld: stack.indexToWorld },
    values,
    warnings: [
      ...skipped,
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
 * what the option `series` of `readVolume` takes. Localizers are listed only where there is nothing else.
 * @throws as `readDicom`
 */
export async function listDicomSeries(
  input: Input | readonly Input[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<DicomSeries[]> {
  refuseUnknownOptions("listDicomSeries", options, ["signal"]);
  return describeSeries(bySeries((await collect(input, options.signal)).slices));
}

/** All slices of the input. A file that is none is left out of a folder or list, and refused where it is all there is. */
async function collect(
  input: Input | readonly Input[],
  signal?: AbortSignal,
): Promise<{ slices: Slice[]; warnings: Warning[] }> {
  const folder = await folderOf(input);
  const slices: Slice[] = [];
  const others: string[] = [];
  const radiographs: string[] = [];
  const empty: string[] = [];
  if (folder === undefined && !Array.isArray(input))
    return { slices: await parseSlices(await toSource(input as Input)), warnings: [] };
  const files = folder === undefined ? listed(input as readonly Input[]) : filesIn(folder, DEPTH);
  for await (const { source, name } of files) {
    throwIfAborted(signal);
    if (source.size === 0) {
      // A lost slice, or a mark that a transfer has ended.
      empty.push(name);
      continue;
    }
    if (!dicomKind(await source.read(0, DICOM_HEAD))) continue;
    try {
      slices.push(...(await parseSlices(source, name)));
    } catch (error) {
      if (!isTomogradError(error)) throw error;
      const { defect } = error.detail;
      if (defect === "not-an-image") others.push(name);
      else if (defect === "not-a-volume") radiographs.push(name);
      else throw error;
    }
  }
  const where = folder ?? "the list";
  if (slices.length === 0)
    throw fault(
      "NOT_FOUND",
      radiographs.length > 0
        ? `${where} holds no CT series, but X-ray images: readRadiograph and readImage read ${leftOut(radiographs)}`
        : `${where} holds no CT series (no DICOM images); a file of another format must be named itself`,
      { defect: "no-slices" },
    );
  const warnings: Warning[] = [];
  if (empty.length > 0)
    warnings.push({ defect: "empty-file", message: `files without a single byte are left out: ${leftOut(empty)}` });
  if (others.length > 0)
    warnings.push({ defect: "not-an-image", message: `DICOM files without pixels are left out: ${leftOut(others)}` });
  if (radiographs.length > 0)
    warnings.push({ defect: "not-a-volume", message: `X-ray images are left out: ${leftOut(radiographs)}` });
  return { slices, warnings };
}

const leftOut = (names: readonly string[]) => `${counted(names.length, "file")}: ${names.slice(0, 5).join(", ")}`;

async function folderOf(input: Input | readonly Input[]): Promise<string | undefined> {
  const path = input instanceof URL && input.protocol === "file:" ? pathOfUrl(input) : input;
  if (typeof path !== "string" || /^https?:/.test(path)) return undefined;
  return (await kindOfPath(path)) === "folder" ? path : undefined;
}

async function* listed(inputs: readonly Input[]): AsyncGenerator<{ source: Source; name: string }> {
  for (const [i, one] of inputs.entries()) {
    const source = await toSource(one);
    yield { source, name: source.name ?? `file ${i}` };
  }
}

async function* filesIn(folder: string, depth: number): AsyncGenerator<{ source: Source; name: string }> {
  for (const { name, path, kind } of await listFolder(folder)) {
    if (kind === "file") yield { source: await toSource(path), name };
    else if (depth > 0) yield* filesIn(path, depth - 1);
  }
}
