/** Files that the browser keeps for this page alone, from one visit to the next (origin private file system). */
import { TomogradError } from "tomograd";

const FOLDER = "last-session";
/** Held by the page that keeps its session; others of the same address leave it alone. */
const LOCK = "tomograd-last-session";
/** ms: a page that is loaded anew holds it a little longer, and a busy machine is slow to say so. */
const PATIENCE = 10_000;

/** @throws where the browser keeps no files, or another page keeps its own, in words */
export async function openStore(): Promise<FileSystemDirectoryHandle> {
  owned ??= own();
  await owned;
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

let owned: Promise<void> | undefined;

function own(): Promise<void> {
  if (typeof navigator.storage?.getDirectory !== "function" || !navigator.locks)
    return Promise.reject(
      new TomogradError(
        "WRITE_FAILED",
        "This browser keeps no files for this page (it has to come over https, or from this machine).",
      ),
    );
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK, { signal: AbortSignal.timeout(PATIENCE) }, () => {
        resolve();
        // as long as the page lives
        return new Promise(() => undefined);
      })
      .catch(() =>
        reject(
          new TomogradError("WRITE_FAILED", "Another page of the studio keeps its session; this one is not kept."),
        ),
      );
  });
}

/** Writes a file from pieces. @throws where the browser has no room left, in words */
export async function writeKept(
  folder: FileSystemDirectoryHandle,
  name: string,
  pieces: readonly (Blob | ArrayBufferView)[],
): Promise<void> {
  try {
    const file = await (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
    try {
      file.truncate(0);
      for (const piece of pieces) writeAll(file, piece instanceof Blob ? await piece.arrayBuffer() : piece);
      file.flush();
    } finally {
      file.close();
    }
  } catch (error) {
    throw await inWords(error);
  }
}

function writeAll(file: FileSystemSyncAccessHandle, bytes: ArrayBuffer | ArrayBufferView): void {
  // without room some browsers throw, others write less, and Chromium gives back its error as a number
  if (file.write(bytes) !== bytes.byteLength) throw new DOMException("", "QuotaExceededError");
}

async function inWords(error: unknown): Promise<unknown> {
  if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") return error;
  const { quota = 0 } = await navigator.storage.estimate();
  const most = quota >= 2 ** 30 ? `${(quota / 2 ** 30).toFixed(1)} GiB` : `${(quota / 2 ** 20).toFixed(1)} MiB`;
  return new TomogradError(
    "WRITE_FAILED",
    `The session is not kept: the browser has no room for it (it gives this page ${most}). A reload starts anew.`,
  );
}

/** The file of that name; undefined where there is none. */
export async function keptFile(folder: FileSystemDirectoryHandle, name: string): Promise<File | undefined> {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return undefined;
    throw error;
  }
}

/** Deletes the files whose names begin like this. */
export async function removeKept(folder: FileSystemDirectoryHandle, beginning = ""): Promise<void> {
  const names: string[] = [];
  for await (const name of folder.keys()) if (name.startsWith(beginning)) names.push(name);
  for (const name of names) await folder.removeEntry(name);
}
