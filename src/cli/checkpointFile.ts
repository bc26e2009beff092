import { readFile } from "node:fs/promises";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { writeFileAtomically } from "#platform";
import { fault } from "../core/errors.js";
import type { FitCheckpoint } from "../reconstruction/index.js";

type Numbers = Float32Array | Float64Array;

const bytesOf = (array: Numbers) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/**
 * Writes a checkpoint of `fit`: an uncompressed zip of `checkpoint.json` and one little-endian array a file, whole or
 * not at all.
 * @throws WRITE_FAILED
 */
export async function writeCheckpoint(path: string, checkpoint: FitCheckpoint): Promise<void> {
  const { volume, optimizer, ...rest } = checkpoint;
  const arrays: Record<string, Numbers> = { volume, ...optimizer.arrays };
  const types = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, array instanceof Float64Array ? "f64" : "f32"]),
  );
  const header = { ...rest, steps: optimizer.steps, types };
  const files: Record<string, Uint8Array> = { "checkpoint.json": strToU8(JSON.stringify(header)) };
  for (const [name, array] of Object.entries(arrays)) files[`${name}.bin`] = bytesOf(array);
  await writeFileAtomically(path, zipSync(files, { level: 0, mtime: new Date("2000-01-01T00:00:00Z") }));
}

/** @throws NOT_FOUND, CORRUPT_FILE */
export async function readCheckpoint(path: string): Promise<FitCheckpoint> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fault("NOT_FOUND", `${path} cannot be read: ${(error as Error).message}`, { defect: "missing-file" }, error);
  });
  try {
    const files = unzipSync(bytes);
    const { types, steps, ...rest } = JSON.parse(strFromU8(files["checkpoint.json"]));
    const arrays: Record<string, Numbers> = {};
    for (const [name, type] of Object.entries(types)) {
      const copy = files[`${name}.bin`].slice();
      arrays[name] = type === "f64" ? new Float64Array(copy.buffer) : new Float32Array(copy.buffer);
    }
    const { volume, ...state } = arrays;
    return { ...rest, volume, optimizer: { steps, arrays: state } };
  } catch (error) {
    throw fault(
      "CORRUPT_FILE",
      `${path} is no checkpoint of fit: ${(error as Error).message}`,
      { defect: "not-a-checkpoint" },
      error,
    );
  }
}
