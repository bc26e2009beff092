import { fault, type Warning } from "../../core/errors.js";
import type { Quantity } from "../../volume/grid.js";
import { type FileNames, listedFiles, patternFiles } from "../fileNames.js";
import type { StoredType } from "../numeric.js";
import type { Encoding } from "../storedVoxels.js";
import { checkSizes, missingField, numbersOf } from "../textHeader.js";

/** The facts of a MetaImage header that a volume needs, as stored. */
export interface MetaImageHeader {
  readonly type: StoredType;
  /** Two to four sizes, fastest axis first. */
  readonly sizes: readonly number[];
  readonly encoding: Encoding;
  readonly littleEndian: boolean;
  /** Bytes before the voxels; -1: the voxels are the last bytes. */
  readonly headerSize: number;
  /** In `units`, as is `offset`. */
  readonly spacing: readonly number[] | undefined;
  /** The directions of the axes one after another. */
  readonly directions: readonly number[] | undefined;
  readonly offset: readonly number[] | undefined;
  readonly centerOfRotation: readonly number[] | undefined;
  /** The unit of lengths, if the header says one. */
  readonly units: string | undefined;
  /** Three letters: where each axis comes from. */
  readonly anatomy: string | undefined;
  /** The files with the voxels; undefined where they follow the header. */
  readonly files: FileNames | undefined;
  readonly slope: number;
  readonly intercept: number;
  readonly quantity: Quantity;
  readonly warnings: Warning[];
}

const types: Readonly<Record<string, StoredType>> = {
  MET_CHAR: "int8",
  MET_UCHAR: "uint8",
  MET_SHORT: "int16",
  MET_USHORT: "uint16",
  MET_INT: "int32",
  MET_UINT: "uint32",
  MET_LONG: "int32",
  MET_ULONG: "uint32",
  MET_LONG_LONG: "int64",
  MET_ULONG_LONG: "uint64",
  MET_FLOAT: "float32",
  MET_DOUBLE: "float64",
};

const LINE = /^\s*([A-Za-z]\w*)\s*[=:]\s*(.*?)\s*$/;

/** True if the bytes start like a MetaImage header: lines `Key = value`, one of them the object's type or dimensions. */
export const looksLikeMetaImage = (head: Uint8Array): boolean =>
  /^(\s*[A-Za-z]\w*\s*=[^\n]*\n)*?\s*(ObjectType|NDims)\s*=/.test(String.fromCharCode(...head));

/** Where the voxels begin: after the line that says where they are. */
export function endOfMetaImageHeader(bytes: Uint8Array): number | undefined {
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    const line = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64)));
    start = end + 1;
    // The names of a list follow it.
    const [, where] = /^\s*ElementDataFile\s*[=:]\s*(\S*)/.exec(line) ?? [];
    if (where !== undefined) return where === "LIST" ? undefined : start;
  }
  return undefined;
}

/**
 * Reads a header. Source: the MetaIO documentation (Insight Toolkit), "MetaImage" and its list of tags.
 * @throws CORRUPT_FILE (`bad-header`, `missing-field`, `inconsistent-header`, `bad-dimension`),
 *   UNSUPPORTED_FORMAT (`unsupported-type`)
 */
export function parseMetaImageHeader(text: string, name: string): MetaImageHeader {
  const bad = (why: string, defect = "bad-header") => fault("CORRUPT_FILE", `${name}: ${why}`, { defect });
  const fields = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  let list: string[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const [, key, value] = LINE.exec(line) ?? [];
    if (key === undefined) throw bad(`line ${i + 1} of the header is not 'key = value'`);
    fields.set(key, value);
    if (key !== "ElementDataFile") continue;
    list = lines.slice(i + 1).filter((file) => file.trim() !== "");
    break;
  }
  const get = (...keys: string[]) => keys.map((key) => fields.get(key)).find((value) => value !== undefined);
  const need = (key: string) => {
    const value = fields.get(key);
    if (!value) throw missingField(name, key);
    return value;
  };
  const flag = (...keys: string[]) => /^(true|t|1|y)/i.test(get(...keys) ?? "");
  const vector = (count: number, ...keys: string[]) => {
    const value = get(...keys);
    if (value === undefined) return undefined;
    const found = numbersOf(value);
    if (found.length !== count)
      throw bad(`'${keys.find((key) => fields.has(key))}' needs ${count} numbers`, "inconsistent-header");
    return found;
  };
  const unsupported = (what: string) =>
    fault("UNSUPPORTED_FORMAT", `${name}: ${what} is not read`, {
      defect: "unsupported-type",
    });

  const objectType = get("ObjectType") ?? "Image";
  if (objectType !== "Image") throw unsupported(`a MetaIO object '${objectType}'`);
  const dimensions = Number(need("NDims"));
  if (![2, 3, 4].includes(dimensions)) throw bad(`NDims is ${need("NDims")}; 2 to 4 are read`, "bad-dimension");
  const sizes = numbersOf(need("DimSize"));
  if (sizes.length !== dimensions)
    throw bad(`NDims is ${dimensions}, but DimSize has ${sizes.length} numbers`, "inconsistent-header");
  checkSizes(sizes, name);
  const type = types[need("ElementType")];
  if (!type) throw unsupported(`an image of ${need("ElementType")}`);
  const channels = Number(get("ElementNumberOfChannels") ?? 1);
  if (channels !== 1) throw unsupported(`an image of ${get("ElementNumberOfChannels")} channels`);
  const headerSize = Number(get("HeaderSize") ?? 0);
  if (!Number.isSafeInteger(headerSize) || headerSize < -1) throw bad(`HeaderSize cannot be ${get("HeaderSize")}`);
  const binary = !fields.has("BinaryData") || flag("BinaryData");
  const slope = Number(get("ElementToIntensityFunctionSlope") ?? 1);
  const intercept = Number(get("ElementToIntensityFunctionOffset") ?? 0);
  if (!(Number.isFinite(slope) && slope !== 0 && Number.isFinite(intercept)))
    throw bad(`intensities of ${slope} * stored + ${intercept}`);
  const scaled = slope !== 1 || intercept !== 0;
  return {
    type,
    sizes,
    encoding: !binary ? "text" : flag("CompressedData") ? "zlib" : "raw",
    littleEndian: !flag("BinaryDataByteOrderMSB", "ElementByteOrderMSB"),
    headerSize,
    spacing: vector(dimensions, "ElementSpacing", "ElementSize"),
    directions: vector(dimensions ** 2, "TransformMatrix", "Orientation", "Rotation"),
    offset: vector(dimensions, "Offset", "Position", "Origin"),
    centerOfRotation: vector(dimensions, "CenterOfRotation"),
    units: get("DistanceUnits"),
    anatomy: get("AnatomicalOrientation"),
    files: dataFiles(need("ElementDataFile"), list, sizes[dimensions - 1]),
    slope,
    intercept,
    quantity: (/^tomograd (hounsfield|attenuation|density|label)$/.exec(get("Comment") ?? "")?.[1] ??
      "unknown") as Quantity,
    warnings: scaled
      ? [{ defect: "scaled-values", message: `values are ${slope} * stored + ${intercept}; other readers ignore this` }]
      : [],
  };
}

function dataFiles(value: string, list: readonly string[], slices: number): FileNames | undefined {
  if (value === "LOCAL" || value === "Local" || value === "local") return undefined;
  const [isList, axes] = /^LIST(?:\s+(\d+)D?)?$/.exec(value) ?? [];
  if (isList) return listedFiles(list, axes === undefined ? undefined : Number(axes));
  return patternFiles(value, { first: 1, last: slices, step: 1 }) ?? listedFiles([value]);
}
