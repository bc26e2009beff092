import { fault, throwIfAborted, type Warning } from "../../core/errors.js";
import { refuseUnknownOptions } from "../../core/options.js";
import type { Volume } from "../../volume/grid.js";
import type { StoredType } from "../numeric.js";
import { type Input, toSource } from "../source.js";
import { DEFAULT_MAX_BYTES, type ReadProgress } from "../types.js";
import { createValueCollector } from "../values.js";
import { frameHeader } from "./frameGeometry.js";
import { lookUp, modalityTable } from "./modalityTable.js";
import { openDicom } from "./openDicom.js";
import { oddLengths } from "./parseSlice.js";
import { describePixels } from "./pixelData.js";
import { isRadiograph, isSlice, type RadiographFacts, radiographFacts } from "./radiographFacts.js";

/** An X-ray image, or a run of them, with what the file says of its geometry. */
export interface Radiograph extends RadiographFacts {
  /** The stored values' type. */
  readonly type: StoredType;
  /** [frame][row][column]: rescaled; MONOCHROME1 turned over, so that large values are always shown bright. */
  readonly values: Volume["values"];
  readonly warnings: readonly Warning[];
}

/** Options of `readRadiograph`. */
export interface ReadRadiographOptions {
  /** Refuse images that need more memory, bytes. @default 8 GiB */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReadProgress) => void;
}

/**
 * Reads a DICOM X-ray image: XA and RF with their frames, DX, CR, RTIMAGE, MG, IO, PX, RG, and the localizer of a CT.
 * Values are slope * stored + intercept (or the modality lookup table's). A MONOCHROME1 image is turned over once, with
 * the warning `white-is-zero`: stored values s become smallest + largest possible - s.
 * @throws UNSUPPORTED_FORMAT (`not-a-radiograph`, `not-an-image`, ...), CORRUPT_FILE, TRUNCATED_FILE, TOO_LARGE, ABORTED
 * @example const x = await readRadiograph("angiogram.dcm"); const { views } = radiographTrajectory(x);
 */
export async function readRadiograph(input: Input, options: ReadRadiographOptions = {}): Promise<Radiograph> {
  refuseUnknownOptions("readRadiograph", options, ["maxBytes", "signal", "onProgress"]);
  const file = await openDicom(await toSource(input));
  const { name, set } = file;
  const pixels = describePixels(file);
  if (!isRadiograph(set) || pixels.samples !== 1) {
    const modality = set.string("x00080060")?.trim() || "no modality";
    const slice = isSlice(set);
    const finding = slice
      ? `is a slice (${modality}), not a radiograph`
      : `(${modality}, ${pixels.samples} samples a pixel) is no radiograph`;
    throw fault("UNSUPPORTED_FORMAT", `${name} ${finding}`, {
      ...{ defect: "not-a-radiograph", slice, file: name },
      hint: slice ? "readVolume reads slices" : "readImage reads pictures",
    });
  }
  const { facts, warnings } = radiographFacts(set, name, pixels);
  const { rows, columns, frames, whiteIsZero } = facts;
  const count = rows * columns * frames;
  const collector = createValueCollector(count, pixels.type, "varying", options.maxBytes ?? DEFAULT_MAX_BYTES);
  const table = modalityTable(set, name);
  const ends = table ? extent(table.values) : storedExtent(pixels.type, set.uint16("x00280101"));
  for (let frame = 0; frame < frames; frame++) {
    throwIfAborted(options.signal);
    const stored = await pixels.readFrame(frame);
    const { numbers, text } = frameHeader(set, frame);
    const slope = table ? 1 : (numbers("x00281053", 1)?.[0] ?? 1);
    const intercept = table ? 0 : (numbers("x00281052", 1)?.[0] ?? 0);
    if (!Number.isFinite(slope) || !Number.isFinite(intercept) || slope === 0)
      throw fault(
        "CORRUPT_FILE",
        `${name}: RescaleSlope '${text("x00281053") ?? ""}' and RescaleIntercept '${text("x00281052") ?? ""}' wipe the image`,
        {
          defect: "bad-rescale",
          file: name,
        },
      );
    const shown = table ? lookUp(table, stored) : stored;
    const at = frame * rows * columns;
    if (whiteIsZero) collector.put(shown, at, -slope, slope * (ends[0] + ends[1]) + intercept);
    else collector.put(shown, at, slope, intercept);
    options.onProgress?.({ done: frame + 1, total: frames });
  }
  const { values, warnings: further } = collector.finish();
  if (whiteIsZero)
    warnings.push({
      defect: "white-is-zero",
      message: `${name} is MONOCHROME1: small stored values are shown white; values are turned over (${ends[0] + ends[1]} - stored)`,
    });
  return {
    ...facts,
    type: pixels.type,
    values,
    warnings: [...oddLengths(set, name), ...pixels.warnings, ...warnings, ...further],
  };
}

/** Smallest and largest number that the stored bits can hold; of floats, which have none, 0 and 0. */
function storedExtent(type: StoredType, bits = 16): readonly [number, number] {
  if (type.startsWith("float")) return [0, 0];
  return type.startsWith("int") ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

function extent(values: Uint16Array): readonly [number, number] {
  let [low, high] = [values[0], values[0]];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
