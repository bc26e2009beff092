import type { DataSet } from "dicom-parser";
import { fault } from "../../core/errors.js";
import type { Decoded } from "../numeric.js";

/** A modality lookup table (PS3.3, C.11.1): output values of the stored values from `first` on. */
export interface ModalityTable {
  readonly first: number;
  readonly values: Uint16Array;
}

/** The table of an image, if it has one. @throws CORRUPT_FILE (`inconsistent-header`) */
export function modalityTable(set: DataSet, name: string): ModalityTable | undefined {
  const item = set.elements.x00283000?.items?.[0]?.dataSet;
  if (!item) return undefined;
  const signed = set.uint16("x00280103") === 1;
  const data = item.elements.x00283006;
  // 0 stands for 65536 entries.
  const entries = item.uint16("x00283002", 0) || 65536;
  const first = signed ? item.int16("x00283002", 1) : item.uint16("x00283002", 1);
  if (!data || data.length < 2 * entries || first === undefined)
    throw fault("CORRUPT_FILE", `${name}: its modality lookup table has not the ${entries} entries that it claims`, {
      defect: "inconsistent-header",
      file: name,
    });
  return { first, values: Uint16Array.from({ length: entries }, (_, i) => item.uint16("x00283006", i) ?? 0) };
}

/** Looks up stored values; those beside the table take its first or last entry. */
export function lookUp({ first, values }: ModalityTable, stored: Decoded): Uint16Array {
  const last = values.length - 1;
  return Uint16Array.from(stored, (value) => values[Math.min(last, Math.max(0, value - first))]);
}
