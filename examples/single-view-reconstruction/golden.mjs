/** DiffDRR's own run of the tutorial, from a folder of golden data with a case of the kind `reconstruction_full`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readNpy, toSource } from "tomograd/io";

/** Losses, images and slices of the stored run; undefined if the folder has none. */
export async function readStoredRun(folder) {
  const { cases } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const stored = cases.find(({ kind }) => kind === "reconstruction_full");
  if (!stored) return undefined;
  const read = async (name) => (await readNpy(await toSource(join(folder, stored.arrays[name].file)))).values;
  const images = {};
  const slices = {};
  for (const name of Object.keys(stored.arrays)) {
    const [, pose] = /^(trained|closer|rotated)_f32$/.exec(name) ?? [];
    const [, k] = /^density_k(\d+)_f32$/.exec(name) ?? [];
    if (pose) images[pose] = await read(name);
    if (k) slices[k] = transpose(await read(name), stored.arrays[name].shape);
  }
  return { library: stored.library, losses: [...(await read("losses_f32"))], images, slices };
}

/** [i][j] to [j][i]. */
function transpose(values, [ni, nj]) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < ni; i++) for (let j = 0; j < nj; j++) out[i + ni * j] = values[i * nj + j];
  return out;
}
