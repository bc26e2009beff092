import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fault } from "../core/errors.js";

const kindOf = async (path: string) => {
  const facts = await stat(path).catch(() => undefined);
  return facts && (facts.isDirectory() ? "folder" : "file");
};

/** The same word for the same file, by whatever links and names it is reached. */
async function identity(path: string): Promise<string> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts && facts.ino > 0n ? `${facts.dev}:${facts.ino}` : resolve(path);
}

/**
 * Refuses what would fail only after the work is done: inputs that are not there, outputs that cannot be written or
 * would replace an input. Makes the folders of the outputs.
 * @throws NOT_FOUND, INVALID_ARGUMENT (defect `output-is-input`), WRITE_FAILED
 */
export async function checkPaths(inputs: readonly string[], outputs: readonly string[]): Promise<void> {
  for (const path of inputs)
    if (!(await kindOf(path)))
      throw fault("NOT_FOUND", `${path} is not there (looked in ${resolve(dirname(path))})`, {
        defect: "missing-file",
        path,
      });
  const read = new Set(await Promise.all(inputs.map(identity)));
  for (const path of outputs) {
    if (read.has(await identity(path)))
      throw fault("INVALID_ARGUMENT", `${path} is read and would be replaced: give the output another name`, {
        defect: "output-is-input",
        path,
      });
    // A name that ends so asks for a folder; its writer says what it may replace.
    const wantsFolder = /([/\\]|\.zarr)$/i.test(path);
    if (!wantsFolder && (await kindOf(path)) === "folder")
      throw fault(
        "WRITE_FAILED",
        `${path} is a folder: name a file in it, or '${path}/' for a folder of DICOM slices`,
        { defect: "not-a-file", path },
      );
    const folder = dirname(path);
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
    } catch (error) {
      throw fault(
        "WRITE_FAILED",
        `${path} cannot be written: ${(error as Error).message}`,
        { defect: "not-writable", path },
        error,
      );
    }
  }
}
