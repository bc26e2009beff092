import { fault, throwIfAborted, type Warning } from "../../core/errors.js";
import { IDENTITY4 } from "../../core/linear.js";
import { counted } from "../../core/words.js";
import { DICOM_HEAD, dicomKind } from "../dicom/sniff.js";
import { noOrientation } from "../orientation.js";
import { type Input, type Source, toSource } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadVolumeOptions, type VolumeFile } from "../types.js";
import { createValueCollector, type ValueCollector } from "../values.js";
import type { Raster } from "./raster.js";
import { decodeRaster, grayOf, pictureFormat } from "./readImage.js";

/** slice2 before slice10, the same everywhere. */
const byNumber = new Intl.Collator("en", { numeric: true });

/** The pictures of a list, in the order of their names' numbers, and the names of the files that are none. */
export interface Pictures {
  readonly sources: readonly Source[];
  readonly others: readonly string[];
}

/** Looks for pictures; undefined if there are none, or DICOM files beside them, which are more than pictures. */
export async function findPictures(inputs: readonly Input[]): Promise<Pictures | undefined> {
  const sources: Source[] = [];
  const others: string[] = [];
  for (const one of inputs) {
    const source = await toSource(one);
    const head = await source.read(0, DICOM_HEAD);
    if (dicomKind(head)) return undefined;
    if (pictureFormat(head)) sources.push(source);
    else others.push(source.name ?? "a file without a name");
  }
  if (sources.every(({ name }) => name !== undefined)) sources.sort((a, b) => byNumber.compare(a.name!, b.name!));
  return sources.length > 0 ? { sources, others } : undefined;
}

/**
 * Pictures of one size as a volume: one slice each, in the given order, [nz][ny][nx]. Color becomes gray. Pictures have
 * no orientation: index coordinates are taken as RAS mm, with the warning `no-orientation`.
 * @throws SHAPE_MISMATCH (`mixed-size`), TOO_LARGE, ABORTED, and what the decoders throw
 */
export async function pictureVolume({ sources, others }: Pictures, options: ReadVolumeOptions): Promise<VolumeFile> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const format = pictureFormat(await sources[0].read(0, 8))!;
  const warnings = new Map<string, Warning>();
  if (others.length > 0)
    warnings.set("other-files", {
      defect: "other-files",
      message: `left out, no pictures: ${counted(others.length, "file")}: ${others.slice(0, 5).join(", ")}`,
    });
  let first: Raster | undefined;
  let collector: ValueCollector | undefined;
  for (const [k, source] of sources.entries()) {
    throwIfAborted(options.signal);
    const kind = pictureFormat(await source.read(0, 8))!;
    const raster = await decodeRaster(source, kind, { maxBytes });
    first ??= raster;
    refuseOtherKind(raster, first, source.name);
    const pixels = raster.columns * raster.rows;
    collector ??= createValueCollector(pixels * sources.length, raster.type, { slope: 1, intercept: 0 }, maxBytes);
    const gray = grayOf(raster);
    collector.put(gray.values, k * pixels, 1, 0);
    for (const warning of gray.warnings) warnings.set(warning.defect, warning);
    options.onProgress?.({ done: k + 1, total: sources.length });
  }
  const { values, warnings: further } = collector!.finish();
  const { columns, rows, type } = first!;
  return {
    format,
    type,
    frames: 1,
    quantity: options.quantity ?? "unknown",
    grid: { size: [columns, rows, sources.length], indexToWorld: IDENTITY4 },
    values,
    warnings: [noOrientation("a picture"), ...warnings.values(), ...further],
  };
}

function refuseOtherKind(raster: Raster, first: Raster, name = "a picture"): void {
  const several = raster.warnings.some(({ defect }) => defect === "several-pages");
  if (!several && raster.columns === first.columns && raster.rows === first.rows && raster.type === first.type) return;
  throw fault(
    "SHAPE_MISMATCH",
    several
      ? `${name} has several pages; a folder of slices has one page a file`
      : `${name} is ${raster.columns} x ${raster.rows} of ${raster.type}, the first slice ${first.columns} x ${first.rows} of ${first.type}`,
    { defect: "mixed-size" },
  );
}
