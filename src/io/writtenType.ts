import { fault, type Warning } from "../core/errors.js";
import type { Volume } from "../volume/grid.js";
import { bytesPer, naturalType, type StoredType } from "./numeric.js";
import type { VolumeFile } from "./types.js";

/** Types of numbers that are written. */
export type WrittenType = Exclude<StoredType, "bool" | "float16">;

/** All of them: what most formats hold. */
export const writtenTypes: readonly WrittenType[] = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "uint64",
  "int64",
  "float32",
  "float64",
];

/** The option of all writers. */
export interface TypeOption {
  /**
   * The type of the numbers in the file. Integers must hold every value exactly; floats round. @default the type in the
   * file that the volume was read from, if it is an integer type that holds all values exactly; of whole labels the first
   * integer type that holds them; else that of `values`
   */
  readonly type?: WrittenType;
}

/** For label maps whose array is no integer one. */
const LABEL_TYPES: readonly WrittenType[] = ["uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];

/**
 * The type in which a volume is written to a format that holds those of `held`; see `TypeOption`.
 * @throws UNSUPPORTED_FORMAT (`unsupported-type`), INVALID_ARGUMENT (`values-do-not-fit`)
 */
export function writtenType(
  volume: Volume,
  { type: asked }: TypeOption,
  held: readonly WrittenType[] = writtenTypes,
): WrittenType {
  const { values, quantity } = volume;
  if (asked !== undefined) return checkedType(volume, asked, held);
  const source = sourceType(volume);
  if (source && isInteger(source) && held.includes(source as WrittenType) && misfit(values, source) < 0)
    return source as WrittenType;
  const own = naturalType(values) as WrittenType;
  if (quantity !== "label" || isInteger(own)) return own;
  return LABEL_TYPES.find((type) => held.includes(type) && misfit(values, type) < 0) ?? own;
}

/**
 * What a format makes of the type of the file that was read, if it cannot hold that, and the new one holds less; and of
 * labels, if they are written as floats.
 */
export function otherType(volume: Volume, written: StoredType): Warning[] {
  if (volume.quantity === "label" && !isInteger(written)) {
    const message = `labels are integers; these are written as ${written}, because that was asked for or no integer type holds them: are they labels?`;
    return [{ defect: "other-type", message }];
  }
  const source = sourceType(volume);
  if (!source || contains(written, source) || misfit(volume.values, source) >= 0) return [];
  const message = `the numbers are ${source} in the file that was read; this format has no such type, or another was asked for: they are written as ${written}`;
  return [{ defect: "other-type", message }];
}

const sourceType = (volume: Volume): StoredType | undefined => (volume as Partial<VolumeFile>).type;
export const isInteger = (type: StoredType): boolean => /int/.test(type);

function checkedType({ values }: Volume, asked: WrittenType, held: readonly WrittenType[]): WrittenType {
  if (!held.includes(asked))
    throw fault("UNSUPPORTED_FORMAT", `numbers of this format are ${held.join(", ")}; it does not hold ${asked}`, {
      defect: "unsupported-type",
    });
  const at = misfit(values, asked);
  if (at < 0) return asked;
  throw fault(
    "INVALID_ARGUMENT",
    `${asked} does not hold value ${at}, which is ${values[at]}: choose a type that does, or leave 'type' out`,
    { defect: "values-do-not-fit", value: values[at] },
  );
}

/** The place of the first value that a type does not hold, -1 if there is none. Floats hold what they can round. */
function misfit(values: Volume["values"], type: StoredType): number {
  if (contains(type, naturalType(values))) return -1;
  if (type === "float32")
    return values.findIndex((value) => Number.isFinite(value) && !Number.isFinite(Math.fround(value)));
  const [low, high] = limitsOf(type);
  return values.findIndex((value) => !(Number.isInteger(value) && value >= low && value <= high));
}

/** The smallest and the largest float64 number that is one of an integer type. */
function limitsOf(type: StoredType): [number, number] {
  if (type === "bool") return [0, 1];
  const bits = 8 * bytesPer[type];
  const top = 2 ** (type.startsWith("u") ? bits : bits - 1);
  return [type.startsWith("u") ? 0 : -top, bits === 64 ? top - top / 2 ** 53 : top - 1];
}

/** Whether every number of one type is one of another. */
function contains(wide: StoredType, narrow: StoredType): boolean {
  if (wide === narrow) return true;
  if (!isInteger(narrow) && narrow !== "bool") return !isInteger(wide) && bytesPer[wide] > bytesPer[narrow];
  const [low, high] = limitsOf(narrow);
  if (isInteger(wide)) return limitsOf(wide)[0] <= low && limitsOf(wide)[1] >= high;
  // Bits of the mantissa, the hidden one included.
  return wide !== "bool" && high <= 2 ** ({ 2: 11, 4: 24, 8: 53 }[bytesPer[wide]] as number);
}
