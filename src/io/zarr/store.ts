import { fileSource, kindOfPath, listFolder, type Source } from "#platform";
import { fault } from "../../core/errors.js";
import { readWhole } from "../source.js";

/** A metadata document longer than this is refused unread, bytes. */
const LONGEST_DOCUMENT = 1 << 24;
/** Files of one store, at most. */
const MOST_FILES = 1 << 20;

/** The files of a Zarr folder by key ('0/c/0/0/0'); opened when they are asked for. */
export interface ZarrStore {
  /** For messages. */
  readonly name: string;
  readonly keys: ReadonlySet<string>;
  open(key: string): Promise<Source>;
}

/** True if a folder holds Zarr metadata, of version 2 or 3. */
export async function isZarrFolder(path: string): Promise<boolean> {
  const found = await Promise.all(["zarr.json", ".zgroup", ".zarray"].map((name) => kindOfPath(`${path}/${name}`)));
  return found.includes("file");
}

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
    open: (key) => fileSource(paths.get(key) ?? `${path}/${key}`),
  };
}

/** A document of the store; undefined if there is none. @throws CORRUPT_FILE (`bad-header`) */
export async function readDocument(store: ZarrStore, key: string): Promise<Record<string, unknown> | undefined> {
  if (!store.keys.has(key)) return undefined;
  const source = await store.open(key);
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
