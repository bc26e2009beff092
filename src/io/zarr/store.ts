import { fileSource, kindOfPath, listFolder, type Source } from "#platform";
import { fault, isTomogradError } from "../../core/errors.js";
import { readWhole, type UrlOptions, urlSource } from "../source.js";

/** A metadata document longer than this is refused unread, bytes. */
const LONGEST_DOCUMENT = 1 << 24;
/** Files of one store, at most. */
const MOST_FILES = 1 << 20;

/** The files of a Zarr folder by key ('0/c/0/0/0'); opened when they are asked for. */
export interface ZarrStore {
  /** For messages. */
  readonly name: string;
  /** All keys, where the store can list them: a web address cannot. */
  readonly keys: ReadonlySet<string> | undefined;
  /** undefined if there is no such file. */
  open(key: string): Promise<Source | undefined>;
}

/** The files of which a folder of Zarr has at least one. */
const ROOTS = ["zarr.json", ".zgroup", ".zarray"];

/** True if a folder holds Zarr metadata, of version 2 or 3. */
export async function isZarrFolder(path: string): Promise<boolean> {
  const found = await Promise.all(ROOTS.map((name) => kindOfPath(`${path}/${name}`)));
  return found.includes("file");
}

/** True if files by their path are those of a Zarr folder. */
export const isZarrRoot = (files: ReadonlyMap<string, unknown>): boolean => ROOTS.some((name) => files.has(name));

/** The store of files that are given by their path in it. */
export const sourcesStore = (files: ReadonlyMap<string, Source>): ZarrStore => ({
  name: "the folder",
  keys: new Set(files.keys()),
  open: async (key) => files.get(key),
});

/**
 * The store at a web address; undefined if no Zarr metadata is there. Files that the server answers with 403, 404 or 410
 * are taken for absent.
 */
export async function urlStore(url: URL | string, options: UrlOptions): Promise<ZarrStore | undefined> {
  const root = new URL(url);
  root.pathname = root.pathname.replace(/\/*$/, "/");
  const open = (key: string) =>
    urlSource(Object.assign(new URL(root), { pathname: root.pathname + key }), options).catch((error: unknown) => {
      if (isTomogradError(error) && [403, 404, 410].includes(Number(error.detail.status))) return undefined;
      throw error;
    });
  for (const name of ROOTS)
    if (await open(name)) return { name: root.pathname.split("/").at(-2) ?? root.host, keys: undefined, open };
  return undefined;
}

/** True for an address that may be a Zarr folder's: it ends with .zarr or a slash, or has no ending. */
export const mayBeZarr = (url: URL | string): boolean => /(\.zarr|\/|\/[^./]+)\/*$/i.test(new URL(url).pathname);

/** The store of a folder. @throws NOT_FOUND, TOO_LARGE (more than 2^20 files) */
export async function folderStore(path: string): Promise<ZarrStore> {
  const paths = new Map<string, string>();
  const folders: [string, string][] = [["", path]];
  for (let next = folders.pop(); next; next = folders.pop()) {
    const [prefix, folder] = next;
    for (const { name, path: inside, kind } of await listFolder(folder)) {
      if (kind === "folder") folders.push([`${prefix}${name}/`, inside]);
      else paths.set(prefix + name, inside);
      if (paths.size + folders.length > MOST_FILES)
        throw fault("TOO_LARGE", `${path} holds more than ${MOST_FILES} files`, { defect: "too-large" });
    }
  }
  return {
    name: path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, ""),
    keys: new Set(paths.keys()),
    open: async (key) => {
      const file = paths.get(key);
      return file === undefined ? undefined : fileSource(file);
    },
  };
}

/** A document of the store; undefined if there is none. @throws CORRUPT_FILE (`bad-header`) */
export async function readDocument(store: ZarrStore, key: string): Promise<Record<string, unknown> | undefined> {
  const source = await store.open(key);
  if (!source) return undefined;
  const bad = (why: string) => fault("CORRUPT_FILE", `${store.name}: ${key} ${why}`, { defect: "bad-header" });
  if (source.size > LONGEST_DOCUMENT) throw bad(`has ${source.size} bytes`);
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(await readWhole(source)));
  } catch (error) {
    throw bad(`is not JSON: ${(error as Error).message}`);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) throw bad("is not a JSON object");
  return content as Record<string, unknown>;
}
