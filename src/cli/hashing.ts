import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fault } from "../core/errors.js";
import type { RunFile } from "../report/runRecord.js";

/**
 * Size and SHA-256 of a file, read in pieces; of a folder: of the hashes of its files in the order of their names.
 * @throws NOT_FOUND
 */
export async function hashPath(path: string): Promise<RunFile> {
  const facts = await stat(path).catch((error: unknown) => {
    const looked = `${path} is not there (looked in ${resolve(dirname(path))})`;
    throw fault("NOT_FOUND", looked, { defect: "missing-file", path }, error);
  });
  if (facts.isDirectory()) {
    const hash = createHash("sha256");
    let bytes = 0;
    for (const name of (await readdir(path)).sort()) {
      const entry = join(path, name);
      if (!(await stat(entry)).isFile()) continue;
      const file = await hashPath(entry);
      hash.update(`${name}\0${file.sha256}\n`);
      bytes += file.bytes;
    }
    return { path, bytes, sha256: hash.digest("hex") };
  }
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return { path, bytes: facts.size, sha256: hash.digest("hex") };
}
