import { fileSource, kindOfPath, listFolder, pathOfUrl } from "#platform";
import { fault } from "../core/errors.js";
import { blobSource, type Input, type Source } from "./source.js";

/** What is used of a browser's FileSystemFileHandle. */
export interface FileHandle {
  readonly kind: "file";
  readonly name: string;
  getFile(): Promise<Blob>;
}

/** What is used of a browser's FileSystemDirectoryHandle, as `showDirectoryPicker` and a drop give it. */
export interface DirectoryHandle {
  readonly kind: "directory";
  readonly name: string;
  values(): AsyncIterable<FileHandle | DirectoryHandle>;
}

/** What is used of a browser's FileList, as `<input type="file" multiple>` and `<input webkitdirectory>` give it. */
export interface FileCollection {
  readonly length: number;
  item(index: number): Blob | null;
}

/** What readers of volumes take: one input, or several that are one volume's files. */
export type Inputs = Input | readonly Input[] | FileHandle | DirectoryHandle | FileCollection;

/** A folder: sources by their path in it ('a/b.dcm'), each of which knows the files beside it. */
export type Folder = ReadonlyMap<string, Source>;

/** Files of one folder, at most, and folders in folders. */
const [MOST_FILES, DEPTH] = [1 << 20, 32];
/** Folders inside folders of the disk that are looked into, where links may go round in circles. */
export const DISK_DEPTH = 6;

const isHandle = (input: unknown): input is FileHandle | DirectoryHandle =>
  typeof input === "object" && input !== null && "kind" in input && ("getFile" in input || "values" in input);

const isCollection = (input: Inputs): input is FileCollection =>
  typeof input === "object" &&
  input !== null &&
  "item" in input &&
  typeof input.item === "function" &&
  !ArrayBuffer.isView(input);

/**
 * Turns what only browsers have into what all readers know: a file handle into its file, a directory handle, a FileList
 * or a list of Files into a folder. All else comes back as it is.
 */
export async function withoutHandles(inputs: Inputs): Promise<Input | readonly Input[] | Folder> {
  if (isHandle(inputs)) {
    if (inputs.kind === "file") return inputs.getFile();
    const files = new Map<string, Blob>();
    await collect(inputs, "", files, DEPTH);
    return blobFolder(files);
  }
  const list = isCollection(inputs) ? Array.from({ length: inputs.length }, (_, i) => inputs.item(i)!) : inputs;
  if (!Array.isArray(list) || list.length === 0) return list as Input;
  // Files of the same name are no folder's; blobs without a name neither.
  const files = new Map((list as readonly Input[]).map((one) => [one instanceof Blob ? pathOf(one) : undefined, one]));
  if (files.has(undefined) || files.size < list.length) return list;
  return blobFolder(withoutRoot(files as Map<string, Blob>));
}

async function collect(handle: DirectoryHandle, prefix: string, files: Map<string, Blob>, depth: number) {
  for await (const entry of handle.values()) {
    if (entry.kind === "file") files.set(prefix + entry.name, await entry.getFile());
    else if (depth > 0) await collect(entry, `${prefix}${entry.name}/`, files, depth - 1);
    if (files.size > MOST_FILES) throw tooMany(handle.name);
  }
}

/** The path that a browser gives a file of a picked folder, else its name. */
const pathOf = (file: Blob & { readonly webkitRelativePath?: string; readonly name?: string }): string | undefined =>
  file.webkitRelativePath || file.name;

/** Paths without the picked folder's own name, with which all of them begin. */
function withoutRoot(files: Map<string, Blob>): Map<string, Blob> {
  const [root] = [...files.keys()][0].split("/");
  const within = [...files.keys()].every((path) => path.startsWith(`${root}/`));
  return within ? new Map([...files].map(([path, file]) => [path.slice(root.length + 1), file])) : files;
}

const blobFolder = (files: ReadonlyMap<string, Blob>): Folder =>
  folderOf(new Map([...files].map(([path, file]) => [path, blobSource(file)])));

/** Sources by their path, each of which then knows those beside it. */
function folderOf(files: ReadonlyMap<string, Source>): Folder {
  const folder = new Map<string, Source>();
  for (const [path, source] of files) {
    const within = path.slice(0, path.lastIndexOf("/") + 1);
    folder.set(path, { ...source, name: path, beside: (name) => folder.get(within + name) });
  }
  return folder;
}

/** The path of an input that is a folder of the disk; undefined for all else. */
export async function folderPath(input: Input | readonly Input[]): Promise<string | undefined> {
  const path = input instanceof URL && input.protocol === "file:" ? pathOfUrl(input) : input;
  if (typeof path !== "string" || /^https?:/.test(path)) return undefined;
  return (await kindOfPath(path)) === "folder" ? path : undefined;
}

/** The files of a folder of the disk, or of a list of paths whose names differ; undefined for other lists. */
export async function folderOfPaths(input: string | readonly Input[]): Promise<Folder | undefined> {
  const paths = new Map<string, string>();
  if (typeof input === "string") await listDeep(input, "", paths, DISK_DEPTH);
  else
    for (const path of input) {
      if (typeof path !== "string" || (await kindOfPath(path)) !== "file") return undefined;
      paths.set(path.replace(/^.*[\\/]/, ""), path);
    }
  if (typeof input !== "string" && paths.size < input.length) return undefined;
  const files = new Map<string, Source>();
  for (const [name, path] of paths) files.set(name, await fileSource(path));
  return folderOf(files);
}

async function listDeep(folder: string, prefix: string, paths: Map<string, string>, depth: number) {
  for (const { name, path, kind } of await listFolder(folder)) {
    if (kind === "file") paths.set(prefix + name, path);
    else if (depth > 0) await listDeep(path, `${prefix}${name}/`, paths, depth - 1);
    if (paths.size > MOST_FILES) throw tooMany(folder);
  }
}

const tooMany = (name: string) =>
  fault("TOO_LARGE", `${name} holds more than ${MOST_FILES} files`, { defect: "too-large" });
