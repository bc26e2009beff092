/** Files, folders and addresses as the page gets them become what the worker reads. */
import { openSample, openVolume } from "../state/patient";
import { failure } from "../state/status";
import type { PathFile } from "../worker/protocol";

/** The files of an `<input>`, with their paths where a folder was picked. */
export const filesOfInput = (list: FileList | null): PathFile[] =>
  Array.from(list ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((take, fail) => entry.file(take, fail));

/** A browser hands out a folder's entries in portions. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((take, fail) => reader.readEntries(take, fail));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function collect(entry: FileSystemEntry, files: PathFile[]): Promise<void> {
  if (entry.isFile) {
    files.push({ path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry as FileSystemFileEntry) });
    return;
  }
  for (const inner of await entriesOf(entry as FileSystemDirectoryEntry)) await collect(inner, files);
}

/** What was dropped: files, and all files of folders. */
export async function filesOfDrop(transfer: DataTransfer): Promise<PathFile[]> {
  // entries and files must be taken before the first wait: the browser clears them
  const items = Array.from(transfer.items, (item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files: PathFile[] = [];
  for (const { entry, file } of items) {
    if (entry) await collect(entry, files);
    else if (file) files.push({ path: file.name, file });
  }
  return files;
}

/** What a set of files is called: the file, or the folder, or how many they are. */
export function nameOfFiles(files: readonly PathFile[]): string {
  if (files.length === 1) return files[0].file.name;
  const [folder] = files[0].path.split("/");
  return files.every(({ path }) => path.startsWith(`${folder}/`)) ? folder : `${files.length} files`;
}

/** Opens files as the volume. */
export async function openFiles(files: readonly PathFile[]): Promise<void> {
  if (files.length > 0) await openVolume({ source: { from: "files", files }, name: nameOfFiles(files) });
  else failure.value = { code: "NOT_FOUND", message: "There is no file in it; drop or pick the files of a scan" };
}

/** Opens a web address; relative ones start at the page. */
export async function openAddress(text: string): Promise<void> {
  const address = webAddress(text.trim());
  if (!address) {
    failure.value = { code: "INVALID_ARGUMENT", message: `“${text}” is not a web address: begin with https://` };
    return;
  }
  const name = decodeURIComponent(address.pathname).split("/").filter(Boolean).pop() ?? address.host;
  await openVolume({ source: { from: "address", address: address.href }, name });
}

/** Undefined where a text is none: another scheme, or words without one. */
function webAddress(text: string): URL | undefined {
  const whole = /^https?:/i.test(text);
  if (!whole && /\s/.test(text)) return undefined;
  try {
    const address = new URL(text, document.baseURI);
    decodeURIComponent(address.pathname);
    return /^https?:$/.test(address.protocol) ? address : undefined;
  } catch {
    return undefined;
  }
}

/** The first volume: `?volume=ADDRESS` of the page, else the chest that comes with it. */
export async function openFromAddress(): Promise<void> {
  const asked = new URLSearchParams(location.search).get("volume");
  await (asked ? openAddress(asked) : openSample());
}
