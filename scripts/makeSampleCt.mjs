/**
 * Makes data/chest-lidc-idri-0001-small.nii.gz from the DICOM folder of LIDC-IDRI-0001:
 *   node scripts/makeSampleCt.mjs DICOM_FOLDER [OUTPUT]
 * What is done to the CT is written in data/README.md. Needs a build (dist/).
 */
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readDicom, writeNifti } from "../dist/io/index.js";

/** Voxels of the small CT: boxes of 4 x 4 x 133/67 voxels of the original. */
const SIZE = [128, 128, 67];
/** HU. The corners outside the round field of view are -2048 in the original. */
const AIR = -1000;

const [folder, output = fileURLToPath(new URL("../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url))] =
  process.argv.slice(2);
if (!folder) {
  console.error("usage: node scripts/makeSampleCt.mjs DICOM_FOLDER [OUTPUT]");
  process.exit(2);
}
const ct = await readDicom(folder);
await writeNifti(output, boxAverage(ct, SIZE), { level: 9 });
console.log(`${output}: ${SIZE.join(" x ")} voxels, ${(await stat(output)).size} bytes`);

/** The volume on a coarser grid of the same extent: means over boxes, parts of voxels counted by their share. */
function boxAverage({ grid, values, quantity }, size) {
  const [nx, ny, nz] = grid.size;
  const [x, y, z] = size.map((n, axis) => shares(grid.size[axis], n));
  const sum = new Float64Array(size[0] * size[1] * size[2]);
  for (const [k, toK, wk] of z)
    for (const [j, toJ, wj] of y) {
      const row = nx * (j + ny * k);
      const to = size[0] * (toJ + size[1] * toK);
      for (const [i, toI, wi] of x) sum[to + toI] += wi * wj * wk * Math.max(AIR, values[row + i]);
    }
  const share = (size[0] * size[1] * size[2]) / (nx * ny * nz);
  const m = grid.indexToWorld;
  const ratio = size.map((n, axis) => grid.size[axis] / n);
  const indexToWorld = m.map((value, at) => {
    if (at >= 12) return value;
    const row = 4 * Math.floor(at / 4);
    if (at % 4 < 3) return value * ratio[at % 4];
    return value + ratio.reduce((shift, r, axis) => shift + (m[row + axis] * (r - 1)) / 2, 0);
  });
  return { quantity, grid: { size, indexToWorld }, values: Int16Array.from(sum, (total) => Math.round(total * share)) };
}

/** Which fine voxels [from] lie in which boxes [to], and by how much of them [weight], along one axis. */
function shares(fine, coarse) {
  const list = [];
  for (let to = 0; to < coarse; to++) {
    const [begin, end] = [(to * fine) / coarse, ((to + 1) * fine) / coarse];
    for (let from = Math.floor(begin); from < Math.min(fine, end); from++) {
      const weight = Math.min(end, from + 1) - Math.max(begin, from);
      if (weight > 1e-9) list.push([from, to, weight]);
    }
  }
  return list;
}
