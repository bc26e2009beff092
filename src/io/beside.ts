import { fileSource, pathOfUrl, type Source } from "#platform";
import { fault, type TomogradError } from "../core/errors.js";
import { type Input, urlSource } from "./source.js";

/** Finds the files that a header names. */
export type FindBeside = (name: string) => Promise<Source>;

/**
 * How the data files that a header names are found: in the folder of its path or address, or below. A header that lies
 * in memory has no folder.
 * @throws (by the returned function) CORRUPT_FILE (`path-outside-folder`), NOT_FOUND (`missing-file`)
 */
export function filesBeside(header: Input): FindBeside {
  return async (name) => {
    if (/^([\\/]|[a-z]:)/i.test(name) || name.split(/[\\/]/).includes(".."))
      throw fault(
        "CORRUPT_FILE",
        `the header names '${name}' as its data: files outside the header's folder are not read`,
        { defect: "path-outside-folder", file: name },
      );
    if (typeof header === "object" && "beside" in header) {
      const found = header.beside?.(name);
      if (found) return found;
      throw missing(name, "it is not among the files that were given", ADD);
    }
    if (header instanceof URL && header.protocol === "file:") return openBeside(pathOfUrl(header), name);
    if (header instanceof URL || (typeof header === "string" && /^https?:\/\//.test(header)))
      return urlSource(new URL(name.split("/").map(encodeURIComponent).join("/"), header));
    if (typeof header === "string") return openBeside(header, name);
    throw missing(
      name,
      "a header in memory has no folder to look in",
      "give header and data together, or the header's path or address",
    );
  };
}

async function openBeside(path: string, name: string): Promise<Source> {
  const folder = /^.*[\\/]/.exec(path)?.[0] ?? "";
  try {
    return await fileSource(folder + name);
  } catch (error) {
    throw missing(name, "it is not beside the header", "put it there", error);
  }
}

const ADD = "give it together with the header";
const missing = (name: string, why: string, hint: string, cause?: unknown): TomogradError =>
  fault("NOT_FOUND", `the voxels lie in '${name}': ${why}`, { defect: "missing-file", file: name, hint }, cause);
