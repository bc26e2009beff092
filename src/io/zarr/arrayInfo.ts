import { fault } from "../../core/errors.js";
import type { StoredType } from "../numeric.js";
import { numpyTypes } from "../numpyTypes.js";
import { readDocument, type ZarrStore } from "./store.js";

type Document = Readonly<Record<string, unknown>>;

/** An array of a store, as its metadata describe it. */
export interface ZarrArray {
  /** Path in the store without slashes at its ends; empty for the root. */
  readonly path: string;
  readonly version: 2 | 3;
  /** Slowest axis first. */
  readonly shape: readonly number[];
  readonly type: StoredType;
  /** Names of the axes, if the metadata have them (version 3). */
  readonly axisNames: readonly (string | null)[] | undefined;
  readonly attributes: Document;
  /** The document under which zarrita reads the numbers: bool as uint8, float16 as the uint16 of its bits. */
  readonly readAs: Document;
}

const typesV3: ReadonlySet<string> = new Set(Object.values(numpyTypes));

/** Key of a file in a group or array. */
export const keyIn = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/**
 * Paths of all arrays of a store, in order; of one that cannot list its files, those that its root's metadata name, and
 * those of `hints`, if they are arrays.
 * @throws CORRUPT_FILE (`bad-header`)
 */
export async function arrayPaths(store: ZarrStore, hints: readonly string[]): Promise<string[]> {
  if (!store.keys) return namedPaths(store, hints);
  const paths: string[] = [];
  for (const key of store.keys) {
    const [, folder, name] = /^(?:(.*)\/)?([^/]+)$/.exec(key) ?? [];
    if (name === ".zarray") paths.push(folder ?? "");
    else if (name === "zarr.json" && (await readDocument(store, key))?.node_type === "array") paths.push(folder ?? "");
  }
  return paths.sort();
}

async function namedPaths(store: ZarrStore, hints: readonly string[]): Promise<string[]> {
  const two = await readDocument(store, ".zmetadata");
  const three = await readDocument(store, "zarr.json");
  const consolidated = isDocument(three?.consolidated_metadata) ? three.consolidated_metadata : {};
  const named = (document: unknown) => (isDocument(document) ? Object.entries(document) : []);
  const arrays = [
    ...named(two?.metadata).flatMap(([key]) => (/(^|\/)\.zarray$/.test(key) ? [key.replace(/\/?\.zarray$/, "")] : [])),
    ...named(consolidated.metadata).flatMap(([path, one]) =>
      isDocument(one) && one.node_type === "array" ? [path] : [],
    ),
  ];
  for (const path of new Set(["", ...hints])) {
    const document = await readDocument(store, keyIn(path, "zarr.json"));
    if (document ? document.node_type === "array" : await readDocument(store, keyIn(path, ".zarray")))
      arrays.push(path);
  }
  return [...new Set(arrays)].sort();
}

/** The attributes of a group or array; empty if it has none. @throws CORRUPT_FILE (`bad-header`) */
export async function attributesOf(store: ZarrStore, path: string): Promise<Document> {
  const document = await readDocument(store, keyIn(path, "zarr.json"));
  const attributes = document ? document.attributes : await readDocument(store, keyIn(path, ".zattrs"));
  return isDocument(attributes) ? attributes : {};
}

/** True for a JSON object. */
export const isDocument = (content: unknown): content is Document =>
  typeof content === "object" && content !== null && !Array.isArray(content);

/**
 * Describes the array at `path`.
 * Sources: Zarr storage specifications, versions 2 and 3.0.
 * @throws CORRUPT_FILE (`bad-header`, `bad-dimension`), UNSUPPORTED_FORMAT (`unsupported-type`,
 *   `unsupported-compression`, `unsupported-version`)
 */
export async function describeArray(store: ZarrStore, path: string): Promise<ZarrArray> {
  const name = `${store.name}/${path}`;
  const attributes = await attributesOf(store, path);
  const three = await readDocument(store, keyIn(path, "zarr.json"));
  const document = three ?? (await readDocument(store, keyIn(path, ".zarray"))) ?? {};
  const version = three ? 3 : 2;
  if (document.zarr_format !== version)
    throw fault("UNSUPPORTED_FORMAT", `${name}: version ${inWords(document.zarr_format)} of Zarr is not read`, {
      defect: "unsupported-version",
      hint: "save it as version 2 or 3",
    });
  const shape = lengths(document.shape, "shape", name);
  const grid = isDocument(document.chunk_grid) ? document.chunk_grid : {};
  const configuration = isDocument(grid.configuration) ? grid.configuration : {};
  if (version === 3 && grid.name !== "regular")
    throw fault("UNSUPPORTED_FORMAT", `${name}: chunks of a grid of the kind ${inWords(grid.name)} are not read`, {
      defect: "unsupported-version",
      hint: "save it in regular chunks",
    });
  const chunks = lengths(version === 3 ? configuration.chunk_shape : document.chunks, "chunk shape", name);
  if (chunks.length !== shape.length || chunks.includes(0))
    throw fault("CORRUPT_FILE", `${name}: chunks of ${chunks.join(" x ")} do not divide ${shape.join(" x ")}`, {
      defect: "bad-dimension",
    });
  const filters: unknown[] = Array.isArray(document.filters) ? document.filters : [document.filters];
  refuseNamelessCodecs(version === 3 ? document.codecs : [document.compressor, ...filters], version, name);
  if (version === 3) refuseCodecs(document, chunks, name);
  const names = axisNames(document.dimension_names, shape.length, name);
  return {
    path,
    version,
    shape,
    axisNames: names,
    attributes,
    ...(version === 3 ? typeV3(document, name) : typeV2(document, name)),
  };
}

/** @throws CORRUPT_FILE (`bad-header`) */
function axisNames(value: unknown, axes: number, name: string): readonly (string | null)[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length !== axes || value.some((one) => one !== null && typeof one !== "string"))
    throw fault("CORRUPT_FILE", `${name}: ${inWords(value)} do not name ${axes} axes`, { defect: "bad-header" });
  return value;
}

/** A value of a document, for messages. */
const inWords = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value).slice(0, 80));

function lengths(value: unknown, what: string, name: string): readonly number[] {
  const sound = Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!sound || !Number.isSafeInteger(value.reduce((a: number, b: number) => a * b, 1)))
    throw fault("CORRUPT_FILE", `${name}: impossible ${what} ${inWords(value)}`, { defect: "bad-dimension" });
  return value;
}

const unsupported = (name: string, type: unknown) =>
  fault("UNSUPPORTED_FORMAT", `${name}: numbers of type ${inWords(type)} are not read`, {
    defect: "unsupported-type",
  });

function typeV2(document: Document, name: string): { type: StoredType; readAs: Document } {
  const code = document.dtype;
  const [, endian, word] = typeof code === "string" ? (/^([<>|])([a-z]\d)$/.exec(code) ?? []) : [];
  const type = numpyTypes[word ?? ""];
  if (!type) throw unsupported(name, code);
  const plain = type === "bool" ? "u1" : type === "float16" ? "u2" : word;
  return {
    type,
    readAs: { ...document, dtype: endian + plain, fill_value: fillBits(document.fill_value ?? 0, type, name) },
  };
}

function typeV3(document: Document, name: string): { type: StoredType; readAs: Document } {
  const code = document.data_type;
  if (typeof code !== "string" || !typesV3.has(code)) throw unsupported(name, code);
  const type = code as StoredType;
  const plain = type === "bool" ? "uint8" : type === "float16" ? "uint16" : type;
  return { type, readAs: { ...document, data_type: plain, fill_value: fillBits(document.fill_value, type, name) } };
}

/** The fill value for the type under which the numbers are read. */
function fillBits(fill: unknown, type: StoredType, name: string): unknown {
  if (type === "bool") return Number(Boolean(fill));
  if (type !== "float16") return fill;
  if (fill === 0) return 0;
  if (fill === "NaN") return 0x7e00;
  throw fault("UNSUPPORTED_FORMAT", `${name}: a float16 fill value other than 0 and NaN is not read`, {
    defect: "unsupported-type",
  });
}

/** @throws CORRUPT_FILE (`bad-header`) */
function refuseNamelessCodecs(codecs: unknown, version: 2 | 3, name: string): void {
  const key = version === 3 ? "name" : "id";
  const sound = (codec: unknown) =>
    version === 2 && (codec === null || codec === undefined)
      ? true
      : isDocument(codec) && typeof codec[key] === "string";
  if (!Array.isArray(codecs) || !codecs.every(sound))
    throw fault("CORRUPT_FILE", `${name}: a codec without '${key}': ${inWords(codecs)}`, { defect: "bad-header" });
}

/** What zarrita 0.7.5 reads wrongly or not at all without saying so. */
function refuseCodecs(document: Document, chunks: readonly number[], name: string): void {
  const refused = (why: string) =>
    fault("UNSUPPORTED_FORMAT", `${name}: ${why}`, {
      defect: "unsupported-compression",
      hint: "save it as plain chunks",
    });
  const codecs = Array.isArray(document.codecs) ? document.codecs.filter(isDocument) : [];
  const shards = codecs.find((codec) => codec.name === "sharding_indexed");
  const configuration = isDocument(shards?.configuration) ? shards.configuration : {};
  if (shards && codecs.length > 1) throw refused("codecs around shards are not read");
  if (configuration.index_location === "start") throw refused("shards that begin with their index are not read");
  const parts = shards ? lengths(configuration.chunk_shape, "chunk shape", name) : chunks;
  if (parts.length !== chunks.length || chunks.some((length, axis) => !Number.isInteger(length / parts[axis])))
    throw fault("CORRUPT_FILE", `${name}: chunks of ${parts.join(" x ")} do not divide their shards`, {
      defect: "bad-dimension",
    });
  const inner = Array.isArray(configuration.codecs) ? configuration.codecs : [];
  if (inner.some((codec) => isDocument(codec) && codec.name === "sharding_indexed"))
    throw refused("shards within shards are not read");
  if (Array.isArray(document.storage_transformers) && document.storage_transformers.length > 0)
    throw refused("storage transformers are not read");
}
