import { fault } from "../core/errors.js";
import type { FindBeside } from "./beside.js";
import { type FileNames, MOST_FILES } from "./fileNames.js";
import type { StoredPart } from "./storedVoxels.js";

/**
 * Finds the data files of a header whose axes have `sizes`, fastest first; each must hold an equal share.
 * @throws NOT_FOUND (`missing-file`), CORRUPT_FILE (`inconsistent-header`, `path-outside-folder`)
 */
export async function openParts(
  files: FileNames,
  sizes: readonly number[],
  find: FindBeside,
  name: string,
): Promise<StoredPart[]> {
  const { count, axes = count > 1 ? sizes.length - 1 : sizes.length } = files;
  const wanted = sizes.slice(axes).reduce((a, b) => a * b, 1);
  const all = sizes.reduce((a, b) => a * b, 1);
  // A header may also have each file hold several steps of the slowest axis.
  const slabs = axes >= sizes.length - 1 && sizes[sizes.length - 1] % count === 0;
  if (count > MOST_FILES || !(axes >= 1 && axes <= sizes.length) || (count !== wanted && !slabs) || all % count !== 0)
    throw fault("CORRUPT_FILE", `${name} names ${count} data files for axes of ${sizes.join(" x ")}`, {
      defect: "inconsistent-header",
    });
  const parts: StoredPart[] = [];
  for (const file of files.names()) parts.push({ source: await find(file), start: 0 });
  return parts;
}
