import { fault, type TomogradError, type Warning } from "../../core/errors.js";
import type { Quantity } from "../../volume/grid.js";
import { type FileNames, listedFiles, patternFiles } from "../fileNames.js";
import type { StoredType } from "../numeric.js";
import type { Encoding } from "../storedVoxels.js";
import { checkSizes, missingField, numbersOf } from "../textHeader.js";

/** The facts of a NRRD header that a volume needs, as stored. */
export interface NrrdHeader {
  readonly type: StoredType;
  /** Fastest axis first. */
  readonly sizes: readonly number[];
  readonly encoding: Encoding;
  readonly littleEndian: boolean;
  readonly lineSkip: number;
  readonly byteSkip: number;
  readonly space: string | undefined;
  /** One vector an axis, null for axes that are not of space. */
  readonly directions: readonly (readonly number[] | null)[] | undefined;
  readonly origin: readonly number[] | undefined;
  readonly spacings: readonly number[] | undefined;
  readonly kinds: readonly string[] | undefined;
  readonly spaceUnits: readonly string[] | undefined;
  readonly units: readonly string[] | undefined;
  /** The files with the voxels; undefined where they follow the header. */
  readonly files: FileNames | undefined;
  readonly quantity: Quantity;
  readonly warnings: Warning[];
}

/** The key under which a volume's quantity is kept. */
export const QUANTITY_KEY = "tomograd_quantity";

const spelled = (type: StoredType, names: string): [string, StoredType][] =>
  names.split(", ").map((name) => [name, type]);
const types = new Map<string, StoredType>([
  ...spelled("int8", "signed char, int8, int8_t"),
  ...spelled("uint8", "uchar, unsigned char, uint8, uint8_t"),
  ...spelled("int16", "short, short int, signed short, signed short int, int16, int16_t"),
  ...spelled("uint16", "ushort, unsigned short, unsigned short int, uint16, uint16_t"),
  ...spelled("int32", "int, signed int, int32, int32_t"),
  ...spelled("uint32", "uint, unsigned int, uint32, uint32_t"),
  ...spelled("int64", "longlong, long long, long long int, signed long long, signed long long int, int64, int64_t"),
  ...spelled("uint64", "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t"),
  ["float", "float32"],
  ["double", "float64"],
]);

const encodings: Readonly<Record<string, Encoding>> = {
  raw: "raw",
  gzip: "gzip",
  gz: "gzip",
  bzip2: "bzip2",
  bz2: "bzip2",
  ascii: "text",
  text: "text",
  txt: "text",
};

/** True if the bytes start like a NRRD file. */
export const looksLikeNrrd = (head: Uint8Array): boolean =>
  /^NRRD\d{4}/.test(String.fromCharCode(...head.subarray(0, 8)));

/** Where the voxels begin: after the first empty line. */
export function endOfNrrdHeader(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    const next = bytes[at + 1] === 13 ? at + 2 : at + 1;
    if (bytes[next] === 10) return next + 1;
  }
  return undefined;
}

interface Fields {
  readonly fields: ReadonlyMap<string, string>;
  readonly keys: ReadonlyMap<string, string>;
  /** Lines after a `data file: LIST`. */
  readonly list: readonly string[];
}

function parseLines(text: string, bad: (why: string) => TomogradError): Fields {
  const [, ...lines] = text.split(/\r?\n/);
  const fields = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const [i, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const [, key, keyValue] = /^([^:]+):=(.*)$/.exec(line) ?? [];
    if (key !== undefined) {
      keys.set(key.trim(), keyValue.trim());
      continue;
    }
    const [, words, value] = /^([A-Za-z][A-Za-z ]*):\s*(.*?)\s*$/.exec(line) ?? [];
    if (words === undefined)
      throw bad(`line ${i + 2} is neither a field nor a comment: does an empty line end the header?`);
    const field = words.toLowerCase().replaceAll(" ", "");
    if (fields.has(field)) throw bad(`the field '${words}' stands twice`);
    fields.set(field, value);
    if (field === "datafile" && /^LIST\b/.test(value))
      return { fields, keys, list: lines.slice(i + 1).filter((name) => name.trim() !== "") };
  }
  return { fields, keys, list: [] };
}

/**
 * Reads a header. `complete` says whether an empty line ended it.
 * Source: the NRRD format definition (teem.sourceforge.net/nrrd/format.html).
 * @throws CORRUPT_FILE (`bad-header`, `missing-field`, `inconsistent-header`, `bad-dimension`),
 *   UNSUPPORTED_FORMAT (`unsupported-type`, `unsupported-encoding`)
 */
export function parseNrrdHeader(text: string, complete: boolean, name: string): NrrdHeader {
  const bad = (why: string, defect = "bad-header") => fault("CORRUPT_FILE", `${name}: ${why}`, { defect });
  const { fields, keys, list } = parseLines(text, bad);
  const need = (field: string) => {
    const value = fields.get(field);
    if (value === undefined || value === "") throw missingField(name, field);
    return value;
  };
  const perAxis = <T>(field: string, parse: (value: string) => T[]): T[] | undefined => {
    const value = fields.get(field);
    if (value === undefined) return undefined;
    const found = parse(value);
    if (found.length !== sizes.length)
      throw bad(`dimension is ${sizes.length}, but '${field}' has ${found.length} entries`, "inconsistent-header");
    return found;
  };
  const skip = (field: string, least: number) => {
    const value = Number(fields.get(field) ?? 0);
    if (!Number.isSafeInteger(value) || value < least) throw bad(`'${field}' cannot be ${fields.get(field)}`);
    return value;
  };

  const sizes = numbersOf(need("sizes"));
  if (Number(need("dimension")) !== sizes.length)
    throw bad(`dimension is ${need("dimension")}, but there are ${sizes.length} sizes`, "inconsistent-header");
  checkSizes(sizes, name);
  const type = types.get(need("type").toLowerCase().replace(/\s+/g, " "));
  if (!type) throw unsupported(name, "unsupported-type", `voxels of type '${need("type")}'`);
  const encoding = encodings[need("encoding").toLowerCase()];
  if (!encoding) throw unsupported(name, "unsupported-encoding", `the encoding '${need("encoding")}'`);
  const wide = !/8$/.test(type) && encoding !== "text";
  const endian = wide ? need("endian").toLowerCase() : "little";
  if (endian !== "little" && endian !== "big") throw bad(`endian must be little or big, not '${endian}'`);

  const files = dataFiles(fields.get("datafile"), list, bad);
  if (!files && !complete) throw bad("no empty line ends the header");
  const directions = perAxis("spacedirections", (value) => vectorsOf(value, bad));
  const [origin] = vectorsOf(fields.get("spaceorigin") ?? "", bad);
  checkSpace(fields, directions, origin, bad);
  return {
    type,
    sizes,
    encoding,
    littleEndian: endian === "little",
    lineSkip: skip("lineskip", 0),
    byteSkip: skip("byteskip", encoding === "text" ? 0 : -1),
    space: fields.get("space"),
    directions,
    origin: origin ?? undefined,
    spacings: perAxis("spacings", numbersOf),
    kinds: perAxis("kinds", (value) => value.split(/\s+/)),
    spaceUnits: fields.has("spaceunits") ? quoted(need("spaceunits")) : undefined,
    units: perAxis("units", quoted),
    files,
    quantity: quantityOf(keys),
    warnings: unknownFields(fields),
  };
}

const unsupported = (name: string, defect: string, what: string) =>
  fault("UNSUPPORTED_FORMAT", `${name}: ${what} is not read`, { defect });

/** "(1,0,0) none (0,1,0)": vectors, null for none. */
function vectorsOf(text: string, bad: (why: string) => TomogradError): (number[] | null)[] {
  const words = text.match(/none|\([^()]*\)/gi) ?? [];
  if (text.replace(/none|\([^()]*\)/gi, "").trim() !== "") throw bad(`'${text}' is no list of vectors`);
  return words.map((word) => {
    if (!word.startsWith("(")) return null;
    const vector = word
      .slice(1, -1)
      .split(",")
      .map((number) => (number.trim() === "" ? Number.NaN : Number(number)));
    return vector.every((number, i) => Number.isNaN(number) && /nan/i.test(word.split(",")[i])) ? null : vector;
  });
}

const quoted = (text: string): string[] => [...text.matchAll(/"([^"]*)"/g)].map(([, word]) => word);

/** Vectors have as many components as their space has axes. */
function checkSpace(
  fields: ReadonlyMap<string, string>,
  directions: readonly (readonly number[] | null)[] | undefined,
  origin: readonly number[] | null | undefined,
  bad: (why: string, defect: string) => TomogradError,
): void {
  const space = fields.get("space");
  const dimension =
    space === undefined
      ? Number(fields.get("spacedimension") ?? Number.NaN)
      : /-time$|^(ras|las|lps)t$/i.test(space)
        ? 4
        : 3;
  for (const vector of [...(directions ?? []), origin])
    if (vector && !(vector.length === dimension && dimension <= 4))
      throw bad(`a vector of ${vector.length} numbers in a space of ${dimension} axes`, "inconsistent-header");
}

function dataFiles(
  value: string | undefined,
  list: readonly string[],
  bad: (why: string) => TomogradError,
): FileNames | undefined {
  if (value === undefined) return undefined;
  const [isList, axes] = /^LIST(?:\s+(\d+))?$/.exec(value) ?? [];
  if (isList) {
    if (list.length === 0) throw bad("the list of data files is empty");
    return listedFiles(list, axes === undefined ? undefined : Number(axes));
  }
  return patternFiles(value) ?? listedFiles([value]);
}

function quantityOf(keys: ReadonlyMap<string, string>): Quantity {
  const [own] = /^(hounsfield|attenuation|density|label)$/.exec(keys.get(QUANTITY_KEY) ?? "") ?? [];
  // 3D Slicer names the segments of a label map.
  return (own ?? (keys.has("Segment0_ID") ? "label" : "unknown")) as Quantity;
}

const KNOWN =
  /^(dimension|type|blocksize|encoding|endian|content|oldmin|oldmax|min|max|datafile|lineskip|byteskip|number|sampleunits|sizes|spacings|thicknesses|axismins|axismaxs|centers|centerings|labels|units|kinds|space|spacedimension|spaceunits|spaceorigin|spacedirections|measurementframe)$/;

const unknownFields = (fields: ReadonlyMap<string, string>): Warning[] =>
  [...fields.keys()]
    .filter((field) => !KNOWN.test(field))
    .map((field) => ({ defect: "unknown-field", message: `the header's field '${field}' is not known and not read` }));
