import { fault } from "../../../core/errors.js";
import type { Volume } from "../../../volume/grid.js";
import { type TypeOption, writtenType } from "../../writtenType.js";
import type { DataElement } from "./dataSet.js";
import { decimal } from "./dataSet.js";

/** How numbers become 16 bits: stored = round((value - intercept) / slope). */
export interface StoredForm {
  readonly slope: number;
  readonly intercept: number;
  readonly signed: boolean;
  /** Smallest and largest value. */
  readonly range: readonly [number, number];
}

type Numbers = Float32Array | Float64Array | Int16Array | Uint8Array;

/**
 * The form that keeps most of the numbers: whole numbers that span at most 65535 exactly, others to half of
 * (largest - smallest) / 65535. Slope and intercept are decimal strings of 16 characters, and used as written. Values that
 * `exact` holds are stored as they are.
 * @throws NOT_FINITE (`non-finite-values`)
 */
export function storedForm(values: Numbers, exact?: (typeof storedTypes)[number]): StoredForm {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value))
      throw fault("NOT_FINITE", `value ${i} is ${value}; DICOM holds finite numbers: replace it first`, {
        defect: "non-finite-values",
      });
    if (value < low) low = value;
    if (value > high) high = value;
    whole &&= Number.isInteger(value);
  }
  const range = [low, high] as const;
  if (exact) return { slope: 1, intercept: 0, signed: exact === "int16", range };
  if (whole && low >= -32768 && high <= 32767) return { slope: 1, intercept: 0, signed: true, range };
  if (whole && high - low <= 65535 && Number(decimal(low)) === low)
    return { slope: 1, intercept: low, signed: false, range };
  const intercept = Number(decimal(low));
  // One unit in the last digit more, so that the largest value is not cut off.
  const slope = Number(decimal(((high - intercept) / 65535) * (1 + 1e-9)));
  return { slope: slope > 0 ? slope : 1, intercept, signed: false, range };
}

/** Types of stored values that are written. */
const storedTypes = ["int16", "uint16"] as const;

/**
 * The form of a volume's slices: that of `writtenType` where it has 16 bits. Labels are not rounded.
 * @throws NOT_FINITE (`non-finite-values`), INVALID_ARGUMENT (`values-do-not-fit`), and as `writtenType`
 */
export function volumeForm(volume: Volume, options: TypeOption): StoredForm {
  const type = writtenType(volume, options, storedTypes);
  const form = storedForm(
    volume.values,
    storedTypes.find((stored) => stored === type),
  );
  if (volume.quantity === "label" && !(form.slope === 1 && Number.isInteger(form.intercept)))
    throw fault(
      "INVALID_ARGUMENT",
      `DICOM slices hold labels of 16 bits, these are ${form.range.join(" to ")} or no whole numbers: rounded, they would name other things. Write another format`,
      { defect: "values-do-not-fit" },
    );
  return form;
}

/** Values as stored, two bytes each, the lower first. */
export function storedBytes(values: Numbers, { slope, intercept, signed }: StoredForm): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  const [low, high] = signed ? [-32768, 32767] : [0, 65535];
  for (let i = 0; i < values.length; i++) {
    const stored = Math.round((values[i] - intercept) / slope);
    view.setInt16(2 * i, Math.min(high, Math.max(low, stored)), true);
  }
  return new Uint8Array(view.buffer);
}

/** The elements that describe the pixels; `units` is the RescaleType: HU, US (unspecified), or another word. */
export function pixelElements(
  image: { readonly rows: number; readonly columns: number },
  form: StoredForm,
  units: string,
  bytes: Uint8Array,
): DataElement[] {
  return [
    [0x00280002, "US", [1]],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280010, "US", [image.rows]],
    [0x00280011, "US", [image.columns]],
    [0x00280100, "US", [16]],
    [0x00280101, "US", [16]],
    [0x00280102, "US", [15]],
    [0x00280103, "US", [form.signed ? 1 : 0]],
    [0x00281052, "DS", decimal(form.intercept)],
    [0x00281053, "DS", decimal(form.slope)],
    [0x00281054, "LO", units],
    [0x7fe00010, "OW", bytes],
  ];
}

/** The window in which an image is shown. */
export function windowElements([low, high]: readonly [number, number]): DataElement[] {
  return [
    [0x00281050, "DS", decimal((low + high) / 2)],
    [0x00281051, "DS", decimal(Math.max(high - low, 1e-6))],
  ];
}
